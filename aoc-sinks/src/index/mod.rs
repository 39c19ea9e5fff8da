//! The segment index: answers searches from immutable inverted segments. `type = "segments"`.
//!
//! ```toml
//! [index]
//! type = "segments"
//! path = "aoc.db.index"
//! ```
//!
//! It follows the log like any other follower. New events go to small segments in memory, these are merged
//! into files, and small files into larger ones. All of it is derived: a damaged or missing file is made
//! anew from the log. One process writes the files; others read them, and keep in memory what is not in
//! them yet. A note in the store ties the files to it; when the note changes, all processes read anew.

pub(crate) mod answer;
mod bitmap;
pub(crate) mod builder;
pub(crate) mod count;
pub(crate) mod files;
mod follow;
pub(crate) mod identity;
pub(crate) mod layout;
pub(crate) mod merge;
mod postings;
pub(crate) mod query;
pub(crate) mod read_before;
pub(crate) mod segment;
pub(crate) mod words;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant},
};

use aoc_core::{
    Component, Error, EventIndex, EventStore, Filter, Hits, Indexing, Position, Query, Result,
    query::{BucketSize, Counted, Facet, Timeline},
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use self::{files::Covered, follow::Following, read_before::ReadBefore};

/// An index of our own files. The default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Segments {
    /// The folder of its files; it is made where there is none. Without one the index is kept in memory, and
    /// made anew at every start.
    pub path: Option<String>,
}

impl Component for Segments {
    type Built = Indexing;
    const TYPE: &'static str = "segments";
    const EXAMPLE: &'static str = "path = \"aoc.db.index\"";
    async fn build(self) -> Result<Indexing> {
        let folder = self.path.map(PathBuf::from);
        Ok(Indexing::new(move |store| Ok(Arc::new(SegmentIndex::new(store, folder)))))
    }
}

/// Searches a store through segments. Clones share them.
#[derive(Clone)]
pub struct SegmentIndex {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    store: Arc<dyn EventStore>,
    folder: Option<PathBuf>,
    following: Arc<tokio::sync::Mutex<Following>>,
    view: Mutex<Arc<View>>,
    merging: AtomicBool,
    /// When it was last looked whether all is to be read anew.
    looked: Mutex<Option<Instant>>,
}

/// All segments at one moment, and how far they reach.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) segments: Vec<Covered>,
    pub(crate) position: Position,
    pub(crate) read_before: Arc<ReadBefore>,
}

/// How long a search waits for the index to catch up.
const PATIENCE: Duration = Duration::from_secs(10);

impl SegmentIndex {
    /// An index of this store in this folder, or in memory. Nothing is opened before the first call.
    pub fn new(store: Arc<dyn EventStore>, folder: Option<PathBuf>) -> Self {
        let shared = Shared {
            store,
            folder,
            following: Arc::default(),
            view: Mutex::default(),
            merging: AtomicBool::new(false),
            looked: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Writes what is only in memory to a file, so that the next start need not read it again.
    ///
    /// # Errors
    /// Those of the store and of the folder.
    pub async fn seal(&self) -> Result<()> {
        self.shared.clone().seal().await
    }

    /// All segments, once they hold everything that is in the log now.
    async fn ready(&self) -> Result<Arc<View>> {
        let caught_up = async {
            let position = self.shared.clone().catch_up().await?;
            loop {
                let view = self.shared.view();
                // What another process wrote may just be taking the place of what was here.
                if view.position >= position {
                    return Ok(view);
                }
                self.shared.clone().catch_up().await?;
            }
        };
        let caught_up = tokio::time::timeout(PATIENCE, caught_up).await;
        caught_up
            .map_err(|_| Error::unavailable("the index is still reading what was stored; try again soon"))?
    }
}

impl Shared {
    fn view(&self) -> Arc<View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, view: View) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
    }
}

#[async_trait]
impl EventIndex for SegmentIndex {
    async fn search(&self, query: &Query) -> Result<Hits> {
        query.check()?;
        answer::search(&self.shared, self.ready().await?, query).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        answer::count(&self.shared, self.ready().await?, filter).await
    }

    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>> {
        answer::facets(&self.shared, self.ready().await?, filter, facets, most).await
    }

    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline> {
        answer::timeline(&self.shared, self.ready().await?, filter, bucket).await
    }

    async fn position(&self) -> Result<Position> {
        Ok(self.shared.view().position)
    }

    async fn catch_up(&self) -> Result<Position> {
        self.shared.clone().catch_up().await
    }

    /// Returns once all is forgotten, here and for other processes; the next to catch up reads the log anew.
    async fn rebuild(&self) -> Result<()> {
        self.shared.clone().rebuild().await
    }
}

/// Runs something on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|cause| Error::internal("the index panicked").because(cause))
}
