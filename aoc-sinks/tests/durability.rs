//! The index and the store survive what happens to their files: torn, damaged, deleted, unwritable, of another
//! time. Whatever it was, searches agree with the log, and after the next start the files are whole again.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use aoc_core::{
    Event, EventIndex, EventStore, Filter, MemoryStore, Position, Query, Timestamp, UNREADABLE,
    query::Facet,
    store::{Scan, Stored},
    testkit::{
        events::Generator,
        index::{Oracle, all_pages},
        random::Random,
        store::everything,
    },
};
use aoc_sinks::{SegmentIndex, SqliteStore};
use rusqlite::Connection;
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

/// What a full disk does to the files of these names: writing to them fails as it does there.
fn fill_disk(names: impl Iterator<Item = PathBuf>) {
    names.for_each(|name| symlink("/dev/full", name).unwrap());
}

fn new_segments(index: &Path) -> Vec<PathBuf> {
    (0..300).map(|number| index.join(format!("{number:08}.segment.new"))).collect()
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

// The index.

#[test]
fn files_that_nothing_happened_to_are_read_as_they_are() {
    let place = Place::filled();
    let before: Vec<_> = place.segments().iter().map(|file| fs::read(file).unwrap()).collect();
    place.assert_heals();
    let after = place.segments();
    assert_eq!((before.len(), after.len()), (FILES, FILES + 1));
    assert!(before.iter().zip(&after).all(|(before, after)| *before == fs::read(after).unwrap()));
}

#[test]
fn a_truncated_segment_is_made_anew() {
    for (which, left) in [(0, 0.5), (1, 0.999), (2, 0.01), (FILES - 1, 0.9)] {
        let place = Place::filled();
        let file = fs::File::options().write(true).open(&place.segments()[which]).unwrap();
        let size = file.metadata().unwrap().len();
        file.set_len((size as f64 * left) as u64).unwrap();
        place.assert_heals();
    }
}

#[test]
fn an_emptied_segment_is_made_anew() {
    let place = Place::filled();
    fs::write(&place.segments()[1], "").unwrap();
    place.assert_heals();
}

#[test]
fn a_segment_with_flipped_bytes_is_made_anew() {
    for seed in 0..4 {
        let place = Place::filled();
        let mut random = Random::new(seed);
        let file = random.pick(&place.segments()).clone();
        let mut bytes = fs::read(&file).unwrap();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        fs::write(&file, bytes).unwrap();
        place.assert_heals();
    }
}

#[test]
fn a_deleted_segment_is_made_anew() {
    for which in [0, 2] {
        let place = Place::filled();
        fs::remove_file(&place.segments()[which]).unwrap();
        place.assert_heals();
    }
}

#[test]
fn no_damage_that_keeps_size_and_time_of_a_file_makes_a_search_panic() {
    let rounds = std::env::var("AOC_DAMAGES").map_or(40, |text| text.parse().unwrap());
    let place = Place::filled();
    let originals: Vec<(PathBuf, Vec<u8>)> =
        place.segments().into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    let mut random = Random::new(11);
    for round in 0..rounds {
        for (file, original) in &originals {
            let modified = file.metadata().unwrap().modified().unwrap();
            let mut bytes = original.clone();
            for _ in 0..1 + random.below(200) {
                let at = random.below(bytes.len());
                bytes[at] = *random.pick(&[0, 0xff, 0x80, 0x7f, b'\n', 1]);
            }
            fs::write(file, bytes).unwrap();
            fs::File::options().write(true).open(file).unwrap().set_modified(modified).unwrap();
        }
        let errors = place.live(async |_, index| search_all_ways(&index, round).await);
        assert!(!errors.iter().any(|error| error.contains("panic")), "round {round}: {errors:?}");
        for (file, original) in &originals {
            fs::write(file, original).unwrap();
        }
    }
}

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

#[test]
fn a_torn_manifest_makes_the_index_anew() {
    for left in [1, 30, 200] {
        let place = Place::filled();
        let text = fs::read(place.manifest()).unwrap();
        fs::write(place.manifest(), &text[..text.len() - left]).unwrap();
        place.assert_heals();
    }
}

#[test]
fn an_emptied_manifest_makes_the_index_anew() {
    let place = Place::filled();
    fs::write(place.manifest(), "").unwrap();
    place.assert_heals();
}

#[test]
fn a_deleted_manifest_makes_the_index_anew() {
    let place = Place::filled();
    fs::remove_file(place.manifest()).unwrap();
    place.assert_heals();
}

#[test]
fn the_index_of_another_store_is_not_used() {
    let (place, other) = (Place::filled(), Place::empty());
    other.live(async |store, index| {
        store.append(&events(77, EVENTS)).await.unwrap();
        index.seal().await.unwrap();
    });
    for name in other.names("index") {
        fs::copy(other.index().join(&name), place.index().join(&name)).unwrap();
    }
    place.assert_heals();
}

#[test]
fn the_files_of_a_newer_version_are_not_read() {
    let place = Place::filled();
    let text = fs::read_to_string(place.manifest()).unwrap();
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    assert_ne!(newer, text);
    fs::write(place.manifest(), newer).unwrap();
    place.assert_heals();
}

#[test]
fn what_a_crash_left_behind_is_removed() {
    let place = Place::filled();
    let segment = fs::read(&place.segments()[0]).unwrap();
    fs::write(place.index().join("00000099.segment"), &segment).unwrap();
    fs::write(place.index().join("00000100.segment.new"), &segment[..100]).unwrap();
    fs::write(place.index().join("manifest.json.new"), "{\"version\":1,").unwrap();
    place.assert_heals();
}

#[test]
fn an_index_whose_folder_is_deleted_answers_on_and_is_written_again() {
    let place = Place::filled();
    place.live(async |store, index| {
        assert_agree(&store, &index).await;
        fs::remove_dir_all(place.index()).unwrap();
        assert_agree(&store, &index).await;
        for seed in [2, 3] {
            store.append(&events(seed, 200)).await.unwrap();
            assert_agree(&store, &index).await;
            index.seal().await.unwrap();
            assert_agree(&store, &index).await;
        }
        assert!(!place.segments().is_empty());
    });
    place.assert_heals();
}

#[test]
fn a_manifest_deleted_while_the_program_runs_is_written_again() {
    let place = Place::filled();
    place.live(async |store, index| {
        assert_agree(&store, &index).await;
        fs::remove_file(place.manifest()).unwrap();
        store.append(&events(2, 200)).await.unwrap();
        index.seal().await.unwrap();
        assert_agree(&store, &index).await;
    });
    place.assert_heals();
}

#[test]
fn a_database_restored_from_an_older_copy_gets_another_index() {
    // Right after, and after other events took the positions that the index knows from before.
    for more in [0, 100, 600] {
        let place = Place::filled();
        let copy = fs::read(place.database()).unwrap();
        place.live(async |store, index| {
            store.append(&events(3, 300)).await.unwrap();
            index.seal().await.unwrap();
        });
        fs::write(place.database(), copy).unwrap();
        place.live(async |store, _| drop(store.append(&events(4, more)).await.unwrap()));
        place.assert_heals();
    }
}

#[test]
fn an_index_of_more_than_is_left_after_retention_stays() {
    let place = Place::filled();
    place.live(async |store, index| {
        index.seal().await.unwrap();
        store.forget_before(Timestamp::parse("2026-02-10T00:00:00Z").unwrap()).await.unwrap();
        assert_agree(&store, &index).await;
    });
    place.assert_heals();
    let segments = place.segments();
    place.live(async |store, index| {
        store.forget_before(Timestamp::parse("9999-12-31T23:59:59.9999999Z").unwrap()).await.unwrap();
        assert_agree(&store, &index).await;
    });
    place.live(async |store, index| assert_agree(&store, &index).await);
    assert_eq!(place.segments(), segments, "what was forgotten is no damage");
}

#[test]
fn an_index_that_has_a_file_in_place_of_its_folder_works_from_memory() {
    let place = Place::filled();
    fs::remove_dir_all(place.index()).unwrap();
    fs::write(place.index(), "in the way").unwrap();
    place.live(async |store, index| {
        assert_agree(&store, &index).await;
        store.append(&events(2, 100)).await.unwrap();
        index.seal().await.unwrap();
        assert_agree(&store, &index).await;
    });
    fs::remove_file(place.index()).unwrap();
    place.assert_heals();
}

#[test]
fn an_index_whose_lock_cannot_be_made_works_from_memory() {
    let place = Place::filled();
    fs::remove_file(place.index().join("lock")).unwrap();
    fs::create_dir(place.index().join("lock")).unwrap();
    place.live(async |store, index| {
        assert_agree(&store, &index).await;
        store.append(&events(2, 100)).await.unwrap();
        index.seal().await.unwrap();
        assert_agree(&store, &index).await;
    });
    fs::remove_dir(place.index().join("lock")).unwrap();
    place.assert_heals();
}

#[test]
fn a_full_disk_stops_no_search_and_doubles_no_event() {
    let segments: fn(&Path) -> Vec<PathBuf> = new_segments;
    let manifest: fn(&Path) -> Vec<PathBuf> = |index| vec![index.join("manifest.json.new")];
    for (number, names) in [segments, manifest].into_iter().enumerate() {
        for had_files in [true, false] {
            let place = Place::filled();
            if !had_files {
                fs::remove_dir_all(place.index()).unwrap();
            }
            let full = names(&place.index());
            place.live(async |store, index| {
                assert_agree(&store, &index).await;
                fill_disk(full.iter().cloned());
                for seed in 0..3 {
                    store.append(&events(10 + seed, 100)).await.unwrap();
                    index.seal().await.unwrap();
                    assert_agree(&store, &index).await;
                }
                full.iter().for_each(|name| fs::remove_file(name).unwrap());
                store.append(&events(20, 100)).await.unwrap();
                index.seal().await.unwrap();
                assert_agree(&store, &index).await;
            });
            let what = ["segments", "manifest"][number];
            println!("{what}, had files: {had_files}");
            place.assert_files_are_whole();
            place.assert_heals();
        }
    }
}

#[test]
fn a_full_disk_at_a_restored_database_does_not_bring_back_the_index_of_before() {
    let place = Place::filled();
    let copy = fs::read(place.database()).unwrap();
    place.live(async |store, index| {
        store.append(&events(3, 300)).await.unwrap();
        index.seal().await.unwrap();
    });
    fs::write(place.database(), copy).unwrap();
    // A folder of this name stays where it is, whoever cleans up.
    fs::create_dir(place.index().join("manifest.json.new")).unwrap();
    place.live(async |store, index| {
        assert_agree(&store, &index).await;
        store.append(&events(4, 100)).await.unwrap();
        assert_agree(&store, &index).await;
    });
    fs::remove_dir(place.index().join("manifest.json.new")).unwrap();
    place.assert_heals();
}

#[test]
fn more_than_one_segment_can_hold_stays_searchable_while_nothing_can_be_written() {
    let place = Place::empty();
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new());
    let index = SegmentIndex::new(store.clone(), Some(place.index()));
    let count = 70_000;
    in_a_runtime(async {
        index.count(&Filter::default()).await.unwrap();
        fill_disk(new_segments(&place.index()).into_iter());
        for batch in small_events(0, count).chunks(1_000) {
            store.append(batch).await.unwrap();
            index.catch_up().await.unwrap();
        }
        assert_eq!(index.count(&Filter::default()).await.unwrap(), count as u64);
        let knocks = Filter { operation: vec!["Knock".into()], ..Filter::default() };
        assert_eq!(index.count(&knocks).await.unwrap(), count as u64 / 3);
        new_segments(&place.index()).iter().for_each(|name| fs::remove_file(name).unwrap());
        index.seal().await.unwrap();
        assert_eq!(index.count(&knocks).await.unwrap(), count as u64 / 3);
        assert_eq!(index.count(&Filter::default()).await.unwrap(), count as u64);
        assert!(!place.segments().is_empty(), "what waited in memory is in files now");
    });
}

// The store.

/// Everything one can ask a store; the errors as people see them.
async fn ask_everything(store: &Arc<dyn EventStore>) -> Vec<String> {
    let mut errors = Vec::new();
    let mut after = Position::default();
    loop {
        match store.read_after(after, 300).await {
            Ok(batch) => match batch.last() {
                Some(last) => after = last.position,
                None => break,
            },
            Err(error) => {
                errors.push(error);
                break;
            }
        }
    }
    let all: Vec<Position> = (1..=EVENTS as u64).map(Position).collect();
    errors.extend(store.head().await.err());
    errors.extend(store.read_at(&all).await.err());
    errors.extend(store.get("no such id").await.err());
    errors.extend(store.tags().await.err());
    errors.extend(store.list("").await.err());
    errors.extend(store.horizon().await.err());
    errors.extend(store.append(&events(1, EVENTS)).await.err());
    errors.extend(store.append(&events(5, 300)).await.err());
    errors.iter().map(aoc_core::Error::chain).collect()
}

#[test]
fn a_truncated_database_is_a_clear_error() {
    for left in [0.999, 0.8, 0.3, 0.02] {
        let place = Place::filled();
        let file = fs::File::options().write(true).open(place.database()).unwrap();
        file.set_len((file.metadata().unwrap().len() as f64 * left) as u64).unwrap();
        assert_damage_is_told(&place);
    }
}

#[test]
fn garbage_in_a_database_is_a_clear_error() {
    for (from, to) in [(0.0, 0.2), (0.1, 0.9), (0.3, 1.0), (0.0, 1.0)] {
        let place = Place::filled();
        let mut bytes = fs::read(place.database()).unwrap();
        let mut random = Random::new(5);
        let (from, to) = ((bytes.len() as f64 * from) as usize, (bytes.len() as f64 * to) as usize);
        bytes[from..to].fill_with(|| random.number() as u8);
        fs::write(place.database(), bytes).unwrap();
        assert_damage_is_told(&place);
    }
}

/// By errors that say so, or by events that do.
fn assert_damage_is_told(place: &Place) {
    let (errors, damaged) = place.live(async |store, _| {
        let damaged = Filter { source: vec!["damaged".into()], ..Filter::default() };
        let damaged = Scan::new(store.clone()).count(&damaged).await;
        (ask_everything(&store).await, damaged.is_ok_and(|count| count > 0))
    });
    assert!(damaged || !errors.is_empty(), "nobody noticed");
    let searching = place.live(async |_, index| search_all_ways(&index, 1).await);
    for error in errors.iter().chain(&searching) {
        let says = ["the database is damaged", "not an SQLite database", "cannot open the database"];
        assert!(says.iter().any(|says| error.contains(says)) && !error.contains("panic"), "{error}");
    }
}

#[test]
fn a_damaged_body_reads_as_a_damaged_event_and_followers_go_on() {
    let place = Place::filled();
    let before = place.live(async |store, _| everything(&*store).await);
    let damages = [
        "UPDATE bodies SET body = zeroblob(length(body)) WHERE position = 7",
        "UPDATE bodies SET body = CAST(substr(body, 1, length(body) / 2) AS BLOB) WHERE position = 20",
        "UPDATE bodies SET body = x'' WHERE position = 21",
        "UPDATE bodies SET body = CAST(x'ffffffff' || substr(body, 5) AS BLOB) WHERE position = 400",
        "UPDATE bodies SET body = CAST(x'01000000' || substr(body, 5) AS BLOB) WHERE position = 402",
        "UPDATE bodies SET body = CAST(substr(body, 1, 30) || randomblob(length(body) - 30) AS BLOB) WHERE position = 450",
        "UPDATE bodies SET dictionary = 999 WHERE position = 500",
    ];
    Connection::open(place.database()).unwrap().execute_batch(&damages.join(";")).unwrap();
    let damaged = [7, 20, 21, 400, 402, 450, 500].map(Position);
    let after = place.live(async |store, _| everything(&*store).await);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.position, after.position);
        if damaged.contains(&after.position) {
            assert_eq!(
                (after.event.service.as_str(), after.event.flags.contains(&"damaged".into())),
                (UNREADABLE, true)
            );
        } else {
            assert_eq!(before.event, after.event);
        }
    }
    assert_eq!(before.len(), after.len());
    fs::remove_dir_all(place.index()).unwrap();
    place.assert_heals();
    place.live(async |store, index| {
        let unreadable = Filter { service: vec![UNREADABLE.into()], ..Filter::default() };
        assert_eq!(index.count(&unreadable).await.unwrap(), damaged.len() as u64);
        store.append(&events(2, 50)).await.unwrap();
        assert_agree(&store, &index).await;
    });
}

#[test]
fn no_flipped_byte_of_a_body_makes_a_reader_panic_or_stop() {
    let place = Place::filled();
    let connection = Connection::open(place.database()).unwrap();
    let mut random = Random::new(3);
    for position in 1..=EVENTS as i64 {
        let sql = "SELECT body FROM bodies WHERE position = ?1";
        let mut body: Vec<u8> = connection.query_row(sql, [position], |row| row.get(0)).unwrap();
        let at = random.below(body.len());
        body[at] ^= 1 << random.below(8);
        connection.execute("UPDATE bodies SET body = ?2 WHERE position = ?1", (position, body)).unwrap();
    }
    drop(connection);
    let found = place.live(async |store, _| everything(&*store).await.len());
    assert_eq!(found, EVENTS);
    fs::remove_dir_all(place.index()).unwrap();
    place.assert_heals();
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let place = Place::filled();
    Connection::open(place.database()).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let errors = place.live(async |store, _| ask_everything(&store).await);
    assert!(errors.len() >= 8, "{errors:?}");
    for error in errors {
        assert!(error.contains("written by a newer AOC (schema 999; this build knows "), "{error}");
    }
}

#[test]
fn bodies_of_all_dictionaries_are_read_after_opening_again() {
    let place = Place::empty();
    let mut expected = events(6, 2_500);
    expected.extend(small_events(0, 6_500));
    place.live(async |store, _| {
        for batch in expected.chunks(500) {
            store.append(batch).await.unwrap();
        }
    });
    let connection = Connection::open(place.database()).unwrap();
    let sql = "SELECT count(DISTINCT dictionary) FROM bodies";
    let dictionaries: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(connection);
    assert!(dictionaries >= 3, "none, the first, the second: {dictionaries}");
    let read = place.live(async |store, _| everything(&*store).await);
    assert!(read.iter().map(|stored| &stored.event).eq(&expected));
    let last = place.live(async |store, _| store.get("small6499").await.unwrap());
    assert_eq!(last[0].event, expected[8_999]);
}
