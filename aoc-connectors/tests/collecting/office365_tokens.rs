//! Tokens and blobs that expire.

use std::time::Duration;

use aoc_connectors::fake::{Fault, Generated};

use crate::{
    office365::{EXCHANGE, Office, of_blobs},
    world::ago,
};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_live_three_seconds_are_renewed_and_nothing_is_lost() {
    let mut office = Office::new().await;
    office.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(3));
    office.fill(120);
    office.fake.script(of_blobs(Fault::delay(Duration::from_millis(300))).always());
    office.collect().await;
    assert!(office.fake.count("/oauth2/") > 1);
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_revoked_in_the_middle_are_replaced() {
    let mut office = Office::new().await;
    office.fill(100);
    let fake = office.fake.clone();
    let revoke = Fault::edit(move |_, _| fake.revoke_tokens());
    office.fake.script(of_blobs(revoke).nth(40));
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_401_in_the_middle_of_the_blobs_loses_none() {
    let mut office = Office::new().await;
    office.fill(100);
    office.fake.script(of_blobs(Fault::unauthorized()).nth(30).times(20));
    for _ in 0..20 {
        if office.round().await.is_ok() {
            break;
        }
        // A second replacement has to wait; a restart has not.
        office.restart();
    }
    office.pass(10).await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_content_is_a_recorded_loss_and_holds_up_nothing() {
    let mut office = Office::new().await;
    let ids = office.fill(30);
    let expired = office.fake.script(of_blobs(Fault::activity_error(400, "AF20051")).blob(&ids[7]).always());
    let fetched = office.round().await.unwrap();
    assert!(fetched.warnings.iter().any(|warning| warning.contains(&ids[7])), "{fetched:?}");
    assert_eq!(office.ids().await.len(), 58);
    for _ in 0..5 {
        office.pass(5).await;
    }
    assert_eq!(expired.hits(), 1, "it is not asked for again");
    let losses = office.losses().await;
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].contains(&ids[7]) && losses[0].contains("AF20051"));
    assert_eq!(office.items().await.len(), 30);
}

/// The loss is told even where nothing else can be had in that moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_recorded_though_all_else_fails_beside_it() {
    let mut office = Office::new().await;
    let ids = office.fill(8);
    office.fake.script(of_blobs(Fault::activity_error(400, "AF20051")).blob(&ids[3]).always());
    for id in ids.iter().filter(|id| **id != ids[3]) {
        office.fake.script(of_blobs(Fault::gateway(502)).blob(id).times(2));
    }
    office.collect().await;
    office.pass(5).await;
    let losses = office.losses().await;
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert_eq!(office.ids().await.len(), 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_outgrows_what_the_api_keeps_is_fetched_to_its_end() {
    let mut office = Office::new().await;
    // The oldest there is, and its window takes longer than the margin: the fake's clock runs while blobs come.
    let first = ago(&office.fake, 7 * 1_440 - 12);
    let generated = Generated {
        first: Some(first),
        content_type: EXCHANGE.to_owned(),
        every: Duration::from_secs(2),
        ..Generated::new(60, 200)
    };
    let made = generated.clone();
    office.tenant.generate(generated);
    let fake = office.fake.clone();
    let late = Fault::edit(move |_, _| fake.advance(Duration::from_secs(4)));
    let late = office.fake.script(of_blobs(late).always());
    let before = office.fake.count("/subscriptions/content");
    office.collect().await;
    late.end();
    let all: Vec<String> = (0..60)
        .flat_map(|blob| (0..200).map(move |event| (blob, event)))
        .map(|(b, e)| made.id(b, e))
        .collect();
    let stored = office.ids().await;
    let missing = all.iter().filter(|id| !stored.contains(*id)).count();
    assert_eq!(missing, 0);
    let listings = office.fake.count("/subscriptions/content") - before;
    assert!(listings < 40, "{listings} listings");
    assert_eq!(office.losses().await, Vec::<String>::new());
}
