//! A collector of Office 365 activity, of chosen contents only, over a store that may fail.

use std::{ops::Deref, sync::Arc, time::Duration};

use aoc_connectors::{Office365Activity, fake::Fault, microsoft::Hub};
use aoc_core::{
    Running,
    ledger::{Item, Stage},
    pipeline::{Counts, Fetched, SourceStatus, State},
    prelude::*,
};

use crate::world::{World, blob};

pub(crate) const EXCHANGE: &str = "Audit.Exchange";
pub(crate) const SHAREPOINT: &str = "Audit.SharePoint";

/// A world with a collector of some contents.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) hub: Arc<Hub>,
    contents: Vec<&'static str>,
    running: Option<Running>,
}

impl Deref for Office {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Office {
    /// A collector of one content, which is subscribed to.
    pub(crate) async fn new() -> Self {
        let office = Self::of(&[EXCHANGE]).await;
        office.tenant.subscribe(EXCHANGE);
        office
    }

    /// A collector of these contents; nothing is subscribed to yet.
    pub(crate) async fn of(contents: &[&'static str]) -> Self {
        let world = World::new(&[]).await;
        // Tests let days pass in no time, in which no token could be renewed.
        world.tenant.change(|settings| settings.token_lifetime = Duration::from_secs(60 * 86_400));
        let store: Arc<dyn EventStore> = Arc::new(world.store.clone());
        Self { world, store, hub: Hub::unlimited(), contents: contents.to_vec(), running: None }
    }

    /// So many blobs of two records each, one a minute.
    pub(crate) fn fill(&self, blobs: usize) -> Vec<String> {
        let add = |number: usize| {
            let minutes = number as i64 + 1;
            self.tenant.add_blob(blob(&self.fake, EXCHANGE, &format!("blob{number}"), 2, minutes))
        };
        (0..blobs).map(add).collect()
    }

    pub(crate) fn feed(&self) -> Feed {
        let account = self.fake.profile(&self.tenant);
        Office365Activity::new(account).only(&self.contents).unwrap().build_on(&self.hub).unwrap()
    }

    pub(crate) fn running(&mut self) -> &Running {
        let make = || {
            let pipeline = Pipeline::over(self.store.clone());
            pipeline.source_every("office365", self.feed(), Duration::from_secs(86_400)).start()
        };
        if self.running.is_none() {
            self.running = Some(make());
        }
        self.running.as_ref().unwrap()
    }

    /// As after a crash and a start.
    pub(crate) fn restart(&mut self) {
        self.running = None;
        self.hub = Hub::unlimited();
    }

    /// One round: what came, or the first error of a content. The first round begins with the start.
    pub(crate) async fn round(&mut self) -> Result<Fetched> {
        if self.running.is_none() {
            return self.first_round().await;
        }
        let mut all = Fetched::default();
        for fetched in self.running().fetch(Some("office365"), None).unwrap().await.into_values() {
            let fetched = fetched?;
            all.counts += fetched.counts;
            all.warnings.extend(fetched.warnings);
        }
        Ok(all)
    }

    async fn first_round(&mut self) -> Result<Fetched> {
        let sources = loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let sources = self.running().status().sources;
            if sources.values().all(|source| source.state != State::Starting) {
                break sources;
            }
        };
        let mut all = Fetched::default();
        for source in sources.into_values() {
            if let Some(failure) = source.last_error {
                return Err(Error::new(failure.kind, failure.message));
            }
            all.counts += source.counts;
            all.warnings.extend(source.warnings);
        }
        Ok(all)
    }

    /// Fetches until a round ends well.
    pub(crate) async fn collect(&mut self) -> Counts {
        let mut last = None;
        for _ in 0..200 {
            match self.round().await {
                Ok(fetched) => return fetched.counts,
                Err(error) => {
                    tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_millis(10))).await;
                    last = Some(error);
                }
            }
        }
        panic!("it does not catch up: {last:?}");
    }

    /// Lets time pass on the other side; the first round hears of it, the second uses it.
    pub(crate) async fn pass(&mut self, minutes: u64) -> Counts {
        self.fake.advance(Duration::from_secs(minutes * 60));
        let mut counts = self.collect().await;
        counts += self.collect().await;
        counts
    }

    pub(crate) fn status(&mut self, content: &str) -> SourceStatus {
        self.running().status().sources[&format!("office365/{content}")].clone()
    }

    /// How many requests fetched blobs.
    pub(crate) fn downloads(&self) -> usize {
        self.fake.count("/audit/")
    }

    pub(crate) async fn items(&self) -> Vec<Item> {
        self.ledger().await.into_iter().flat_map(|window| window.items).collect()
    }

    /// The blobs that the ledger says are missing, for good or for now.
    pub(crate) async fn missing(&self) -> Vec<String> {
        self.items().await.into_iter().filter(|item| item.lost.is_some()).map(|item| item.id).collect()
    }

    /// Everything came, nothing is said to be lost, and no rule of the API's was broken.
    pub(crate) async fn assert_all_well(&self) {
        self.assert_complete().await;
        self.assert_proven().await;
        assert_eq!(self.fake.offences(), Vec::<String>::new());
    }

    /// Nothing is said to be stored that is not: every window that is called so names all blobs that were listed in it, and
    /// of every blob that is named and not lost the records are in the store.
    pub(crate) async fn assert_honest(&self, blobs: &[Known]) {
        let (windows, stored) = (self.ledger().await, self.ids().await);
        let items: Vec<&Item> = windows.iter().flat_map(|window| &window.items).collect();
        for window in windows.iter().filter(|window| matches!(window.stage, Stage::Stored | Stage::Sealed)) {
            let inside = |blob: &&Known| !blob.late && (window.from..window.until).contains(&blob.created);
            for blob in blobs.iter().filter(inside) {
                let is_told = items.iter().any(|item| item.id == blob.id);
                assert!(is_told, "{} is not told, but {:?} {}", blob.id, window.stage, window.from);
            }
        }
        for blob in
            blobs.iter().filter(|blob| items.iter().any(|item| item.id == blob.id && item.lost.is_none()))
        {
            assert!(blob.records.iter().all(|id| stored.contains(id)), "{} is not stored", blob.id);
        }
    }
}

/// A blob and what is in it.
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// It was hidden first.
    pub(crate) late: bool,
    pub(crate) records: Vec<String>,
}

/// All requests for blobs.
pub(crate) fn of_blobs(fault: Fault) -> Fault {
    fault.path("/audit/")
}

/// All listings.
pub(crate) fn of_listings(fault: Fault) -> Fault {
    fault.path("/subscriptions/content")
}
