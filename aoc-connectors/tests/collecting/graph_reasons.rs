//! Graph's logs: every cause of an empty log is told in a sentence.

use aoc_connectors::{
    EntraAudit,
    fake::{Fault, Settings},
    microsoft::{Account, Hub},
};
use aoc_core::{pipeline::State, prelude::*};

use crate::{
    graph_help::{add, begin, last_error, on_day},
    world::World,
};

/// What the status says after a try, and of what kind it is.
async fn sentence(
    source: &'static str,
    change: impl FnOnce(&mut Settings),
    fault: Option<Fault>,
) -> (ErrorKind, String) {
    let world = World::new(&[source]).await;
    add(&world, source, "a", on_day(&world.fake, 1, 60));
    world.tenant.change(change);
    let fault = fault.map(|fault| world.fake.script(fault));
    let fetched = world.running().fetch_now(source).await;
    let error = fetched.expect_err(source);
    let status = world.running().status().sources;
    assert!(status.values().all(|one| one.state == State::Failing));
    assert!(world.ledger().await.is_empty(), "nothing is proven");
    assert_eq!(last_error(&world, source), error.to_string());
    drop(fault);
    (error.kind(), error.to_string())
}

/// What the status says after a try with another account.
async fn as_account(change: impl FnOnce(&mut Account)) -> (ErrorKind, String) {
    let world = World::new(&[]).await;
    let mut account = world.fake.profile(&world.tenant);
    change(&mut account);
    let feed = EntraAudit::new(account).build_on(&Hub::unlimited()).unwrap();
    let running = Pipeline::new(world.store.clone()).source("entra", feed).start();
    assert!(running.fetch_now("entra").await.is_err());
    let error = running.status().sources["entra"].last_error.clone().unwrap();
    (error.kind, error.message)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_told_in_a_sentence_with_its_remedy() {
    let without = |role: &'static str| {
        move |settings: &mut Settings| {
            settings.roles.remove(role);
        }
    };
    let none = |_: &mut Settings| {};
    let told = [
        sentence("entra", without("AuditLog.Read.All"), None).await,
        sentence("sign_ins", without("Directory.Read.All"), None).await,
        sentence("intune", without("DeviceManagementApps.Read.All"), None).await,
        sentence("sign_ins", |settings| settings.entra_premium = false, None).await,
        sentence("intune", |settings| settings.intune = false, None).await,
        as_account(|account| account.client_secret = Some(Secret::new("another"))).await,
        as_account(|account| account.client_id = "99999999-2222-4333-8444-555555555555".to_owned()).await,
        as_account(|account| account.tenant_id = "99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee".to_owned()).await,
        sentence("entra", none, Some(Fault::gateway(403).path("directoryAudits").always())).await,
        sentence("entra", none, Some(Fault::graph_error(403, "", "").path("directoryAudits").always())).await,
        sentence(
            "sign_ins",
            none,
            Some(Fault::graph_error(403, "UnknownError", "").path("signIns").always()),
        )
        .await,
    ];
    let expected = [
        "the application lacks a permission; grant AuditLog.Read.All (for sign-ins also Directory.Read.All) with admin consent",
        "the application lacks a permission; grant AuditLog.Read.All (for sign-ins also Directory.Read.All) with admin consent",
        "the application lacks DeviceManagementApps.Read.All, or the tenant has no Intune licence; grant the one or get \
         the other, or remove this source",
        "the tenant has no Entra ID P1 or P2 licence, which sign-in logs need; get one, or remove this source",
        "the application lacks DeviceManagementApps.Read.All, or the tenant has no Intune licence; grant the one or get \
         the other, or remove this source",
        "the client secret is wrong (AADSTS7000215)",
        "(AADSTS700016)",
        "(AADSTS90002)",
        "the application may not do this (no code); check its permissions, admin consent and the tenant's licences",
        "the application may not do this (no code); check its permissions, admin consent and the tenant's licences",
        "the application may not do this (`UnknownError`); check its permissions, admin consent and the tenant's licences",
    ];
    for ((kind, sentence), expected) in told.iter().zip(expected) {
        assert_eq!(*kind, ErrorKind::Denied, "{sentence}");
        assert!(sentence.contains(expected), "{sentence}\nexpected {expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_that_is_put_right_leaves_no_trace_but_the_records() {
    let world = World::new(&["sign_ins"]).await;
    (0..30).for_each(|number| {
        add(&world, "sign_ins", &format!("s{number}"), on_day(&world.fake, 2, number * 60))
    });
    world.tenant.change(|settings| settings.entra_premium = false);
    begin(&world, "sign_ins").await;
    assert!(world.running().fetch_now("sign_ins").await.is_err());
    world.tenant.change(|settings| settings.entra_premium = true);
    world.collect("sign_ins").await;
    assert_eq!(last_error(&world, "sign_ins"), "");
    world.assert_complete().await;
    world.assert_proven().await;
}
