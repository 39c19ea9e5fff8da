//! Any text is a question.

use aoc_core::Timestamp;
use aoc_llm::analyst::{Vocabulary, plan};
use chrono::FixedOffset;

/// Words that questions are shuffled from: what the reader looks for, and what it may stumble on.
const WORDS: [&str; 72] = [
    "who",
    "did",
    "Ana",
    "Berg",
    "ana@contoso.com",
    "since",
    "between",
    "and",
    "from",
    "to",
    "until",
    "last",
    "next",
    "7",
    "24",
    "99999999999",
    "days",
    "weeks",
    "years",
    "ago",
    "March",
    "31",
    "February",
    "2026-13-40",
    "2026-11-19",
    "0000-00-00",
    "31/31/31",
    "12.03.2026",
    "18:00",
    "25:99",
    "8",
    "am",
    "pm",
    "morning",
    "yesterday",
    "tonight",
    "weekend",
    "q1",
    "q9",
    "\"",
    "'",
    "\\",
    "#EXT#@",
    "@",
    "%",
    "*",
    "::1",
    "203.0.113.9",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "not",
    "except",
    "sign-ins",
    "but",
    "deleted",
    "group",
    "role",
    "Global",
    "Administrator",
    "top",
    "0",
    "501",
    "which",
    "users",
    "per",
    "İ",
    "ß",
    "😀",
    "\u{202e}",
    "\0",
    "first",
    "week",
    "of",
];

/// The same numbers every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn check(question: &str, now: Timestamp, offset: i32, known: &Vocabulary) {
    let offset = FixedOffset::east_opt(offset).unwrap();
    let read = plan(question, now, offset, known);
    read.check().unwrap_or_else(|error| panic!("{question:?} at {now}: {error}"));
    assert!(read.range.start.is_none_or(|start| start < read.range.end), "{question:?}");
    assert!(read.range.end <= now, "{question:?} ends at {} after {now}", read.range.end);
    assert_eq!(read, plan(question, now, offset, known), "{question:?}");
}

fn known() -> Vocabulary {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Vocabulary {
        services: list(&["SignIn", "UserManagement", "Directory", ""]),
        operations: list(&["Add user", "", "*"]),
        actors: list(&[
            "ana.berg@contoso.com",
            "ana.roth@contoso.com",
            "Ana Berg",
            "",
            "@",
            "#EXT#",
            "Microsoft Intune",
        ]),
    }
}

#[test]
fn every_shuffle_of_words_is_a_valid_plan() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let presents = [
        "2026-11-20T11:30:00Z",
        "2024-02-29T23:59:59.9999999Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-01-01T00:00:00Z",
    ];
    for _ in 0..3_000 {
        let count = numbers.below(14);
        let words: Vec<&str> = (0..count).map(|_| WORDS[numbers.below(WORDS.len())]).collect();
        let now = Timestamp::parse(presents[numbers.below(presents.len())]).unwrap();
        let offset = [0, 3_600, -36_000, 50_400, 19_800, -86_399, 86_399][numbers.below(7)];
        let vocabulary = if numbers.below(2) == 0 { known() } else { Vocabulary::default() };
        check(&words.join(" "), now, offset, &vocabulary);
    }
}

#[test]
fn every_shuffle_of_signs_is_a_valid_plan() {
    let signs: Vec<char> = "a A1.,:;/-_@#'\"*?!%\\()[]{}<>\t\nößİ☃\u{0}\u{301}09T+Z".chars().collect();
    let mut numbers = Numbers(0xdead_beef);
    let now = Timestamp::parse(super::NOW).unwrap();
    for _ in 0..3_000 {
        let text: String = (0..numbers.below(40)).map(|_| signs[numbers.below(signs.len())]).collect();
        check(&text, now, 0, &known());
    }
}

#[test]
fn a_question_without_end_is_cut_and_says_so() {
    for unit in
        ["who ", "a", "\"x\" ", "Ana Berg ", "between 8 and 10 ", "203.0.113.9 ", "2026-11-19 ", "not "]
    {
        let question = unit.repeat(1_000_000 / unit.len());
        let plan = super::read(&question, &known());
        assert!(plan.notes.iter().any(|note| note.contains("only its beginning")), "{unit} {:?}", plan.notes);
    }
}
