//! The index in MongoDB: blocks of events that all processes share. `type = "mongodb"`.
//!
//! ```toml
//! [index]
//! type = "mongodb"
//! uri = "mongodb://db1,db2,db3/?replicaSet=rs0"
//! ```
//!
//! For logs too large for one machine's disk: nothing is kept in files. The log is cut into blocks of as many
//! positions each. Once the log has passed the end of a block, whoever follows the log writes it: a segment as the
//! segment index has them, sums of it, and the keys by which it is found. What is behind the last block is kept in
//! memory by every process. A search finds its blocks by their times, keys and sums, and reads their segments,
//! some at a time.
//!
//! A note in the store names the generation of blocks. When the note changes, all processes read the log anew.

mod answer;
mod block;
mod cache;
mod candidates;
mod count;
mod database;
mod follow;
mod generation;
mod grams;
mod load;
mod packed;
mod tail;

use std::sync::{Arc, Mutex, PoisonError};

use aoc_core::{
    Component, Error, EventIndex, EventStore, Filter, Hits, Indexing, Position, Query, Result, Secret,
    query::{BucketSize, Counted, Facet, Timeline},
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;

use self::{block::Head, cache::Cache, database::Blocks, follow::Following};
use crate::{
    index::{files::Covered, read_before::ReadBefore, segment::Segment},
    mongodb::connection,
};

/// An index in MongoDB that all processes share, for logs too large for one machine's disk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MongoDbIndex {
    /// The address, such as `mongodb://db1,db2,db3/?replicaSet=rs0`, with user and password where the server asks
    /// for them.
    pub uri: Secret,
    /// The database; it is made where there is none.
    pub database: String,
    /// So many MiB of blocks are kept in memory.
    pub cache_mib: usize,
}

impl Default for MongoDbIndex {
    fn default() -> Self {
        Self { uri: Secret::new("mongodb://127.0.0.1:27017"), database: "micro_soc".into(), cache_mib: 256 }
    }
}

impl Component for MongoDbIndex {
    type Built = Indexing;
    const TYPE: &'static str = "mongodb";
    const EXAMPLE: &'static str = "uri = \"mongodb://127.0.0.1:27017\"";
    async fn build(self) -> Result<Indexing> {
        Ok(Indexing::new(move |store| Ok(Arc::new(BlockIndex::new(store, self, BlockIndex::EVENTS)?))))
    }
}

/// Searches a store through blocks in MongoDB. Clones share what is in memory.
#[derive(Clone)]
pub struct BlockIndex {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn EventStore>,
    config: MongoDbIndex,
    /// How many positions a block has.
    size: u64,
    following: Arc<tokio::sync::Mutex<Following>>,
    view: Mutex<Arc<View>>,
    segments: Cache<Arc<Segment>>,
    /// Sums as they are in the database.
    sums: Cache<Arc<[u8]>>,
}

/// All that is indexed at one moment.
#[derive(Clone, Default)]
struct View {
    blocks: Option<Arc<Blocks>>,
    heads: Arc<Vec<Head>>,
    /// What is behind the last block.
    tail: Vec<Covered>,
    position: Position,
    read_before: Arc<ReadBefore>,
}

/// How long a search waits for the index to catch up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

impl BlockIndex {
    /// How many positions a block has, unless somebody says otherwise.
    pub const EVENTS: u64 = 4_096;

    /// An index of this store in blocks of this many positions. Nothing is opened before the first call.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when a block of so many cannot be, or the address makes no sense.
    pub fn new(store: Arc<dyn EventStore>, config: MongoDbIndex, size: u64) -> Result<Self> {
        if !(1..=65_536).contains(&size) {
            return Err(Error::config(format!("a block of {size} events, expected 1 to 65536")));
        }
        connection::check(&config.uri, &config.database)?;
        let bytes = config.cache_mib << 20;
        let shared = Shared {
            store,
            config,
            size,
            following: Arc::default(),
            view: Mutex::default(),
            segments: Cache::new(bytes / 8 * 7),
            sums: Cache::new(bytes / 8),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// All that is indexed, once that is everything that is in the log now.
    async fn ready(&self) -> Result<Arc<View>> {
        let caught_up = async {
            let position = self.shared.clone().catch_up().await?;
            loop {
                let view = self.shared.view();
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
impl EventIndex for BlockIndex {
    async fn search(&self, query: &Query) -> Result<Hits> {
        query.check()?;
        answer::search(&self.shared, self.ready().await?, query).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        count::count(&self.shared, self.ready().await?, filter).await
    }

    async fn facets(&self, filter: &Filter, facets: &[Facet], most: usize) -> Result<Vec<Vec<Counted>>> {
        count::facets(&self.shared, self.ready().await?, filter, facets, most).await
    }

    async fn timeline(&self, filter: &Filter, bucket: Option<BucketSize>) -> Result<Timeline> {
        count::timeline(&self.shared, self.ready().await?, filter, bucket).await
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
