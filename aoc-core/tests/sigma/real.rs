//! SigmaHQ's rules over real records, where they are at hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use aoc_core::alert::{
    detect::View,
    files::{Loaded, RuleText, read_rules},
};
use serde_json::Value;

use crate::event;

/// The shared data, or nothing where it is not there.
pub(crate) fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if path.join("sigma").is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rule files, by their paths within SigmaHQ.
fn rule_files(data: &Path) -> Vec<RuleText> {
    let root = data.join("sigma/rules/SigmaHQ");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                files.push(RuleText { name, text: fs::read_to_string(path).unwrap() });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The rules that can be used, each read alone, and why the others cannot.
fn rules(data: &Path) -> (BTreeMap<String, Loaded>, BTreeMap<String, String>) {
    let (mut loaded, mut refused) = (BTreeMap::new(), BTreeMap::new());
    for file in rule_files(data) {
        let mut read = read_rules(std::slice::from_ref(&file), &BTreeMap::new());
        assert_eq!(read.detections.len() + read.refused.len(), 1, "{}", file.name);
        match read.refused.pop() {
            Some(rule) => refused.insert(file.name, rule.error.to_string()),
            None => loaded.insert(file.name, read.detections.remove(0)).map(|_| String::new()),
        };
    }
    (loaded, refused)
}

/// Whether a rule finds an event; what it says about it is in accord.
fn finds(rule: &Loaded, view: &View<'_>) -> bool {
    let found = rule.detection.matches(view);
    assert_eq!(rule.detection.explain(view).holds, found, "{}", rule.file);
    found
}

#[test]
fn every_case_is_as_stated() {
    let Some(data) = data() else { return };
    let (rules, _) = rules(&data);
    let cases = lines(&data.join("sigma/cases_dev.ndjson"));
    let (mut wrong, mut fired, mut all) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        let (rule, expected) = (case["rule"].as_str().unwrap(), case["should_match"].as_bool().unwrap());
        let found = rules.get(rule).is_some_and(|rule| finds(rule, &View::plain(&event(&case["event"]))));
        if found != expected {
            wrong.push(format!("{} {rule}: expected {expected}", case["case"]));
        }
        all.insert(rule);
        if found {
            fired.insert(rule);
        }
    }
    println!("{} cases, {} rules with cases, {} of them fire", cases.len(), all.len(), fired.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_blank_at_the_end_is_not_taken_off() {
    let Some(data) = data() else { return };
    let (rules, _) = rules(&data);
    for case in lines(&data.join("sigma/cases_ambiguous.ndjson")) {
        // The file's paths begin at the folder of the rules.
        let name = case["rule"].as_str().unwrap();
        assert!(!finds(&rules[name], &View::plain(&event(&case["event"]))), "{name}");
    }
}

#[test]
fn every_rule_finds_exactly_the_events_of_the_matrix() {
    let Some(data) = data() else { return };
    let (rules, _) = rules(&data);
    let matrix = fs::read_to_string(data.join("sigma/match_matrix_dev.json")).unwrap();
    let matrix: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&matrix).unwrap();
    let mut records = Vec::new();
    for file in ["entra_directory_audits", "entra_sign_ins", "o365_management_activity"] {
        records.extend(lines(&data.join(format!("{file}.ndjson"))));
    }
    // Risk detections are in no event file of their own.
    let risks = lines(&data.join("sigma/cases_dev.ndjson")).into_iter();
    let risks = risks.filter(|case| case["origin"] == "real" && case["event"].get("riskEventType").is_some());
    records.extend(risks.map(|case| case["event"].clone()));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        let id = record.get("id").or(record.get("Id")).and_then(Value::as_str).unwrap_or_default();
        let event = event(record);
        let view = View::plain(&event);
        for (file, _) in rules.iter().filter(|(_, rule)| finds(rule, &view)) {
            found.entry(file.clone()).or_default().insert(id.to_owned());
        }
    }
    println!("{} rules over {} events", rules.len(), records.len());
    let expected: BTreeMap<_, _> = matrix.into_iter().filter(|(_, ids)| !ids.is_empty()).collect();
    for file in found.keys().chain(expected.keys()) {
        assert_eq!(found.get(file), expected.get(file), "{file}");
    }
}

#[test]
fn every_rule_is_read_or_refused_with_a_reason() {
    let Some(data) = data() else { return };
    let (rules, refused) = rules(&data);
    for (file, rule) in &rules {
        println!("read     {file} ({:?})", rule.detection.severity);
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, reason) in &refused {
        println!("refused  {file}: {reason}");
        *reasons.entry(reason).or_default() += 1;
    }
    println!("{} read, {} refused: {reasons:#?}", rules.len(), refused.len());
    for reason in refused.values() {
        let known = ["no source of AOC brings azure/activitylogs", "nothing stands for the placeholder"];
        assert!(known.iter().any(|known| reason.contains(known)), "{reason}");
    }
    assert_eq!(rules.len() + refused.len(), rule_files(&data).len());
}

#[test]
fn all_rules_together_are_what_they_are_alone() {
    let Some(data) = data() else { return };
    let (rules, refused) = rules(&data);
    let together = read_rules(&rule_files(&data), &BTreeMap::new());
    assert_eq!((together.detections.len(), together.refused.len()), (rules.len(), refused.len()));
    assert!(together.detections.iter().all(|rule| rule.detection.enabled));
}

#[test]
fn the_correlations_are_read() {
    let Some(data) = data() else { return };
    let folder = data.join("sigma/rules/correlation");
    let text = |path: PathBuf| RuleText {
        name: path.display().to_string(),
        text: fs::read_to_string(path).unwrap(),
    };
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| text(entry.unwrap().path())).collect();
    let read = read_rules(&files, &BTreeMap::new());
    assert!(read.refused.is_empty(), "{:?}", read.refused);
    let counting =
        read.detections.iter().filter(|rule| rule.detection.counts() && rule.detection.enabled).count();
    let resting =
        read.detections.iter().filter(|rule| !rule.detection.counts() && !rule.detection.enabled).count();
    assert_eq!((counting, resting), (3, 4));
}
