//! Where AOC keeps events and where it sends them.

#[cfg(feature = "forwarders")]
pub mod elasticsearch;
pub mod format;
#[cfg(feature = "forwarders")]
mod forward;
pub mod index;
pub mod jsonl;
#[cfg(feature = "mongodb")]
pub mod mongodb;
#[cfg(feature = "mongodb")]
pub mod mongodb_index;
#[cfg(feature = "forwarders")]
pub mod sentinel;
mod slim;
#[cfg(feature = "forwarders")]
pub mod splunk;
pub mod sqlite;
#[cfg(feature = "forwarders")]
pub mod syslog;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(feature = "forwarders")]
pub mod webhook;

use aoc_core::Registry;

#[cfg(feature = "forwarders")]
pub use self::{
    elasticsearch::Elasticsearch,
    sentinel::Sentinel,
    splunk::SplunkHec,
    syslog::{Syslog, SyslogSink},
    webhook::{Webhook, WebhookBody},
};
pub use self::{
    index::{SegmentIndex, Segments},
    jsonl::{JsonLines, JsonLinesSink},
    sqlite::{Sqlite, SqliteStore},
};
#[cfg(feature = "mongodb")]
pub use self::{
    mongodb::{MongoDb, MongoStore},
    mongodb_index::{BlockIndex, MongoDbIndex},
};

/// Adds all components of this crate.
pub fn register(registry: &mut Registry) {
    registry.add::<Sqlite>();
    registry.add::<Segments>();
    registry.add::<JsonLines>();
    #[cfg(feature = "forwarders")]
    {
        registry.add::<Webhook>();
        registry.add::<SplunkHec>();
        registry.add::<Elasticsearch>();
        registry.add::<Sentinel>();
        registry.add::<Syslog>();
    }
    #[cfg(feature = "mongodb")]
    {
        registry.add::<MongoDb>();
        registry.add::<MongoDbIndex>();
    }
}

/// As [`register`]; where a MongoDB holds documents of the Python original, their raw records are read by this
/// normalizer.
#[cfg(feature = "mongodb")]
pub fn register_with(registry: &mut Registry, normalizer: std::sync::Arc<dyn aoc_core::Normalizer>) {
    register(registry);
    registry.add_with(move |store: MongoDb| std::future::ready(store.build_reading(normalizer.clone())));
}
