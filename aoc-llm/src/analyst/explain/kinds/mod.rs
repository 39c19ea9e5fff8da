//! What kinds of deeds mean, and what to do next.

mod access;
mod apps;
mod devices;
mod files;
mod mail;
mod routine;
mod sign_ins;
mod tenant;

use aoc_core::{Event, Filter};

/// A kind of deed.
pub(super) struct Kind {
    /// What it is called; patterns with `*`.
    operations: &'static [&'static str],
    /// Where it is done; empty: anywhere.
    services: &'static [&'static str],
    /// Of which one has to be among the changes; patterns with `*`, empty: any change or none.
    properties: &'static [&'static str],
    /// What it implies.
    pub(super) implications: &'static [&'static str],
    /// What to look at or do next.
    pub(super) steps: &'static [&'static str],
}

impl Kind {
    const fn new(
        operations: &'static [&'static str],
        implications: &'static [&'static str],
        steps: &'static [&'static str],
    ) -> Self {
        Self { operations, services: &[], properties: &[], implications, steps }
    }

    /// Of these services only.
    const fn of(self, services: &'static [&'static str]) -> Self {
        Self { services, ..self }
    }

    /// Where one of these properties was changed.
    const fn changing(self, properties: &'static [&'static str]) -> Self {
        Self { properties, ..self }
    }

    fn is(&self, event: &Event) -> bool {
        is_like(self.operations, &event.operation)
            && (self.services.is_empty() || self.services.contains(&event.service.as_str()))
            && (self.properties.is_empty()
                || event.changes.iter().any(|change| is_like(self.properties, &change.property)))
    }
}

/// The tables, the more special ones first.
const TABLES: [&[Kind]; 7] =
    [tenant::KINDS, mail::KINDS, apps::KINDS, access::KINDS, devices::KINDS, files::KINDS, routine::KINDS];

/// The kind of the event.
pub(super) fn kind(event: &Event) -> Option<&'static Kind> {
    let of_sign_in = sign_ins::kind(event);
    of_sign_in.or_else(|| TABLES.into_iter().flatten().find(|kind| kind.is(event)))
}

/// Whether the name is like one of the patterns, case ignored.
fn is_like(patterns: &[&str], name: &str) -> bool {
    let operation = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Filter { operation, ..Filter::default() }.matches_operation(name)
}

#[cfg(test)]
mod tests;
