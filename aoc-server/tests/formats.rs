//! Real records, which are no part of the repository, in the formats of SIEMs.
//!
//! `AOC_FORMATS_DIR` names a folder of further `*.ndjson` files whose documents are checked as well.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    net::IpAddr,
    path::{Path, PathBuf},
};

use aoc_connectors::{AnyRecord, read_records};
use aoc_core::{Event, normalize};
use aoc_sinks::format::{CATEGORIES, Format, TYPES, required};
use serde_json::Value;

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there are no real records in {}", folder.display());
    None
}

fn events(path: &Path) -> impl Iterator<Item = Event> {
    let normalizer = AnyRecord::new();
    read_records(File::open(path).unwrap()).map(move |record| normalize(&normalizer, record.unwrap()))
}

/// Files of records; what stands beside them says something about records.
fn files(folder: &Path) -> Vec<PathBuf> {
    let all = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let is_records = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        let is_about = name.contains(".meta.") || name.contains("expected") || name.contains("labels");
        (name.ends_with(".ndjson") || name.ends_with(".csv")) && !is_about
    };
    let mut files: Vec<_> = all.filter(is_records).collect();
    files.sort();
    files
}

/// The types that each path has, and an example of each.
#[derive(Default)]
struct Paths(BTreeMap<String, BTreeMap<&'static str, String>>);

impl Paths {
    fn add(&mut self, path: &str, value: &Value) {
        let kind = match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.add(&format!("{path}.{name}"), member);
                }
                "object"
            }
            Value::Array(items) => return items.iter().for_each(|item| self.add(path, item)),
            Value::String(_) => "text",
            Value::Bool(_) => "truth",
            Value::Number(number) if number.is_f64() => "decimal",
            Value::Number(_) => "integer",
            Value::Null => "null",
        };
        let known = self.0.entry(path.to_owned()).or_default();
        known.entry(kind).or_insert_with(|| value.to_string().chars().take(80).collect());
    }

    fn clashes(&self) -> Vec<String> {
        let odd = self.0.iter().filter(|(_, kinds)| kinds.len() > 1 || kinds.contains_key("null"));
        odd.map(|(path, kinds)| format!("{path}: {kinds:?}")).collect()
    }
}

#[derive(Default)]
struct Checked {
    ecs: Paths,
    ocsf: Paths,
    events: usize,
    classes: BTreeMap<u64, usize>,
    others: BTreeMap<String, usize>,
    stand_ins: BTreeMap<String, usize>,
    longest_cef: usize,
    most_fields: usize,
}

impl Checked {
    fn add_all(&mut self, files: &[PathBuf]) {
        for event in files.iter().flat_map(|file| events(file)) {
            self.events += 1;
            self.add_ecs(&event);
            self.add_ocsf(&event);
            let line = Format::Cef.line(&event).unwrap();
            assert!(line.starts_with("CEF:0|AOC|") && !line.contains(['\r', '\n']), "{line}");
            self.longest_cef = self.longest_cef.max(line.len());
        }
    }

    fn add_ecs(&mut self, event: &Event) {
        let document = Format::Ecs.document(event).unwrap();
        let texts = |path: &str| -> Vec<String> {
            let value = at(&document, path);
            value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
        };
        for category in texts("event.category") {
            assert!(CATEGORIES.iter().any(|(name, _)| *name == category), "{category}");
        }
        for kind in texts("event.type") {
            assert!(TYPES.contains(&kind.as_str()), "{kind}");
        }
        let outcome = at(&document, "event.outcome").as_str().unwrap();
        assert!(matches!(outcome, "success" | "failure" | "unknown"), "{outcome}");
        let file = at(&document, "file.name").as_str().unwrap_or_default();
        assert!(!file.contains("://"), "{file}");
        for path in ["source.ip", "client.ip"] {
            let address = at(&document, path).as_str();
            assert!(address.is_none_or(|address| address.parse::<IpAddr>().is_ok()), "{address:?}");
        }
        self.ecs.add("", &document);
    }

    fn add_ocsf(&mut self, event: &Event) {
        let document = Format::Ocsf.document(event).unwrap();
        let number = |path: &str| at(&document, path).as_u64().unwrap();
        let (class, activity) = (number("class_uid"), number("activity_id"));
        assert_eq!(number("type_uid"), class * 100 + activity);
        assert_eq!(number("category_uid"), class / 1_000);
        let paths = required(u32::try_from(class).unwrap());
        assert!(!paths.is_empty(), "{class}");
        for path in paths {
            let found = path.split('|').find(|path| !at(&document, path).is_null());
            let found = found.unwrap_or_else(|| panic!("{path} is missing in {document}"));
            if at(&document, found) == "unknown" {
                *self.stand_ins.entry(format!("{class} {found}")).or_default() += 1;
            }
        }
        let over = &document["resources"][0]["name"];
        assert!(class != 3005 || over.is_null() || over != at(&document, "user.name"), "{document}");
        *self.classes.entry(class).or_default() += 1;
        if activity == 99 {
            *self.others.entry(format!("{class} {} {}", event.service, event.operation)).or_default() += 1;
        }
        self.ocsf.add("", &document);
    }

    fn report(&mut self) {
        self.most_fields = self.ecs.0.len();
        println!("{} events, classes {:?}", self.events, self.classes);
        println!("ECS paths {}, OCSF paths {}", self.ecs.0.len(), self.ocsf.0.len());
        println!("activity 99: {:#?}", self.others);
        println!("stand-ins: {:#?}", self.stand_ins);
        println!("longest CEF line: {} bytes", self.longest_cef);
        assert_eq!(self.ecs.clashes(), [""; 0]);
        assert_eq!(self.ocsf.clashes(), [""; 0]);
        // Elasticsearch takes 1,000 fields in an index unless it is told otherwise.
        assert!(self.most_fields < 900, "{} ECS paths", self.most_fields);
        assert!(self.longest_cef <= 8 * 1024);
    }
}

fn at<'a>(document: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(document, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

#[test]
fn real_records_have_one_type_per_path_and_all_that_their_class_requires() {
    let Some(data) = data() else { return };
    let mut checked = Checked::default();
    checked.add_all(&files(&data));
    assert!(checked.events > 3_271 + 5_158, "{}", checked.events);
    checked.report();
}

#[test]
fn a_large_load_has_one_type_per_path_and_all_that_its_classes_require() {
    let Some(folder) = std::env::var_os("AOC_FORMATS_DIR") else {
        println!("skipped: AOC_FORMATS_DIR names no folder of records");
        return;
    };
    let mut checked = Checked::default();
    checked.add_all(&files(Path::new(&folder)));
    checked.report();
}

/// What is compared with the second opinion, and how many of a hundred agree at least. It names no actor where an
/// application acted, and takes who it was done to for the actor where it knows nobody else.
const FLOORS: [(&str, usize); 6] = [
    ("user", 55),
    ("user or target", 95),
    ("source.ip", 95),
    ("event.outcome", 100),
    ("event.action", 98),
    ("event.category", 85),
];

#[test]
fn documents_agree_with_the_second_opinion_as_far_as_they_did() {
    let Some(data) = data() else { return };
    let mut agreed: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for name in
        ["entra_directory_audits", "entra_sign_ins", "intune_audit_events", "o365_management_activity"]
    {
        let ours = documents(&data, name);
        let text = std::fs::read_to_string(data.join(format!("{name}.ecs_expected.ndjson"))).unwrap();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let Some(document) = ours.get(line["id"].as_str().unwrap()) else { continue };
            for (what, _) in FLOORS {
                let Some(same) = agrees(what, &line["expected"], document) else { continue };
                let (yes, all) = agreed.entry(what).or_default();
                (*yes, *all) = (*yes + usize::from(same), *all + 1);
                if !same {
                    let (theirs, action) = (&line["expected"], at(document, "event.action"));
                    println!(
                        "{name} {}: {what}: {action}: {} not {}",
                        line["id"],
                        at(theirs, what),
                        at(document, what)
                    );
                }
            }
        }
    }
    println!("agreed of compared: {agreed:?}");
    for (what, floor) in FLOORS {
        let (yes, all) = agreed[what];
        assert!(yes * 100 >= floor * all, "{what}: {yes} of {all}");
    }
}

fn documents(data: &Path, name: &str) -> BTreeMap<String, Value> {
    let shapes = ["", ".azure_monitor"].map(|shape| data.join(format!("{name}{shape}.ndjson")));
    let found = shapes.iter().filter(|path| path.is_file()).flat_map(|path| events(path));
    found.map(|event| (event.id.clone(), Format::Ecs.document(&event).unwrap())).collect()
}

/// Whether both say the same; `None` where the other says nothing.
fn agrees(what: &str, theirs: &Value, ours: &Value) -> Option<bool> {
    let names = |document: &Value| -> BTreeSet<String> {
        let members =
            ["user.name", "user.email", "user.id"].map(|path| at(document, path).as_str().map(str::to_owned));
        members.into_iter().flatten().collect()
    };
    let text =
        |document: &Value| at(document, what).as_str().map(|text| text.trim_end_matches('.').to_owned());
    match what {
        "user" => Some(names(theirs)).filter(|set| !set.is_empty()).map(|set| !set.is_disjoint(&names(ours))),
        "user or target" => {
            let named = |path: &str| at(ours, path).as_array().cloned().unwrap_or_default();
            let ours: Vec<Value> = [named("related.user"), named("aoc.targets")].concat();
            let said = names(theirs);
            (!said.is_empty())
                .then(|| said.iter().any(|name| ours.iter().any(|other| other == name.as_str())))
        }
        "event.category" => {
            let theirs = at(theirs, what).as_array()?;
            let ours = at(ours, what).as_array()?;
            Some(theirs.iter().any(|category| ours.contains(category)))
        }
        "event.action" if at(ours, "event.dataset") == "azure.signinlogs" => None,
        _ => text(theirs).map(|said| Some(said) == text(ours)),
    }
}
