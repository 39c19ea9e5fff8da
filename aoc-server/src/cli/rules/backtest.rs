//! `aoc rules backtest`.

use std::{fs, process::ExitCode, time::Duration};

use aoc_core::{Error, Result, Timestamp, config::Span};
use aoc_server::{
    Caller,
    operations::{
        read_time,
        rules::{BacktestAnswer, RunBacktest},
    },
};
use clap::Args;

use super::{is_file, operations, tree::tree};
use crate::cli::{Session, maintenance::progress::Shown, output, signals::Signals};

#[derive(Args)]
pub(super) struct Backtest {
    /// File of rules, or the id of a rule.
    #[arg(long, value_name = "FILE|ID")]
    rule: String,
    /// What happened in the last days; 30 where nothing else is said.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["since", "start"])]
    days: Option<u32>,
    /// Of the last while, such as 24h or 7d.
    #[arg(long, value_name = "SPAN", conflicts_with = "start")]
    since: Option<Span>,
    /// Not before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    start: Option<Timestamp>,
    /// Before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    end: Option<Timestamp>,
}

impl Backtest {
    pub(super) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let operations = operations(session).await?;
        let request = self.request()?;
        let signals = Signals::listen()?;
        let mut shown = Shown::start("events");
        let (caller, watch) = (Caller::local(), |walked| shown.update(walked));
        let outcome = tokio::select! {
            outcome = operations.backtest(&caller, &request, Duration::MAX, watch) => Some(outcome),
            () = signals.first_then_exit() => None,
        };
        shown.finish();
        // 128 + SIGINT, as a shell tells it.
        let Some(outcome) = outcome else { return Ok(ExitCode::from(130)) };
        let answer = outcome.map_err(|error| error.at("--rule"))?;
        match json {
            true => output::print_json(&answer)?,
            false => output::print(text(&answer)?.as_bytes())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self) -> Result<RunBacktest> {
        let mut request = RunBacktest {
            days: self.days,
            start: self.since.map(ago).transpose()?.or(self.start),
            end: self.end,
            ..RunBacktest::default()
        };
        if is_file(&self.rule) {
            let cannot = |cause| Error::not_found("cannot read the file").at(&self.rule).because(cause);
            request.text = Some(fs::read_to_string(&self.rule).map_err(cannot)?);
        } else {
            request.id = Some(self.rule.clone());
        }
        Ok(request)
    }
}

fn ago(span: Span) -> Result<Timestamp> {
    let span = chrono::TimeDelta::from_std(span.duration()).ok();
    let time = span.and_then(|span| chrono::Utc::now().checked_sub_signed(span));
    time.map(Timestamp::from).ok_or_else(|| Error::invalid("--since: too long ago"))
}

fn text(answer: &BacktestAnswer) -> Result<String> {
    let mut text = format!("{} events in {:.1} s\n", answer.looked_at, answer.seconds);
    for result in &answer.results {
        text.push_str(&format!("\n{}: {}\n", output::plain(&result.id), output::plain(&result.title)));
        text.push_str(&tree(&result.report)?);
    }
    Ok(text)
}
