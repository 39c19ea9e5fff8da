//! Writes `docs/reference/sigma.md`: which of SigmaHQ's rules for Azure and Microsoft 365 fire, over cases whose outcome
//! is known. A page that is stale is written anew, and the test fails once. Skipped where the cases are not at hand.
#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use aoc_core::{
    Event, RawJson, Timestamp,
    alert::{
        detect::View,
        files::{RuleText, read_rules},
    },
};
use serde_json::Value;

/// What is known of a rule's cases.
#[derive(Default)]
struct Cases {
    positive: usize,
    fired: usize,
    negative: usize,
    wrongly: usize,
}

fn rules(root: &Path) -> BTreeMap<String, PathBuf> {
    let (mut folders, mut found) = (vec![root.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, path);
            }
        }
    }
    found
}

/// The cases, by the rules' files.
fn cases(data: &Path) -> BTreeMap<String, Vec<(bool, Event)>> {
    let mut cases: BTreeMap<String, Vec<(bool, Event)>> = BTreeMap::new();
    for line in fs::read_to_string(data.join("cases_dev.ndjson")).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let time = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
        let mut event = Event::new("case", case["case"].as_str().unwrap(), time);
        event.raw = RawJson::of(&case["event"]).unwrap();
        let rule = case["rule"].as_str().unwrap().to_owned();
        cases.entry(rule).or_default().push((case["should_match"].as_bool().unwrap(), event));
    }
    cases
}

/// What becomes of a rule: what it finds in its cases, or why it is refused.
fn tried(name: &str, path: &Path, cases: &[(bool, Event)]) -> Result<Cases, String> {
    let text = RuleText { name: name.to_owned(), text: fs::read_to_string(path).unwrap() };
    let mut read = read_rules(&[text], &BTreeMap::new());
    if let Some(refused) = read.refused.pop() {
        return Err(refused.error.to_string());
    }
    let mut of = Cases::default();
    for (should_match, event) in cases {
        let matched = read.detections.iter().any(|rule| rule.detection.matches(&View::plain(event)));
        let (all, found) = if *should_match {
            (&mut of.positive, &mut of.fired)
        } else {
            (&mut of.negative, &mut of.wrongly)
        };
        *all += 1;
        *found += usize::from(matched);
    }
    Ok(of)
}

#[test]
fn the_coverage_of_sigma_is_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let data = root.join("../shared/data/sigma");
    if !data.is_dir() {
        println!("skipped: {} is not there", data.display());
        return;
    }
    let (cases, mut rows) = (cases(&data), String::new());
    let (mut with_cases, mut firing, mut refused) = (0, 0, 0);
    let rules = rules(&data.join("rules/SigmaHQ"));
    for (name, path) in &rules {
        let outcome = match tried(name, path, cases.get(name).map_or(&[], Vec::as_slice)) {
            Err(reason) => {
                refused += 1;
                format!("refused: {}", reason.replace('|', "\\|"))
            }
            Ok(of) => {
                assert_eq!(of.wrongly, 0, "{name}");
                with_cases += usize::from(of.positive > 0);
                firing += usize::from(of.positive > 0 && of.fired == of.positive);
                match of.positive {
                    0 => format!("read; {} cases that must not match do not", of.negative),
                    _ => format!("fires on {} of {}; silent on {}", of.fired, of.positive, of.negative),
                }
            }
        };
        writeln!(rows, "| `{name}` | {outcome} |").unwrap();
    }
    let page = format!(
        "# Sigma coverage\n\n\
         <!-- Written by aoc-server/tests/sigma_coverage.rs. Change what it is made of, not this page. -->\n\n\
         SigmaHQ's {} rules for Azure and Microsoft 365, each tried on events whose outcome is known, in the shape in \
         which the APIs send them. Of {with_cases} rules for which there are events that must match, {firing} fire on all of \
         them; no rule fires on an event that must not match. {refused} are refused, with the reason.\n\n\
         | Rule | What becomes of it |\n|---|---|\n{rows}",
        rules.len(),
    );
    let path = root.join("docs/reference/sigma.md");
    if fs::read_to_string(&path).unwrap_or_default() != page {
        fs::write(&path, page).unwrap();
        panic!(
            "docs/reference/sigma.md was stale and is written anew: look at the difference, and run the test again"
        );
    }
}
