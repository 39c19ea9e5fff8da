//! English words that claim nothing by themselves, and words that mean what an operation's own words mean.

/// Words that need no proof. Words that negate, compare, order, judge or generalise are not among them.
const NEUTRAL: [&str; 75] = [
    "a",
    "an",
    "the",
    "this",
    "that",
    "these",
    "those",
    "which",
    "who",
    "whose",
    "whom",
    "it",
    "its",
    "their",
    "his",
    "her",
    "of",
    "to",
    "in",
    "on",
    "at",
    "by",
    "for",
    "from",
    "with",
    "into",
    "onto",
    "via",
    "as",
    "and",
    "was",
    "were",
    "is",
    "are",
    "be",
    "been",
    "being",
    "has",
    "have",
    "had",
    "did",
    "do",
    "does",
    "done",
    "made",
    "make",
    "performed",
    "perform",
    "happened",
    "occurred",
    "recorded",
    "logged",
    "carried",
    "out",
    "took",
    "place",
    "named",
    "called",
    "event",
    "events",
    "record",
    "records",
    "entry",
    "operation",
    "action",
    "activity",
    "time",
    "times",
    "result",
    "actor",
    "address",
    "utc",
    "there",
    "using",
    "s",
];

/// Words by which a number counts events.
const COUNTING: [&str; 12] = [
    "event", "events", "time", "times", "record", "records", "entries", "entry", "failure", "failures",
    "failed", "matching",
];

/// Words in which a sentence is passive.
const PASSIVE: [&str; 9] = ["was", "were", "is", "are", "be", "been", "being", "has", "had"];

/// Words behind which something stands that a deed was done to.
const TOWARDS: [&str; 9] = ["of", "for", "to", "on", "in", "against", "with", "into", "onto"];

/// Stems of deeds, which the name of a property does not prove: an account that was disabled has `AccountEnabled`.
const DEEDS: [&str; 22] = [
    "enabl", "disabl", "add", "remov", "delet", "creat", "grant", "revok", "block", "allow", "includ",
    "exclud", "assign", "forward", "restor", "lock", "unlock", "register", "approv", "den", "fail",
    "succeed",
];

/// Numbers in words.
const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

/// Stems of operations, with stems of words that mean no more.
const MEANINGS: [(&str, &[&str]); 8] = [
    ("add", &["assign", "grant", "gave", "given"]),
    ("delet", &["remov"]),
    ("remov", &["delet"]),
    ("updat", &["chang", "modif"]),
    ("set", &["chang", "modif"]),
    ("reset", &["chang"]),
    ("creat", &["new"]),
    ("new", &["creat", "add"]),
];

pub(super) fn is_neutral(word: &str) -> bool {
    NEUTRAL.contains(&word)
}

/// Whether a value that is only this word would prove too much.
pub(super) fn is_common(word: &str) -> bool {
    is_neutral(word) || number(word).is_some() || counts(word)
}

pub(super) fn counts(word: &str) -> bool {
    COUNTING.contains(&word)
}

pub(super) fn is_passive(word: &str) -> bool {
    PASSIVE.contains(&word)
}

pub(super) fn leads_to_target(word: &str) -> bool {
    TOWARDS.contains(&word)
}

pub(super) fn number(word: &str) -> Option<u64> {
    NUMBERS.iter().position(|name| *name == word).map(|number| number as u64).or_else(|| word.parse().ok())
}

pub(super) fn is_deed(stem: &str) -> bool {
    DEEDS.contains(&stem)
}

/// What the stem's operation may also be called.
pub(super) fn meanings(stem: &str) -> &'static [&'static str] {
    MEANINGS.iter().find(|(of, _)| *of == stem).map_or(&[], |(_, others)| others)
}

/// Words by which a result is told.
pub(super) fn of_result(result: &str) -> &'static [&'static str] {
    match result {
        "failure" => &["fail", "failur", "unsuccessful", "unsuccessfully"],
        "success" => &["succeed", "success", "successful", "successfully"],
        "partial" => &["partial", "partially", "partly"],
        _ => &["unknown"],
    }
}

/// The word without what English adds to verbs and nouns.
pub(super) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    let is_long = |rest: &&str| rest.chars().count() >= 3;
    let ends = ["ing", "ies", "ied", "ed", "es", "s", "e", "y"];
    let rest = ends.into_iter().find_map(|end| word.strip_suffix(end).filter(is_long));
    rest.unwrap_or(word).to_owned()
}
