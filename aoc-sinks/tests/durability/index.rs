//! What happens to the files of the index.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use aoc_core::{EventIndex, EventStore, Filter, MemoryStore, Timestamp, testkit::random::Random};
use aoc_sinks::SegmentIndex;

use super::{EVENTS, FILES, Place, assert_agree, events, in_a_runtime, search_all_ways, small_events};

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

/// What a full disk does to the files of these names: writing to them fails as it does there.
fn fill_disk(names: impl Iterator<Item = PathBuf>) {
    names.for_each(|name| symlink("/dev/full", name).unwrap());
}

fn new_segments(index: &Path) -> Vec<PathBuf> {
    (0..300).map(|number| index.join(format!("{number:08}.segment.new"))).collect()
}
