//! The notebook: small JSON under keys.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{EventStore, store::Note};

fn note(key: &str, value: Value) -> Note {
    Note { key: key.to_owned(), value }
}

/// A note is read as it was written, and the last writing counts.
pub async fn a_note_is_read_as_it_was_written(store: Arc<dyn EventStore>) {
    assert_eq!(store.read("cursor/entra").await.unwrap(), None);
    let values = [
        json!({"a": {"b": [1, null, true, "ünï\u{0}\n🔥"]}, "n": 18_446_744_073_709_551_615_u64, "m": -7, "f": 0.5}),
        json!("text"),
        json!(false),
        json!(0),
        json!([]),
        json!({}),
        json!(""),
        json!("x".repeat(300_000)),
    ];
    for value in values {
        store.write(&[note("cursor/entra", value.clone())]).await.unwrap();
        assert_eq!(store.read("cursor/entra").await.unwrap(), Some(value));
    }
    assert_eq!(store.read("cursor").await.unwrap(), None);
    assert_eq!(store.read("cursor/entr_").await.unwrap(), None);
    assert_eq!(store.read("CURSOR/ENTRA").await.unwrap(), None);
}

/// Several notes are written at once, others erased by `null` in the same step.
pub async fn notes_are_written_and_erased_together(store: Arc<dyn EventStore>) {
    store.write(&[note("a/1", json!(1)), note("a/2", json!(2))]).await.unwrap();
    store
        .write(&[note("a/1", Value::Null), note("a/3", json!(3)), note("never", Value::Null)])
        .await
        .unwrap();
    store.write(&[]).await.unwrap();
    assert_eq!(store.read("a/1").await.unwrap(), None);
    assert_eq!(store.list("a/").await.unwrap(), [note("a/2", json!(2)), note("a/3", json!(3))]);
    assert_eq!(store.list("never").await.unwrap(), []);
}

/// A list has the notes whose keys start so, letter by letter, in the order of their keys.
pub async fn a_list_has_the_notes_whose_keys_start_so(store: Arc<dyn EventStore>) {
    let keys = [
        "n/%",
        "n/%a",
        "n/*",
        "n/[x]",
        "n/_",
        "n/_a",
        "n/a",
        "n/a/b",
        "n/aa",
        "n/A",
        "n/é",
        "n/éa",
        "n/ü/ü",
        "n/ÿ",
        "n/\u{10ffff}",
        "n/\u{10ffff}a",
        "n/🔥",
        "n0",
        "n/'quote\"",
        "n/\\",
        "n",
        "n/ ",
        "m/z",
        "o",
    ];
    let notes: Vec<Note> = keys.iter().map(|key| note(key, json!(key))).collect();
    store.write(&notes).await.unwrap();
    let prefixes = [
        "n/",
        "n",
        "n/_",
        "n/%",
        "n/a",
        "n/A",
        "n/é",
        "n/ÿ",
        "n/\u{10ffff}",
        "n/🔥",
        "n/[",
        "n/*",
        "n/\\",
        "n/'",
        "x",
        "n/?",
    ];
    for prefix in prefixes {
        let mut expected: Vec<&str> = keys.iter().copied().filter(|key| key.starts_with(prefix)).collect();
        expected.sort_unstable();
        let listed = store.list(prefix).await.unwrap();
        assert_eq!(listed.iter().map(|note| &*note.key).collect::<Vec<_>>(), expected, "prefix {prefix}");
        assert!(listed.iter().all(|note| note.value == json!(note.key)));
    }
}

/// Thousands of notes are no trouble.
pub async fn many_notes_are_kept(store: Arc<dyn EventStore>) {
    let notes: Vec<Note> = (0..2_500).map(|i| note(&format!("ledger/x/{i:05}"), json!({"i": i}))).collect();
    store.write(&notes).await.unwrap();
    assert_eq!(store.list("ledger/x/").await.unwrap(), notes);
    assert_eq!(store.list("ledger/x/012").await.unwrap(), notes[1_200..1_300]);
}

/// A writing that is cut off wrote all of its notes or none.
pub async fn a_writing_that_is_cut_off_wrote_all_or_none(store: Arc<dyn EventStore>) {
    for round in 1..20_u64 {
        let notes: Vec<Note> = (0..200).map(|i| note(&format!("cut/{i:03}"), json!(round))).collect();
        let writer = store.clone();
        let work = tokio::spawn(async move { writer.write(&notes).await });
        tokio::time::sleep(Duration::from_micros(150 * round)).await;
        work.abort();
        // An error here is the abort.
        let _ = work.await;
        // Whatever is still on its way is done before this one.
        store.write(&[note("cut-barrier", json!(round))]).await.unwrap();
        let values: Vec<Value> =
            store.list("cut/").await.unwrap().into_iter().map(|note| note.value).collect();
        assert!(values.len() == 200 || (values.is_empty()), "{} of 200 notes", values.len());
        assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "half of the notes are of another round");
    }
}
