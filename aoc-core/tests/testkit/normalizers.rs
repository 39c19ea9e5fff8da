//! Normalizers and their files.

use std::path::Path;

use aoc_core::{
    prelude::*,
    testkit::{fakes::Numbers, normalizer},
};

use super::failure;

/// Reads `{"id": …, "when": …, "who": {"name": …}}`.
#[derive(Clone, Copy)]
struct Simple {
    panics: bool,
}

impl Normalizer for Simple {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let item: serde_json::Value = record.raw.read()?;
        let id = item["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| Error::invalid("no id"))?;
        let time = item["when"].as_str().unwrap_or_default().parse()?;
        let mut event = Event::new("simple", id, time);
        event.actor_display = item["who"]["name"].as_str().map(str::to_owned);
        if self.panics {
            assert!(item["who"].is_object(), "a bug");
        }
        Ok(event)
    }
}

const RECORD: &str = r#"{"id": "1", "when": "2026-01-05T09:00:00.5Z", "who": {"name": "Megan"}}"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("first.json"), RECORD).unwrap();
    let whole = serde_json::json!({
        "raw": {"id": "2", "when": "2026-01-05T10:00:00Z"}, "tenant": "t", "received_at": "2026-02-01T00:00:00Z",
    });
    std::fs::write(folder.path().join("second.record.json"), whole.to_string()).unwrap();
    folder
}

async fn said(normalizer: impl Normalizer + 'static, folder: &Path) -> String {
    let folder = folder.to_owned();
    failure(async move { normalizer::check(&normalizer, folder) }).await
}

#[tokio::test]
async fn an_event_stands_beside_each_record() {
    let simple = Simple { panics: false };
    let folder = folder();
    let missing = said(simple, folder.path()).await;
    assert!(missing.contains("first.json: there is no event beside it; UPDATE=1 writes it"), "{missing}");
    normalizer::write_events(&simple, folder.path());
    normalizer::check(&simple, folder.path());
    let event = std::fs::read_to_string(folder.path().join("second.event.json")).unwrap();
    assert!(event.contains(r#""tenant": "t""#) && !event.contains("raw"), "{event}");
    std::fs::write(folder.path().join("first.json"), RECORD.replace("Megan", "Alex")).unwrap();
    std::fs::write(folder.path().join("third.event.json"), "{}").unwrap();
    let differs = said(simple, folder.path()).await;
    assert!(differs.starts_with("2 faults"), "{differs}");
    assert!(differs.contains(r#"actor_display: "Megan" is now "Alex""#), "{differs}");
    assert!(differs.contains("third.event.json: there is no record beside this event"), "{differs}");
}

#[tokio::test]
async fn a_panic_on_a_mutilated_record_is_caught() {
    let folder = folder();
    normalizer::write_events(&Simple { panics: false }, folder.path());
    std::fs::remove_file(folder.path().join("second.record.json")).unwrap();
    std::fs::remove_file(folder.path().join("second.event.json")).unwrap();
    let said = said(Simple { panics: true }, folder.path()).await;
    assert!(
        said.contains("it panics when `/who` is nothing") && said.contains("it panics when `/who` is 7"),
        "{said}"
    );
    assert!(!said.contains("`/who/name`"), "{said}");
}

/// Looks at a clock.
struct Impure;

impl Normalizer for Impure {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let mut event = Simple { panics: false }.normalize(record)?;
        event.dedupe_key = Key::of("simple", &record.received_at.to_string());
        event.timestamp = record.received_at;
        Ok(event)
    }
}

#[tokio::test]
async fn a_key_that_depends_on_when_a_record_arrived_is_caught() {
    let folder = folder();
    normalizer::write_events(&Impure, folder.path());
    let said = said(Impure, folder.path()).await;
    assert!(
        said.contains("the key simple:2026-06-01") && said.contains("became simple:2027-01-01"),
        "{said}"
    );
    assert!(said.contains("the time depends on when the record arrived"), "{said}");
}

#[test]
fn the_fake_normalizer_never_panics() {
    assert_eq!(
        normalizer::panics(&Numbers, &Record::new(RawJson::parse(RECORD).unwrap())),
        Vec::<String>::new()
    );
}
