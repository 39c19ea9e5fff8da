//! Everything goes well.

use aoc_connectors::{
    EntraAudit,
    microsoft::{Account, Hub},
};
use aoc_core::{ledger::Stage, prelude::*};

use crate::world::{ALL, TENANT, World, ago, audit, blob, intune, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn all_four_sources_bring_everything_that_is_served() {
    let world = World::new(&ALL).await;
    for i in 0..2_500_i64 {
        let time = ago(&world.fake, i % 9_000 + 1);
        world.tenant.add_audit(audit(&format!("Directory_{i}"), time));
        world.tenant.add_sign_in(sign_in(&format!("sign-in-{i}"), time));
        world.tenant.add_intune(intune(&format!("intune-{i}"), time));
    }
    for i in 0..300 {
        let content =
            ["Audit.Exchange", "Audit.SharePoint", "Audit.General", "Audit.AzureActiveDirectory"][i % 4];
        world.tenant.subscribe(content);
        world.tenant.add_blob(blob(&world.fake, content, &format!("blob{i}"), 20, (i as i64) * 30 + 1));
    }
    for source in ALL {
        world.collect(source).await;
    }
    world.assert_complete().await;
    world.assert_proven().await;
    assert_eq!(world.losses().await, Vec::<String>::new());
    assert!(world.ledger().await.iter().any(|window| window.stage == Stage::Sealed));
    assert_eq!(world.fake.offences(), Vec::<String>::new());
    let again = world.collect("office365").await;
    assert_eq!((again.fetched, again.new), (0, 0), "known blobs are not fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_given_by_a_domain_is_called_by_its_id() {
    let world = World::new(&["entra"]).await;
    world.tenant.add_audit(audit("Directory_1", ago(&world.fake, 5)));
    let account =
        Account { tenant_id: "contoso.onmicrosoft.com".into(), ..world.fake.profile(&world.tenant) };
    let feed = EntraAudit::new(account).build_on(&Hub::unlimited()).unwrap();
    let running = Pipeline::new(world.store.clone()).source("entra", feed).start();
    running.fetch_now("entra").await.unwrap();
    assert_eq!(world.store.read_after(Position(0), 1).await.unwrap()[0].event.tenant, TENANT);
    assert!(world.ledger().await.iter().all(|window| window.tenant == TENANT));
    running.stop().await.unwrap();
}
