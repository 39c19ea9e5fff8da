//! Subscriptions: looked up, started once, told when they are disabled.

use aoc_connectors::{Office365Activity, fake::Fault, microsoft::Hub};
use aoc_core::prelude::*;
use serde_json::json;

use crate::{
    office365::{EXCHANGE, Office, SHAREPOINT},
    world::blob,
};

fn starts(office: &Office) -> usize {
    office.fake.count("/subscriptions/start")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_missing_is_started_once() {
    let mut office = Office::of(&[EXCHANGE]).await;
    office.fill(5);
    office.collect().await;
    let requests: Vec<_> = office.fake.requests().into_iter().map(|seen| seen.path).collect();
    let place = |part: &str| requests.iter().position(|path| path.ends_with(part)).unwrap();
    assert!(place("/subscriptions/list") < place("/subscriptions/start"), "listed first");
    for _ in 0..3 {
        office.pass(5).await;
    }
    office.restart();
    office.collect().await;
    assert_eq!(starts(&office), 1);
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_there_is_not_started_also_where_its_status_is_not_told() {
    for silent in [false, true] {
        let mut office = Office::new().await;
        office.tenant.change(|settings| settings.list_without_status = silent);
        office.fill(5);
        office.collect().await;
        assert_eq!(starts(&office), 0);
        office.assert_all_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn already_enabled_is_as_good_as_started() {
    let mut office = Office::new().await;
    office.fill(5);
    let empty = Fault::edit(|_, reply| reply.body = json!([]).to_string().into_bytes());
    office.fake.script(empty.path("/subscriptions/list").always());
    office.collect().await;
    office.collect().await;
    assert_eq!(starts(&office), 1, "the fake answers it with AF20024");
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_not_known_yet_is_waited_for() {
    let mut office = Office::new().await;
    office.fill(5);
    let empty = Fault::edit(|_, reply| reply.body = json!([]).to_string().into_bytes());
    let empty = office.fake.script(empty.path("/subscriptions/list").always());
    let unknown = Fault::activity_error(400, "AF20022").path("/subscriptions/content").always();
    let unknown = office.fake.script(unknown);
    for _ in 0..5 {
        let error = office.round().await.unwrap_err();
        assert!(!matches!(error.kind(), ErrorKind::Denied | ErrorKind::Config), "{error:?}");
    }
    assert_eq!(starts(&office), 1);
    empty.end();
    unknown.end();
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_an_administrator_disabled_is_started_again_at_most_once_in_a_while() {
    let mut office = Office::new().await;
    office.fill(5);
    office.collect().await;
    office.tenant.disable_subscription(EXCHANGE);
    office.pass(5).await;
    assert_eq!(starts(&office), 1, "started again, and listed in the same breath");
    office.tenant.disable_subscription(EXCHANGE);
    for _ in 0..5 {
        // What was read in this very millisecond is not read again.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let error = office.round().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains("disabled") && error.to_string().contains("AF20023"), "{error}");
    }
    assert_eq!(starts(&office), 1, "not again within the cool-down");
    office.restart();
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_refused_keeps_saying_why() {
    let mut office = Office::of(&[EXCHANGE]).await;
    let refused = Fault::activity_error(403, "AF20023").path("/subscriptions/start").always();
    office.fake.script(refused);
    for _ in 0..4 {
        let error = office.round().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Denied && error.to_string().contains("AF20023"), "{error:?}");
    }
    assert_eq!(starts(&office), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_without_permission_does_not_hold_up_the_others() {
    let mut office = Office::of(&[EXCHANGE, SHAREPOINT, "DLP.All"]).await;
    office.tenant.change(|settings| {
        settings.roles.remove("ActivityFeed.ReadDlp");
    });
    office.fill(10);
    office.tenant.add_blob(blob(&office.fake, SHAREPOINT, "share", 7, 3));
    for _ in 0..3 {
        let error = office.round().await.unwrap_err();
        assert!(error.to_string().contains("ActivityFeed.ReadDlp"), "{error}");
    }
    for content in [EXCHANGE, SHAREPOINT] {
        assert!(office.status(content).last_success.is_some());
    }
    let denied = office.status("DLP.All").last_error.unwrap();
    assert!(denied.kind == ErrorKind::Denied && denied.message.contains("lacks"), "{denied:?}");
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_contents_are_collected_side_by_side_and_one_that_fails_fails_alone() {
    let all = [EXCHANGE, SHAREPOINT, "Audit.General", "Audit.AzureActiveDirectory", "DLP.All"];
    let mut office = Office::of(&all).await;
    for (number, content) in all.iter().enumerate() {
        for minutes in 1..20 {
            let name = format!("{number}-{minutes}");
            office.tenant.add_blob(blob(&office.fake, content, &name, 5, minutes));
        }
    }
    let broken = office.fake.script(Fault::gateway(502).content_type(SHAREPOINT).always());
    assert!(office.round().await.is_err());
    let served = |content: &&&str| **content != SHAREPOINT;
    for content in all.iter().filter(served) {
        let stored = office.ids().await;
        assert!(office.tenant.served_by(content).is_subset(&stored), "{content}");
        assert!(office.status(content).last_error.is_none());
    }
    broken.end();
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cause_is_told_in_its_sentence() {
    for (code, words) in [
        ("AF10001", "(AF10001)"),
        ("AF20010", "tenant_id"),
        ("AF20011", "Purview"),
        ("AF20012", "Purview"),
        ("AF20013", "tenant"),
        ("AF20023", "disabled"),
    ] {
        let mut office = Office::new().await;
        office.fake.script(Fault::activity_error(403, code).path("/api/").always());
        let error = office.round().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{code}: {error:?}");
        assert!(error.to_string().contains(words), "{code}: {error}");
    }
    let office = Office::new().await;
    let mut account = office.fake.profile(&office.tenant);
    account.tenant_id = "contoso.onmicrosoft.com".to_owned();
    let error = Office365Activity::new(account.clone()).build_on(&Hub::unlimited()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("tenant_id") && error.to_string().contains("id, not one"), "{error}");
    account.tenant_id = crate::world::TENANT.to_owned();
    let twice = Office365Activity::new(account.clone()).only(&[EXCHANGE, SHAREPOINT, EXCHANGE]).unwrap();
    let error = twice.build_on(&Hub::unlimited()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("content") && error.to_string().contains(EXCHANGE), "{error}");
    let error = Office365Activity::new(account).only(&["Audit.Everything"]).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("Audit.General"), "{error}");
}
