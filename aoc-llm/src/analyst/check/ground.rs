//! What one event proves.

use std::collections::HashSet;

use aoc_core::{Event, Timestamp, fold};
use chrono::{DateTime, FixedOffset, NaiveDate};

use super::{
    split::{Piece, Role, is_time},
    words,
};
use crate::analyst::prompt::Record;

/// Service and operation come before properties.
const WRITTEN: usize = 2;

/// An event, ready to be compared with pieces of sentences. All texts are folded.
///
/// Names and values may be chosen by attackers, so they only prove themselves as a whole: single words are proven by
/// what the vendor wrote, which are operations, services, properties and results.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    actors: HashSet<String>,
    /// Targets, and values of changes.
    objects: HashSet<String>,
    /// Values of changes before and after.
    olds: HashSet<String>,
    news: HashSet<String>,
    /// Operation, service, properties, address.
    plain: HashSet<String>,
    words: HashSet<String>,
    /// Stems with the number behind them.
    numbered: HashSet<(String, String)>,
    time: DateTime<FixedOffset>,
    pub(super) result: &'static str,
}

impl Ground {
    pub(super) fn of(record: &Record, event: &Event, offset: FixedOffset) -> Self {
        let fold_all = |texts: Vec<&String>| texts.iter().map(|text| fold(text).into_owned()).collect();
        let changes = || record.changes.iter();
        let objects = record.targets.iter().chain(changes().flat_map(|change| [&change.old, &change.new]));
        let written =
            [&record.service, &record.operation].into_iter().chain(changes().map(|change| &change.property));
        let written: Vec<&String> = written.collect();
        let mut ground = Self {
            actors: fold_all(record.actor.iter().collect()),
            objects: fold_all(objects.collect()),
            olds: fold_all(changes().map(|change| &change.old).collect()),
            news: fold_all(changes().map(|change| &change.new).collect()),
            plain: fold_all(written.iter().copied().chain(&record.address).collect()),
            words: HashSet::new(),
            numbered: HashSet::new(),
            time: event.timestamp.instant().with_timezone(&offset),
            result: record.result,
        };
        written.into_iter().take(WRITTEN).for_each(|text| ground.read(text, |_| true));
        changes().for_each(|change| ground.read(&change.property, |stem| !words::is_deed(stem)));
        ground.add_meanings(record);
        ground.add_date();
        ground
    }

    /// The words of what the vendor wrote.
    fn read(&mut self, text: &str, is_kept: impl Fn(&str) -> bool) {
        let spaced = spaced(text);
        let parts: Vec<&str> =
            spaced.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
        for pair in parts.windows(2).filter(|pair| pair[1].bytes().all(|c| c.is_ascii_digit())) {
            self.numbered.insert((words::stem(pair[0]), pair[1].to_owned()));
        }
        self.words.extend(parts.into_iter().map(words::stem).filter(|stem| is_kept(stem)));
    }

    fn add_meanings(&mut self, record: &Record) {
        let meanings: Vec<&str> = self.words.iter().flat_map(|stem| words::meanings(stem)).copied().collect();
        let changed: &[&str] = if record.changes.is_empty() { &[] } else { &["chang", "propert"] };
        let all = meanings.iter().chain(changed).chain(words::of_result(self.result));
        self.words.extend(all.map(|word| (*word).to_owned()));
        for change in &record.changes {
            let property = words::stem(&fold(&change.property));
            for (before, value) in [("from", &change.old), ("to", &change.new)] {
                self.numbered.insert((before.to_owned(), value.clone()));
                self.numbered.insert((property.clone(), value.clone()));
            }
        }
    }

    fn add_date(&mut self) {
        let part = |format: &str| self.time.format(format).to_string().to_lowercase();
        let (month, day, year, weekday) = (part("%B"), part("%-d"), part("%Y"), part("%A"));
        for (before, number) in [(&month, &day), (&day, &year), (&month, &year), (&weekday, &day)] {
            self.numbered.insert((words::stem(before), number.clone()));
        }
        self.numbered.insert(("on".to_owned(), day));
        self.words.extend([words::stem(&month), words::stem(&weekday)]);
    }

    /// All values by which a sentence is split. What looks like a number, a time or a common word is none.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        let is_own = |text: &&String| {
            text.chars().any(char::is_alphabetic)
                && text.len() > 1
                && !is_time(text)
                && !words::is_common(text)
        };
        let address = self.plain.iter().filter(|text| text.parse::<std::net::IpAddr>().is_ok());
        self.actors.iter().chain(&self.objects).chain(&self.plain).filter(is_own).chain(address)
    }

    /// Whether the event says so.
    pub(super) fn proves(&self, piece: &Piece) -> bool {
        match piece {
            Piece::Value { text, role: Role::Actor } => self.actors.contains(text),
            Piece::Value { text, role: Role::Target } => self.has(text),
            Piece::Value { text, role: Role::From } => {
                self.has(text) && (self.olds.contains(text) || !self.news.contains(text))
            }
            Piece::Value { text, role: Role::To } => {
                self.has(text) && (self.news.contains(text) || !self.olds.contains(text))
            }
            Piece::Word(stem) => self.words.contains(stem),
            Piece::Number { number, before, counts } => {
                !counts && self.numbered.contains(&(before.clone(), number.clone()))
            }
            Piece::Time(text) => self.is_at(text),
        }
    }

    /// Whether the text names somebody or something, which has a part in the deed.
    pub(super) fn names(&self, text: &str) -> bool {
        self.actors.contains(text) || self.objects.contains(text)
    }

    fn has(&self, text: &str) -> bool {
        self.objects.contains(text) || self.plain.contains(text)
    }

    fn is_at(&self, text: &str) -> bool {
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
        let format = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
        self.time.format(format).to_string() == text
    }
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
