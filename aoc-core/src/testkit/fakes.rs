//! Fakes: a source of numbered records, sources and sinks made of a function, a sink that remembers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    Bookmark, Cursor, Delivered, Error, Event, Feed, Normalizer, Page, RawJson, Record, Result, Sink, Source,
    Timestamp,
};

/// A source of the records `0`, `1`, … up to `count`, which are there from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct Numbered {
    /// How many there are.
    pub count: usize,
    /// How many a page brings.
    pub page: usize,
    /// How many of them the page before has brought already.
    pub overlap: usize,
}

impl Numbered {
    /// So many records, on pages of 100.
    pub fn new(count: usize) -> Self {
        Self { count, page: 100, overlap: 0 }
    }

    /// The source with its normalizer.
    pub fn feed(self) -> Feed {
        Feed::new(self, Numbers)
    }
}

#[async_trait]
impl Source for Numbered {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let from: usize = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(_) => 0,
        };
        let until = (from + self.page).min(self.count);
        let records = (from.saturating_sub(self.overlap)..until).map(Numbers::record).collect();
        Ok(Page { more: until < self.count, ..Page::new(records, Cursor::of(until)?) })
    }
}

/// Reads numbered records: record 7 is the event `numbered:7`, stored seven seconds into 2026.
#[derive(Clone, Copy, Debug)]
pub struct Numbers;

impl Numbers {
    /// The record of a number.
    pub fn record(number: usize) -> Record {
        Record::new(RawJson::parse(number.to_string()).unwrap_or_default())
    }
}

impl Normalizer for Numbers {
    fn normalize(&self, record: &Record) -> Result<Event> {
        let number: i64 = record.raw.read()?;
        let start = Timestamp::parse("2026-01-01T00:00:00Z")?.ticks();
        let time = Timestamp::from_ticks(start + number * 10_000_000);
        let mut event = Event::new("numbered", number.to_string(), time);
        event.operation = if number % 10 == 0 { "Round" } else { "Odd" }.into();
        event.normalizer = "numbered/1".into();
        Ok(event)
    }
}

/// A source made of a function.
pub struct SourceOf<F>(pub F);

#[async_trait]
impl<F: Fn(&Bookmark) -> Result<Page> + Send + Sync> Source for SourceOf<F> {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        (self.0)(from)
    }
}

type Failing = dyn Fn() -> Error + Send;
type Answer = dyn Fn(&[Event]) -> Result<Delivered> + Send + Sync;

/// A sink that remembers what it took, and answers as it is told.
#[derive(Clone)]
pub struct Recorder {
    taken: Arc<Mutex<Vec<Event>>>,
    batches: Arc<Mutex<Vec<usize>>>,
    script: Arc<Mutex<VecDeque<Error>>>,
    always: Arc<Mutex<Option<Box<Failing>>>>,
    answer: Arc<Answer>,
}

impl Recorder {
    /// Takes everything.
    pub fn new() -> Self {
        Self::answering(|_| Ok(Delivered::default()))
    }

    /// Answers each batch by a function; takes what is not refused, up to where it breaks off.
    pub fn answering(answer: impl Fn(&[Event]) -> Result<Delivered> + Send + Sync + 'static) -> Self {
        Self {
            taken: Arc::default(),
            batches: Arc::default(),
            script: Arc::default(),
            always: Arc::default(),
            answer: Arc::new(answer),
        }
    }

    /// Fails with this error the next time, before anything is taken. Several are given one after the other.
    pub fn fail_next(&self, error: Error) {
        lock(&self.script).push_back(error);
    }

    /// Fails from now on, before anything is taken; `None`: no longer.
    pub fn fail_always(&self, error: Option<impl Fn() -> Error + Send + 'static>) {
        *lock(&self.always) = error.map(|error| Box::new(error) as Box<Failing>);
    }

    /// The events it took, in order, with repeats.
    pub fn events(&self) -> Vec<Event> {
        lock(&self.taken).clone()
    }

    /// The ids of the events it took, in order, with repeats.
    pub fn ids(&self) -> Vec<String> {
        lock(&self.taken).iter().map(|event| event.id.clone()).collect()
    }

    /// How large the batches were that it was offered, refused ones included.
    pub fn batches(&self) -> Vec<usize> {
        lock(&self.batches).clone()
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Sink for Recorder {
    async fn deliver(&self, events: &[Event]) -> Result<Delivered> {
        lock(&self.batches).push(events.len());
        if let Some(error) = lock(&self.script).pop_front() {
            return Err(error);
        }
        if let Some(error) = &*lock(&self.always) {
            return Err(error());
        }
        let delivered = (self.answer)(events)?;
        let until = delivered.broken_off.as_ref().map_or(events.len(), |(index, _)| *index);
        let refused = |index: &usize| delivered.refused.iter().any(|(at, _)| at == index);
        let taken = events[..until].iter().enumerate().filter(|(index, _)| !refused(index));
        lock(&self.taken).extend(taken.map(|(_, event)| event.clone()));
        Ok(delivered)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
