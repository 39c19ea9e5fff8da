//! `aoc fetch`.

mod lead;
mod outcome;
mod work;

use std::{io::IsTerminal, process::ExitCode, time::Duration};

use aoc_core::{
    Error, EventStore, Pipeline, Result, Running, Status, Timestamp,
    config::Span,
    pipeline::{Counts, State},
};
use aoc_server::{
    assemble::{Assembled, environment_remarks, registry},
    operations::read_time,
};
use clap::Args;
use indicatif::{HumanCount, ProgressBar};

use self::{lead::lead, outcome::Outcome, work::Work};
use super::{Session, serve::resign, signals::Signals};

/// Fetches from the sources until all are caught up, hands on to the sinks what came, and ends.
///
/// Does once what `aoc serve` does all the time; the next `aoc fetch` or `aoc serve` goes on where this one ended. The exit
/// code is 0 when everything was fetched and handed on.
#[derive(Args)]
pub(crate) struct Fetch {
    /// Only this source, by its name among the sources, or one of its contents; may be repeated.
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    /// Asks once more for all that happened since then: a length of time such as 24h, a time or a date.
    #[arg(long, value_name = "24h|TIME", value_parser = read_since)]
    since: Option<Timestamp>,
    /// How long a source or sink that does not answer is tried again.
    #[arg(long, value_name = "TIME", default_value = "1m")]
    patience: Span,
}

impl Fetch {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let config = session.config()?;
        let assembled = Assembled::of(&config, &registry()).await?;
        if assembled.pipeline.feeds().next().is_none() {
            let remarks = environment_remarks(&config).into_iter().map(|remark| format!("; {remark}"));
            let message = "no source is configured, expected a table such as [sources.entra]".to_owned();
            return Err(Error::config(message + &remarks.collect::<String>()));
        }
        assembled.take_up().await?;
        let Assembled { store, mut pipeline, .. } = assembled;
        if !self.source.is_empty() {
            pipeline = pipeline.only_sources(&self.source).map_err(|error| error.at("--source"))?;
        }
        let fetched = self.fetch(&*store, pipeline).await;
        resign(&*store).await;
        let outcome = fetched?;
        outcome.print(json, &session.causes)?;
        Ok(outcome.exit_code())
    }

    async fn fetch(&self, store: &dyn EventStore, pipeline: Pipeline) -> Result<Outcome> {
        lead(store, self.patience.duration()).await?;
        let signals = Signals::listen()?;
        let running = pipeline.start();
        let work = Work { running: &running, store, since: self.since, patience: self.patience.duration() };
        let done = tokio::select! {
            done = work.run() => Some(done),
            () = show(&running) => None,
            () = signals.first_then_exit() => {
                eprintln!("stopping; once more stops at once");
                None
            }
        };
        let (status, head) = (running.status(), store.head().await?);
        running.stop().await?;
        let interrupted = done.is_none();
        let looked_back = done.transpose()?.unwrap_or_default();
        Ok(Outcome::of(status, head, looked_back, interrupted))
    }
}

/// A length of time before now, or a time.
fn read_since(text: &str) -> Result<Timestamp> {
    let now = chrono::Utc::now();
    let since = match text.parse::<Span>() {
        Ok(span) => {
            let length = chrono::TimeDelta::from_std(span.duration()).ok();
            let since = length.and_then(|length| now.checked_sub_signed(length));
            since.ok_or_else(|| Error::invalid(format!("`{text}` is too long ago")))?
        }
        Err(_) => {
            let wrong = |_| Error::invalid(format!("{WRONG}: `{text}`"));
            read_time(text).map_err(wrong)?.instant()
        }
    };
    if since <= now {
        return Ok(since.into());
    }
    Err(Error::invalid(format!("`{text}` is not in the past")))
}

const WRONG: &str = "neither a length of time such as 24h or 7d nor a time such as 2026-01-31T09:30:00Z or a date such as 2026-01-31";

/// How often a bar is drawn, and how often a line is printed where there is no terminal.
const DRAW_EVERY: Duration = Duration::from_millis(200);
const PRINT_EVERY: Duration = Duration::from_secs(5);

/// Shows how far the sources are, on standard error, for as long as it is polled.
async fn show(running: &Running) {
    let bar = std::io::stderr().is_terminal().then(|| Bar(ProgressBar::new_spinner()));
    loop {
        tokio::time::sleep(if bar.is_some() { DRAW_EVERY } else { PRINT_EVERY }).await;
        let line = line(&running.status());
        match &bar {
            Some(Bar(bar)) => {
                bar.set_message(line);
                bar.tick();
            }
            None => eprintln!("{line}"),
        }
    }
}

/// A bar that is gone when it is dropped.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn line(status: &Status) -> String {
    let (mut counts, all) = (Counts::default(), status.sources.len());
    status.sources.values().for_each(|source| counts += source.counts);
    let done = status.sources.values().filter(|source| source.state == State::Ok).count();
    let failing = status.sources.values().filter(|source| source.last_error.is_some()).count();
    let failing = if failing == 0 { String::new() } else { format!(", {failing} failing") };
    let (records, new) = (HumanCount(counts.fetched), HumanCount(counts.new));
    format!("{done} of {all} caught up{failing}, {records} records, {new} new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_length_of_time_a_time_or_a_date() {
        let since = read_since("24h").unwrap();
        let day = chrono::Utc::now() - since.instant();
        assert!((86_400..86_410).contains(&day.num_seconds()));
        assert_eq!(read_since("2026-01-31").unwrap().to_string(), "2026-01-31T00:00:00Z");
        for (text, expected) in [
            ("soon", "neither a length of time such as 24h"),
            ("0", "neither"),
            ("2999-01-01", "`2999-01-01` is not"),
        ] {
            let error = read_since(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
