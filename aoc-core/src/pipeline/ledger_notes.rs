//! From what a page proves to the notes of the ledger.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    Result,
    ledger::Coverage,
    store::{EventStore, Note},
};

/// The notes of what a page proves together with what was known before.
pub(crate) async fn ledger_notes(
    store: &dyn EventStore,
    source: &str,
    coverage: Vec<Coverage>,
) -> Result<Vec<Note>> {
    let mut stretches: BTreeMap<String, Coverage> = BTreeMap::new();
    let mut waiting = VecDeque::from(coverage);
    while let Some(coverage) = waiting.pop_front() {
        let key = coverage.note(source);
        let earlier = match stretches.remove(&key) {
            Some(earlier) => Some(earlier),
            None => store.read(&key).await?.and_then(|note| read_note(&key, note)),
        };
        let known = match earlier {
            Some(earlier) => {
                let (known, rest) = coverage.after(earlier);
                waiting.extend(rest);
                known
            }
            None => coverage,
        };
        stretches.insert(key, known);
    }
    stretches.into_iter().map(|(key, coverage)| Note::new(key, coverage)).collect()
}

/// What cannot be read any more proves nothing any more.
fn read_note(key: &str, note: serde_json::Value) -> Option<Coverage> {
    let read = serde_json::from_value(note);
    read.inspect_err(
        |cause| tracing::warn!(key, %cause, "a note of the ledger cannot be read; it is written anew"),
    )
    .ok()
}
