//! What free text means, case by case: values beside searches, each tried on each.

use std::sync::Arc;

use super::{Oracle, Sizes, oracle::difference};
use crate::{Event, EventIndex, EventStore, Query, RawJson, Timestamp};

const GUID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

const VALUES: &[&str] = &[
    "Add member to role",
    "AddMember",
    "add  member",
    "Global Administrator",
    "a",
    "",
    "x-y_z",
    "50%_off",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0",
    "User_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "Directory_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0_ABC_1",
    "x0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0z",
    "{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-4b5a",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0,0f1e2d3c-4b5a-6978-8796-000000000000",
    "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "é0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0é",
    "0f1e2d3c-4b5a-6978-8796",
    "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    "Straße",
    "STRASSE",
    "İstanbul",
    "istanbul",
    "ΣΊΣΥΦΟΣ",
    "Kelvin \u{212a}",
    "👩\u{200d}💻🔥",
    "e\u{301}",
    "é",
    "nbsp\u{a0}blank",
    "tab\tnew\nline",
    "nul\u{0}end",
    "back\\slash",
    "He said \"no\"",
    "{\"a\":[\"b\",1]}",
    "f(x)<y>|z;[w]",
    "203.0.113.7",
    "203.0.113.77",
    "jörg.müller@contoso.de",
    "C:\\Windows\\cmd.exe /c",
];

const SEARCHES: &[&str] = &[
    "",
    " ",
    "\"",
    "\"\"",
    "add",
    "ADD member",
    "member add",
    "\"add member\"",
    "\"add  member\"",
    "\"member to\"",
    "dmem",
    "d m",
    "\"d m\"",
    "admin",
    "a",
    "e",
    "z",
    "%",
    "_",
    "%_",
    "*",
    "\\",
    "\\s",
    "a\\",
    "0f1e2d3c",
    "0F1E",
    "0f1e2d3c-",
    "0f1e2d3c-4b5a-6978",
    "4b5a",
    "-4b5a",
    "4b5a-6978",
    "e1f0",
    "1f0",
    "f0_abc",
    "_abc_1",
    "user_0",
    "user_0f1e2d3c-4b",
    "r_",
    "tory_0f1e",
    "e1f0}",
    "{0f1e",
    "e1f0-4b",
    "e1f0,0f",
    ",0f1e",
    "000000000000",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-4b5a",
    "0f1e2d3c4b5a",
    "aaaa",
    "aaaaaaaa-aaaa",
    "a-a",
    "-aaaa",
    "x0f1e",
    "f0z",
    "é0f1",
    "f0é",
    "straße",
    "strasse",
    "ss",
    "İ",
    "i",
    "i\u{307}s",
    "istanbul",
    "σίσυφος",
    "σίσυφοσ",
    "ς",
    "k",
    "\u{212a}",
    "👩",
    "💻",
    "\u{200d}",
    "🔥",
    "é",
    "e\u{301}",
    "\u{301}",
    "\"nbsp\u{a0}blank\"",
    "nbsp\u{a0}blank",
    "nbsp",
    "\"tab\tnew\"",
    "new\nline",
    "\"new\nline\"",
    "nul",
    "\"l\u{0}e\"",
    "slash",
    "said",
    "no",
    "{",
    "\":[",
    "[",
    "b",
    ",1]",
    "1",
    "(x)",
    "<y>|",
    ";[",
    "203.0.113.7",
    "203.0.113",
    ".113.7",
    "@contoso",
    "müller@",
    "MÜLLER",
    "cmd.exe",
    "\"exe /c\"",
    "c:\\w",
    "value",
    "rawvalue",
    "true",
    "null",
    "1.50",
    "1.5",
    "-3e2",
    "memberName",
    "nothing has this",
];

/// Every search of a table finds those values of a table that it should, whatever else an index has seen.
pub async fn every_search_of_the_table_agrees(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let time = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
    let event = |(i, value): (usize, &&str)| {
        let mut event = Event::new("badge", format!("n{i}"), time);
        event.raw = RawJson::of(&serde_json::json!({"memberName": value, "Other": [true, null]})).unwrap();
        event
    };
    let mut events: Vec<Event> = VALUES.iter().enumerate().map(event).collect();
    events
        .push(Event { raw: RawJson::parse("[1.50, -3e2]").unwrap(), ..Event::new("badge", "numbers", time) });
    events.push(Event { operation: format!("Summary {GUID}"), ..Event::new("badge", "no record", time) });
    store.append(&events).await.unwrap();
    let oracle = Oracle::of(&*store).await;
    for search in SEARCHES {
        let query = Query { limit: Query::MOST, ..Query::new().text(*search) };
        let expected = oracle.matching(&query.filter);
        let found = index.search(&query).await.unwrap().items;
        assert!(expected.iter().copied().eq(&found), "{}", difference(&query.filter, &expected, &found));
    }
}

/// What stands at the end of a large record is found, too.
pub async fn a_word_at_the_end_of_a_large_record_is_found(
    store: Arc<dyn EventStore>,
    index: Arc<dyn EventIndex>,
    _: Sizes,
) {
    let mut event = Event::new("badge", "large", Timestamp::parse("2026-01-05T09:00:00Z").unwrap());
    let words: String = (0..60_000).map(|i| format!("word{i} ")).collect();
    event.raw =
        RawJson::of(&serde_json::json!({"a": words, "list": [{"b": format!("needle {GUID}")}]})).unwrap();
    store.append(&[event]).await.unwrap();
    for (text, expected) in
        [("needle", 1), ("word59999", 1), ("\"word59999 \"", 1), ("0f1e2d3c-4b", 1), ("4b5a", 0)]
    {
        assert_eq!(index.count(&Query::new().text(text).filter).await.unwrap(), expected, "{text}");
    }
}
