//! The analyst: questions in plain language, answered from what is stored.
//!
//! [`plan`] reads a question without any model: a [`Plan`] says in a form that people can read, edit and run again
//! which events answer it, and notes what was assumed or left out. The same question, present and vocabulary give
//! the same plan. Words are tables of a [`Language`].
//!
//! ```
//! use aoc_core::Timestamp;
//! use aoc_llm::analyst::{Intent, Vocabulary, plan};
//!
//! let now = Timestamp::parse("2026-11-20T11:30:00Z").unwrap();
//! let utc = chrono::FixedOffset::east_opt(0).unwrap();
//! let plan = plan("Who reset passwords yesterday?", now, utc, &Vocabulary::default());
//! assert_eq!(plan.intent, Intent::Who);
//! assert_eq!(plan.filter.operation[0], "Reset*password*");
//! assert_eq!(plan.range.words, "yesterday");
//! plan.check().unwrap();
//! ```

mod answer;
mod ask;
mod catalogue;
mod check;
mod consult;
mod explain;
mod facts;
mod grammar;
mod hear;
mod language;
mod names;
mod oldest;
mod phrases;
mod plan;
mod prompt;
mod propose;
mod sample;
mod say;
mod scope;
mod shape;
mod spelling;
mod subject;
mod tab;
mod tell;
mod time;
mod vocabulary;
mod words;

use aoc_core::{Filter, Outcome, Timestamp};
use chrono::FixedOffset;

pub use self::{
    answer::{Answer, Claim, Counts, Question, Status, Told},
    ask::{Analyst, Names, Options, Planning},
    explain::{Explanation, History, Inverse, Related, Script, Why},
    language::Language,
    plan::{Group, Intent, Order, Plan, TimeRange},
    vocabulary::Vocabulary,
};
use self::{
    shape::Shape,
    subject::Subject,
    words::{Kind, Words},
};

/// The most words that are listed as not understood.
const MOST_TOLD: usize = 12;

/// Reads an English question that is asked at `now`, at a place whose clocks are `offset` east of UTC.
///
/// It never fails: what is not understood is left out, and noted. The first 10,000 characters are read.
pub fn plan(question: &str, now: Timestamp, offset: FixedOffset, known: &Vocabulary) -> Plan {
    plan_in(Language::ENGLISH, question, now, offset, known)
}

/// The same in another language.
pub fn plan_in(
    language: &Language,
    question: &str,
    now: Timestamp,
    offset: FixedOffset,
    known: &Vocabulary,
) -> Plan {
    let mut notes = Vec::new();
    let mut words = Words::of(question);
    if words.is_cut {
        notes.push("The question is very long; only its beginning was read.".to_owned());
    }
    let mut is_common = common(&words, language);
    let actors = known.named_actors();
    if !is_foreign(&words, &is_common) {
        spelling::mend(&mut words, language, (&mut is_common, &actors), &mut notes);
    }
    // What was mended may be the middle of a phrase.
    let is_common = common(&words, language);
    let range = time::read(&mut words, &language.time, (now, offset), &mut notes);
    let mut filter = Filter { result: results(&words, language), ..Filter::default() };
    literal(&mut words, known, &mut filter);
    let owner_acts = Subject::read(&words, language).is_of_actors();
    let reader = names::Reader {
        words: &mut words,
        language,
        known: actors,
        notes: &mut notes,
        is_common: is_common.clone(),
        owner_acts,
        acted: None,
    };
    let names = reader.names();
    let mut subject = Subject::read(&words, language);
    if names.has_role {
        subject.add_role();
    }
    if names.has_file {
        subject.add_file();
    }
    let shape = Shape::read(&words, language, names.actor.is_some());
    fill(&mut filter, (&subject, names, shape), known, &mut notes);
    let is_foreign = is_foreign(&words, &is_common);
    let is_understood = shape.is_said || !subject.is_empty() || filter != Filter::default();
    note_rest(&words, &is_common, is_understood, &mut notes);
    if is_foreign {
        notes.push(language.foreign.to_owned());
    }
    notes.truncate(Plan::MOST_NOTES.0);
    let Shape { intent, group_by, limit, order, .. } = shape;
    Plan { intent, filter, range, group_by, limit, order, notes }
}

/// Which words are the language's own.
fn common(words: &Words, language: &Language) -> Vec<bool> {
    let time = &language.time;
    let mut is_common = vec![false; words.list.len()];
    let mut mark =
        |at: usize, count: usize| is_common.iter_mut().skip(at).take(count).for_each(|word| *word = true);
    for at in 0..words.list.len() {
        let lengths = [
            words.longest(language.topics, at).map(|(count, _)| count),
            words.longest(language.verbs, at).map(|(count, _)| count),
            words.longest(language.results, at).map(|(count, _)| count),
            words.longest(language.intents, at).map(|(count, _)| count),
            words.longest(language.groups, at).map(|(count, _)| count),
            words.longest(language.asks, at).map(|(count, _)| count),
            words.longest(language.roles, at).map(|(count, _)| count),
            words.longest(time.months, at).map(|(count, _)| count),
            words.longest(time.weekdays, at).map(|(count, _)| count),
            words.longest(time.numbers, at).map(|(count, _)| count),
            words.longest(time.units, at).map(|(count, _)| count),
        ];
        let phrases = [language.negations, language.fillers].into_iter().flatten();
        let filler = phrases.map(|phrase| words.said(phrase, at)).max();
        mark(at, lengths.into_iter().flatten().chain(filler).max().unwrap_or_default());
    }
    is_common
}

fn results(words: &Words, language: &Language) -> Vec<Outcome> {
    let mut results = Vec::new();
    for (_, outcome) in words.all(language.results) {
        if !results.contains(&outcome) {
            results.push(outcome);
        }
    }
    results
}

/// Services and operations that are written as events write them.
fn literal(words: &mut Words, known: &Vocabulary, filter: &mut Filter) {
    for at in 0..words.list.len() {
        let word = &words.list[at];
        if word.is_taken || !matches!(word.kind, Kind::Identifier | Kind::Quoted) {
            continue;
        }
        let operation = known.operations.iter().find(|name| aoc_core::fold(name) == word.key.as_str());
        let service =
            known.service(&word.key).filter(|_| word.kind == Kind::Identifier && word.key != "sharepoint");
        let (list, name) = match (operation, service) {
            (Some(operation), _) => (&mut filter.operation, operation.clone()),
            (None, Some(service)) if service != "OneDrive" => (&mut filter.service, service.to_owned()),
            _ => continue,
        };
        if !list.contains(&name) {
            list.push(name);
        }
        words.take(at..at + 1);
    }
}

fn fill(
    filter: &mut Filter,
    (subject, names, shape): (&Subject, names::Names, Shape),
    known: &Vocabulary,
    notes: &mut Vec<String>,
) {
    let mut about = Filter::default();
    let is_named = !names.search.is_empty();
    subject.note_unsaid(notes);
    let is_anybody = shape.group_by == Some(Group::Actor) && subject.is_anybody();
    if names.has_role || !(is_anybody || subject.is_kind_of(names.named)) {
        subject.fill(&mut about, known, notes);
    }
    if filter.service.is_empty() {
        filter.service = about.service;
    }
    if filter.operation.is_empty() {
        filter.operation = about.operation;
    }
    let parts =
        [about.search.as_str().to_owned()].into_iter().chain(names.search).filter(|part| !part.is_empty());
    filter.search = parts.collect::<Vec<_>>().join(" ").into();
    filter.actor = names.actor;
    let is_open = filter.service.is_empty() && filter.operation.is_empty() && filter.actor.is_none();
    let is_by_service = shape.group_by == Some(Group::Service);
    let is_broad = filter.search.is_empty() && shape.intent != Intent::Count && !is_by_service;
    if is_open && (is_broad || (is_named && subject.has_deed())) {
        scope::without_noise(filter, known, notes);
    }
}

/// Whether most words are none of the language's, as if another one was spoken.
fn is_foreign(words: &Words, is_common: &[bool]) -> bool {
    let plain = words
        .list
        .iter()
        .zip(is_common)
        .filter(|(word, _)| matches!(word.kind, Kind::Plain | Kind::Capitalised) && !word.is_possessive);
    let (ours, others): (Vec<_>, Vec<_>) = plain.partition(|(word, is_common)| word.is_taken || **is_common);
    others.len() > 2 && others.len() > ours.len()
}

fn note_rest(words: &Words, is_common: &[bool], is_understood: bool, notes: &mut Vec<String>) {
    let is_left =
        |(word, is_common): &(&words::Word, &bool)| !word.is_taken && !**is_common && word.key.len() > 1;
    let mut left: Vec<String> = Vec::new();
    for (word, _) in words.list.iter().zip(is_common).filter(is_left) {
        let text: String = word.text.chars().take(40).collect();
        if !left.contains(&text) {
            left.push(text);
        }
    }
    if !is_understood {
        notes.push(Plan::NOTHING.to_owned());
    }
    if !left.is_empty() {
        let more = if left.len() > MOST_TOLD { " and others" } else { "" };
        left.truncate(MOST_TOLD);
        notes.push(format!("Some words were not understood and left out: {}{more}.", left.join(", ")));
    }
}
