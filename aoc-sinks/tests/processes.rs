//! Several processes over one database and one index: one writes, all search.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use aoc_core::{
    ErrorKind, Event, EventIndex, EventStore, Filter, Position, Query, Result, Timestamp,
    store::Stored,
    testkit::{events::Generator, index::all_pages, random::Random, store::everything},
};
use aoc_sinks::{SegmentIndex, SqliteStore};
use tempfile::TempDir;

fn number_of(variable: &str, default: usize) -> usize {
    env::var(variable).map_or(default, |text| text.parse().unwrap())
}

fn open(place: &Path) -> (Arc<dyn EventStore>, SegmentIndex) {
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::new(place.join("aoc.db")));
    (store.clone(), SegmentIndex::new(store, Some(place.join("index"))))
}

/// The event at position `number`, when all are appended in order. Times go to and fro.
fn event(number: u64) -> Event {
    let seconds = (number * 7_919 % 100_000).cast_signed();
    let time = Timestamp::from_ticks(17_000_000_000_000_000 + seconds * 10_000_000);
    let mut event = Event::new("badge", format!("event{number}"), time);
    event.operation = OPERATIONS[(number % 3) as usize].into();
    event.display_summary = format!("somebody knocked, number {number}");
    event
}

const OPERATIONS: [&str; 3] = ["Open", "Close", "Knock"];

/// The next events behind the last one.
async fn append_next(store: &dyn EventStore, count: u64) -> Result<()> {
    let head = store.head().await?.0;
    let events: Vec<Event> = (head + 1..=head + count).map(event).collect();
    store.append(&events).await.map(drop)
}

// The other process.

/// This program again, doing what it is told line by line. It is killed when this is dropped.
struct Other {
    child: Child,
    said: Receiver<String>,
}

impl Other {
    fn start(place: &TempDir) -> Self {
        Self::start_by(Command::new(env::current_exe().unwrap()), place)
    }

    /// With no room for files of more than about a megabyte, as on a disk that fills up.
    fn start_with_little_room(place: &TempDir) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -f 2000; trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(env::current_exe().unwrap());
        Self::start_by(shell, place)
    }

    fn start_by(mut command: Command, place: &TempDir) -> Self {
        command.args(["--exact", "the_other_process_does_what_it_is_told", "--nocapture"]);
        command.env("AOC_OTHER_PROCESS", place.path()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = channel();
        let output = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in output.lines().map_while(std::result::Result::ok) {
                // Whoever is not interested any more has gone.
                let _ = sender.send(line);
            }
        });
        Self { child, said }
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
    }

    fn answer(&self) -> String {
        self.said.recv_timeout(Duration::from_secs(120)).expect("the other process says nothing")
    }

    fn ask(&mut self, what: &str) -> String {
        self.tell(what);
        self.answer()
    }

    /// `kill -9`, and waits until it is gone.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_process_does_what_it_is_told() {
    let Some(place) = env::var_os("AOC_OTHER_PROCESS") else { return };
    let (store, index) = open(Path::new(&place));
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let mut words = line.split(' ');
        let command = words.next().unwrap();
        let numbers: Vec<u64> = words.map(|word| word.parse().unwrap()).collect();
        match obey(&store, &index, command, &numbers).await {
            Ok(answer) => eprintln!("{answer}"),
            Err(error) => eprintln!("error: {}", error.chain()),
        }
    }
}

async fn obey(
    store: &Arc<dyn EventStore>,
    index: &SegmentIndex,
    command: &str,
    numbers: &[u64],
) -> Result<String> {
    match (command, numbers) {
        ("count", []) => Ok(index.count(&Filter::default()).await?.to_string()),
        ("append", [count]) => append_next(&**store, *count).await.map(|()| "appended".into()),
        ("run", [total, batch, batches_per_file]) => {
            for number in 1..=total / batch {
                append_next(&**store, *batch).await?;
                if number % batches_per_file == 0 {
                    index.seal().await?;
                }
            }
            Ok("done".into())
        }
        ("fill", []) => Ok(fill(&**store).await),
        _ => panic!("{command} {numbers:?}"),
    }
}

/// Appends until that fails, and says how many events are safe and why it failed.
async fn fill(store: &dyn EventStore) -> String {
    let (mut generator, mut safe) = (Generator::new(8), 0);
    loop {
        match store.append(&generator.events(100)).await {
            Ok(added) => safe += added.len(),
            Err(error) => return format!("{safe} {:?} {}", error.kind(), error.chain()),
        }
    }
}

// Who may write.

#[tokio::test(flavor = "multi_thread")]
async fn a_second_writer_is_told_which_process_writes_and_all_others_read_on() {
    let place = tempfile::tempdir().unwrap();
    let mut other = Other::start(&place);
    assert_eq!(other.ask("append 100"), "appended");
    let (store, index) = open(place.path());
    let refused = store.append(&[event(9_999)]).await.unwrap_err();
    let expected = format!("another process (process {}) is writing to this database", other.child.id());
    assert!(refused.to_string().contains(&expected), "{refused}");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let (same_store, same_index) = open(place.path());
    for count in [150, 200, 250] {
        assert_eq!(other.ask("append 50"), "appended");
        assert_eq!(other.ask("count"), count.to_string());
        for (store, index) in [(&store, &index), (&same_store, &same_index)] {
            assert_eq!(index.count(&Filter::default()).await.unwrap(), count);
            assert_eq!(store.get(&format!("event{count}")).await.unwrap()[0].position, Position(count));
        }
    }
    assert_eq!(store.append(&[event(9_999)]).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_in_this_process_keeps_others_out_and_lets_them_search() {
    let place = tempfile::tempdir().unwrap();
    let (store, index) = open(place.path());
    append_next(&*store, 20).await.unwrap();
    assert_eq!(index.count(&Filter::default()).await.unwrap(), 20);
    let mut other = Other::start(&place);
    let refused = other.ask("append 1");
    assert!(refused.contains(&format!("another process (process {})", std::process::id())), "{refused}");
    for count in [30, 40] {
        append_next(&*store, 10).await.unwrap();
        assert_eq!(other.ask("count"), count.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_is_free_again_after_kill_9() {
    let place = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let mut other = Other::start(&place);
        assert_eq!(other.ask("append 10"), "appended", "round {round}");
        other.kill();
    }
    let (store, _) = open(place.path());
    append_next(&*store, 10).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_came_first_keeps_no_writer_out() {
    let place = tempfile::tempdir().unwrap();
    let mut other = Other::start(&place);
    assert_eq!(other.ask("count"), "0");
    let (store, _) = open(place.path());
    append_next(&*store, 10).await.unwrap();
    assert_eq!(other.ask("count"), "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_may_open_a_new_database_at_once() {
    for _ in 0..3 {
        let place = tempfile::tempdir().unwrap();
        let mut others: Vec<Other> = (0..6).map(|_| Other::start(&place)).collect();
        others.iter_mut().for_each(|other| other.tell("count"));
        for other in &others {
            assert_eq!(other.answer(), "0");
        }
        assert_eq!(others[3].ask("append 5"), "appended");
        for other in &mut others {
            assert_eq!(other.ask("count"), "5");
        }
    }
}

// What readers see.

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_no_event_and_sees_none_twice_while_another_process_writes() {
    let total = number_of("AOC_PROCESS_EVENTS", 20_000);
    let place = tempfile::tempdir().unwrap();
    let mut writer = Other::start(&place);
    // It has the right to write index files, too, before the reader comes.
    assert_eq!(writer.ask("run 100 100 1"), "done");
    let (store, index) = open(place.path());
    writer.tell(&format!("run {total} 100 5"));
    let done = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(search_until(store.clone(), index.clone(), done.clone(), total as u64 + 100)))
        .collect();
    let answer = tokio::task::spawn_blocking(move || (writer.answer(), writer)).await.unwrap();
    assert_eq!(answer.0, "done");
    done.store(1, Ordering::Relaxed);
    let mut rounds = 0;
    for reader in readers {
        rounds += reader.await.unwrap();
    }
    println!("{rounds} rounds of searches");
    let files = std::fs::read_to_string(place.path().join("index/manifest.json")).unwrap();
    let merged = files.matches(".segment").count();
    assert!(merged < total / 500, "{merged} files: some were merged");
    assert!(rounds > 10, "the reader was hardly there: {rounds} rounds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_index_files_vanish_misses_nothing() {
    let total = number_of("AOC_PROCESS_EVENTS", 20_000) / 4;
    let place = tempfile::tempdir().unwrap();
    let mut writer = Other::start(&place);
    assert_eq!(writer.ask("run 100 100 1"), "done");
    let (store, index) = open(place.path());
    writer.tell(&format!("run {total} 20 2"));
    let done = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(search_until(store.clone(), index.clone(), done.clone(), total as u64 + 100)))
        .collect();
    let folder = place.path().join("index");
    let answer = tokio::task::spawn_blocking(move || {
        loop {
            if let Ok(answer) = writer.said.recv_timeout(Duration::from_millis(5)) {
                return (answer, writer);
            }
            remove_newest_segment(&folder);
        }
    });
    assert_eq!(answer.await.unwrap().0, "done");
    done.store(1, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}

fn remove_newest_segment(folder: &Path) {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    if let Some(newest) = names.filter(|name| name.extension().is_some_and(|e| e == "segment")).max() {
        // The writer may have been quicker.
        let _ = std::fs::remove_file(newest);
    }
}

/// Searches again and again until all is done and seen, and says how often.
async fn search_until(
    store: Arc<dyn EventStore>,
    index: SegmentIndex,
    done: Arc<AtomicUsize>,
    total: u64,
) -> usize {
    let (mut rounds, mut paged) = (0, 0);
    loop {
        let was_done = done.load(Ordering::Relaxed) > 0;
        let head = store.head().await.unwrap().0;
        let found = assert_complete(&index, head).await;
        if found >= paged + 4_000 || was_done {
            let (pages, totals) = all_pages(&index, &Filter::default(), Query::MOST).await;
            assert!(totals.iter().all(|total| *total == totals[0]), "{totals:?}");
            assert_each_once(&pages, totals[0]);
            paged = found;
        }
        rounds += 1;
        if was_done {
            assert_eq!(found, total);
            return rounds;
        }
    }
}

/// The events up to some position are all found, and are at least `head`; says how many they are.
async fn assert_complete(index: &SegmentIndex, head: u64) -> u64 {
    let hits = index.search(&Query { limit: 20, ..Query::new() }).await.unwrap();
    let until = hits.next.map(|mark| mark.until.0).unwrap();
    assert!(until >= head, "the log was at {head}, the index at {until}");
    assert_eq!(hits.total, until);
    for (number, operation) in (0..).zip(OPERATIONS) {
        let filter = Filter { operation: vec![operation.into()], ..Filter::default() };
        let hits = index.search(&Query { filter, limit: 1, after: None }).await.unwrap();
        let until = hits.next.map(|mark| mark.until.0).unwrap();
        assert_eq!(
            hits.total,
            (until + 3 - number) / 3 - u64::from(number == 0),
            "{operation} up to {until}"
        );
    }
    until
}

fn assert_each_once(found: &[Stored], total: u64) {
    let positions: BTreeSet<u64> = found.iter().map(|stored| stored.position.0).collect();
    assert_eq!((found.len(), positions.len()), (total as usize, total as usize));
    assert_eq!((positions.first(), positions.last()), (Some(&1), Some(&total)));
    let order = |stored: &Stored| (stored.event.timestamp.ticks(), stored.position);
    assert!(found.windows(2).all(|pair| order(&pair[0]) > order(&pair[1])), "newest first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_readers_see_every_old_event_once_while_more_arrive() {
    let old = number_of("AOC_OLD_EVENTS", 20_000);
    let more = old / 4;
    let place = tempfile::tempdir().unwrap();
    let (store, index) = open(place.path());
    let mut generator = Generator::new(12);
    for batch in generator.events(old).chunks(1_000) {
        store.append(batch).await.unwrap();
    }
    let arriving = generator.events(more);
    // One reader beside the writer, one as in another process.
    let (_, second) = open(place.path());
    let pages = Arc::new(AtomicUsize::new(0));
    let limit = old / 100;
    let readers =
        [index, second].map(|index| tokio::spawn(page_through(index, limit, old as u64, pages.clone())));
    for (number, batch) in arriving.chunks(more / 50).enumerate() {
        // Spread over the 200 pages of both.
        while pages.load(Ordering::Relaxed) < number * 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        store.append(batch).await.unwrap();
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(store.head().await.unwrap(), Position((old + more) as u64));
}

async fn page_through(index: SegmentIndex, limit: usize, old: u64, pages: Arc<AtomicUsize>) {
    let (mut query, mut found) = (Query { limit, ..Query::new() }, Vec::new());
    let mut until = None;
    loop {
        let hits = index.search(&query).await.unwrap();
        pages.fetch_add(1, Ordering::Relaxed);
        found.extend(hits.items);
        let Some(next) = hits.next else { break };
        let until = *until.get_or_insert(next.until.0);
        assert_eq!((next.until.0, hits.total), (until, until));
        query.after = Some(next);
    }
    let until = until.unwrap();
    assert!(until >= old);
    assert_each_once(&found, until);
}

// What a kill leaves behind.

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_writes_index_files_leaves_an_index_that_agrees() {
    let seed = number_of("AOC_CRASH_SEED", 1) as u64;
    println!("AOC_CRASH_SEED={seed}");
    let mut random = Random::new(seed);
    let place = tempfile::tempdir().unwrap();
    for round in 0..number_of("AOC_CRASH_KILLS", 6) {
        let mut other = Other::start(&place);
        other.tell("run 100000 40 1");
        thread::sleep(Duration::from_millis(random.below(1_000) as u64));
        other.kill();
        let (store, index) = open(place.path());
        let head = store.head().await.unwrap().0;
        let (found, _) = all_pages(&index, &Filter::default(), Query::MOST).await;
        println!("round {round}: {head} events");
        if head > 0 {
            assert_each_once(&found, head);
        }
        index.seal().await.unwrap();
        let (sealed, _) = all_pages(&index, &Filter::default(), Query::MOST).await;
        assert_eq!(sealed, found);
    }
    let (store, _) = open(place.path());
    let events = everything(&*store).await;
    assert!(events.iter().all(|stored| stored.event == event(stored.position.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_loses_nothing_that_was_appended() {
    let place = tempfile::tempdir().unwrap();
    let mut other = Other::start_with_little_room(&place);
    let answer = other.ask("fill");
    let (safe, why) = answer.split_once(' ').unwrap();
    let safe: usize = safe.parse().unwrap();
    assert!(safe > 0 && why.starts_with("Unavailable") && why.contains("the database failed"), "{answer}");
    assert_eq!(other.ask("count"), safe.to_string());
    let again = other.ask("append 5");
    other.kill();
    let (store, index) = open(place.path());
    let more = if again == "appended" { 5 } else { 0 };
    let expected = Generator::new(8).events(safe);
    let found = everything(&*store).await;
    assert_eq!(found.len(), safe + more, "{again}");
    assert!(found.iter().zip(&expected).all(|(found, expected)| found.event == *expected));
    append_next(&*store, 10).await.unwrap();
    assert_eq!(index.count(&Filter::default()).await.unwrap(), (safe + more + 10) as u64);
}
