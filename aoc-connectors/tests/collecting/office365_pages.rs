//! Listings of several pages, exact queries, and links to other hosts.

use std::time::Duration;

use aoc_connectors::fake::{Blob, Fault};
use aoc_core::prelude::*;
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{
    office365::{EXCHANGE, Office, of_listings},
    world::{activity, ago, blob},
};

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_a_listing_are_read_however_their_header_is_spelled() {
    for header in ["NextPageUri", "Nextpageuri", "NEXTPAGEURL", "NextPageUrl"] {
        for keeps_publisher in [false, true] {
            let mut office = Office::new().await;
            office.tenant.change(|settings| {
                settings.next_page_header = header.to_owned();
                settings.next_page_keeps_publisher = keeps_publisher;
                settings.content_page_size = 10;
            });
            (0..70).for_each(|number| {
                office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("page{number}"), 1, 5));
            });
            // Somewhere in the middle there is an empty page.
            office.fake.script(of_listings(Fault::empty_page()).query("nextPage").nth(3));
            office.collect().await;
            office.assert_all_well().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_lead_in_a_circle_are_an_error_until_they_do_not() {
    let mut office = Office::new().await;
    office.tenant.change(|settings| settings.content_page_size = 10);
    office.fill(30);
    let circle = office.fake.script(of_listings(Fault::link_to_itself()));
    let error = office.round().await.unwrap_err();
    assert!(error.to_string().contains("in a circle"), "{error}");
    assert!(office.fake.count("/subscriptions/content") < 10, "it does not go round and round");
    // Nor where each page leads to another one.
    circle.end();
    let ever_on = Fault::edit(|seen, reply| reply.set_header("NextPageUri", format!("{}&x=1", seen.url())));
    let ever_on = office.fake.script(of_listings(ever_on).always());
    let error = office.round().await.unwrap_err();
    assert!(error.to_string().contains("in a circle"), "{error}");
    assert!(office.fake.count("/subscriptions/content") < 300);
    assert!(office.ledger().await.is_empty(), "nothing is proven");
    ever_on.end();
    office.collect().await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_page_that_is_not_known_any_more_begins_the_window_again() {
    let mut office = Office::new().await;
    office.tenant.change(|settings| settings.content_page_size = 10);
    office.fill(70);
    let unknown = Fault::activity_error(400, "AF20031");
    let unknown = office.fake.script(of_listings(unknown).query("nextPage").nth(3).times(2));
    office.collect().await;
    assert_eq!(unknown.hits(), 2);
    assert_eq!(office.downloads(), 70);
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_exact() {
    let mut office = Office::new().await;
    office.tenant.change(|settings| settings.content_page_size = 20);
    for number in 0..150 {
        let minutes = number * 66 + 1;
        office.tenant.add_blob(blob(&office.fake, EXCHANGE, &format!("blob{number}"), 1, minutes));
    }
    office.collect().await;
    office.pass(90).await;
    let requests = office.fake.requests();
    for seen in requests.iter().filter(|seen| seen.path.ends_with("/subscriptions/content")) {
        let time = |name: &str| {
            let text = seen.param(name).unwrap();
            assert_eq!(text.len(), 19, "{}", seen.query);
            Timestamp::parse(&text).unwrap().instant()
        };
        let length = time("endTime") - time("startTime");
        assert!(length > chrono::TimeDelta::zero() && length <= chrono::TimeDelta::days(1), "{}", seen.query);
        assert_eq!(seen.status, 200);
    }
    for seen in requests.iter().filter(|seen| seen.path.starts_with("/api/")) {
        assert_eq!(
            seen.param("PublisherIdentifier").as_deref(),
            Some(crate::world::TENANT),
            "{}",
            seen.url()
        );
    }
    let blobs: Vec<_> = requests.iter().filter(|seen| seen.path.contains("/audit/")).collect();
    assert!(blobs.iter().all(|seen| seen.path.contains('$') && !seen.path.contains('%')));
    office.assert_all_well().await;
}

/// Somebody else's server, and whether anyone came.
async fn other_host() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (format!("http://{}", listener.local_addr().unwrap()), listener)
}

async fn assert_nobody_came(listener: &TcpListener) {
    if let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await
    {
        let mut asked = vec![0; 2_000];
        let length = stream.read(&mut asked).await.unwrap_or_default();
        panic!("a request went there: {}", String::from_utf8_lossy(&asked[..length]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_link_to_another_host_is_not_followed_and_the_other_blobs_arrive() {
    let (url, listener) = other_host().await;
    let mut office = Office::new().await;
    office.fill(20);
    let lie = office.fake.script(of_listings(Fault::content_at(format!("{url}/audit/x$y"))).always());
    let fetched = office.round().await.unwrap();
    assert!(fetched.warnings.iter().any(|warning| warning.contains("not followed")), "{fetched:?}");
    // One link of each listing leads astray; how many listings there are depends on the hour.
    let arrived = office.ids().await.len();
    assert!((30..=38).contains(&arrived), "{arrived} of 40");
    assert_nobody_came(&listener).await;
    lie.end();
    office.pass(5).await;
    assert_nobody_came(&listener).await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_page_at_another_host_is_not_followed() {
    let (url, listener) = other_host().await;
    let mut office = Office::new().await;
    office.fill(20);
    let lie = office.fake.script(of_listings(Fault::next_page_at(format!("{url}/?nextPage=1"))).always());
    let error = office.round().await.unwrap_err();
    assert!(error.to_string().contains("not followed"), "{error}");
    assert_nobody_came(&listener).await;
    lie.end();
    office.collect().await;
    assert_nobody_came(&listener).await;
    office.assert_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_listing_that_says_too_little_holds_up_no_other() {
    let mut office = Office::new().await;
    office.fill(10);
    let created = ago(&office.fake, 1);
    office
        .tenant
        .add_blob(Blob::new(EXCHANGE, [activity("odd", created)]).created(created).content_id("odd$1"));
    let poor = Fault::edit(|_, reply| {
        reply.edit_json(|rows| {
            for row in rows.as_array_mut().into_iter().flatten().filter(|row| row["contentId"] == "odd$1") {
                row.as_object_mut().unwrap().remove("contentUri");
            }
        });
    });
    let poor = office.fake.script(of_listings(poor).always());
    let fetched = office.round().await.unwrap();
    assert!(fetched.warnings.iter().any(|warning| warning.contains("odd$1")), "{fetched:?}");
    assert_eq!(office.ids().await.len(), 20);
    poor.end();
    office.pass(5).await;
    office.assert_all_well().await;
}
