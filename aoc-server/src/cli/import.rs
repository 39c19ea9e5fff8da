//! `aoc import`.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use aoc_core::Result;
use aoc_server::{
    assemble::{Assembled, registry},
    import::{Report, Stop, Tally},
};
use clap::Args;

use super::{Session, incomplete, output, progress::Shown, serve::resign, signals::Signals, table::Table};

/// Imports files of audit records; importing again adds nothing.
///
/// The shape is found by content: API objects and pages, Azure Monitor and Log Analytics exports, the CSV of an audit
/// search, JSON arrays and lines, gzip and zstd of these. What cannot be read is kept as an event of service Unreadable.
/// The exit code is 0 when everything was stored.
#[derive(Args)]
pub(crate) struct Import {
    /// Files and folders; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Tenant id for records that do not say theirs.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
}

impl Import {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let assembled = Assembled::of(&session.config()?, &registry()).await?;
        let store = assembled.store.clone();
        let import = aoc_server::import::Import::into(assembled.store, assembled.index).tenant(self.tenant);
        stop_on_signal(Signals::listen()?, import.stopper());
        let mut shown = Shown::start();
        let outcome = import.run(&self.paths, |progress| shown.update(progress)).await;
        shown.finish();
        resign(&*store).await;
        let report = outcome?;
        match json {
            true => output::print_json(&report)?,
            false => output::print(text(&report).as_bytes())?,
        }
        for failure in &report.failures {
            eprintln!("error: {}: {}", output::plain(&failure.path), output::plain(&failure.error));
        }
        Ok(exit_code(&report))
    }
}

fn stop_on_signal(signals: Signals, stop: Stop) {
    tokio::spawn(async move {
        signals.first_then_exit().await;
        eprintln!("stopping; once more stops at once");
        stop.stop();
    });
}

fn exit_code(report: &Report) -> ExitCode {
    match (report.interrupted, report.is_complete()) {
        // 128 + SIGINT, as a shell tells it.
        (true, _) => ExitCode::from(130),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => incomplete(),
    }
}

fn text(report: &Report) -> String {
    let mut table = Table::new(&["", "READ", "NEW", "DUPLICATE", "REVISED", "UNREADABLE"], 1);
    table.row(row("total".to_owned(), &report.total));
    add(&mut table, "by source", &report.by_source);
    add(&mut table, "by service", &report.by_service);
    let mut text = table.text();
    if !report.unreadable_reasons.is_empty() {
        text.push_str("unreadable records are kept as events of service Unreadable:\n");
    }
    for reason in &report.unreadable_reasons {
        text.push_str(&format!("  {} × {}\n", reason.count, output::plain(&reason.reason)));
    }
    if report.too_old > 0 {
        let sentence = "events were not stored: they are older than what `retention` in [store] keeps";
        text.push_str(&format!("{} {sentence}\n", report.too_old));
    }
    let stopped = if report.interrupted { ", stopped before the end" } else { "" };
    let files = if report.files == 1 { "file" } else { "files" };
    text.push_str(&format!("{} {files} in {:.1} s{stopped}\n", report.files, report.seconds));
    text
}

fn add(table: &mut Table, head: &str, tallies: &BTreeMap<String, Tally>) {
    if tallies.is_empty() {
        return;
    }
    table.row([head.to_owned()]);
    for (name, tally) in tallies {
        table.row(row(format!("  {name}"), tally));
    }
}

fn row(name: String, tally: &Tally) -> [String; 6] {
    let [read, new, duplicate, revised, unreadable] =
        [tally.read, tally.new, tally.duplicate, tally.revised, tally.unreadable]
            .map(|count| count.to_string());
    [name, read, new, duplicate, revised, unreadable]
}
