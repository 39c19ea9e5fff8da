//! Rules of the Python original, taken over once.

use aoc_core::{
    EventStore, Result,
    alert::rule::Rule,
    store::{Note, Notebook},
};

use super::{
    known::Refused,
    stored::{KEYS, note_of},
};

/// The notes of a store that has taken over a database of the original's.
const NOTED: &str = "original/rule/";
/// The notes that tell which of them were taken over: one that is deleted here does not come back.
const TAKEN: &str = "original/taken/rule/";

/// Stores the original's rules as ours where that was not done yet, and says which cannot be.
pub(super) async fn take_over(store: &dyn EventStore) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    for note in store.list(NOTED).await? {
        let id = note.key.strip_prefix(NOTED).unwrap_or_default();
        let taken = format!("{TAKEN}{id}");
        if store.read(&taken).await?.is_some() {
            continue;
        }
        match ours(&note, id) {
            Ok(ours) if is_free(store, &ours.key).await? => {
                tracing::info!(id, "a rule of the original is taken over");
                store.write(&[ours, Note::new(taken, true)?]).await?;
            }
            Ok(_) => store.write(&[Note::new(taken, true)?]).await?,
            Err(error) => {
                tracing::warn!(id, error = error.chain(), "a rule of the original cannot be taken over");
                refused.push(Refused::stored(id, &error.at("a rule of the original")));
            }
        }
    }
    Ok(refused)
}

fn ours(note: &Note, id: &str) -> Result<Note> {
    let mut rule = Rule::from_original(&note.value)?;
    if rule.id.is_empty() {
        id.clone_into(&mut rule.id);
    }
    note_of(&rule)
}

async fn is_free(store: &(impl Notebook + ?Sized), key: &str) -> Result<bool> {
    debug_assert!(key.starts_with(KEYS));
    Ok(store.read(key).await?.is_none())
}
