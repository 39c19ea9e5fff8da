//! A database of the Python original becomes one of ours: in place, in the background, whatever happens meanwhile.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use aoc_core::{
    prelude::*,
    store::{Added, Annotation, Lead, Stored},
    testkit::store::everything,
};
use aoc_sinks::{
    MongoStore, SegmentIndex,
    mongodb::{Adopting, originals},
    testkit::Mongod,
};
use futures::TryStreamExt;
use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

const DOCUMENTS: usize = 10_000;

static MONGOD: OnceCell<Mongod> = OnceCell::const_new();

/// A database of the original's.
struct Place {
    uri: String,
    name: String,
    before: Vec<Document>,
}

impl Place {
    async fn with(documents: usize) -> Self {
        let mongod = MONGOD.get_or_init(Mongod::start).await;
        let (uri, name) = (mongod.uri(), mongod.fresh_database());
        let before = originals::documents(documents);
        originals::fill(&uri, &name, &before).await;
        Self { uri, name, before }
    }

    /// As another process opens it.
    fn open(&self) -> MongoStore {
        MongoStore::reading(Secret::new(self.uri.clone()), &self.name, Arc::new(Reads)).unwrap()
    }

    async fn all(&self, collection: &str) -> Vec<Document> {
        let client = Client::with_uri_str(&self.uri).await.unwrap();
        let all = client.database(&self.name).collection::<Document>(collection);
        all.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap().try_collect().await.unwrap()
    }
}

/// Reads the raw records of the invented documents.
struct Reads;

impl Normalizer for Reads {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let raw: BTreeMap<String, Value> = record.raw.read()?;
        let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
        assert!(text("weird").is_none_or(|weird| weird != "needle-25"), "a normalizer may panic");
        let (source, id, time, operation) = if let Some(id) = text("Id") {
            ("office365_activity", id, text("CreationTime"), text("Operation"))
        } else {
            let id = text("id").ok_or_else(|| Error::invalid("no id"))?;
            let source = if raw.contains_key("resources") { "intune_audit" } else { "entra_audit" };
            (source, id, text("activityDateTime"), text("activityDisplayName").or(text("displayName")))
        };
        let mut event = Event::new(source, id, Timestamp::parse(&time.unwrap_or_default())?);
        event.operation = operation.unwrap_or_default();
        event.service = text("Workload").or(text("category")).unwrap_or_default();
        event.actor_upn = text("UserId");
        event.normalizer = format!("{source}/1");
        Ok(event)
    }
}

fn record(number: usize) -> Event {
    let text = mongodb::bson::Bson::Document(originals::raw(number));
    // Other blanks than those that adopting writes.
    let raw = serde_json::to_string_pretty(&text).unwrap();
    aoc_core::normalize(&Reads, Record::new(RawJson::parse(raw).unwrap()))
}

/// Members of a document that only we have.
const OURS: [&str; 10] =
    ["position", "token", "attempt", "key", "print", "ticks", "head", "raw_json", "adopted", "gained"];

/// Every document is there, and says what it said.
async fn assert_kept(place: &Place, store: &MongoStore) -> Vec<Stored> {
    let after: BTreeMap<String, Document> = place
        .all("events")
        .await
        .into_iter()
        .map(|document| (document.get("_id").unwrap().to_string(), document))
        .collect();
    let mut repeats = 0;
    for before in &place.before {
        let after = &after[&before.get("_id").unwrap().to_string()];
        for (name, value) in before {
            let put_right = match (name.as_str(), value) {
                ("tags" | "comments", Bson::Null) => Bson::Array(Vec::new()),
                ("tags", one @ Bson::String(_)) => Bson::Array(vec![one.clone()]),
                _ => value.clone(),
            };
            assert_eq!(after.get(name), Some(&put_right), "{name} of {before}");
        }
        if after.get_bool("repeat").unwrap_or_default() {
            repeats += 1;
            assert!(!after.contains_key("position"), "{after}");
        } else {
            let gained: BTreeSet<&str> =
                after.get_array("gained").unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            let new = after.keys().filter(|name| !before.contains_key(name.as_str()));
            let strange: Vec<&String> = new
                .filter(|name| {
                    !gained.contains(name.as_str()) && !OURS.contains(&name.as_str()) && *name != "alias"
                })
                .collect();
            assert!(strange.is_empty(), "{strange:?}");
        }
    }
    let events = everything(store).await;
    assert_eq!(events.len() + repeats, after.len());
    let keys: BTreeSet<&str> = events.iter().map(|stored| stored.event.dedupe_key.as_str()).collect();
    assert_eq!(keys.len(), events.len(), "doubles");
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_documents_are_adopted_found_and_kept() {
    let place = Place::with(DOCUMENTS).await;
    let (watermarks, rules) = (place.all("watermarks").await, place.all("rules").await);
    let store = place.open();
    let begun = std::time::Instant::now();
    let adopted = store.adopt_all(|_| {}).await.unwrap();
    println!("{DOCUMENTS} documents in {:?}", begun.elapsed());
    assert_eq!((adopted.done, adopted.repeats), (9_500, 500));
    assert_kept(&place, &store).await;
    let note: Adopting =
        serde_json::from_value(store.read("adopting/progress").await.unwrap().unwrap()).unwrap();
    assert_eq!(note, adopted);

    let shared: Arc<dyn EventStore> = Arc::new(store.clone());
    let index = SegmentIndex::new(shared, None);
    let count = async |filter: Value| index.count(&serde_json::from_value(filter).unwrap()).await.unwrap();
    assert_eq!(count(json!({})).await, 9_500);
    assert_eq!(count(json!({"search": "needle-5025"})).await, 1, "read from the original's members");
    assert_eq!(count(json!({"search": "only-5008"})).await, 1);
    assert_eq!(count(json!({"search": "file-5001"})).await, 1, "of the text only");
    assert_eq!(count(json!({"search": "FileDeleted"})).await, 500, "revisions");
    assert_eq!(count(json!({"service": "DeviceConfiguration"})).await, 1_500);
    assert!(count(json!({"actor": "user3@contoso"})).await > 300);
    assert_eq!(count(json!({"include_tags": ["seen"]})).await, 500);
    assert_eq!(count(json!({"include_tags": ["one"]})).await, 500);
    let start = "2026-01-05T08:00:00Z";
    assert_eq!(
        count(json!({"start": start, "end": "2026-01-05T08:01:00Z"})).await,
        2,
        "the first, and its revision"
    );

    let before = (place.all("events").await, place.all("aoc_notes").await);
    let again = place.open();
    drop((index, store));
    assert_eq!(again.adopt_all(|_| {}).await.unwrap(), Adopting::default());
    assert_eq!((place.all("events").await, place.all("aoc_notes").await), before, "nothing is left to do");
    assert_eq!((place.all("watermarks").await, place.all("rules").await), (watermarks, rules));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_it_comes_to_the_same() {
    let (whole, killed) = (Place::with(6_000).await, Place::with(6_000).await);
    whole.open().adopt_all(|_| {}).await.unwrap();
    for number in 0..20_u64 {
        let store = killed.open();
        let mut batches = 0;
        tokio::select! {
            _ = store.adopt_all(|_| batches += 1) => {}
            () = tokio::time::sleep(Duration::from_millis(30 + number * 137 % 1_500)) => {}
        }
        println!("{number}: {batches} batches");
    }
    let store = killed.open();
    store.adopt_all(|_| {}).await.unwrap();
    assert_kept(&killed, &store).await;
    let whole = everything(&whole.open()).await;
    assert_eq!(said(&everything(&store).await), said(&whole));
}

/// What is told, in any order: of two documents of one id either may have become the first.
fn said(events: &[Stored]) -> Vec<String> {
    let one = |Stored { event, .. }: &Stored| {
        let id = event.revision_of.as_ref().unwrap_or(&event.id);
        format!("{} {id} {} {} {}", event.source, event.timestamp, event.operation, event.raw.canonical())
    };
    let mut said: Vec<String> = events.iter().map(one).collect();
    said.sort();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_collected_meanwhile_come_once() {
    let place = Place::with(4_000).await;
    let alone = Place::with(4_000).await;
    let store = alone.open();
    store.adopt_all(|_| {}).await.unwrap();
    let ids = |events: &[Stored]| -> BTreeSet<String> {
        events.iter().map(|stored| stored.event.id.clone()).collect()
    };
    let expected = ids(&everything(&store).await);

    let store = place.open();
    let mut lead = store.lead();
    lead.wait_for(|lead| matches!(lead, Lead::Ours(..))).await.unwrap();
    // From the end, so that many are collected before their documents are adopted. Of the odd ones the original made
    // another id or time.
    let usual = |number: &usize| number % 20 > 10 || number % 20 < 5;
    for part in (0..4_000).rev().filter(usual).collect::<Vec<_>>().chunks(150) {
        let events: Vec<Event> = part.iter().map(|number| record(*number)).collect();
        let added = store.append(&events).await.unwrap();
        assert!(!added.iter().any(|added| matches!(added, Added::Revision(_))), "{added:?}");
    }
    while store.read("adopting/progress").await.unwrap().is_none_or(|note| note["ended"].is_null()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let events = assert_kept(&place, &store).await;
    assert_eq!(ids(&events), expected);
    assert_eq!(place.all("events").await.len(), 4_000, "each has taken the document over that was there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_original_writes_later_is_adopted_when_somebody_leads_anew() {
    let place = Place::with(100).await;
    place.open().adopt_all(|_| {}).await.unwrap();
    let late: Vec<Document> = originals::documents(110).split_off(100);
    originals::add(&place.uri, &place.name, &late).await;
    let store = place.open();
    let mut lead = store.lead();
    lead.wait_for(|lead| matches!(lead, Lead::Ours(..))).await.unwrap();
    let of = || async { everything(&store).await.len() };
    for _ in 0..200 {
        if of().await == 105 - 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(of().await, 104);
}

#[tokio::test(flavor = "multi_thread")]
async fn adopted_documents_are_annotated_told_anew_and_forgotten_as_others() {
    let place = Place::with(40).await;
    let store = place.open();
    store.adopt_all(|_| {}).await.unwrap();
    let events = everything(&store).await;
    for stored in &events {
        store.annotate(stored.position, Annotation::AddTag("new".into())).await.unwrap();
    }
    assert_eq!(store.tagged("new").await.unwrap().len(), events.len());
    let mut told = events.clone();
    told.iter_mut().for_each(|stored| stored.event.operation = "Told anew".into());
    store.rewrite(&told).await.unwrap();
    assert!(everything(&store).await.iter().all(|stored| stored.event.operation == "Told anew"));
    let after = place.all("events").await;
    for (before, after) in place.before.iter().zip(after) {
        let kept = |name: &str| before.get(name).is_none_or(|value| after.get(name) == Some(value));
        assert!(
            ["operation", "timestamp", "raw_text", "raw", "dedupe_key", "id"].into_iter().all(kept),
            "{after}"
        );
    }
    store.forget_before(Timestamp::parse("2030-01-01T00:00:00Z").unwrap()).await.unwrap();
    assert_eq!(
        place.all("events").await,
        Vec::<Document>::new(),
        "those that repeat another are forgotten, too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watermarks_and_rules_are_noted() {
    let place = Place::with(10).await;
    let store = place.open();
    assert_eq!(store.list("original/").await.unwrap(), [], "who only reads makes nothing");
    store.append(&[]).await.unwrap();
    let notes = store.list("original/").await.unwrap();
    let of = |key: &str| notes.iter().find(|note| note.key == key).map(|note| note.value.clone());
    assert_eq!(of("original/watermark/directory"), Some(json!("2026-01-06T08:00:00Z")));
    assert_eq!(of("original/watermark/intune"), Some(json!("2026-01-06T08:00:00Z")));
    assert_eq!(of("original/watermark/office365"), Some(json!("2026-01-06T09:30:00Z")));
    let rule = of("original/rule/rule-1").unwrap();
    assert_eq!((&rule["name"], &rule["conditions"]), (&json!("Admins"), &json!([{"field": "operation"}])));
    assert_eq!(notes.len(), 4);
}

/// Text that hardly gets shorter when it is compressed.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(33 + u8::try_from(state >> 33 & 63).unwrap())
    };
    (0..length).map(next).filter(|c| !matches!(c, '"' | '\\')).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_almost_any_size_are_adopted() {
    let place = Place::with(10).await;
    let long = |id: &str, text: String| doc! { "id": id, "service": "Exchange", "raw": { "weird": text } };
    let large = [
        long("even", "a".repeat(14 << 20)),
        long("noisy", noise(5 << 20)),
        long("too much", noise(11 << 20)),
    ];
    originals::add(&place.uri, &place.name, &large).await;
    let store = place.open();
    assert_eq!(store.adopt_all(|_| {}).await.unwrap().done, 12);
    let lengths = async |id: &str| {
        let event = store.get(&format!("office365_activity:{id}")).await.unwrap().remove(0).event;
        (event.raw.text().len() >> 20, event.flags.join(" "))
    };
    assert_eq!(lengths("even").await, (14, "time_unreadable".into()));
    assert_eq!(lengths("noisy").await, (4, "time_unreadable".into()));
    assert_eq!(
        lengths("too much").await,
        (0, "time_unreadable raw_too_large".into()),
        "its document still has it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_can_be_taken_away() {
    let place = Place::with(200).await;
    let store = place.open();
    store.adopt_all(|_| {}).await.unwrap();
    let (guide, pipeline) = (include_str!("../../docs/migrating.md"), Vec::from([taken_away()]));
    let names = "\"position\", \"token\", \"attempt\", \"key\", \"alias\", \"print\", \"ticks\", \"head\", \"raw_json\", \"packed\", \"length\"";
    assert!(guide.contains(names), "as the guide says");
    let client = Client::with_uri_str(&place.uri).await.unwrap();
    let events = client.database(&place.name).collection::<Document>("events");
    events.update_many(doc! { "adopted": true }, pipeline).await.unwrap();
    let repeat = doc! { "$unset": { "repeat": "", "ticks": "" } };
    events.update_many(doc! { "repeat": true }, repeat).await.unwrap();
    let is_put_right =
        |document: &&Document| matches!(document.get("tags"), Some(Bson::Null | Bson::String(_)));
    let after: Vec<Document> = place.all("events").await;
    for before in place.before.iter().filter(|document| !is_put_right(document)) {
        assert!(after.contains(before), "{before}");
    }
    assert_eq!(after.len(), 200);
}

fn taken_away() -> Document {
    let names = [
        "position", "token", "attempt", "key", "alias", "print", "ticks", "head", "raw_json", "packed",
        "length",
    ];
    let names = [&names[..], &["adopted", "gained"]].concat();
    doc! { "$replaceWith": { "$arrayToObject": { "$filter": {
        "input": { "$objectToArray": "$$ROOT" },
        "cond": { "$not": { "$in": ["$$this.k", { "$concatArrays": [names, { "$ifNull": ["$gained", []] }] }] } },
    } } } }
}
