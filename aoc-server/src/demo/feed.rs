//! The invented tenant as a source.

use aoc_connectors::AnyRecord;
use aoc_core::prelude::*;

use super::tenant::DemoRecord;

/// How many records make a page.
const PAGE: usize = 2_000;

/// A feed of these records, oldest first, a page at a time.
///
/// # Errors
/// [`Internal`](ErrorKind::Internal) when a record has no JSON.
pub fn feed(records: Vec<DemoRecord>) -> Result<Feed> {
    let read = |record: DemoRecord| Ok((record.time.into(), Record::new(RawJson::of(&record.record)?)));
    let records = records.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Feed::new(Tenant { records }, AnyRecord::new()))
}

struct Tenant {
    records: Vec<(Timestamp, Record)>,
}

/// Which stretch of time was read. Another day's records begin and end later, but agree where they overlap.
#[derive(Serialize, Deserialize)]
struct Seen {
    from: Timestamp,
    until: Timestamp,
}

impl Tenant {
    /// Where to go on; at the beginning where older records are asked for than were read.
    fn place_of(&self, seen: &Seen) -> usize {
        let older = self.records.first().is_some_and(|(time, _)| *time < seen.from);
        if older { 0 } else { self.records.partition_point(|(time, _)| *time <= seen.until) }
    }

    /// The end of the page that begins here; records of one instant are not parted.
    fn end_of_page(&self, start: usize) -> usize {
        let end = (start + PAGE).min(self.records.len());
        let last = end.checked_sub(1).and_then(|last| self.records.get(last)).map(|(time, _)| *time);
        last.map_or(end, |last| self.records.partition_point(|(time, _)| *time <= last))
    }
}

#[async_trait]
impl Source for Tenant {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        let start = match from {
            Bookmark::At(cursor) => self.place_of(&cursor.read()?),
            Bookmark::Since(_) => 0,
        };
        let end = self.end_of_page(start).max(start);
        let time_of =
            |place: Option<&(Timestamp, Record)>| place.map_or_else(Timestamp::now, |(time, _)| *time);
        let seen = Seen { from: time_of(self.records.first()), until: time_of(self.records[..end].last()) };
        let records = self.records[start..end].iter().map(|(_, record)| record.clone()).collect();
        Ok(Page { more: end < self.records.len(), ..Page::new(records, Cursor::of(seen)?) })
    }
}

#[cfg(test)]
mod tests {
    use aoc_core::Pipeline;

    use super::*;
    use crate::demo::tenant;

    async fn add(store: &MemoryStore, until: &str, weeks: u32) -> u64 {
        let records = tenant::records(Timestamp::parse(until).unwrap().instant(), weeks);
        let running = Pipeline::new(store.clone()).source("contoso", feed(records).unwrap()).start();
        running.fetch_now("contoso").await.unwrap();
        let added = running.status().sources["contoso"].counts.new;
        running.stop().await.unwrap();
        added
    }

    #[tokio::test]
    async fn a_store_that_is_filled_again_gains_what_is_missing_before_and_after() {
        let store = MemoryStore::new();
        let first = add(&store, "2026-03-18T12:00:00Z", 2).await;
        assert_eq!(add(&store, "2026-03-18T12:00:00Z", 2).await, 0);
        let later = add(&store, "2026-03-20T12:00:00Z", 2).await;
        let older = add(&store, "2026-03-20T12:00:00Z", 3).await;
        assert!(first > 2_000 && later > 0 && older > later, "{first} {later} {older}");
        assert_eq!(store.head().await.unwrap().0, first + later + older);
    }
}
