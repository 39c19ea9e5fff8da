//! The notebook: a collection of small texts.
//!
//! Several notes are written all or none, also where the server knows no transactions: they are first put, with the
//! next number, into the log's document, in one step; then each is written, unless one with a higher number is there.
//! What a process leaves half-done, the next leader does.

use aoc_core::{prelude::*, store::Note};
use futures::TryStreamExt;
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
    options::ReturnDocument,
};
use serde_json::Value;

use super::{
    MongoStore, Shared,
    append::lost,
    command::{Update, ask, update_all},
    connection::LOG,
};

/// The most that is written at once.
const MOST_BYTES: usize = 12 << 20;
/// For how long an erased note is remembered, so that nobody who is late writes it again: in milliseconds.
const REMEMBER: i64 = 86_400_000;

/// After so many writings those are forgotten.
const FORGET_EVERY: i64 = 1_024;

/// Notes that are in the log's document and may not all be in their places yet.
#[derive(Default)]
pub(super) struct Unapplied {
    notes: Option<(i64, Vec<Text>)>,
    /// By which token, and under which number, was written last.
    last: Option<(i64, Option<i64>)>,
}

impl Unapplied {
    /// The number under which was written last by a token.
    async fn last_of(&mut self, token: i64, log: &Collection<Document>) -> Result<Option<i64>> {
        if let Some((_, last)) = self.last.filter(|(by, _)| *by == token) {
            return Ok(last);
        }
        let found = ask(log.find_one(doc! { "_id": LOG, "token": token })).await?.ok_or_else(lost)?;
        let journal = found.get_document("journals").and_then(|journals| journals.get_document("leader"));
        let last = journal.ok().and_then(|journal| journal.get_i64("seq").ok());
        self.last = Some((token, last));
        Ok(last)
    }
}

/// A note as it is kept: key and text; none where it is erased.
type Text = (String, Option<String>);

#[async_trait]
impl Notebook for MongoStore {
    async fn read(&self, key: &str) -> Result<Option<Value>> {
        let notes = &self.shared.connection().await?.notes;
        let found = ask(notes.find_one(doc! { "_id": key })).await?;
        found.as_ref().and_then(text).map(|text| parse(key, text)).transpose()
    }

    async fn write(&self, notes: &[Note]) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let texts: Vec<Text> = notes
            .iter()
            .map(|note| (note.key.clone(), (!note.value.is_null()).then(|| note.value.to_string())))
            .collect();
        if texts.iter().map(|(key, text)| key.len() + text.as_ref().map_or(0, String::len)).sum::<usize>()
            > MOST_BYTES
        {
            return Err(Error::rejected(format!("notes of more than {MOST_BYTES} bytes at once")));
        }
        self.shared.write_notes(self.right.token_of_notes(), texts).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        let notes = &self.shared.connection().await?.notes;
        let mut keys = doc! { "$gte": prefix };
        if let Some(behind) = behind(prefix) {
            keys.insert("$lt", behind);
        }
        let filter = doc! { "_id": keys, "text": { "$type": "string" } };
        let mut cursor = ask(notes.find(filter).sort(doc! { "_id": 1 })).await?;
        let mut found = Vec::new();
        while let Some(document) = ask(cursor.try_next()).await? {
            if let (Ok(key), Some(text)) = (document.get_str("_id"), text(&document)) {
                found.push(Note { key: key.to_owned(), value: parse(key, text)? });
            }
        }
        Ok(found)
    }
}

/// The first text behind all that start so; nothing where there is none.
fn behind(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // Between the last one before the surrogates and the first one behind them there is none.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn text(document: &Document) -> Option<&str> {
    document.get_str("text").ok()
}

fn parse(key: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|cause| Error::internal(format!("the note {key} is damaged")).because(cause))
}

impl Shared {
    /// Writes notes, by a token or by none.
    async fn write_notes(&self, token: Option<i64>, texts: Vec<Text>) -> Result<()> {
        let mut unapplied = self.unapplied.lock().await;
        self.finish(&mut unapplied).await?;
        let log = &self.prepared().await?.log;
        let slot = if token.is_some() { "journals.leader" } else { "journals.others" };
        let mut place = doc! { "_id": LOG };
        if let Some(token) = token {
            // By what was written last: if that is no more what it was, a writing that was given up came late.
            place
                .extend(doc! { "token": token, "journals.leader.seq": unapplied.last_of(token, log).await? });
        }
        let entries: Vec<Document> =
            texts.iter().map(|(key, text)| doc! { "key": key, "text": text.as_deref() }).collect();
        let next = doc! { "$add": ["$seq", 1_i64] };
        let change = doc! { "seq": &next, slot: { "seq": &next, "notes": { "$literal": entries } } };
        let numbered = log.find_one_and_update(place, vec![doc! { "$set": change }]);
        let numbered = numbered.return_document(ReturnDocument::After).projection(doc! { "seq": 1 });
        // If this is cut off, it is asked anew what was written last.
        unapplied.last = None;
        let number = number_of(&ask(numbered).await?.ok_or_else(lost)?)?;
        unapplied.last = token.map(|token| (token, Some(number)));
        if number % FORGET_EVERY == 0 {
            self.forget_erased().await?;
        }
        unapplied.notes = Some((number, texts));
        self.finish(&mut unapplied).await
    }

    /// Puts notes in their places.
    async fn finish(&self, unapplied: &mut Unapplied) -> Result<()> {
        if let Some((number, texts)) = &unapplied.notes {
            self.apply(*number, texts).await?;
            unapplied.notes = None;
        }
        Ok(())
    }

    async fn apply(&self, number: i64, texts: &[Text]) -> Result<()> {
        let database = &self.connection().await?.database;
        let update = |(key, text): &Text| Update {
            filter: doc! { "_id": key, "seq": { "$lte": number } },
            change: match text {
                Some(text) => doc! { "$set": { "text": text, "seq": number }, "$unset": { "erased": "" } },
                None => {
                    doc! { "$set": { "seq": number, "erased": DateTime::now() }, "$unset": { "text": "" } }
                }
            },
            // Where one with a higher number is there, its key is taken, and it stays.
            upsert: true,
        };
        update_all(database, "aoc_notes", texts.iter().map(update).collect()).await.map(drop)
    }

    /// Does what the last leader, and others who are gone, left half-done; forgets who was erased long ago.
    pub(super) async fn apply_journals(&self, token: i64) -> Result<()> {
        let connection = self.connection().await?;
        let ours = doc! { "_id": LOG, "token": token };
        let numbered = connection.log.find_one_and_update(ours, doc! { "$inc": { "seq": 1_i64 } });
        let found = ask(numbered.projection(doc! { "journals": 1 })).await?.ok_or_else(lost)?;
        for (_, journal) in found.get_document("journals").cloned().unwrap_or_default() {
            if let Some((number, texts)) = read_journal(&journal) {
                self.apply(number, &texts).await?;
            }
        }
        let done = doc! { "$unset": { "journals": "" } };
        ask(connection.log.update_one(doc! { "_id": LOG, "token": token }, done)).await.map(drop)
    }

    async fn forget_erased(&self) -> Result<()> {
        let notes = &self.connection().await?.notes;
        let long_ago = DateTime::from_millis(DateTime::now().timestamp_millis() - REMEMBER);
        ask(notes.delete_many(doc! { "erased": { "$lt": long_ago } })).await.map(drop)
    }
}

fn number_of(document: &Document) -> Result<i64> {
    document.get_i64("seq").map_err(|cause| Error::internal("a number of the log is damaged").because(cause))
}

/// A journal: its number, and its notes.
fn read_journal(journal: &Bson) -> Option<(i64, Vec<Text>)> {
    let journal = journal.as_document()?;
    let entries = journal.get_array("notes").ok()?.iter().filter_map(Bson::as_document);
    let text = |entry: &Document| {
        Some((entry.get_str("key").ok()?.to_owned(), entry.get_str("text").ok().map(str::to_owned)))
    };
    Some((number_of(journal).ok()?, entries.filter_map(text).collect()))
}
