//! What one event proves.

use std::collections::{BTreeSet, HashSet};

use aoc_core::{Event, Timestamp, fold};
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::{
    changed::{self, Changed},
    lex::{Known, Sort, is_time},
    place,
    split::{Piece, Role, Sentence},
    words,
};
use crate::analyst::prompt::Record;

/// Stems of operations that take something away from somewhere.
const TAKES: [&str; 3] = ["remov", "delet", "revok"];

/// Stems of operations that say where something goes, or whom it is for.
const GOES: [&str; 9] = ["add", "assign", "grant", "consent", "shar", "invit", "login", "logg", "sign"];

/// An event, ready to be compared with pieces of sentences. All texts are folded.
///
/// Names and values may be chosen by attackers, so they only prove themselves as a whole: single words are proven by
/// the operation, which the vendor wrote, and by the result.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    actors: HashSet<String>,
    targets: HashSet<String>,
    /// The first target, which is the member that is put somewhere.
    first: Option<String>,
    /// The stem of where the operation puts something, or takes it from.
    place: Option<String>,
    changes: Vec<Changed>,
    /// Services, properties, as written and with blanks.
    plain: HashSet<String>,
    address: Option<String>,
    /// The operation, as written and with blanks.
    operation: HashSet<String>,
    /// The stems of the operation, in its order.
    pub(super) stems: Vec<String>,
    words: HashSet<String>,
    time: DateTime<FixedOffset>,
    pub(super) result: &'static str,
}

impl Ground {
    pub(super) fn of(record: &Record, event: &Event, offset: FixedOffset) -> Self {
        let folded = |text: &String| fold(text).into_owned();
        let both = |text: &String| [folded(text), spaced(text)];
        let changes: Vec<Changed> = record
            .changes
            .iter()
            .map(|change| Changed {
                properties: both(&change.property),
                old: folded(&change.old),
                new: folded(&change.new),
            })
            .collect();
        let properties = changes.iter().flat_map(|change| change.properties.clone());
        let mut ground = Self {
            actors: record.actor.iter().map(folded).collect(),
            targets: record.targets.iter().map(folded).collect(),
            first: record.targets.first().map(folded),
            place: place::of(&spaced(&record.operation)),
            plain: both(&record.service).into_iter().chain(properties).collect(),
            address: record.address.as_ref().map(folded),
            operation: both(&record.operation).into_iter().collect(),
            stems: stems(&record.operation),
            words: HashSet::new(),
            time: event.timestamp.instant().with_timezone(&offset),
            result: record.result,
            changes,
        };
        ground.add_words();
        ground
    }

    fn add_words(&mut self) {
        // What was tried is only told of failures.
        let tried: &[&str] = if self.result == "failure" { &["attempt", "tri", "try", "unabl"] } else { &[] };
        let own = self.stems.iter().filter(|stem| !words::is_judging(stem));
        let meant = own.clone().flat_map(|stem| words::meanings(stem)).copied();
        let all = own.map(String::as_str).chain(meant);
        let all = all.chain(tried.iter().chain(words::of_result(self.result)).copied());
        self.words = all.map(str::to_owned).collect();
    }

    /// All values by which a sentence is split. What looks like a time or a common word is none.
    pub(super) fn values(&self) -> impl Iterator<Item = Known> {
        let values = self.changes.iter().flat_map(|change| [&change.old, &change.new]);
        let names = self.actors.iter().chain(&self.targets).chain(values).map(|text| (text, Sort::Name));
        let plain = self.plain.iter().map(|text| (text, Sort::Plain));
        let operation = self.operation.iter().map(|text| (text, Sort::Operation));
        let address = self.address.iter().map(|text| (text, Sort::Address));
        names.chain(plain).chain(operation).chain(address).filter_map(|(text, sort)| known(text, sort))
    }

    pub(super) fn is_operation(&self, text: &str) -> bool {
        self.operation.contains(text)
    }

    pub(super) fn is_property(&self, text: &str) -> bool {
        self.changes.iter().flat_map(|change| &change.properties).any(|property| property == text)
    }

    /// Whether the operation gives something another value.
    pub(super) fn is_update(&self) -> bool {
        self.stems.iter().any(|stem| words::CHANGES.contains(&stem.as_str()))
    }

    /// Whether the text is the one that is put somewhere.
    pub(super) fn is_member(&self, text: &str) -> bool {
        self.has_member() && self.first.as_deref() == Some(text)
    }

    /// Whether it is known which target is put somewhere: only people can be told from places.
    pub(super) fn has_member(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.contains('@'))
    }

    /// Whether the event says all of the sentence but for the pieces that are skipped.
    pub(super) fn proves_all(&self, sentence: &Sentence, skipped: &[usize]) -> bool {
        let pieces = || {
            sentence.pieces.iter().enumerate().filter(|(at, _)| !skipped.contains(at)).map(|(_, piece)| piece)
        };
        let persons = pieces().filter_map(|piece| match piece {
            Piece::Value { text, role: Role::Target | Role::At | Role::From | Role::To }
                if text.contains('@') =>
            {
                Some(text)
            }
            _ => None,
        });
        // Which of two people was done what is not told by records.
        let is_clear = persons.filter(|text| self.targets.contains(*text)).collect::<BTreeSet<_>>().len() < 2;
        let is_placed =
            self.place.as_ref().is_none_or(|place| place::is_clear(self, place, sentence, skipped));
        let has_property = pieces()
            .any(|piece| matches!(piece, Piece::Value { text, role: Role::Plain } if self.is_property(text)));
        is_clear
            && is_placed
            && pieces().all(|piece| self.proves(piece, has_property))
            && changed::proves(&self.changes, &self.targets, pieces())
    }

    /// Whether the event says so; a property that is named may be said to be changed.
    fn proves(&self, piece: &Piece, has_property: bool) -> bool {
        match piece {
            Piece::Value { text, role } => self.proves_value(text, *role, has_property),
            Piece::Word(stem) => {
                let is_change = words::CHANGES.contains(&stem.as_str()) || stem == "propert";
                self.words.contains(stem) || (has_property && is_change)
            }
            Piece::Number { .. } => false,
            Piece::Time(text) => self.is_at(text),
        }
    }

    fn proves_value(&self, text: &String, role: Role, has_property: bool) -> bool {
        let goes = || self.stems.iter().any(|stem| GOES.contains(&stem.as_str())) && !has_property;
        let is_place = self.is_place(text);
        match role {
            Role::Actor => self.actors.contains(text),
            Role::Plain => {
                self.plain.contains(text)
                    || self.operation.contains(text)
                    || self.address.as_ref() == Some(text)
            }
            Role::Target | Role::At => self.targets.contains(text) || is_place,
            Role::From => {
                (self.takes() && (is_place || (self.place.is_some() && self.targets.contains(text))))
                    || (has_property && self.changes.iter().any(|change| change.old == *text))
            }
            Role::To => {
                let has_place = self.place.is_some() || goes();
                (!self.takes() && (is_place || (has_place && self.targets.contains(text))))
                    || (has_property && self.changes.iter().any(|change| change.new == *text))
            }
        }
    }

    fn takes(&self) -> bool {
        self.stems.iter().any(|stem| TAKES.contains(&stem.as_str()))
    }

    /// Whether a change says that this is where something was put, or taken from.
    fn is_place(&self, text: &str) -> bool {
        let Some(place) = &self.place else { return false };
        let value = |change: &Changed| if self.takes() { change.old == text } else { change.new == text };
        let is_of = |change: &Changed| change.properties.iter().any(|name| name.contains(place.as_str()));
        self.changes.iter().any(|change| is_of(change) && value(change))
    }

    fn is_at(&self, text: &str) -> bool {
        if let Some(day) = text.strip_prefix("--") {
            return self.time.format("%m-%d").to_string() == day;
        }
        if words::WEEKDAYS.contains(&text) {
            return self.time.format("%A").to_string().to_lowercase() == text;
        }
        let upper = text.to_uppercase();
        if let Ok(exact) = Timestamp::parse(&upper).map(Timestamp::instant) {
            let has_zone =
                upper.ends_with('Z') || upper.get(10..).is_some_and(|end| end.contains(['+', '-']));
            let offset = i64::from(self.time.offset().local_minus_utc());
            let said = if has_zone { exact.timestamp() } else { exact.timestamp() - offset };
            return said == self.time.timestamp();
        }
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) => date == self.time.date_naive(),
            Err(_) => self.clock_is(text),
        }
    }

    fn clock_is(&self, text: &str) -> bool {
        let format = |text: &str| if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
        match text.strip_suffix('z') {
            Some(clock) => self.time.with_timezone(&Utc).format(format(clock)).to_string() == clock,
            None => self.time.format(format(text)).to_string() == text,
        }
    }
}

/// A value by which sentences may be split.
pub(super) fn known(text: &str, sort: Sort) -> Option<Known> {
    let is_number = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let sort = if is_number && sort == Sort::Name { Sort::Number } else { sort };
    let is_own = match sort {
        Sort::Number => true,
        Sort::Address => text.parse::<std::net::IpAddr>().is_ok(),
        _ => {
            text.chars().any(char::is_alphabetic)
                && text.len() > 1
                && !is_time(text)
                && !words::is_common(text)
        }
    };
    is_own.then(|| Known { text: text.to_owned(), sort })
}

/// The stems of an operation's words.
fn stems(operation: &str) -> Vec<String> {
    let spaced = spaced(operation);
    let parts = spaced.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.filter(|part| !words::is_neutral(part) && !words::is_article(part)).map(words::stem).collect()
}

/// `UserLoggedIn` as `user logged in`, folded.
fn spaced(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 8);
    let mut was_lower = false;
    for c in text.chars() {
        if was_lower && c.is_uppercase() {
            made.push(' ');
        }
        was_lower = c.is_lowercase();
        made.push(c);
    }
    fold(&made).into_owned()
}
