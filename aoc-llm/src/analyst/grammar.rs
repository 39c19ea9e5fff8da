//! What the words around a name say about it: whether it acts, or is acted upon.

use std::ops::Range;

use super::{
    catalogue::Verb,
    language::{Bound, Role},
    names::Reader,
    plan::Group,
    words::Kind,
};

impl Reader<'_> {
    /// Whether a word up to three words before leaves the name out: `not by Ana`.
    pub(super) fn is_left_out(&self, at: usize) -> bool {
        let first = at.saturating_sub(3);
        (first..at)
            .any(|place| self.language.negations.iter().any(|phrase| self.words.said(phrase, place) > 0))
    }

    /// Whether the grammar says that the name is of whoever acts.
    pub(super) fn acts(&self, at: &Range<usize>) -> bool {
        let is_deed = |at: usize| self.words.longest(self.language.verbs, at).is_some();
        let last = &self.words.list[at.end - 1];
        if last.is_possessive {
            return self.owner_acts
                || self.is_activity(at.end)
                || is_deed(at.end) && self.words.key(at.end).ends_with('s');
        }
        let is_joined = self.acted.is_some_and(|end| at.start == end + 1)
            && self
                .words
                .longest(self.language.time.bounds, at.start - 1)
                .is_some_and(|(_, bound)| bound == Bound::And);
        if is_joined {
            return true;
        }
        let (near, role) = self.role_before(at.start).map_or((true, None), |(near, role)| (near, Some(role)));
        match role {
            // `of the users Ana changed`
            Some(Role::Owner | Role::Target) if !near && is_deed(at.end) => true,
            Some(Role::Actor) => true,
            Some(Role::Does) => self.role_behind(at.end) != Some(Role::Suffers),
            Some(Role::Suffers) | Some(Role::Target) => false,
            Some(Role::Owner) => self.owner_acts || self.is_activity_of(at.start),
            None => {
                let is_first = at.start == 0 && (self.owner_acts || self.is_last(at.end));
                // `the last things Ana did`
                let did = self.role_behind(at.end) == Some(Role::Does) && self.is_last(at.end + 1);
                is_deed(at.end) || self.is_activity(at.end) || is_first || did
            }
        }
    }

    /// What the word before says, and whether it is right before; up to four words that say nothing stand between: `did the helpdesk account felix`.
    fn role_before(&self, at: usize) -> Option<(bool, Role)> {
        for place in (at.saturating_sub(5)..at).rev() {
            let found = self.words.longest(self.language.roles, place);
            if let Some((_, role)) = found {
                return Some((place + 1 == at, role));
            }
            let word = &self.words.list[place];
            let is_deed = self.words.longest(self.language.verbs, place).is_some();
            if is_deed {
                return Some((true, Role::Target));
            }
            if word.is_taken || word.ends_clause || word.kind != Kind::Plain {
                return None;
            }
        }
        None
    }

    fn role_behind(&self, at: usize) -> Option<Role> {
        self.words.longest(self.language.roles, at).map(|(_, role)| role)
    }

    /// Whether nobody known is named here who acts, or is given something: `did bob do`, `gave bob access`.
    pub(super) fn is_stranger(&self, at: usize) -> bool {
        let word = &self.words.list[at];
        let is_word = word.kind == Kind::Plain && word.key.chars().all(char::is_alphabetic);
        if self.is_common[at] || !is_word || word.key.chars().count() < 3 {
            return false;
        }
        let Some(before) = at.checked_sub(1) else { return false };
        let does = |place: usize| self.role_behind(place) == Some(Role::Does);
        let is_topic = self.words.longest(self.language.topics, at + 1).is_some();
        let is_deed = is_topic || self.words.longest(self.language.verbs, at + 1).is_some();
        let gave =
            self.words.longest(self.language.verbs, before).is_some_and(|(_, verb)| verb == Verb::Grant);
        (does(before) && (does(at + 1) || is_deed)) || (gave && !word.is_taken)
    }

    /// `activity`, `actions`.
    fn is_activity(&self, at: usize) -> bool {
        self.words.longest(self.language.groups, at).is_some_and(|(_, group)| group == Group::Operation)
    }

    /// `activity of the user Ana`.
    fn is_activity_of(&self, at: usize) -> bool {
        (at.saturating_sub(4)..at)
            .any(|place| self.is_activity(place) && self.role_behind(place + 1) == Some(Role::Owner))
    }

    /// Whether only words that are taken follow, such as a time.
    fn is_last(&self, at: usize) -> bool {
        self.words.list.iter().skip(at).all(|word| word.is_taken)
    }
}
