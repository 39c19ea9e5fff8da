//! The invented tenant as a source.

use aoc_connectors::AnyRecord;
use aoc_core::prelude::*;

use super::tenant::DemoRecord;

/// How many records make a page.
const PAGE: usize = 2_000;

/// A feed of these records, a page at a time.
///
/// # Errors
/// [`Internal`](ErrorKind::Internal) when a record has no JSON.
pub fn feed(records: Vec<DemoRecord>) -> Result<Feed> {
    let read = |record: DemoRecord| Ok(Record::new(RawJson::of(&record.record)?));
    let records = records.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Feed::new(Tenant { records }, AnyRecord::new()))
}

struct Tenant {
    records: Vec<Record>,
}

#[async_trait]
impl Source for Tenant {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let seen: usize = match from {
            Bookmark::At(cursor) => cursor.read()?,
            Bookmark::Since(_) => 0,
        };
        let records: Vec<Record> = self.records.iter().skip(seen).take(PAGE).cloned().collect();
        let next = seen + records.len();
        Ok(Page { more: next < self.records.len(), next: Cursor::of(next)?, records, coverage: Vec::new() })
    }
}
