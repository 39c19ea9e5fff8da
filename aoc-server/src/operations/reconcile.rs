//! Comparing the store with somebody else's export, event by event, in bounded memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use aoc_core::{
    Event, Key, Query, Result, Timestamp, UNREADABLE,
    query::{Filter, PageMark},
};
use futures::stream::{self, StreamExt, TryStreamExt};
use schemars::JsonSchema;
use serde::Serialize;

use super::Operations;
use crate::auth::{Caller, Permission};

/// How many events are looked up at once. A store may keep a reader, with its cache, for each.
const LOOKUPS: usize = 4;

/// A comparison under way. First [`compare`](Self::compare) all events of the file, then ask for the
/// [`surplus`](Self::surplus) of the store until there is none.
///
/// Of each event of the file it keeps 32 bytes.
pub struct Reconciliation {
    operations: Arc<Operations>,
    horizon: Option<Timestamp>,
    /// Digests of the keys in the file; in order once the surplus is asked for.
    keys: Vec<[u8; 16]>,
    /// Digests of the keys and contents in the file, to tell repeats from revisions.
    contents: Vec<[u8; 16]>,
    /// Digests of what was told, so that a row that comes twice is told once.
    told: HashSet<[u8; 16]>,
    /// Where the next page of the surplus starts; nothing before the first and after the last.
    next: Option<PageMark>,
    stage: Stage,
    tally: Reconciled,
    /// Whether some event of the file names no tenant.
    tenantless: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Comparing,
    Paging,
    Done,
}

/// What a comparison has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reconciled {
    /// Records in the file.
    pub records: u64,
    /// Records that repeat another one of the file.
    pub repeated: u64,
    /// Records that could not be read, and were not compared.
    pub unreadable: u64,
    /// Records older than what the store's retention keeps; they were not compared.
    pub too_old: u64,
    /// Records that are in the store, too.
    pub in_both: u64,
    /// Events of the file that the store lacks.
    pub store_lacks: u64,
    /// Records whose id the store has, but only with another content.
    pub other_content: u64,
    /// Events of the store that the file lacks.
    pub file_lacks: u64,
    /// The time of the first event of the file.
    pub first: Option<Timestamp>,
    /// The time of its last event.
    pub last: Option<Timestamp>,
    /// Which events of the store were expected in the file: these services of these sources, between first and last.
    pub scope: BTreeMap<String, BTreeSet<String>>,
    /// Of these tenants; of all where it is empty.
    pub tenants: BTreeSet<String>,
}

impl Reconciled {
    /// How many records were compared.
    pub fn compared(&self) -> u64 {
        self.records - self.unreadable - self.too_old
    }

    /// Whether the store has all that the file has, as far as anybody can say: a file of which nothing was compared, or
    /// that has records nobody can read, proves nothing.
    pub fn store_is_whole(&self) -> bool {
        let lacks = self.store_lacks + self.other_content;
        lacks == 0 && self.unreadable == 0 && self.compared() > 0
    }
}

/// How file and store differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Differs {
    /// The file has the event, the store does not.
    StoreLacks,
    /// Both have an event of this id, and they say different things.
    OtherContent,
    /// The store has the event, the file does not.
    FileLacks,
}

impl Differs {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StoreLacks => "store_lacks",
            Self::OtherContent => "other_content",
            Self::FileLacks => "file_lacks",
        }
    }
}

/// An event that is not the same in file and store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "each is the event's member of the same name")]
pub struct Difference {
    /// How they differ.
    pub differs: Differs,
    pub timestamp: Timestamp,
    pub id: String,
    pub source: String,
    pub service: String,
    pub operation: String,
    /// Who did it, best name first.
    pub actor: String,
    pub tenant: String,
}

impl Difference {
    fn of(event: &Event, differs: Differs) -> Self {
        Self {
            differs,
            timestamp: event.timestamp,
            id: event.id.clone(),
            source: event.source.clone(),
            service: event.service.clone(),
            operation: event.operation.clone(),
            actor: event.actor_name().unwrap_or_default().to_owned(),
            tenant: event.tenant.clone(),
        }
    }
}

impl Operations {
    /// Begins to compare the store with a file.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reconcile(self: &Arc<Self>, caller: &Caller) -> Result<Reconciliation> {
        caller.require(Permission::Read)?;
        Ok(Reconciliation {
            operations: self.clone(),
            horizon: self.store.horizon().await?,
            keys: Vec::new(),
            contents: Vec::new(),
            told: HashSet::new(),
            next: None,
            stage: Stage::Comparing,
            tally: Reconciled::default(),
            tenantless: false,
        })
    }

    /// What the store knows of an event of a file: nothing where it has it.
    async fn unlike(&self, event: &Event) -> Result<Option<Differs>> {
        let under = async |key: &Key| -> Result<Option<Event>> {
            let found = self.store.get(key.as_str()).await?.into_iter().map(|stored| stored.event);
            Ok(found.into_iter().find(|other| other.dedupe_key == *key))
        };
        let Some(first) = under(&event.dedupe_key).await? else { return Ok(Some(Differs::StoreLacks)) };
        if event.is_repeat_of(&first) {
            return Ok(None);
        }
        let revision = event.clone().into_revision().dedupe_key;
        Ok(under(&revision).await?.is_none().then_some(Differs::OtherContent))
    }
}

impl Reconciliation {
    /// What has been found so far.
    pub fn tally(&self) -> &Reconciled {
        &self.tally
    }

    /// Compares events of the file with the store; gives those that the store lacks, or has with another content.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn compare(&mut self, events: Vec<Event>) -> Result<Vec<Difference>> {
        let mut comparable = Vec::with_capacity(events.len());
        for event in events {
            if self.note(&event) {
                comparable.push(event);
            }
        }
        let operations = &self.operations;
        let lookups = stream::iter(comparable).map(|event| async move {
            let unlike = operations.unlike(&event).await?;
            Ok::<_, aoc_core::Error>((event, unlike))
        });
        let compared: Vec<(Event, Option<Differs>)> = lookups.buffered(LOOKUPS).try_collect().await?;
        Ok(compared.into_iter().filter_map(|(event, unlike)| self.count(event, unlike)).collect())
    }

    /// Takes an event into the scope; says whether it can be compared.
    fn note(&mut self, event: &Event) -> bool {
        let tally = &mut self.tally;
        tally.records += 1;
        if event.service == UNREADABLE {
            tally.unreadable += 1;
            return false;
        }
        self.keys.push(event.dedupe_key.digest());
        self.contents.push(event.clone().into_revision().dedupe_key.digest());
        tally.scope.entry(event.source.clone()).or_default().insert(event.service.clone());
        self.tenantless |= event.tenant.is_empty();
        tally.tenants.insert(event.tenant.clone());
        if !event.has_unreadable_time() {
            tally.first = Some(tally.first.map_or(event.timestamp, |first| first.min(event.timestamp)));
            tally.last = tally.last.max(Some(event.timestamp));
        }
        let too_old = self.horizon.is_some_and(|horizon| event.timestamp.ticks() < horizon.ticks());
        tally.too_old += u64::from(too_old);
        !too_old
    }

    fn count(&mut self, event: Event, unlike: Option<Differs>) -> Option<Difference> {
        let Some(unlike) = unlike else {
            self.tally.in_both += 1;
            return None;
        };
        let difference = Difference::of(&event, unlike);
        // Rows under one id with different contents are events of their own, as they would be in the store.
        if !self.told.insert(event.into_revision().dedupe_key.digest()) {
            return None;
        }
        match unlike {
            Differs::OtherContent => self.tally.other_content += 1,
            _ => self.tally.store_lacks += 1,
        }
        Some(difference)
    }

    /// The next events of the store that the file lacks although they are in its scope: of the services, tenants and the
    /// time that occur in the file. Nothing once there are no more; an empty list means only that there are none here.
    ///
    /// # Errors
    /// Those of the index.
    pub async fn surplus(&mut self) -> Result<Option<Vec<Difference>>> {
        if self.stage == Stage::Comparing {
            self.prepare();
        }
        let Some(filter) = self.filter().filter(|_| self.stage == Stage::Paging) else { return Ok(None) };
        let query = Query { filter, limit: Query::MOST, after: self.next };
        let hits = self.operations.index.search(&query).await?;
        self.next = hits.next;
        if self.next.is_none() {
            self.stage = Stage::Done;
        }
        let events = hits.items.into_iter().map(|stored| stored.event);
        let missing = events.filter(|event| self.expects(event) && !self.has(event));
        let differences: Vec<_> = missing.map(|event| Difference::of(&event, Differs::FileLacks)).collect();
        self.tally.file_lacks += differences.len() as u64;
        Ok(Some(differences))
    }

    fn prepare(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
        let mut contents = std::mem::take(&mut self.contents);
        let all = contents.len();
        contents.sort_unstable();
        contents.dedup();
        self.tally.repeated = (all - contents.len()) as u64;
        if self.tenantless {
            self.tally.tenants.clear();
        }
        self.stage = Stage::Paging;
    }

    fn filter(&self) -> Option<Filter> {
        let (first, last) = (self.tally.first?, self.tally.last?);
        let services: BTreeSet<&String> = self.tally.scope.values().flatten().collect();
        Some(Filter {
            source: self.tally.scope.keys().cloned().collect(),
            service: services.into_iter().cloned().collect(),
            start: Some(first),
            end: Some(Timestamp::from_ticks(last.ticks() + 1)),
            ..Filter::default()
        })
    }

    /// Whether an event of the store is in the file's scope.
    fn expects(&self, event: &Event) -> bool {
        let Reconciled { scope, tenants, .. } = &self.tally;
        let of_tenant = tenants.is_empty() || event.tenant.is_empty() || tenants.contains(&event.tenant);
        of_tenant && scope.get(&event.source).is_some_and(|services| services.contains(&event.service))
    }

    /// Whether the file has an event of the store, or the one that it is another version of.
    fn has(&self, event: &Event) -> bool {
        let has = |key: &Key| self.keys.binary_search(&key.digest()).is_ok();
        let first = event.revision_of.as_ref().map(|id| Key::of(&event.source, id));
        has(&event.dedupe_key) || first.is_some_and(|first| has(&first))
    }
}
