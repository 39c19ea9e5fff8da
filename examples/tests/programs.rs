//! The programs run, and print what they should.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{path::Path, process::Command};

/// What a program prints, run in the folder `examples`.
fn printed(program: &str, arguments: &[&Path]) -> String {
    let output =
        Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn embed_finds_who_became_an_administrator() {
    let text = printed(env!("CARGO_BIN_EXE_embed"), &[]);
    let expected =
        "2026-01-05T08:20:03.1180042Z kim@contoso.com performed \"Add member to role\" on lee@contoso.com";
    assert!(text.starts_with(expected) && text.lines().count() == 1, "{text}");
}

#[test]
fn the_custom_source_brings_every_line() {
    let text = printed(env!("CARGO_BIN_EXE_custom_source"), &[]);
    let first = "2026-01-05T19:47:05Z Badge Lee Moor: Refused at Dublin server room.";
    assert!(text.starts_with(first) && text.lines().count() == 3, "{text}");
}

#[test]
fn the_custom_sink_gets_the_failures_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failures.ndjson");
    printed(env!("CARGO_BIN_EXE_custom_sink"), &[&path]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.lines().count() == 2 && text.lines().all(|line| line.contains(r#""result":"failure""#)),
        "{text}"
    );
}

#[test]
fn the_fake_microsoft_served_exactly_what_was_stored() {
    let text = printed(env!("CARGO_BIN_EXE_fake_microsoft"), &[]);
    let expected = "after 0 minutes: 2500 records, 1 fault\nafter 15 minutes: 2501 records, 1 fault\n";
    assert_eq!(text, expected);
}

/// The programs and the README show the same code, and so do the guides.
#[test]
fn what_the_texts_show_is_what_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    for (text, program) in [
        ("README.md", "examples/embed.rs"),
        ("docs/guide/add-a-source.md", "examples/custom_source.rs"),
        ("docs/guide/write-a-sink.md", "examples/custom_sink.rs"),
        ("docs/guide/test-your-collector.md", "examples/fake_microsoft.rs"),
    ] {
        let (shown, program_text) = (read(text), read(program));
        let block = shown.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        // Imports differ: the program has its `main` besides.
        let code = block.split_once("\n\n").unwrap().1.trim();
        assert!(program_text.contains(code), "the first block of {text} is not in {program}");
    }
}
