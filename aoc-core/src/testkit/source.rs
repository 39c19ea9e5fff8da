//! What every source promises: [`Source`] as sentences. [`suite!`](crate::suite) makes tests of them:
//!
//! ```
//! use std::sync::Arc;
//! use aoc_core::{Source, testkit::fakes::Numbered};
//!
//! // In tests/my_source.rs; the outer function may start a fake vendor and give it to the inner one:
//! aoc_core::suite!(source, || async { || Arc::new(Numbered::new(250)) as Arc<dyn Source> });
//! ```

use std::{collections::BTreeSet, sync::Arc};

use crate::{Bookmark, Cursor, Error, Page, Source, Timestamp};

/// Something a source can fetch from. It stands still while it is tested.
pub trait Spring: Send + Sync {
    /// A new source on the same other side, as after a restart.
    fn source(&self) -> Arc<dyn Source>;

    /// From when on there are records.
    fn since(&self) -> Timestamp {
        (chrono::Utc::now() - chrono::TimeDelta::days(6)).into()
    }
}

impl<F: Fn() -> Arc<dyn Source> + Send + Sync> Spring for F {
    fn source(&self) -> Arc<dyn Source> {
        self()
    }
}

/// No other side has more pages than this in a test.
const MOST_PAGES: usize = 2_000;

/// All pages from a bookmark on.
///
/// # Panics
/// When a fetch fails, or there is no end.
pub async fn all_pages(source: &dyn Source, from: Bookmark) -> Vec<Page> {
    let (mut pages, mut from): (Vec<Page>, _) = (Vec::new(), from);
    while pages.len() < MOST_PAGES {
        let page = source.fetch(&from).await.unwrap();
        from = Bookmark::At(page.next.clone());
        let more = page.more;
        pages.push(page);
        if !more {
            return pages;
        }
    }
    panic!("{MOST_PAGES} pages and still no end");
}

fn records<'a>(pages: impl IntoIterator<Item = &'a Page>) -> BTreeSet<String> {
    let records = pages.into_iter().flat_map(|page| &page.records);
    records.map(|record| record.raw.canonical()).collect()
}

/// The cursor as it comes back out of a notebook.
fn kept(cursor: &Cursor) -> Bookmark {
    let text = serde_json::to_string(cursor).unwrap();
    let back: Cursor = serde_json::from_str(&text).unwrap();
    assert_eq!(back, *cursor, "the cursor does not survive JSON");
    Bookmark::At(back)
}

/// Pages come to an end, and bring records.
pub async fn pages_come_to_an_end(spring: impl Spring) {
    let pages = all_pages(&*spring.source(), Bookmark::Since(spring.since())).await;
    assert!(!records(&pages).is_empty(), "the other side must hold records for this suite");
    let again = all_pages(&*spring.source(), Bookmark::Since(spring.since())).await;
    assert_eq!(records(&again), records(&pages), "the other side must stand still for this suite");
}

/// A restart at any cursor may repeat records and never skips one.
pub async fn a_restart_at_any_cursor_skips_nothing(spring: impl Spring) {
    let pages = all_pages(&*spring.source(), Bookmark::Since(spring.since())).await;
    for (at, page) in pages.iter().enumerate().filter(|(at, _)| at + 1 < pages.len()) {
        let rest = all_pages(&*spring.source(), kept(&page.next)).await;
        let (expected, found) = (records(&pages[at + 1..]), records(&rest));
        let skipped: Vec<_> = expected.difference(&found).take(3).collect();
        assert!(skipped.is_empty(), "after page {at}, as {:?}, are skipped: {skipped:?}", page.next);
    }
}

/// The same bookmark can be asked for twice, one after the other and at once, and brings the same.
pub async fn the_same_bookmark_brings_the_same(spring: impl Spring) {
    let source = spring.source();
    let pages = all_pages(&*source, Bookmark::Since(spring.since())).await;
    for pair in pages.windows(2) {
        let bookmark = kept(&pair[0].next);
        let (once, twice) = tokio::join!(source.fetch(&bookmark), source.fetch(&bookmark));
        for page in [once.unwrap(), twice.unwrap()] {
            let missing: Vec<_> = records([&pair[1]]).difference(&records([&page])).cloned().collect();
            assert!(missing.is_empty(), "{bookmark:?} brought less the second time: {missing:?}");
        }
    }
}

/// Nothing new is an empty page, or one that repeats, and no error; and it has no end in sight but this one.
pub async fn nothing_new_is_no_error(spring: impl Spring) {
    let source = spring.source();
    let pages = all_pages(&*source, Bookmark::Since(spring.since())).await;
    let known = records(&pages);
    let mut last = pages[pages.len() - 1].next.clone();
    for _ in 0..3 {
        let pages = all_pages(&*source, kept(&last)).await;
        assert!(records(&pages).is_subset(&known), "records that no page before had brought");
        last = pages[pages.len() - 1].next.clone();
    }
}

/// Asking from now on is no error: it only shows that the other side is there.
pub async fn asking_from_now_on_is_no_error(spring: impl Spring) {
    let page = spring.source().fetch(&Bookmark::Since(Timestamp::now())).await.unwrap();
    all_pages(&*spring.source(), kept(&page.next)).await;
}

/// Checks that none of these secrets can be read out of an error.
pub fn assert_no_secrets(error: &Error, secrets: &[&str]) {
    let json = serde_json::to_string(error).unwrap();
    for text in [error.to_string(), format!("{error:?}"), error.chain(), json] {
        for secret in secrets {
            assert!(!text.contains(secret), "an error tells a secret");
        }
    }
}
