//! Showing how far an import has come: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use aoc_server::import::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(crate) enum Shown {
    /// A bar.
    Bar(ProgressBar),
    /// Lines.
    Lines { started: Instant, last: Instant },
}

impl Shown {
    /// As fits what standard error is.
    pub(crate) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { started: Instant::now(), last: Instant::now() };
        }
        let bar = ProgressBar::no_length();
        let template = "{bar:24} {percent:>3}%  {bytes}/{total_bytes}  {msg}  {eta} left";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self::Bar(bar)
    }

    /// Shows this.
    pub(crate) fn update(&mut self, progress: Progress) {
        match self {
            Self::Bar(bar) => {
                if let Some(total) = progress.total_bytes.filter(|_| bar.length().is_none()) {
                    bar.set_length(total);
                }
                bar.set_position(progress.bytes);
                bar.set_message(rate(progress.records, bar.elapsed()));
            }
            Self::Lines { started, last } if last.elapsed() >= EVERY => {
                *last = Instant::now();
                eprintln!("{}", line(progress, started.elapsed()));
            }
            Self::Lines { .. } => {}
        }
    }

    /// Makes room for what is printed next.
    pub(crate) fn finish(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn line(progress: Progress, elapsed: Duration) -> String {
    let percent = match progress.total_bytes {
        Some(total) if total > 0 => format!(" ({}%)", progress.bytes * 100 / total),
        _ => String::new(),
    };
    let rate = rate(progress.records, elapsed);
    format!("{} records, {}{percent}, {rate}", HumanCount(progress.records), HumanBytes(progress.bytes))
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rate(records: u64, elapsed: Duration) -> String {
    let per_second = records as f64 / elapsed.as_secs_f64().max(0.001);
    format!("{} records/s", HumanCount(per_second as u64))
}
