//! Whether a sentence tells all of a deed: who leaves out what a password's reset was of tells another deed.

use std::collections::HashSet;

use super::{
    ground::Ground,
    split::{Piece, Role, Sentence},
    words,
};

/// What a sentence says of the deed itself.
pub(super) struct Deed<'s> {
    stems: HashSet<&'s str>,
    plain: Vec<&'s str>,
    /// Who or what it was done to.
    targets: HashSet<&'s str>,
    has_actor: bool,
    is_passive: bool,
    is_count: bool,
}

impl<'s> Deed<'s> {
    pub(super) fn of(sentence: &'s Sentence) -> Self {
        let mut deed = Self {
            stems: HashSet::new(),
            plain: Vec::new(),
            targets: HashSet::new(),
            has_actor: false,
            is_passive: sentence.is_passive,
            is_count: false,
        };
        for piece in &sentence.pieces {
            match piece {
                Piece::Word(stem) => _ = deed.stems.insert(stem),
                Piece::Number { .. } => deed.is_count = true,
                Piece::Value { role: Role::Actor, .. } => deed.has_actor = true,
                Piece::Value { text, role: Role::Plain } => deed.plain.push(text),
                Piece::Value { text, .. } => _ = deed.targets.insert(text),
                Piece::Time(_) => {}
            }
        }
        deed
    }

    /// Whether it tells what happened: an imperative names nobody who does it.
    pub(super) fn is_told(&self) -> bool {
        self.has_actor || self.is_passive
    }

    /// Whether it says more of the deed than how it ended.
    pub(super) fn is_named(&self) -> bool {
        !self.stems.iter().all(|stem| words::is_result(stem))
    }

    /// Whether the sentence tells all of the event's deed.
    pub(super) fn is_of(&self, ground: &Ground) -> bool {
        if self.plain.iter().any(|text| ground.is_operation(text)) {
            return true;
        }
        if self.is_count && !self.is_named() {
            return true;
        }
        let has_property = self.plain.iter().any(|text| ground.is_property(text));
        if ground.is_update() && has_property && words::CHANGES.iter().any(|stem| self.stems.contains(stem)) {
            return true;
        }
        self.covers(&ground.stems)
    }

    fn covers(&self, operation: &[String]) -> bool {
        let is_said = |stem: &&String| {
            self.stems.contains(stem.as_str())
                || words::meanings(stem).iter().any(|other| self.stems.contains(other))
        };
        let own = || operation.iter().filter(|stem| !words::is_filler(stem));
        let has_verb = own().any(|stem| !words::is_kind(stem) && is_said(&stem));
        let missing: Vec<&String> = own().filter(|stem| !is_said(stem)).collect();
        if !has_verb || missing.iter().any(|stem| !words::is_kind(stem)) {
            return false;
        }
        let mut kinds = own().filter(|stem| words::is_kind(stem));
        let first = kinds.next();
        let count = kinds.count() + usize::from(first.is_some());
        let is_users_own = || self.has_actor && operation.first() == first;
        let is_first = missing.len() == 1 && missing.first().copied() == first;
        missing.is_empty()
            || self.targets.len() >= count
            || (is_first && (!self.targets.is_empty() || self.is_count || is_users_own()))
    }
}
