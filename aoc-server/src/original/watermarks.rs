//! Where the original stopped collecting, its sources go on here.

use aoc_core::{EventStore, Result, Timestamp, config::Config, store::Note};
use chrono::TimeDelta;
use serde_json::Value;

/// The notes of a store that has taken over a database of the original's.
const NOTED: &str = "original/watermark/";
/// What came late at the source is asked for once more.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Parts of the names that the original gave its sources, in small letters, and the component; the first counts.
const NAMES: [(&str, &str); 11] = [
    ("intune", "intune_audit"),
    ("sign", "entra_sign_ins"),
    ("office", "office365_activity"),
    ("o365", "office365_activity"),
    ("unified", "office365_activity"),
    ("management_activity", "office365_activity"),
    ("directory", "entra_audit"),
    ("entra", "entra_audit"),
    ("aad", "entra_audit"),
    ("graph", "entra_audit"),
    ("audit", "entra_audit"),
];

/// A source of the configuration: its name and its component.
pub(crate) struct Heir {
    name: String,
    component: String,
}

/// The sources of a configuration whose store may be a database of the original's.
pub(crate) fn heirs(config: &Config) -> Vec<Heir> {
    let is_mongodb = config.get("store.type").and_then(Value::as_str) == Some("mongodb");
    let sources = config.get("sources").and_then(Value::as_object).filter(|_| is_mongodb);
    let heir = |(name, source): (&String, &Value)| {
        Some(Heir { name: name.clone(), component: source.get("type")?.as_str()?.to_owned() })
    };
    sources.into_iter().flatten().filter_map(heir).collect()
}

/// Notes for each source where it begins, if the original says and no such note is there. A source that has a cursor
/// goes on from that.
pub(crate) async fn take_up(store: &dyn EventStore, heirs: &[Heir]) -> Result<()> {
    if heirs.is_empty() {
        return Ok(());
    }
    // With the first thing that is written, a database of the original's is made ready, and its watermarks are noted.
    store.write(&[Note::new("original/asked", Value::Null)?]).await?;
    let noted = store.list(NOTED).await?;
    let mut notes = Vec::new();
    for heir in heirs {
        let key = format!("since/{}", heir.name);
        let Some(since) = since(&noted, &heir.component) else { continue };
        if store.read(&key).await?.is_none() {
            tracing::info!(source = heir.name, %since, "going on where the original stopped");
            notes.push(Note::new(key, since)?);
        }
    }
    store.write(&notes).await
}

/// The earliest of the times that the original noted for a component, and some time before.
fn since(noted: &[Note], component: &str) -> Option<Timestamp> {
    let of_component = noted.iter().filter(|note| component_of(&note.key) == Some(component));
    let times = of_component.filter_map(|note| serde_json::from_value::<Timestamp>(note.value.clone()).ok());
    times.min().map(|time| (time.instant() - OVERLAP).into())
}

fn component_of(key: &str) -> Option<&'static str> {
    let name = key.strip_prefix(NOTED)?.to_lowercase();
    NAMES.iter().find(|(part, _)| name.contains(part)).map(|(_, component)| *component)
}

#[cfg(test)]
mod tests {
    use aoc_core::{MemoryStore, store::Notebook};

    use super::*;

    async fn noted(watermarks: &[(&str, &str)]) -> MemoryStore {
        let store = MemoryStore::new();
        let note = |(name, time): &(&str, &str)| Note::new(format!("{NOTED}{name}"), time).unwrap();
        store.write(&watermarks.iter().map(note).collect::<Vec<_>>()).await.unwrap();
        store
    }

    fn configured(store: &str) -> Vec<Heir> {
        let text = format!(
            "[store]\ntype = \"{store}\"\n[sources.entra]\ntype = \"entra_audit\"\n[sources.logins]\n\
             type = \"entra_sign_ins\"\n[sources.intune]\ntype = \"intune_audit\"\n[sources.o]\n\
             type = \"office365_activity\""
        );
        heirs(&Config::read(&text, "test", std::iter::empty()).unwrap())
    }

    #[tokio::test]
    async fn sources_go_on_an_hour_before_the_originals_watermarks() {
        let store = noted(&[
            ("directoryAudits", "2026-01-06T08:00:00Z"),
            ("intune_audit", "2026-01-06T07:30:00.5Z"),
            ("unified", "2026-01-06T05:00:00Z"),
            ("Office365", "2026-01-06T06:00:00Z"),
        ])
        .await;
        take_up(&store, &configured("mongodb")).await.unwrap();
        let since = async |name: &str| store.read(&format!("since/{name}")).await.unwrap();
        assert_eq!(since("entra").await.unwrap(), "2026-01-06T07:00:00Z");
        assert_eq!(since("intune").await.unwrap(), "2026-01-06T06:30:00.500Z");
        assert_eq!(since("o").await.unwrap(), "2026-01-06T04:00:00Z", "the earlier of two");
        assert_eq!(since("logins").await, None, "the original says nothing of them");
    }

    #[tokio::test]
    async fn a_note_that_is_there_stays() {
        let store = noted(&[("entra", "2026-01-06T08:00:00Z"), ("intune", "soon")]).await;
        let there = Note::new("since/entra", "2026-02-01T00:00:00Z").unwrap();
        store.write(std::slice::from_ref(&there)).await.unwrap();
        take_up(&store, &configured("mongodb")).await.unwrap();
        assert_eq!(store.list("since/").await.unwrap(), [there]);
        assert!(configured("sqlite").is_empty());
    }
}
