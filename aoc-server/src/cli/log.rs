//! The log on standard error, and the causes of failures, which only the log is told.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::filter_fn,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

/// Logs to standard error from this level on; `AOC_LOG` (as `RUST_LOG` elsewhere) says otherwise. What is not shown can be
/// asked of the causes.
pub(super) fn to_stderr(usual: &str) -> Causes {
    let causes = Causes::default();
    let filter = EnvFilter::try_from_env("AOC_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let colours = console::colors_enabled_stderr();
    let shown = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let of_loops =
        filter_fn(|about| *about.level() <= Level::WARN && about.target().starts_with("aoc_core::pipeline"));
    let kept = causes.clone().with_filter(of_loops);
    tracing_subscriber::registry().with(shown.with_filter(filter)).with(kept).init();
    causes
}

/// Why each source failed the last time, with all causes: a status has the sentence only.
#[derive(Clone, Default)]
pub(super) struct Causes(Arc<Mutex<BTreeMap<String, String>>>);

impl Causes {
    /// The sentence with its causes, where it is what the source said last.
    pub(super) fn of(&self, source: &str, sentence: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let chain = known.get(source).filter(|chain| chain.starts_with(sentence));
        chain.cloned().unwrap_or_else(|| sentence.to_owned())
    }
}

impl<S: Subscriber> Layer<S> for Causes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        if let Told { source: Some(source), error: Some(error) } = told {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(source, error);
        }
    }
}

/// The fields of a line of the log that say who failed, and why.
#[derive(Default)]
struct Told {
    source: Option<String>,
    error: Option<String>,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "source" => self.source = Some(value.to_owned()),
            "error" => self.error = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
