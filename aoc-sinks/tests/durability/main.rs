//! The index and the store survive what happens to their files: torn, damaged, deleted, unwritable, of another
//! time. Whatever it was, searches agree with the log, and after the next start the files are whole again.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod index;
mod store;

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use aoc_core::{
    Event, EventIndex, EventStore, Filter, Position, Query, Timestamp,
    query::Facet,
    store::Stored,
    testkit::{
        events::Generator,
        index::{Oracle, all_pages},
    },
};
use aoc_sinks::{SegmentIndex, SqliteStore};
use serde_json::Value;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

/// Events of the filled place, and how many files they are indexed in; the rest is in no file.
const EVENTS: usize = 500;
const FILES: usize = 4;
const EVENTS_PER_FILE: usize = 115;

/// A folder with a database and its index.
struct Place(TempDir);

/// Name, content and time of change of each file.
type Files = Vec<(String, Vec<u8>, SystemTime)>;

impl Place {
    fn empty() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.index()).unwrap();
        place
    }

    /// With events in a database and files of an index; made once and copied.
    fn filled() -> Self {
        static FILLED: OnceLock<Files> = OnceLock::new();
        let place = Self::empty();
        for (name, content, modified) in FILLED.get_or_init(Self::fill) {
            let path = place.0.path().join(name);
            fs::write(&path, content).unwrap();
            fs::File::options().write(true).open(path).unwrap().set_modified(*modified).unwrap();
        }
        place
    }

    fn fill() -> Files {
        let place = Self::empty();
        place.live(async |store, index| {
            for (number, batch) in events(1, EVENTS).chunks(EVENTS_PER_FILE).enumerate() {
                store.append(batch).await.unwrap();
                if number < FILES {
                    index.seal().await.unwrap();
                }
            }
        });
        let mut files = Vec::new();
        for name in
            place.names("").into_iter().chain(place.names("index").iter().map(|n| format!("index/{n}")))
        {
            let path = place.0.path().join(&name);
            if path.is_file() {
                files.push((name, fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()));
            }
        }
        files
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("aoc.db")
    }

    fn index(&self) -> PathBuf {
        self.0.path().join("index")
    }

    fn manifest(&self) -> PathBuf {
        self.index().join("manifest.json")
    }

    fn names(&self, folder: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.path().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The segment files, in order of their positions.
    fn segments(&self) -> Vec<PathBuf> {
        let manifest: Value = serde_json::from_slice(&fs::read(self.manifest()).unwrap()).unwrap();
        let listed = manifest["segments"].as_array().unwrap();
        listed.iter().map(|listed| self.index().join(listed["file"].as_str().unwrap())).collect()
    }

    /// The life of one program: opens store and index, and lets go of both at the end.
    fn live<T>(&self, life: impl AsyncFnOnce(Arc<dyn EventStore>, SegmentIndex) -> T) -> T {
        let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(self.database()));
        let index = SegmentIndex::new(store.clone(), Some(self.index()));
        in_a_runtime(life(store, index))
    }

    /// The manifest lists, without a gap up to the head, files that are whole; there are no others.
    fn assert_files_are_whole(&self) {
        let head = self.live(async |store, _| store.head().await.unwrap());
        let manifest: Value = serde_json::from_slice(&fs::read(self.manifest()).unwrap()).unwrap();
        let (mut position, mut names) = (0, BTreeSet::from(["lock".to_owned(), "manifest.json".to_owned()]));
        for listed in manifest["segments"].as_array().unwrap() {
            assert_eq!(listed["from"], position, "{manifest}");
            position = listed["to"].as_u64().unwrap();
            let name = listed["file"].as_str().unwrap().to_owned();
            let bytes = fs::read(self.index().join(&name)).unwrap();
            let (content, sum) = bytes.split_at(bytes.len() - 8);
            assert_eq!(xxh3_64(content).to_le_bytes(), sum, "{name}");
            names.insert(name);
        }
        assert_eq!((manifest["position"].as_u64(), position), (Some(head.0), head.0), "{manifest}");
        assert_eq!(self.names("index"), names);
    }

    /// After the damage searches agree; so they do after the next start, from files that are whole.
    fn assert_heals(&self) {
        self.live(async |store, index| {
            assert_agree(&store, &index).await;
            index.seal().await.unwrap();
            assert_agree(&store, &index).await;
        });
        self.assert_files_are_whole();
        self.live(async |store, index| assert_agree(&store, &index).await);
    }
}

/// Runs something, and waits for all that it has started.
fn in_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

fn events(seed: u64, count: usize) -> Vec<Event> {
    Generator::new(seed).events(count)
}

/// Small ones, of which many are made and indexed soon.
fn small_events(from: usize, count: usize) -> Vec<Event> {
    (from..from + count).map(small_event).collect()
}

fn small_event(number: usize) -> Event {
    let ticks = i64::try_from(number).unwrap() * 10_000_000 + 17_000_000_000_000_000;
    let mut event = Event::new("badge", format!("small{number}"), Timestamp::from_ticks(ticks));
    event.operation = ["Open", "Close", "Knock"][number % 3].into();
    event
}

async fn assert_agree(store: &Arc<dyn EventStore>, index: &dyn EventIndex) {
    let oracle = Oracle::of(&**store).await;
    let all = oracle.matching(&Filter::default());
    let events: Vec<Event> = all.iter().map(|stored| stored.event.clone()).collect();
    let mut generator = Generator::new(events.len() as u64);
    for _ in 0..6 {
        let filter = generator.filter(&events);
        let expected = oracle.matching(&filter);
        let found = index.search(&Query { filter: filter.clone(), limit: 40, after: None }).await.unwrap();
        assert_eq!(index.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
        assert_eq!(found.total, expected.len() as u64, "{filter:?}");
        assert!(positions(expected.into_iter().take(40)).eq(positions(&found.items)), "{filter:?}");
    }
    let (paged, _) = all_pages(index, &Filter::default(), Query::MOST).await;
    assert!(positions(&paged).eq(positions(all.iter().copied())), "{} of {}", paged.len(), all.len());
    let facets = index.facets(&Filter::default(), &[Facet::Operation], 100).await.unwrap();
    assert_eq!(facets, [Oracle::facet(&all, Facet::Operation, 100)]);
    let timeline = index.timeline(&Filter::default(), None).await.unwrap();
    assert_eq!(timeline.buckets, Oracle::timeline(&all, Some(timeline.bucket)).buckets);
}

fn positions<'a>(stored: impl IntoIterator<Item = &'a Stored>) -> impl Iterator<Item = Position> {
    stored.into_iter().map(|stored| stored.position)
}

/// Searches in many ways; the errors as people see them.
async fn search_all_ways(index: &SegmentIndex, seed: u64) -> Vec<String> {
    let mut generator = Generator::new(seed);
    let events = generator.events(20);
    let mut errors = Vec::new();
    for _ in 0..6 {
        let filter = generator.filter(&events);
        errors.extend(index.search(&Query { filter: filter.clone(), limit: 40, after: None }).await.err());
        errors.extend(index.facets(&filter, &Facet::ALL, 10).await.err());
        errors.extend(index.timeline(&filter, None).await.err());
    }
    errors.extend(index.seal().await.err());
    errors.iter().map(aoc_core::Error::chain).collect()
}
