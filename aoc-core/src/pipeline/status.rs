//! Status: one plain snapshot of what the loops do.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delays::Delays;
use crate::{
    Error, ErrorKind, Timestamp,
    store::{Lead, Leader, Position},
};

/// What a loop is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has not done anything yet.
    #[default]
    Starting,
    /// All went well the last time.
    Ok,
    /// The last try failed; it will try again.
    Failing,
    /// It gave up: it cannot work as configured.
    Stopped,
    /// It does not run here: another process leads.
    Standby,
}

/// What became of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Records that were brought.
    pub fetched: u64,
    /// Events that were new.
    pub new: u64,
    /// Events that came under a known id with another content.
    pub revised: u64,
    /// Events that were known already.
    pub duplicates: u64,
    /// Records that could not be read; they are among the others, too.
    pub unreadable: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.fetched += other.fetched;
        self.new += other.new;
        self.revised += other.revised;
        self.duplicates += other.duplicates;
        self.unreadable += other.unreadable;
    }
}

/// An error as status shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// What it means.
    pub kind: ErrorKind,
    /// The sentence.
    pub message: String,
    /// When it was.
    pub at: Timestamp,
}

/// A source's loop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceStatus {
    /// What it is doing.
    pub state: State,
    /// When it last was caught up with the source.
    pub last_success: Option<Timestamp>,
    /// The last error, until the next success.
    pub last_error: Option<Failure>,
    /// What became of the records since the start.
    pub counts: Counts,
    /// The latest time of an event it brought.
    pub latest_event: Option<Timestamp>,
    /// What it warned of in its last round, at most twenty sentences.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// How late events were, by service; only of those that came while it was caught up.
    #[serde(default)]
    pub delays: BTreeMap<String, Delays>,
}

/// A follower's loop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowerStatus {
    /// What it is doing.
    pub state: State,
    /// How far it has come.
    pub position: Position,
    /// The last error, until the next success.
    pub last_error: Option<Failure>,
    /// Events handed on since the start.
    pub delivered: u64,
    /// Events set aside since the start, because the receiver refused them for good.
    pub rejected: u64,
    /// Events that are set aside now, whenever that was.
    #[serde(default)]
    pub set_aside: u64,
}

/// Who collects, where several processes share one store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leadership {
    /// Whether this process collects.
    pub leads: bool,
    /// Who leads; `null` where there is no choice, or nobody does.
    pub leader: Option<Leader>,
}

impl Leadership {
    pub(crate) fn of(lead: &Lead) -> Self {
        Self { leads: lead.is_ours(), leader: lead.leader().cloned() }
    }
}

impl Default for Leadership {
    /// There is no choice: this process leads.
    fn default() -> Self {
        Self { leads: true, leader: None }
    }
}

/// What all loops do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// When the pipeline was started.
    pub started_at: Timestamp,
    /// By name in configuration, such as `entra`; where a source has several contents, by name and content, such as
    /// `office365/Audit.Exchange`.
    pub sources: BTreeMap<String, SourceStatus>,
    /// By name in configuration; `alerts` and `index` are followers, too.
    pub followers: BTreeMap<String, FollowerStatus>,
    /// Who collects, where several processes share one store.
    #[serde(default)]
    pub leadership: Leadership,
}

/// Where the loops write their status.
#[derive(Clone)]
pub(crate) struct Board(Arc<Mutex<Status>>);

impl Board {
    pub(crate) fn new() -> Self {
        let status = Status {
            started_at: Timestamp::now(),
            sources: BTreeMap::new(),
            followers: BTreeMap::new(),
            leadership: Leadership::default(),
        };
        Self(Arc::new(Mutex::new(status)))
    }

    pub(crate) fn read(&self) -> Status {
        self.lock().clone()
    }

    pub(crate) fn source(&self, name: &str, change: impl FnOnce(&mut SourceStatus)) {
        change(self.lock().sources.entry(name.to_owned()).or_default());
    }

    pub(crate) fn follower(&self, name: &str, change: impl FnOnce(&mut FollowerStatus)) {
        change(self.lock().followers.entry(name.to_owned()).or_default());
    }

    /// Shows who leads, and says whether that is news.
    pub(crate) fn lead(&self, leadership: Leadership) -> bool {
        let mut status = self.lock();
        let is_news = status.leadership != leadership;
        status.leadership = leadership;
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SourceStatus {
    /// Forgets all but what was counted: how the source is doing is to be found out anew, or the leader knows.
    pub(crate) fn begin_anew(&mut self, state: State) {
        let (counts, delays) = (self.counts, std::mem::take(&mut self.delays));
        *self = Self { state, counts, delays, ..Self::default() };
    }
}

impl FollowerStatus {
    /// Forgets all but how far it came and what was counted.
    pub(crate) fn begin_anew(&mut self, state: State) {
        (self.state, self.last_error) = (state, None);
    }
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.to_string(), at: Timestamp::now() }
    }
}
