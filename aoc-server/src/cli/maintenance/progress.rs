//! Showing how far a walk through the log has come: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use aoc_server::operations::maintenance::Walked;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(in crate::cli) struct Shown {
    what: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
    last: Instant,
}

impl Shown {
    /// As fits what standard error is.
    pub(in crate::cli) fn start(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template("{bar:24} {percent:>3}%  {msg}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { what, bar, started: Instant::now(), last: Instant::now() }
    }

    /// Shows this.
    pub(in crate::cli) fn update(&mut self, walked: Walked) {
        if let Some(bar) = &self.bar {
            bar.set_length(walked.head.0.saturating_sub(walked.from.0));
            bar.set_position(walked.position.0.saturating_sub(walked.from.0));
            bar.set_message(self.line(walked));
        } else if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let (done, all) = (walked.position.0 - walked.from.0, walked.head.0 - walked.from.0);
            eprintln!("{} ({}%)", self.line(walked), done.saturating_mul(100) / all.max(1));
        }
    }

    /// Makes room for what is printed next.
    pub(in crate::cli) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn line(&self, walked: Walked) -> String {
        let per_second = walked.events as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let (events, rate) = (HumanCount(walked.events), HumanCount(per_second as u64));
        format!("{events} {what}, {rate} {what}/s", what = self.what)
    }
}
