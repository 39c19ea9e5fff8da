//! `aoc maintenance`.

pub(super) mod progress;
mod text;

use std::process::ExitCode;

use aoc_core::{EventStore, Result};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    import::Stop,
    operations::maintenance::{Dedupe, Renormalize},
};
use clap::{Args, Subcommand};
use serde::Serialize;

use self::progress::Shown;
pub(super) use self::text::figures;
use super::{Session, incomplete, output, serve, signals::Signals};

/// Keeps the store in order: normalises events again, removes repeats, checks that all is whole.
#[derive(Args)]
#[command(flatten_help = true)]
pub(crate) struct Maintenance {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Tells what this build's normalizers read otherwise than when the events came; --apply rewrites these events.
    ///
    /// Ids, dedupe keys, raw records, tags and comments stay. An event that cannot be read today stays as it is. A run
    /// that was interrupted is gone on with by running it again. The index is rebuilt at the end.
    Renormalize(RenormalizeOptions),
    /// Tells which events are there twice by today's rules; --apply removes them.
    ///
    /// The one that came first stays, and gets the tags and comments of the others.
    Dedupe(DedupeOptions),
    /// Reads the whole store, and says whether log, notes and index are as they should be.
    ///
    /// Changes nothing, and works while a server runs. The exit code is 0 when all is well.
    Verify,
}

#[derive(Args)]
struct RenormalizeOptions {
    /// Rewrites what reads otherwise; else it is only told.
    #[arg(long)]
    apply: bool,
    /// Reads so many events at most; with --apply the next run goes on behind them.
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
}

#[derive(Args)]
struct DedupeOptions {
    /// Removes the repeats; else they are only told.
    #[arg(long)]
    apply: bool,
}

impl Maintenance {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let assembled = Assembled::to_read(&session.config()?, &registry()).await?;
        match self.work {
            Work::Renormalize(options) => options.run(&assembled, json).await,
            Work::Dedupe(options) => options.run(&assembled, json).await,
            Work::Verify => verify(&assembled, json).await,
        }
    }
}

impl RenormalizeOptions {
    async fn run(&self, assembled: &Assembled, json: bool) -> Result<ExitCode> {
        let (operations, stop) = (assembled.at_rest(), stop_on_signal()?);
        let request = Renormalize { apply: self.apply, limit: self.limit };
        let mut shown = Shown::start("events");
        let watch = |walked| shown.update(walked);
        let outcome = operations.renormalize(&Caller::local(), request, &stop, watch).await;
        shown.finish();
        resign_after(&*assembled.store, self.apply).await;
        let report = outcome?;
        print(json, &report, text::renormalized)?;
        Ok(exit_code(&stop, report.interrupted))
    }
}

impl DedupeOptions {
    async fn run(&self, assembled: &Assembled, json: bool) -> Result<ExitCode> {
        let (operations, stop) = (assembled.at_rest(), stop_on_signal()?);
        let mut shown = Shown::start("events");
        let watch = |walked| shown.update(walked);
        let outcome = operations.dedupe(&Caller::local(), Dedupe { apply: self.apply }, &stop, watch).await;
        shown.finish();
        resign_after(&*assembled.store, self.apply).await;
        let report = outcome?;
        print(json, &report, text::deduped)?;
        Ok(exit_code(&stop, report.interrupted))
    }
}

async fn verify(assembled: &Assembled, json: bool) -> Result<ExitCode> {
    let mut shown = Shown::start("events");
    let outcome = assembled.at_rest().verify(&Caller::local(), |walked| shown.update(walked)).await;
    shown.finish();
    let report = outcome?;
    print(json, &report, text::verified)?;
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { incomplete() })
}

async fn resign_after(store: &dyn EventStore, wrote: bool) {
    if wrote {
        serve::resign(store).await;
    }
}

pub(super) fn print<T: Serialize>(json: bool, report: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
    match json {
        true => output::print_json(report),
        false => output::print(text(report).as_bytes()),
    }
}

/// What a signal stops.
pub(super) fn stop_on_signal() -> Result<Stop> {
    let stop = Stop::default();
    stop_by_signal(stop.clone())?;
    Ok(stop)
}

/// Stops this on the first signal.
pub(super) fn stop_by_signal(stop: Stop) -> Result<()> {
    let signals = Signals::listen()?;
    tokio::spawn(async move {
        signals.first_then_exit().await;
        eprintln!("stopping; once more stops at once");
        stop.stop();
    });
    Ok(())
}

/// A limit that was reached is no failure.
pub(super) fn exit_code(stop: &Stop, interrupted: bool) -> ExitCode {
    // 128 + SIGINT, as a shell tells it.
    if interrupted && stop.is_stopped() { ExitCode::from(130) } else { ExitCode::SUCCESS }
}
