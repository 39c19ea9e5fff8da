//! Normalizers: from a record to an event.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Error, Event, Key, Outcome, Record, Result, TIME_UNREADABLE, UNREADABLE};

/// Reads one record into one event. Pure: the same record gives the same event, today and at renormalisation.
///
/// A record that cannot be read is stored as an event of service `Unreadable`; nothing is ever dropped. The
/// event's `raw` is the record's; the pipeline puts it there, an implementation need not.
pub trait Normalizer: Send + Sync {
    /// Reads the record.
    ///
    /// # Errors
    /// An error's sentence becomes the reason of the `Unreadable` event. Being odd is no error: an event may
    /// say so in its `flags`.
    fn normalize(&self, record: &Record) -> Result<Event>;
}

/// Reads the record, and makes an `Unreadable` event of one that cannot be read, or that a normalizer panics
/// over: one bad record must not hold up those behind it.
pub fn normalize(normalizer: &dyn Normalizer, record: Record) -> Event {
    let read = catch_unwind(AssertUnwindSafe(|| normalizer.normalize(&record)));
    let read = read.unwrap_or_else(|_| Err(Error::internal("the normalizer panicked")));
    let mut event = read.unwrap_or_else(|error| unreadable(&record, &error.to_string()));
    if event.tenant.is_empty() {
        event.tenant = record.tenant.unwrap_or_default();
    }
    event.available_at = event.available_at.or(record.available_at);
    event.ingested_at = Some(record.received_at);
    event.raw = record.raw;
    event
}

/// The event of a record that cannot be read; the same text always gives the same key.
fn unreadable(record: &Record, reason: &str) -> Event {
    let id = Key::derived_id(&[&record.raw.canonical()]);
    let mut event = Event::new("unreadable", id, record.known_since());
    event.service = UNREADABLE.into();
    event.operation = "Unreadable record".into();
    event.result = Outcome::Unknown;
    event.display_summary = format!("A record could not be read: {reason}");
    event.flags = vec![TIME_UNREADABLE.into(), format!("unreadable: {reason}")];
    event.normalizer = "unreadable/1".into();
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panics;
    impl Normalizer for Panics {
        fn normalize(&self, _: &Record) -> Result<Event> {
            panic!("on purpose")
        }
    }

    #[test]
    fn a_record_that_a_normalizer_panics_over_is_kept_as_unreadable() {
        let event = normalize(&Panics, Record::from("odd"));
        assert_eq!((event.service.as_str(), event.raw.text()), (UNREADABLE, "\"odd\""));
        assert!(event.display_summary.contains("the normalizer panicked"), "{}", event.display_summary);
    }
}
