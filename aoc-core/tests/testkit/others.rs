//! Sources, sinks and stores.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aoc_core::{
    prelude::*,
    store::{Added, Annotation, Lead, Note, Stored},
    testkit::{
        crash::{Faults, FaultyStore},
        fakes::{Numbered, Recorder},
        sink, source, store,
    },
};

use super::failure;

mod fake_source {
    use super::*;
    aoc_core::suite!(source, || async {
        || Arc::new(Numbered { count: 50, page: 7, overlap: 3 }) as Arc<dyn Source>
    });
}

mod fake_sink {
    use super::*;
    aoc_core::suite!(sink, || async { Recorder::new() });
}

mod store_without_faults {
    use super::*;
    aoc_core::suite!(store, || async {
        let store = FaultyStore::new(Arc::new(MemoryStore::new()), Faults::new(1, 0.0));
        (Arc::new(store) as Arc<dyn EventStore>, "whatever must live as long")
    });
}

/// Skips a record after each restart.
struct Skips(Numbered, AtomicBool);

#[async_trait]
impl Source for Skips {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        match from {
            Bookmark::At(cursor) if !self.1.swap(true, Ordering::Relaxed) => {
                let next = cursor.read::<usize>()? + 1;
                self.0.fetch(&Bookmark::At(Cursor::of(next)?)).await
            }
            _ => {
                self.1.store(true, Ordering::Relaxed);
                self.0.fetch(from).await
            }
        }
    }
}

#[tokio::test]
async fn a_source_that_skips_after_a_restart_is_caught() {
    let make = || Arc::new(Skips(Numbered { count: 50, page: 7, overlap: 0 }, AtomicBool::new(false))) as _;
    let said = failure(source::a_restart_at_any_cursor_skips_nothing(make)).await;
    assert!(said.contains("after page 0") && said.contains("are skipped: [\"7\"]"), "{said}");
}

/// Calls everything delivered.
struct Liar(Recorder);

#[async_trait]
impl sink::Receiver for Liar {
    fn sink(&self) -> Arc<dyn Sink> {
        let recorder = self.0.clone();
        Arc::new(LyingSink(recorder))
    }
    async fn arrived(&self) -> Vec<String> {
        self.0.ids()
    }
    async fn refuse(&self, kind: Option<ErrorKind>) -> bool {
        sink::Receiver::refuse(&self.0, kind).await
    }
}

struct LyingSink(Recorder);

#[async_trait]
impl Sink for LyingSink {
    async fn deliver(&self, events: &[Event]) -> Result<aoc_core::Delivered> {
        Ok(self.0.deliver(events).await.unwrap_or_default())
    }
}

#[tokio::test]
async fn a_sink_that_calls_a_refused_batch_delivered_is_caught() {
    let said = failure(sink::a_refused_batch_is_an_error_of_the_right_kind(Liar(Recorder::new()))).await;
    assert!(said.contains("Unavailable was called a success"), "{said}");
}

/// Gives positions at once and shows the events a little later, as stores without an order do.
struct Hasty {
    shown: MemoryStore,
    next: std::sync::atomic::AtomicU64,
    rows: std::sync::Mutex<std::collections::BTreeMap<Position, Event>>,
}

#[async_trait]
impl EventLog for Hasty {
    async fn append(&self, events: &[Event]) -> Result<Vec<Added>> {
        let first = self.next.fetch_add(events.len() as u64, Ordering::SeqCst);
        let positions = (first + 1..).map(Position);
        tokio::time::sleep(std::time::Duration::from_micros(first % 7 * 300)).await;
        let rows: Vec<_> = positions.zip(events.iter().cloned()).collect();
        let added = rows.iter().map(|(position, _)| Added::New(*position)).collect();
        self.rows.lock().unwrap().extend(rows);
        Ok(added)
    }
    async fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Stored>> {
        let rows = self.rows.lock().unwrap();
        let behind = rows.range(Position(after.0 + 1)..).take(limit);
        Ok(behind.map(|(position, event)| Stored { position: *position, event: event.clone() }).collect())
    }
    async fn head(&self) -> Result<Position> {
        Ok(self.rows.lock().unwrap().keys().next_back().copied().unwrap_or_default())
    }
    fn tail(&self) -> tokio::sync::watch::Receiver<Position> {
        self.shown.tail()
    }
    async fn read_at(&self, positions: &[Position]) -> Result<Vec<Stored>> {
        self.shown.read_at(positions).await
    }
    async fn get(&self, id: &str) -> Result<Vec<Stored>> {
        self.shown.get(id).await
    }
    async fn annotate(&self, position: Position, annotation: Annotation) -> Result<()> {
        self.shown.annotate(position, annotation).await
    }
    async fn tagged(&self, tag: &str) -> Result<Vec<Position>> {
        self.shown.tagged(tag).await
    }
    async fn tags(&self) -> Result<Vec<aoc_core::query::Counted>> {
        self.shown.tags().await
    }
    async fn forget_before(&self, time: Timestamp) -> Result<u64> {
        self.shown.forget_before(time).await
    }
    async fn horizon(&self) -> Result<Option<Timestamp>> {
        self.shown.horizon().await
    }
    async fn rewrite(&self, events: &[Stored]) -> Result<()> {
        self.shown.rewrite(events).await
    }
    async fn remove(&self, positions: &[Position]) -> Result<u64> {
        self.shown.remove(positions).await
    }
    fn lead(&self) -> tokio::sync::watch::Receiver<Lead> {
        self.shown.lead()
    }
    async fn resign(&self) -> Result<()> {
        self.shown.resign().await
    }
}

#[async_trait]
impl Notebook for Hasty {
    async fn read(&self, key: &str) -> Result<Option<serde_json::Value>> {
        self.shown.read(key).await
    }
    async fn write(&self, notes: &[Note]) -> Result<()> {
        self.shown.write(notes).await
    }
    async fn list(&self, prefix: &str) -> Result<Vec<Note>> {
        self.shown.list(prefix).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_whose_positions_become_visible_out_of_order_is_caught() {
    let hasty = || Hasty { shown: MemoryStore::new(), next: 0.into(), rows: Default::default() };
    let said = failure(store::nothing_appears_at_or_below_the_head(Arc::new(hasty()))).await;
    assert!(said.contains("appeared late"), "{said}");
}
