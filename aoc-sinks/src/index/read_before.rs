//! What was found by reading events one by one for the latest search.
//!
//! Pages, counts, facets and timelines ask for the same text one after the other. Whether it occurs in an event
//! never changes until the index is rebuilt, so each event is read for it once. A rebuilt index begins with an empty
//! one of these: a search that began before may still note old answers in the old one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aoc_core::{Position, SearchText};

/// The answers for one text.
#[derive(Default)]
pub(crate) struct ReadBefore(Mutex<Answers>);

#[derive(Default)]
struct Answers {
    text: SearchText,
    known: HashMap<Position, bool>,
}

impl ReadBefore {
    /// The answers for a text; those for another one are forgotten.
    fn answers(&self, text: &SearchText) -> MutexGuard<'_, Answers> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.text.parts() != text.parts() {
            *answers = Answers { text: text.clone(), known: HashMap::new() };
        }
        answers
    }

    /// What is known of these events.
    pub(crate) fn known(
        &self,
        text: &SearchText,
        events: impl Iterator<Item = Position>,
    ) -> HashMap<Position, bool> {
        let answers = self.answers(text);
        events.filter_map(|position| Some((position, *answers.known.get(&position)?))).collect()
    }

    /// Notes which events match.
    pub(crate) fn note(&self, text: &SearchText, read: &[(Position, bool)]) {
        self.answers(text).known.extend(read.iter().copied());
    }
}
