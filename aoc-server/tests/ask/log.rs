//! Keeps everything that is logged, so that secrets can be looked for in it.

use std::{
    fmt,
    sync::{Mutex, Once},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

static LOGGED: Mutex<String> = Mutex::new(String::new());
static BEGIN: Once = Once::new();

struct Log;

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("aoc") || *metadata.level() <= Level::DEBUG
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Writer(&mut LOGGED.lock().unwrap()));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Writer(&mut LOGGED.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut log = LOGGED.lock().unwrap();
        event.record(&mut Writer(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Keeps what all threads log from now on.
pub(crate) fn begin() {
    BEGIN.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
}

/// Everything until now.
pub(crate) fn logged() -> String {
    LOGGED.lock().unwrap().clone()
}
