//! Words of a language, as tables; another language is another file of them.

mod english;

use aoc_core::Outcome;

use super::{
    catalogue::{Topic, Verb},
    plan::{Group, Intent},
};

/// The words by which questions of one language are read.
///
/// Keys are folded words parted by blanks; a `*` at the end of a word stands for any ending. Of several that fit,
/// the longest counts.
pub struct Language {
    /// What a question is about.
    pub(super) topics: &'static [(&'static str, Topic)],
    /// What was done.
    pub(super) verbs: &'static [(&'static str, Verb)],
    /// How it ended.
    pub(super) results: &'static [(&'static str, Outcome)],
    /// What kind of answer is wanted.
    pub(super) intents: &'static [(&'static str, Intent)],
    /// What an answer tells apart.
    pub(super) groups: &'static [(&'static str, Group)],
    /// Words before a group: `which`, `per`.
    pub(super) asks: &'static [(&'static str, Ask)],
    /// What a word says about the name behind it.
    pub(super) roles: &'static [(&'static str, Role)],
    /// Endings of deeds that are never done to whom they are told of: `has been deleting`.
    pub(super) active_endings: &'static [&'static str],
    /// Words that leave out what follows.
    pub(super) negations: &'static [&'static str],
    /// Words that say nothing by themselves.
    pub(super) fillers: &'static [&'static str],
    /// Directory roles as people call them, and their names.
    pub(super) role_names: &'static [(&'static str, &'static str)],
    /// What is noted where most words are of another language.
    pub(super) foreign: &'static str,
    /// Last words of the names of directory roles: `administrator`.
    pub(super) role_ends: &'static [&'static str],
    /// Words of time.
    pub(super) time: TimeWords,
}

/// What stands before a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// `which users`: the group is what is asked for.
    Which,
    /// `per user`: the group cuts a count into parts.
    Per,
    /// `by user`: the same where a count is asked for.
    By,
}

/// What a word before a name makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `by Ana`.
    Actor,
    /// `for Ana`, `on Ana`.
    Target,
    /// `of Ana`: a target, but whoever did it where the words before are deeds (`sign-ins of Ana`).
    Owner,
    /// `did Ana`: who does the deed that follows.
    Does,
    /// `was Ana`: to whom the deed that follows is done.
    Suffers,
}

/// Words of time.
pub(super) struct TimeWords {
    /// Whole phrases.
    pub(super) spans: &'static [(&'static str, Span)],
    /// January is 1.
    pub(super) months: &'static [(&'static str, u32)],
    /// Monday is 0.
    pub(super) weekdays: &'static [(&'static str, u32)],
    /// Lengths of time.
    pub(super) units: &'static [(&'static str, Unit)],
    /// Numbers in words.
    pub(super) numbers: &'static [(&'static str, u32)],
    /// Words before a number of units that end now: `last`, `past`.
    pub(super) rolling: &'static [&'static str],
    /// Words behind a number of units that end now: `ago`.
    pub(super) ago: &'static [&'static str],
    /// Words before the name of a day or a month that lies ahead: `next`.
    pub(super) next: &'static [&'static str],
    /// Which week of a month; 0 is the last.
    pub(super) ordinals: &'static [(&'static str, u32)],
    /// Which half of a month.
    pub(super) halves_of: &'static [(&'static str, u32)],
    /// Words between the ordinal and the month.
    pub(super) week: &'static [&'static str],
    /// How what follows bounds the time.
    pub(super) bounds: &'static [(&'static str, Bound)],
    /// Words between a bound and its time: `the`, `of`, `at`.
    pub(super) links: &'static [&'static str],
    /// Hours of clocks: `noon`.
    pub(super) clocks: &'static [(&'static str, u32)],
    /// Behind an hour: how many hours are added to one below twelve.
    pub(super) halves: &'static [(&'static str, u32)],
    /// Parts of a day: the hour that begins, the hour that ends.
    pub(super) parts: &'static [(&'static str, (u32, u32))],
    /// Month names that are ordinary words as well, unless something else says that they are months.
    pub(super) doubtful: &'static [&'static str],
}

/// What a phrase of time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Days from today.
    Day(i64),
    /// A part of the day that is this many from today: first hour, hour behind the last.
    Part(i64, u32, u32),
    /// Weeks from this one.
    Week(i64),
    /// Months from this one.
    Month(i32),
    /// Quarters from this one.
    Quarter(i32),
    /// Years from this one.
    Year(i32),
    /// Saturday and Sunday: this many weeks from the last one there was.
    Weekend(i64),
    /// The last day on which most people work, before today.
    Workday,
    /// The last minutes.
    Minutes(i64),
    /// What is taken when nobody says.
    Default,
    /// All there is.
    Everything,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Fortnight,
    Month,
    Year,
}

/// How a time bounds the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// `on`, `in`: within it.
    Within,
    /// `since`.
    Since,
    /// `after`.
    After,
    /// `before`.
    Before,
    /// `until`: with it.
    Until,
    /// `between`, `from`: the first of two.
    From,
    /// `and`, `or`: the second of two.
    And,
}

impl Language {
    /// English.
    pub const ENGLISH: &'static Self = &english::ENGLISH;
}
