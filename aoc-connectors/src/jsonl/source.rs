//! Pages of a file.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{Bookmark, Cursor, Error, Page, Record, Result, Source};
use async_trait::async_trait;

use super::place::{Head, Place};
use crate::reader::RecordReader;

/// Records of one page.
const PAGE: usize = 1000;
/// A file that nobody wrote to for so long is whole: its last line is a record even if it is broken.
const SETTLED: Duration = Duration::from_secs(10);

/// A file that is open between two pages.
struct Open {
    reader: RecordReader<'static>,
    /// Where in the file the reader began.
    base: u64,
    at: Place,
    length: u64,
}

/// Brings the records of a file, page by page, and later those that were added.
///
/// A bookmark in time starts at the beginning: what a record's time is only its normalizer knows. A file that became
/// shorter or begins otherwise is another one, and read from its beginning.
pub struct JsonLinesSource {
    path: PathBuf,
    open: Arc<Mutex<Option<Open>>>,
}

impl JsonLinesSource {
    /// Over a file, which is opened by the first fetch.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), open: Arc::default() }
    }
}

#[async_trait]
impl Source for JsonLinesSource {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let place = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(_) => Place::default(),
        };
        let (path, open) = (self.path.clone(), Arc::clone(&self.open));
        let page = tokio::task::spawn_blocking(move || {
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            page(&path, place, &mut open)
        });
        page.await.map_err(|cause| Error::internal("reading a file was broken off").because(cause))?
    }
}

fn page(path: &PathBuf, place: Place, kept: &mut Option<Open>) -> Result<Page> {
    let mut open = match kept.take().filter(|open| open.at == place) {
        Some(open) => open,
        None => match begin(path, &place)? {
            Some(open) => open,
            None => {
                return Ok(Page::new(Vec::new(), Cursor::of(place)?));
            }
        },
    };
    let mut records = open.reader.next_batch(PAGE)?;
    records.extend(open.reader.rest_of_row());
    // An error behind these records is the next page.
    let more = records.len() >= PAGE || open.reader.is_failing();
    open.at = open.behind(&records, more);
    let page = Page { more, ..Page::new(records, Cursor::of(&open.at)?) };
    *kept = Some(open).filter(|_| more);
    Ok(page)
}

impl Open {
    fn behind(&self, records: &[Record], more: bool) -> Place {
        Place {
            records: self.at.records + records.len() as u64,
            bytes: self.reader.resume_point().map(|bytes| self.base + bytes),
            rows: self.reader.whole_rows(),
            tail_at: self.reader.has_given_tail().then_some(self.length),
            end: (!more).then_some(self.length),
            has_held: self.reader.has_held(),
            head: self.at.head.clone(),
        }
    }
}

/// Opens the file at a place; `None` when nothing was added since its end was reached there.
fn begin(path: &PathBuf, place: &Place) -> Result<Option<Open>> {
    // Whoever reads the sentence over the API need not know the path.
    let unreadable = |cause: io::Error| {
        let file = Error::unavailable(cause.to_string()).at(path.display());
        Error::unavailable("the file cannot be read").because(file)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    let length = meta.len();
    let age = meta.modified().ok().and_then(|time| time.elapsed().ok());
    let is_settled = age.is_some_and(|age| age >= SETTLED);
    let is_other = place.is_of_another(&mut file, length).map_err(unreadable)?;
    let mut at = if is_other { Place::default() } else { place.clone() };
    if at.is_at_end(length, is_settled) {
        return Ok(None);
    }
    at.head = Some(Head::of(&mut file).map_err(unreadable)?);
    let base = at.bytes.unwrap_or(0);
    file.seek(SeekFrom::Start(base)).map_err(unreadable)?;
    let mut reader = RecordReader::new(file);
    if !is_settled {
        reader = reader.hold_tail();
    }
    if base > 0 && at.records > 0 {
        reader = reader.behind_json();
    }
    skip(&mut reader, &at, length)?;
    Ok(Some(Open { reader, base, at, length }))
}

/// Skips what was given already, where reading cannot begin behind it.
fn skip(reader: &mut RecordReader<'_>, at: &Place, length: u64) -> Result<()> {
    if at.bytes.is_some() {
        return Ok(());
    }
    if let Some(rows) = at.rows {
        return reader.skip_rows(rows, at.tail_at == Some(length));
    }
    for _ in 0..at.records {
        reader.next_record()?;
    }
    Ok(())
}
