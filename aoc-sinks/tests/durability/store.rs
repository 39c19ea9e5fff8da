//! What happens to the database.

use std::{fs, sync::Arc};

use aoc_core::{
    EventIndex, EventStore, Filter, Position, UNREADABLE,
    store::Scan,
    testkit::{random::Random, store::everything},
};
use rusqlite::Connection;

use super::{EVENTS, Place, assert_agree, events, search_all_ways, small_events};

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
