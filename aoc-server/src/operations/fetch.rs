//! Fetching now, because somebody asked.

use std::{collections::BTreeMap, time::Duration};

use aoc_core::{
    Error, ErrorKind, Result, Timestamp,
    pipeline::{Counts, Fetched, Status},
};
use chrono::TimeDelta;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::{
    Operations,
    types::{FetchNow, FetchReport, SourceFetched},
};
use crate::auth::{Caller, Permission};

/// The most hours that can be asked for: no vendor of ours keeps records longer.
const MOST_HOURS: u32 = 30 * 24;

/// One loop that was asked.
struct Asked {
    name: String,
    before: Counts,
    fetched: BoxFuture<'static, BTreeMap<String, Result<Fetched>>>,
}

impl Operations {
    /// Has one source or all of them fetch now, side by side, and says of each what came.
    ///
    /// Waits as long as `patience`; what takes longer is said to be still under way, and goes on.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when there is no such source or the hours make no sense,
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when nothing runs. That a source fails is no error: the report
    /// says so.
    pub async fn fetch(
        &self,
        caller: &Caller,
        request: &FetchNow,
        patience: Duration,
    ) -> Result<FetchReport> {
        caller.require(Permission::Fetch)?;
        let since = request.hours.map(hours_ago).transpose()?;
        let asked = self.ask_loops(request.source.as_deref(), since).await?;
        let deadline = Instant::now() + patience;
        let leads = self.status().await.is_none_or(|status| status.leadership.leads);
        let mut report = FetchReport { stands_by: !leads, ..FetchReport::default() };
        if asked.is_empty() {
            report.warnings.push("no source is configured".to_owned());
        }
        for Asked { name, before, fetched } in asked {
            match tokio::time::timeout_at(deadline, fetched).await {
                Ok(done) => {
                    for (name, fetched) in done {
                        // What came before it failed is stored.
                        let so_far = self.counts_since(&name, before).await;
                        report.add_outcome(&name, fetched, so_far);
                    }
                }
                Err(_) => report.add_late(&name, self.counts_since(&name, before).await),
            }
        }
        Ok(report)
    }

    /// Asks the loops. What was asked goes on without us; nothing is locked meanwhile.
    async fn ask_loops(&self, source: Option<&str>, since: Option<Timestamp>) -> Result<Vec<Asked>> {
        let running = self.running.read().await;
        let running = running.as_ref().ok_or_else(|| Error::unavailable("no sources run here"))?;
        let status = running.status();
        let chosen = |name: &String| {
            source.is_none_or(|source| {
                name.strip_prefix(source).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let names: Vec<String> = status.sources.keys().filter(|name| chosen(name)).cloned().collect();
        if let (Some(source), true) = (source, names.is_empty()) {
            return Err(no_such_source(source, &status));
        }
        let ask = |name: String| {
            let before = counts_of(&status, &name);
            let fetched: BoxFuture<'static, _> = Box::pin(running.fetch(Some(&name), since)?);
            Ok(Asked { name, before, fetched })
        };
        names.into_iter().map(ask).collect()
    }

    async fn counts_since(&self, name: &str, before: Counts) -> Counts {
        let now = self.status().await.map(|status| counts_of(&status, name)).unwrap_or_default();
        Counts {
            fetched: now.fetched.saturating_sub(before.fetched),
            new: now.new.saturating_sub(before.new),
            revised: now.revised.saturating_sub(before.revised),
            duplicates: now.duplicates.saturating_sub(before.duplicates),
            unreadable: now.unreadable.saturating_sub(before.unreadable),
        }
    }
}

fn hours_ago(hours: u32) -> Result<Timestamp> {
    if (1..=MOST_HOURS).contains(&hours) {
        return Ok((chrono::Utc::now() - TimeDelta::hours(i64::from(hours))).into());
    }
    Err(Error::invalid(format!("hours: {hours} is not between 1 and {MOST_HOURS}")))
}

fn no_such_source(source: &str, status: &Status) -> Error {
    let names = status.sources.keys().cloned().collect::<Vec<_>>().join(", ");
    let there =
        if names.is_empty() { "none is configured".to_owned() } else { format!("there are: {names}") };
    Error::new(ErrorKind::Invalid, format!("source: no source `{source}`; {there}"))
}

fn counts_of(status: &Status, name: &str) -> Counts {
    status.sources.get(name).map(|source| source.counts).unwrap_or_default()
}

impl FetchReport {
    /// Adds what became of one source.
    pub fn add(&mut self, name: &str, counts: Counts, warnings: &[String], error: Option<String>) {
        let Counts { fetched, new, revised, duplicates, unreadable } = counts;
        self.count += new;
        self.revised += revised;
        self.unreadable += unreadable;
        self.warnings.extend(warnings.iter().map(|warning| format!("{name}: {warning}")));
        let source = SourceFetched { fetched, new, revised, duplicates, unreadable, error };
        self.sources.insert(name.to_owned(), source);
    }

    fn add_outcome(&mut self, name: &str, fetched: Result<Fetched>, so_far: Counts) {
        match fetched {
            Ok(Fetched { counts, warnings }) => self.add(name, counts, &warnings, None),
            Err(error) => self.add(name, so_far, &[], Some(error.to_string())),
        }
    }

    /// Adds a source that is not done, with what it brought so far.
    fn add_late(&mut self, name: &str, counts: Counts) {
        let warning = "still fetching; the counts are those so far".to_owned();
        self.add(name, counts, &[warning], None);
    }
}
