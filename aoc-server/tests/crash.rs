//! `aoc import`, killed at any point and run again, ends with every event, each once.
//!
//! `AOC_CRASH_RECORDS`, `AOC_CRASH_KILLS` and `AOC_CRASH_SEED` make it larger or another.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use aoc_core::{
    Event, EventIndex, EventStore, Filter, Query, UNREADABLE,
    query::Facet,
    store::Stored,
    testkit::{events::Generator, index::Oracle, random::Random, store::everything},
};
use aoc_sinks::{SegmentIndex, SqliteStore};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn an_import_that_is_killed_and_run_again_stores_every_event_once() {
    let sizes = Sizes::of_environment();
    println!("{sizes:?}");
    let mut random = Random::new(sizes.seed);
    let input = Input::new(&mut random, sizes.records);
    println!("{} lines, {} events", input.lines, input.expected.len());
    let duration = complete(&Place::new(&input), &input);
    println!("a whole import takes {duration:?}");
    let (mut kills, mut imports, mut place) = (0, 0, Place::new(&input));
    while kills < sizes.kills {
        let delay = duration.mul_f64(random.below(1_000) as f64 / 1_000.0);
        let was_killed = place.import_for(delay);
        kills += usize::from(was_killed);
        let stored = assert_is_a_beginning(&place, &input);
        println!(
            "kill {kills} after {delay:?}: {stored} events{}",
            if was_killed { "" } else { ", had ended" }
        );
        // Some are killed several times.
        if !was_killed || random.per_mille(600) || kills == sizes.kills {
            complete(&place, &input);
            imports += 1;
            place = Place::new(&input);
        }
    }
    println!("{kills} kills, {imports} databases completed");
}

#[derive(Debug)]
struct Sizes {
    records: usize,
    kills: usize,
    seed: u64,
}

impl Sizes {
    fn of_environment() -> Self {
        let number =
            |name: &str, default| std::env::var(name).map_or(default, |text| text.parse::<usize>().unwrap());
        Self {
            records: number("AOC_CRASH_RECORDS", 5_000),
            kills: number("AOC_CRASH_KILLS", 6),
            seed: number("AOC_CRASH_SEED", 1) as u64,
        }
    }
}

/// A file of invented records, and the raw texts of the events it holds, in the order in which they come first.
struct Input {
    text: String,
    lines: usize,
    expected: Vec<String>,
    /// How many of them are revisions, and unreadable.
    revisions: u64,
    unreadable: u64,
}

impl Input {
    fn new(random: &mut Random, lines: usize) -> Self {
        let mut input =
            Self { text: String::new(), lines, expected: Vec::new(), revisions: 0, unreadable: 0 };
        let mut known: Vec<(usize, String)> = Vec::new();
        for number in 0..lines {
            let old = random.maybe(&known).cloned();
            match (random.below(1_000), old) {
                (0..=59, Some((_, text))) => input.push(&text),
                // The same with a blank more is the same.
                (60..=99, Some((_, text))) => input.push(&text.replacen('{', "{ ", 1)),
                (100..=129, Some((id, _))) => {
                    let text = record(id, number, "revised");
                    input.push_event(&text);
                    input.revisions += 1;
                }
                (130..=134, _) => input.push_unreadable(&format!("line {number} is no record")),
                (135..=139, _) => {
                    let text = record(number, number, "torn");
                    input.push_unreadable(&text[..text.len() - 30]);
                }
                _ => {
                    let text = record(number, number, "first");
                    input.push_event(&text);
                    known.push((number, text));
                }
            }
        }
        input
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn push_event(&mut self, text: &str) {
        self.push(text);
        self.expected.push(text.to_owned());
    }

    fn push_unreadable(&mut self, text: &str) {
        self.push_event(text);
        self.unreadable += 1;
    }
}

/// A record of this id whose content is that of a number.
fn record(id: usize, number: usize, note: &str) -> String {
    let time =
        format!("2026-03-{:02}T{:02}:{:02}:{:02}", 1 + id / 86_400, id / 3_600 % 24, id / 60 % 60, id % 60);
    let person = ["ada", "berta", "chen", "dora"][number % 4];
    if id.is_multiple_of(3) {
        format!(
            r#"{{"id":"Directory_{id}","category":"UserManagement","correlationId":"22222222-2222-4222-8222-{number:012}","result":"success","resultReason":"{note}","activityDisplayName":"Update user","activityDateTime":"{time}.1234567Z","loggedByService":"Core Directory","operationType":"Update","initiatedBy":{{"user":{{"id":"u{}","userPrincipalName":"{person}@contoso.example"}}}},"targetResources":[{{"id":"t{}","displayName":"Target {}","type":"User","modifiedProperties":[{{"displayName":"City","oldValue":"\"a\"","newValue":"\"b{number}\""}}]}}],"additionalDetails":[]}}"#,
            number % 4,
            number % 50,
            number % 50,
        )
    } else {
        format!(
            r#"{{"CreationTime":"{time}","Id":"00000000-0000-4000-8000-{id:012}","Operation":"{}","OrganizationId":"11111111-1111-4111-8111-111111111111","RecordType":6,"UserType":0,"Workload":"SharePoint","UserId":"{person}@contoso.example","ClientIP":"192.0.2.{}","ObjectId":"https://contoso.example/sites/{note}/file-{number}.docx"}}"#,
            ["FileAccessed", "FileModified"][number % 2],
            number % 250,
        )
    }
}

/// A folder with the input, a database and its index.
struct Place(TempDir);

impl Place {
    fn new(input: &Input) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path().join("in.ndjson"), &input.text).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn aoc(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn output(&self, arguments: &[&str]) -> String {
        let output = self.aoc(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The totals of a whole import.
    fn import(&self) -> HashMap<String, u64> {
        let report: Value =
            serde_json::from_str(&self.output(&["import", "in.ndjson", "--format", "json"])).unwrap();
        serde_json::from_value(report["total"].clone()).unwrap()
    }

    /// Imports until it is killed, after a time; `false` if it had ended before.
    fn import_for(&self, time: Duration) -> bool {
        let mut import =
            self.aoc(&["import", "in.ndjson"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(time);
        let had_ended = import.try_wait().unwrap().is_some();
        // This is SIGKILL.
        import.kill().unwrap();
        !had_ended && import.wait().unwrap().code().is_none()
    }

    /// Opens store and index, and lets go of both at the end.
    fn live<T>(&self, life: impl AsyncFnOnce(Arc<dyn EventStore>, SegmentIndex) -> T) -> T {
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(self.path().join("aoc.db")));
        let index = SegmentIndex::new(store.clone(), Some(self.path().join("aoc.db.index")));
        tokio::runtime::Runtime::new().unwrap().block_on(life(store, index))
    }
}

/// What was killed opens, and holds the first of the expected events; says how many.
fn assert_is_a_beginning(place: &Place, input: &Input) -> usize {
    place.live(async |store, index| {
        let stored = everything(&*store).await;
        assert!(stored.len() <= input.expected.len());
        assert_same(&stored, &input.expected[..stored.len()]);
        assert_eq!(index.count(&Filter::default()).await.unwrap(), stored.len() as u64);
        stored.len()
    })
}

fn assert_same(stored: &[Stored], expected: &[String]) {
    for (number, (stored, expected)) in stored.iter().zip(expected).enumerate() {
        assert_eq!(stored.position.0, number as u64 + 1);
        let raw = &stored.event.raw;
        let text = if stored.event.service == UNREADABLE { raw.as_str() } else { None };
        assert_eq!(text.as_deref().unwrap_or(raw.text()), expected, "event {number}");
    }
}

/// Imports to the end; everything is there then, once, and found. Says how long the import took.
fn complete(place: &Place, input: &Input) -> Duration {
    let started = Instant::now();
    let first = place.import();
    let duration = started.elapsed();
    assert_eq!(first["read"], input.lines as u64);
    place.live(async |store, index| assert_complete(&store, &index, input).await);
    let listed = place.output(&["search", "--limit", "0", "--format", "json"]).lines().count();
    assert_eq!(listed, input.expected.len());
    let again = place.import();
    assert_eq!((again["new"], again["revised"], again["duplicate"]), (0, 0, input.lines as u64));
    duration
}

async fn assert_complete(store: &Arc<dyn EventStore>, index: &SegmentIndex, input: &Input) {
    let stored = everything(&**store).await;
    assert_eq!(stored.len(), input.expected.len());
    assert_same(&stored, &input.expected);
    let count = |test: &dyn Fn(&Event) -> bool| stored.iter().filter(|s| test(&s.event)).count() as u64;
    assert_eq!(count(&|event| event.revision_of.is_some()), input.revisions);
    assert_eq!(count(&|event| event.service == UNREADABLE), input.unreadable);
    let oracle = Oracle::of(&**store).await;
    let events: Vec<Event> = stored.into_iter().step_by(97).map(|stored| stored.event).collect();
    let mut generator = Generator::new(input.lines as u64);
    for filter in (0..6).map(|_| generator.filter(&events)).chain([Filter::default()]) {
        let expected = oracle.matching(&filter);
        assert_eq!(index.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
        let found = index.search(&Query { filter: filter.clone(), limit: 50, after: None }).await.unwrap();
        assert_eq!(found.total, expected.len() as u64);
        assert!(found.items.iter().eq(expected.iter().copied().take(50)), "{filter:?}");
        let facets = index.facets(&filter, &[Facet::Actor], 10).await.unwrap();
        assert_eq!(facets, [Oracle::facet(&expected, Facet::Actor, 10)]);
    }
}
