//! `aoc store`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use aoc_core::{Error, Result, config::Config};
use aoc_server::{
    Caller,
    assemble::registry,
    operations::copy::{Copied, End, StoreCopy},
};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    Session, incomplete,
    maintenance::{exit_code, figures, print, progress::Shown, stop_by_signal},
    output::plain,
    serve,
};

/// Moves what is stored to another store.
#[derive(Args)]
#[command(flatten_help = true)]
pub(crate) struct Store {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Copies a store into another one: events, tags, comments, cursors, positions and the ledger.
    ///
    /// Running it again goes on where it was interrupted, and afterwards adds what is new. Only `[store]` of each
    /// configuration is used, and no `AOC_` variable. A server may run on the source meanwhile, none on the
    /// target.
    Copy(Copy),
}

#[derive(Args)]
struct Copy {
    /// Configuration whose `[store]` is copied.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Configuration whose `[store]` it is copied to.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Copies into a store that holds other events; its horizon and its notes stay as they are.
    #[arg(long)]
    merge: bool,
}

impl Store {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let Work::Copy(copy) = self.work;
        copy.run(session).await
    }
}

impl Copy {
    async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let source = end(&self.from, Missing::IsWrong).await.map_err(|error| error.at("--from"))?;
        let target = end(&self.to, Missing::IsMade).await.map_err(|error| error.at("--to"))?;
        let copy = StoreCopy::between(source.clone(), target.clone()).merging(self.merge);
        let stop = copy.stopper();
        stop_by_signal(stop.clone())?;
        let mut shown = Shown::start("events");
        let outcome = copy.run(&Caller::local(), |walked| shown.update(walked)).await;
        shown.finish();
        serve::resign(&*source.store).await;
        serve::resign(&*target.store).await;
        let copied = outcome?;
        print(json, &copied, text)?;
        let complete = copied.is_complete() || copied.interrupted;
        Ok(if complete { exit_code(&stop, copied.interrupted) } else { incomplete() })
    }
}

/// What a database that is not there yet means.
#[derive(PartialEq)]
enum Missing {
    IsWrong,
    IsMade,
}

/// The store of a configuration.
async fn end(file: &Path, missing: Missing) -> Result<End> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file);
    let text = text.map_err(|cause| Error::config(format!("{name}: cannot read the file")).because(cause))?;
    let mut whole = Config::read(&text, &name, std::iter::empty())?;
    whole.set_default("store", "type", "sqlite");
    if whole.get("store.type").and_then(Value::as_str) == Some("sqlite") {
        whole.set_default("store", "path", "aoc.db");
    }
    let Some(Value::Object(table)) = whole.get("store").cloned() else {
        return Err(Error::config("expected a table").at("store"));
    };
    let path = table.get("path").and_then(Value::as_str).filter(|path| !Path::new(path).exists());
    if let Some(path) = path.filter(|_| missing == Missing::IsWrong) {
        return Err(Error::not_found(format!("there is no database at `{path}`")));
    }
    let config = only_store(&whole, &table)?;
    let store = config.plan(&registry()).await?.store;
    // Makes a file that is not there, so that it can be told from others.
    store.head().await?;
    Ok(End { store, identity: identity(&table) })
}

/// A configuration with nothing but a store, and its profile.
fn only_store(whole: &Config, table: &Map<String, Value>) -> Result<Config> {
    let mut config = Config::read("", "", std::iter::empty())?;
    for (key, value) in table {
        config.set_default("store", key, value.clone());
    }
    if let Some(profile) = table.get("profile").and_then(Value::as_str) {
        let keys = whole.get(&format!("profiles.{profile}")).cloned().unwrap_or_default();
        config.set_default("profiles", profile, keys);
    }
    config.set_default("index", "type", "segments");
    Ok(config)
}

/// What tells a store from others: its type and where it is, without credentials.
fn identity(table: &Map<String, Value>) -> String {
    let places = ["type", "path", "uri", "url", "host", "port", "database", "prefix"];
    let place = |key: &&str| {
        let text = match table.get(*key)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(if *key == "path" { canonical(&text) } else { without_credentials(&text) })
    };
    places.iter().filter_map(place).collect::<Vec<_>>().join(" ")
}

fn canonical(path: &str) -> String {
    let whole = fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    whole.map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}

/// An address without the name and password before its host, and without its options.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let rest = rest.split('?').next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}", place.trim_end_matches('/'))
}

fn text(copied: &Copied) -> String {
    let counts = &copied.counts;
    let mut text = format!("from {}\nto   {}\n", plain(&copied.from), plain(&copied.to));
    if let Some(position) = copied.continued_at {
        text.push_str(&format!("went on behind position {}\n", position.0));
    }
    text.push_str(&figures(&[
        ("events of the source", counts.read),
        ("new", counts.new),
        ("revised", counts.revised),
        ("known already", counts.duplicate),
        ("tags", counts.tags),
        ("comments", counts.comments),
        ("notes", copied.notes),
        ("notes that the target had; they stay", copied.kept_notes),
    ]));
    for key in &copied.unreadable_notes {
        text.push_str(&format!("not copied, as it names no place: the note {}\n", plain(key)));
    }
    if let Some(horizon) = copied.horizon {
        text.push_str(&format!("what is before {horizon} is forgotten in both\n"));
    }
    text.push_str(&format!("{} in {:.1} s\n", ending(copied), copied.seconds));
    text
}

fn ending(copied: &Copied) -> &'static str {
    match (copied.interrupted, copied.is_complete()) {
        (true, _) => "stopped before the end, run it again to go on",
        (false, true) => "the target has every event of the source",
        (false, false) => "not all was copied",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_told_without_its_credentials() {
        for (address, told) in [
            ("mongodb://a:p%40ss@one,two:27018/aoc?w=1", "mongodb://one,two:27018/aoc"),
            ("mongodb://one/", "mongodb://one"),
            ("aoc", "aoc"),
        ] {
            assert_eq!(without_credentials(address), told);
        }
    }
}
