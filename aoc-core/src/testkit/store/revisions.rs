//! What becomes of another record under a known id: nothing is dropped, and nothing is kept twice.

use std::sync::Arc;

use super::{add, everything, position_of};
use crate::{Event, EventStore, Key, RawJson, Timestamp, store::Added};

fn event(raw: &str) -> Event {
    let time = Timestamp::parse("2026-01-05T09:00:00.123Z").unwrap_or_else(|_| Timestamp::now());
    let mut event = Event::new("entra_audit", "Directory_1", time);
    event.operation = "Add member to role".into();
    event.normalizer = "entra_audit/1".into();
    event.raw = RawJson::parse(raw).unwrap();
    event
}

/// What the same record looks like when it comes by another way.
fn other_shape(event: &Event) -> Event {
    let mut other = event.clone();
    other.normalizer = "entra_audit.azure_monitor/1".into();
    other.raw = RawJson::parse(format!(r#"{{"properties":{}}}"#, event.raw.text())).unwrap();
    other
}

fn changed() -> Event {
    Event { operation: "Remove member from role".into(), ..event(r#"{"a":2}"#) }
}

async fn is_known(store: &dyn EventStore, event: &Event) -> bool {
    store.append(std::slice::from_ref(event)).await.unwrap() == [Added::Duplicate]
}

/// Another record under a known id becomes an event of its own, with `revision_of`.
pub async fn another_record_under_a_known_id_is_a_revision(store: Arc<dyn EventStore>) {
    let (first, other) = (event(r#"{"a":1}"#), event(r#"{"a":2}"#));
    add(&*store, std::slice::from_ref(&first)).await;
    let added = store.append(std::slice::from_ref(&other)).await.unwrap();
    assert!(matches!(added[..], [Added::Revision(_)]), "{added:?}");
    let all = everything(&*store).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].event, first);
    assert_eq!(all[1].event, other.into_revision());
    assert_eq!(all[1].position, position_of(&added[0]));
    assert_eq!(all[1].event.revision_of.as_deref(), Some("Directory_1"));
}

/// The id finds the first event; the revision is found by its own id and its own key.
pub async fn a_revision_is_found_by_its_own_id(store: Arc<dyn EventStore>) {
    store.append(&[event(r#"{"a":1}"#), event(r#"{"a":2}"#)]).await.unwrap();
    let all = everything(&*store).await;
    let revision = &all[1].event;
    assert_eq!(store.get("Directory_1").await.unwrap(), all[..1]);
    assert_eq!(store.get(&revision.id).await.unwrap(), all[1..]);
    assert_eq!(store.get(revision.dedupe_key.as_str()).await.unwrap(), all[1..]);
    assert_eq!(revision.dedupe_key, Key::of("entra_audit", &revision.id));
}

/// A revision that comes again adds nothing, and neither does the first record.
pub async fn a_revision_that_comes_again_is_known(store: Arc<dyn EventStore>) {
    let records = [event(r#"{"a":1}"#), event(r#"{"a":2}"#), event(r#"{"a":3}"#)];
    let added = store.append(&records).await.unwrap();
    assert!(matches!(added[..], [Added::New(_), Added::Revision(_), Added::Revision(_)]), "{added:?}");
    for record in records.iter().rev() {
        assert!(is_known(&*store, record).await, "{:?}", record.raw);
    }
}

/// All of it holds within one batch, too.
pub async fn revisions_are_found_within_a_batch(store: Arc<dyn EventStore>) {
    let (first, other) = (event(r#"{"a":1}"#), changed());
    let batch = [&first, &first, &other, &first, &other, &other_shape(&other)].map(Clone::clone);
    let added = store.append(&batch).await.unwrap();
    assert!(matches!(
        added[..],
        [
            Added::New(_),
            Added::Duplicate,
            Added::Revision(_),
            Added::Duplicate,
            Added::Duplicate,
            Added::Duplicate
        ]
    ));
}

/// The order of members and the blanks between them make no revision.
pub async fn the_order_of_members_makes_no_revision(store: Arc<dyn EventStore>) {
    add(&*store, &[event(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#)]).await;
    assert!(is_known(&*store, &event("{ \"b\" : {\"d\":\"\\u0078\",\"c\":[1, 2]},\n\"a\":1}")).await);
    assert!(!is_known(&*store, &event(r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#)).await, "lists have an order");
}

/// Another shape that says the same adds nothing; one that says something else is a revision.
pub async fn another_shape_that_says_the_same_is_known(store: Arc<dyn EventStore>) {
    let first = event(r#"{"a":1}"#);
    add(&*store, std::slice::from_ref(&first)).await;
    assert!(is_known(&*store, &other_shape(&first)).await);
    let newer_version = Event { normalizer: "entra_audit/2".into(), ..first.clone() };
    assert!(is_known(&*store, &newer_version).await, "a new version of a normalizer is no new shape");
    let added = store.append(&[other_shape(&changed())]).await.unwrap();
    assert!(matches!(added[..], [Added::Revision(_)]), "{added:?}");
}

/// A revision is known in another shape, whichever of the two came first.
pub async fn a_revision_is_known_in_another_shape(store: Arc<dyn EventStore>) {
    let added = store.append(&[event(r#"{"a":1}"#), changed()]).await.unwrap();
    assert!(matches!(added[..], [Added::New(_), Added::Revision(_)]), "{added:?}");
    assert!(is_known(&*store, &other_shape(&changed())).await);
    let third = Event { result: crate::Outcome::Failure, ..event(r#"{"a":3}"#) };
    let added = store.append(&[other_shape(&third)]).await.unwrap();
    assert!(matches!(added[..], [Added::Revision(_)]), "{added:?}");
    assert!(is_known(&*store, &third).await);
    assert_eq!(everything(&*store).await.len(), 3);
}

/// Two shapes may differ in the tenant where only one of them knows it, and not where both do.
pub async fn a_tenant_that_only_one_side_knows_makes_no_revision(store: Arc<dyn EventStore>) {
    let first = event(r#"{"a":1}"#);
    add(&*store, std::slice::from_ref(&first)).await;
    let theirs = Event { tenant: "contoso".into(), ..other_shape(&first) };
    assert!(is_known(&*store, &theirs).await);
    let known =
        Event { id: "2".into(), dedupe_key: Key::of("entra_audit", "2"), tenant: "contoso".into(), ..first };
    add(&*store, std::slice::from_ref(&known)).await;
    assert!(is_known(&*store, &Event { tenant: String::new(), ..other_shape(&known) }).await);
    let elsewhere = Event { tenant: "fabrikam".into(), ..other_shape(&known) };
    assert!(!is_known(&*store, &elsewhere).await, "two tenants are two events");
}
