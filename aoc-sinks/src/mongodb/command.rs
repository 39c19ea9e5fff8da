//! Talking to the server: how long we wait, what its errors mean, many updates at once.

use std::{future::IntoFuture, time::Duration};

use aoc_core::prelude::*;
use mongodb::{
    Database,
    bson::{Document, doc},
    error::{ErrorKind as Cause, WriteFailure},
};

/// The longest that anything may take; finding a new primary is part of it.
const PATIENCE: Duration = Duration::from_secs(45);
/// The longest that the server may look through all documents, or make an index of them.
const LONG_PATIENCE: Duration = Duration::from_secs(3_600);
/// The server's code for a key that is there already.
const DUPLICATE_KEY: i32 = 11_000;
/// The driver tells all it knows of all servers.
const MOST_SAID: usize = 400;
/// How many updates go into one command; the server takes 100,000 and 48 MB.
const AT_ONCE: usize = 1_000;
/// And how many bytes, about.
const MOST_BYTES: usize = 24 << 20;
/// How often a command that may be repeated is.
const TRIES: u32 = 5;

/// Waits for an answer, but not for ever.
pub(crate) async fn ask<T>(question: impl IntoFuture<Output = mongodb::error::Result<T>>) -> Result<T> {
    wait(question).await?.map_err(failed)
}

/// The same, where an error of the server may be an answer, too.
pub(crate) async fn wait<T>(question: impl IntoFuture<Output = T>) -> Result<T> {
    let answered = tokio::time::timeout(PATIENCE, question.into_future()).await;
    answered.map_err(|_| Error::unavailable("MongoDB does not answer"))
}

/// Waits for what may have to look through all documents.
pub(super) async fn patiently<T>(question: impl IntoFuture<Output = T>) -> Result<T> {
    let answered = tokio::time::timeout(LONG_PATIENCE, question.into_future()).await;
    answered.map_err(|_| Error::unavailable("MongoDB does not answer"))
}

/// What an error of MongoDB means to us. Its own text may hold documents: it is the cause, never the sentence.
pub(crate) fn failed(cause: mongodb::error::Error) -> Error {
    let code = match cause.kind.as_ref() {
        Cause::Command(command) => Some(command.code),
        _ => None,
    };
    let error = match (cause.kind.as_ref(), code) {
        (Cause::Authentication { .. }, _) | (_, Some(18)) => Error::denied("MongoDB refuses the sign-in"),
        (Cause::Command(command), Some(13)) if command.message.contains("requires authentication") => {
            Error::denied("MongoDB asks for a user and a password; put them into `uri`")
        }
        (_, Some(13)) => {
            Error::denied("MongoDB refuses: the user lacks the right `readWrite` on the database")
        }
        (Cause::InvalidArgument { .. }, _) => Error::config("MongoDB cannot be reached as configured"),
        (Cause::ServerSelection { .. } | Cause::DnsResolve { .. }, _) => {
            Error::unavailable("MongoDB cannot be reached")
        }
        _ => Error::unavailable("MongoDB failed"),
    };
    error.because(brief(&cause))
}

/// What the driver says, without what only its makers can use.
fn brief(cause: &mongodb::error::Error) -> String {
    let said = cause.kind.to_string();
    if let Some((_, servers)) = said.split_once("Servers: [") {
        let reasons: Vec<String> = servers.split("Address: ").skip(1).map(reason).collect();
        return reasons.join("; ");
    }
    said[..said.floor_char_boundary(MOST_SAID)].to_owned()
}

/// Why a server is no use: `db1:27017: Connection refused`.
fn reason(server: &str) -> String {
    let address = server.split(',').next().unwrap_or_default();
    let cause = server.split_once("Error: ").map(|(_, cause)| cause.trim_start_matches("Kind: "));
    let cause = cause.and_then(|cause| cause.split(", labels").next());
    let kind = server.split_once("Type: ").and_then(|(_, kind)| kind.split([',', ' ']).next());
    let reason = cause.or(kind).unwrap_or("no answer");
    format!("{address}: {}", &reason[..reason.floor_char_boundary(MOST_SAID / 4)])
}

/// Whether the server refused a document because its key is there already.
pub(crate) fn is_duplicate(cause: &mongodb::error::Error) -> bool {
    match cause.kind.as_ref() {
        Cause::InsertMany(many) => {
            many.write_errors.iter().flatten().any(|error| error.code == DUPLICATE_KEY)
        }
        Cause::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        Cause::Command(command) => command.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// One update of many.
#[derive(Clone)]
pub(super) struct Update {
    pub(super) filter: Document,
    pub(super) change: Document,
    pub(super) upsert: bool,
}

/// Makes many updates, each of one document, and says how many documents they found or made. Each must be one that may
/// be made twice. A key that is there already is as if nothing was found.
pub(super) async fn update_all(database: &Database, collection: &str, updates: Vec<Update>) -> Result<u64> {
    let (mut done, mut bytes, mut batch) = (0, 0, Vec::new());
    for Update { filter, change, upsert } in updates {
        let update = doc! { "q": filter, "u": change, "upsert": upsert };
        bytes += mongodb::bson::RawDocumentBuf::try_from(&update).map_or(0, |raw| raw.as_bytes().len());
        batch.push(update);
        if batch.len() == AT_ONCE || bytes > MOST_BYTES {
            done += update_batch(database, collection, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        done += update_batch(database, collection, batch).await?;
    }
    Ok(done)
}

async fn update_batch(database: &Database, collection: &str, updates: Vec<Document>) -> Result<u64> {
    let command = doc! {
        "update": collection,
        "updates": updates,
        "ordered": false,
        "writeConcern": { "w": "majority" },
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match ask(database.run_command(command.clone())).await.and_then(|answer| count(&answer)) {
            Err(error) if error.kind() == ErrorKind::Unavailable && tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(100) * tries).await;
            }
            counted => return counted,
        }
    }
}

/// How many documents the answer to an `update` speaks of.
fn count(answer: &Document) -> Result<u64> {
    let errors =
        answer.get_array("writeErrors").into_iter().flatten().filter_map(|error| error.as_document());
    for error in errors {
        if error.get_i32("code").ok() != Some(DUPLICATE_KEY) {
            let message = error.get_str("errmsg").unwrap_or_default().to_owned();
            return Err(Error::unavailable("MongoDB refused a change").because(message));
        }
    }
    if let Ok(error) = answer.get_document("writeConcernError") {
        let message = error.get_str("errmsg").unwrap_or_default().to_owned();
        return Err(Error::unavailable("MongoDB could not make a change safe").because(message));
    }
    let number = |name: &str| {
        let value = answer.get(name);
        value.and_then(|value| value.as_i64().or_else(|| value.as_i32().map(i64::from))).unwrap_or_default()
    };
    Ok(number("n").unsigned_abs())
}
