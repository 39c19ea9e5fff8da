//! English words that claim nothing by themselves, and words that mean what an operation's own words mean.

/// Words that need no proof. Words that negate, compare, order, judge, generalise, or that may be what a deed was done
/// to, are not among them.
const NEUTRAL: [&str; 28] = [
    "of",
    "to",
    "in",
    "on",
    "at",
    "by",
    "for",
    "from",
    "into",
    "onto",
    "and",
    "was",
    "were",
    "is",
    "are",
    "been",
    "has",
    "have",
    "had",
    "did",
    "done",
    "made",
    "performed",
    "ran",
    "happened",
    "occurred",
    "there",
    "utc",
];
const ARTICLES: [&str; 3] = ["a", "an", "the"];
/// Words by which a number counts events.
const COUNTING: [&str; 10] =
    ["event", "events", "time", "times", "record", "records", "entry", "entries", "operations", "actions"];
/// Words for deeds, which count events where a number stands before them.
const DEED_NOUNS: [&str; 18] = [
    "failure",
    "failures",
    "reset",
    "resets",
    "update",
    "updates",
    "addition",
    "additions",
    "deletion",
    "deletions",
    "removal",
    "removals",
    "assignment",
    "assignments",
    "login",
    "logins",
    "sign-in",
    "sign-ins",
];
/// Words in which a sentence is passive.
const PASSIVE: [&str; 5] = ["was", "were", "is", "are", "been"];
/// Words behind which something stands that a deed was done to.
const TOWARDS: [&str; 7] = ["of", "for", "to", "on", "in", "into", "onto"];
/// Words that would turn a sentence around, and words of deeds and results: no name may stand for them.
const HEAVY: &str = "no not never none nobody nothing only all every everybody each both most first last always again \
without except may might must should can could will would failed failure success succeeded \
successful successfully unsuccessful partly enabled disabled added removed deleted created granted \
revoked blocked allowed included excluded assigned restored locked unlocked approved denied changed \
updated reset safe suspicious malicious compromised";
/// Words with which a part of a sentence begins, and no name that is to stand in one.
const STARTERS: &str = "with within without via as than or but because if when while until till during against about \
over under through between after before since who whom which that this these those their his also then thus yet per \
near upon off out up down toward towards instead rather neither nor yes please see ignore unless though although \
whose where why how due despite plus versus like using";
/// Judgements and quantities, which an operation proves only where all of it is written.
const JUDGING: [&str; 16] = [
    "saf",
    "suspiciou",
    "maliciou",
    "compromis",
    "risk",
    "trust",
    "secur",
    "verif",
    "approv",
    "authoriz",
    "all",
    "onl",
    "not",
    "no",
    "first",
    "last",
];
/// Numbers in words.
const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
pub(super) const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Stems of kinds of things, which the name of the thing may stand for.
const KINDS: [&str; 15] = [
    "user",
    "member",
    "account",
    "rol",
    "group",
    "devic",
    "application",
    "app",
    "polic",
    "team",
    "sit",
    "mailbox",
    "fil",
    "folder",
    "owner",
];
/// Stems of operations, with stems of words that mean no more.
const MEANINGS: [(&str, &[&str]); 16] = [
    ("add", &["assign", "grant", "gav", "given"]),
    ("delet", &["remov"]),
    ("updat", &["chang", "modif"]),
    ("set", &["chang", "modif", "updat"]),
    ("reset", &["chang"]),
    ("creat", &["new"]),
    ("new", &["creat", "add"]),
    ("user", &["account"]),
    ("account", &["user"]),
    ("login", &["log", "logg", "sign"]),
    ("logg", &["log", "login", "sign"]),
    ("sign", &["log", "logg", "login"]),
    ("consent", &["grant"]),
    ("application", &["app"]),
    ("app", &["application"]),
    ("download", &["sav"]),
];
/// Stems of verbs that give something another value.
pub(super) const CHANGES: [&str; 4] = ["chang", "modif", "set", "updat"];
/// Stems that say what kind of text an operation is, and no more.
const FILLERS: [&str; 7] = ["activit", "operation", "event", "action", "fail", "succeed", "complet"];
/// Nouns with the stems of their verbs.
const NOUNS: [(&str, &str); 7] = [
    ("addition", "add"),
    ("deletion", "delet"),
    ("removal", "remov"),
    ("assignment", "assign"),
    ("creation", "creat"),
    ("modification", "modif"),
    ("resett", "reset"),
];

pub(super) fn is_neutral(word: &str) -> bool {
    NEUTRAL.contains(&word)
}

pub(super) fn is_article(word: &str) -> bool {
    ARTICLES.contains(&word)
}

/// Whether a value that is only this word would prove too much.
pub(super) fn is_common(word: &str) -> bool {
    is_neutral(word)
        || is_article(word)
        || number(word).is_some()
        || counts(word)
        || HEAVY.split(' ').chain(STARTERS.split(' ')).any(|heavy| heavy == word)
        || month(word).is_some()
        || WEEKDAYS.contains(&word)
}

/// Whether something that begins with the word reads like a part of a sentence.
pub(super) fn leads(word: &str) -> bool {
    let is_name = matches!(word, "may" | "will") || month(word).is_some() || WEEKDAYS.contains(&word);
    !is_name && (is_common(word) || is_verb(&stem(word)))
}

/// Whether the stem is of a verb of deeds, or of a word that no name may stand for.
fn is_verb(stem_of_word: &str) -> bool {
    let is_said = |stem: &str| stem == stem_of_word && !is_kind(stem);
    let meant = MEANINGS.iter().flat_map(|(of, others)| std::iter::once(of).chain(*others));
    meant.into_iter().any(|stem| is_said(stem)) || HEAVY.split(' ').any(|heavy| is_said(&stem(heavy)))
}

pub(super) fn counts(word: &str) -> bool {
    COUNTING.contains(&word) || DEED_NOUNS.contains(&word)
}

/// Whether the word only says that what is counted are events.
pub(super) fn is_event(word: &str) -> bool {
    COUNTING.contains(&word)
}

/// Whether the word tells how something ended.
pub(super) fn ends(word: &str) -> bool {
    matches!(word, "failed" | "succeeded" | "unsuccessful" | "successful") || is_passive(word)
}

pub(super) fn is_passive(word: &str) -> bool {
    PASSIVE.contains(&word)
}

pub(super) fn leads_to_target(word: &str) -> bool {
    TOWARDS.contains(&word)
}

pub(super) fn number(word: &str) -> Option<u64> {
    let digits = || word.parse().ok().filter(|_| word.bytes().all(|c| c.is_ascii_digit()));
    NUMBERS.iter().position(|name| *name == word).map(|number| number as u64).or_else(digits)
}

/// The number of a month, by its name or its first three letters.
pub(super) fn month(word: &str) -> Option<u32> {
    let is_named = |name: &&str| *name == word || (word.len() == 3 && name.starts_with(word));
    (1..).zip(MONTHS.iter()).find(|(_, name)| is_named(name)).map(|(number, _)| number)
}

pub(super) fn is_judging(stem: &str) -> bool {
    JUDGING.contains(&stem)
}

/// Whether the word, as written behind the first of a sentence, is rather somebody's name than a verb.
pub(super) fn is_given_name(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    matches!(word, "Grant" | "Chang" | "New" | "Sign" | "Log" | "Save" | "Given" | "Mark")
}

/// Whether the stem is of a kind of things.
pub(super) fn is_kind(stem: &str) -> bool {
    KINDS.contains(&stem)
}

pub(super) fn is_filler(stem: &str) -> bool {
    FILLERS.contains(&stem)
}

/// What the stem's operation may also be called.
pub(super) fn meanings(stem: &str) -> &'static [&'static str] {
    MEANINGS.iter().find(|(of, _)| *of == stem).map_or(&[], |(_, others)| others)
}

/// Stems by which a result is told.
pub(super) fn of_result(result: &str) -> &'static [&'static str] {
    match result {
        "failure" => &["fail", "failur", "unsuccessful", "unsuccessfull"],
        "success" => &["succeed", "success", "successful", "successfull"],
        "partial" => &["partial", "partiall", "partl"],
        _ => &["unknown"],
    }
}

/// The word without what English adds to verbs and nouns.
pub(super) fn stem(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    let is_long = |rest: &&str| rest.chars().count() >= 3;
    let ends = ["ing", "ies", "ied", "ed", "es", "s", "e", "y"];
    let fits =
        |end: &str| word.strip_suffix(end).filter(|_| end != "s" || !word.ends_with("ss")).filter(is_long);
    let rest = ends.into_iter().find_map(fits).unwrap_or(word);
    let rest =
        rest.strip_suffix('s').filter(|rest| NOUNS.iter().any(|(noun, _)| noun == rest)).unwrap_or(rest);
    NOUNS.iter().find(|(noun, _)| *noun == rest).map_or(rest, |(_, verb)| verb).to_owned()
}

/// Whether the stem tells a result.
pub(super) fn is_result(stem: &str) -> bool {
    ["failure", "success", "partial"].iter().any(|result| of_result(result).contains(&stem))
}
