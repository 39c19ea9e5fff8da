//! The lease: who may append.
//!
//! It is kept in the log's document: a token that grows with every change, who holds it, and until when by the server's
//! clock. The holder renews it; whoever finds it run out takes it. Whatever the holder does names its token, so that
//! one who slept too long can do no harm.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use aoc_core::{
    Timestamp,
    prelude::*,
    store::{Lead, Leader},
};
use mongodb::{
    bson::{Bson, DateTime, Document, doc},
    options::ReturnDocument,
};
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};

use super::{
    MongoStore, Right, Shared,
    adopt::keep_adopting,
    append::lost,
    command::ask,
    connection::{LOG, uuid_bytes},
};

/// For how long a lease is good that is not renewed.
const LENGTH: Duration = Duration::from_secs(10);
/// How often it is renewed.
const RENEW: Duration = Duration::from_millis(2_500);
/// How often it is looked whether it is free.
const LOOK: Duration = Duration::from_secs(1);
/// The same where the server refuses us.
const REFUSED: Duration = Duration::from_secs(30);

pub(super) struct Lease {
    shared: Arc<Shared>,
    /// What others see of us, such as `web1:4711`.
    name: String,
    /// What tells us from all others.
    holder: String,
    held: Mutex<Option<Held>>,
    /// The token of the one that was held last.
    last: Mutex<Option<i64>>,
    /// Only one at a time tries to get it.
    getting: tokio::sync::Mutex<()>,
    lead: watch::Sender<Lead>,
    keeping: Mutex<Keeping>,
    /// What was said last of a failure.
    said: Mutex<Option<String>>,
    /// Adopts the original's documents; only while this process stands for the lead and has it.
    adopting: Mutex<Option<AbortHandle>>,
    this: Weak<Self>,
}

#[derive(Clone)]
struct Held {
    leader: Leader,
    until: Instant,
}

/// What the task in the background does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Keeping {
    #[default]
    Nothing,
    /// It renews what was taken.
    Held,
    /// It takes it whenever it is free.
    Standing,
}

impl Lease {
    pub(super) fn new(shared: Arc<Shared>) -> Arc<Self> {
        let digits: String = uuid_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let name = name();
        Arc::new_cyclic(|this| Self {
            shared,
            holder: format!("{name}:{digits}"),
            name,
            held: Mutex::default(),
            last: Mutex::default(),
            getting: tokio::sync::Mutex::default(),
            lead: watch::Sender::new(Lead::Theirs(None)),
            keeping: Mutex::default(),
            said: Mutex::default(),
            adopting: Mutex::default(),
            this: this.clone(),
        })
    }

    /// The token, if this process has the lease or can get it now.
    pub(super) async fn hold(&self) -> Result<i64> {
        let _one = self.getting.lock().await;
        if let Some(held) = self.held() {
            return Ok(token(&held.leader));
        }
        let held = self.get_patiently().await?;
        let token = token(&held.leader);
        self.won(held);
        self.keep(Keeping::Held);
        Ok(token)
    }

    /// Who leads, from now on for good; takes the lead whenever it is free.
    pub(super) fn stand(&self) -> watch::Receiver<Lead> {
        self.keep(Keeping::Standing);
        if let Lead::Ours(leader, _) = &*self.lead.borrow() {
            self.start_adopting(token(leader));
        }
        self.lead.subscribe()
    }

    /// The token that was held last, whether it still is or not.
    fn last(&self) -> Option<i64> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it up.
    pub(super) async fn resign(&self) -> Result<()> {
        *self.keeping.lock().unwrap_or_else(PoisonError::into_inner) = Keeping::Nothing;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.stop_adopting();
        self.lead.send_replace(Lead::Theirs(None));
        match held {
            Some(held) => release(self.shared.clone(), token(&held.leader)).await,
            None => Ok(()),
        }
    }

    fn keeping(&self) -> Keeping {
        *self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is held and has not run out.
    fn held(&self) -> Option<Held> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|held| Instant::now() < held.until)
    }

    /// Takes a lease that is free. One that nobody renews will be; one that is renewed is not waited for.
    async fn get_patiently(&self) -> Result<Held> {
        let mut seen: Option<DateTime> = None;
        loop {
            let taken = match self.get().await? {
                Ok(held) => return Ok(held),
                Err(taken) => taken,
            };
            if seen.is_some_and(|seen| seen < taken.expires) {
                let name = taken.leader.map_or_else(|| "another process".into(), |leader| leader.name);
                return Err(Error::unavailable(format!(
                    "{name} leads and appends to this database; stop every `aoc serve` on it first"
                )));
            }
            seen = Some(taken.expires);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Takes the lease if it is free, else says who has it.
    async fn get(&self) -> Result<Result<Held, Taken>> {
        let log = &self.shared.prepared().await?.lease;
        let free = doc! { "_id": LOG, "$expr": { "$or": [
        { "$lte": ["$expires", "$$NOW"] }, { "$eq": ["$holder", &self.holder] } ] } };
        let take = vec![doc! { "$set": {
        "token": { "$add": ["$token", 1_i64] }, "holder": { "$literal": &self.holder },
        "name": { "$literal": &self.name }, "since": "$$NOW", "expires": until() } }];
        let wanted = doc! { "token": 1, "name": 1, "since": 1, "expires": 1 };
        let taking = log.find_one_and_update(free, take).return_document(ReturnDocument::After);
        if let Some(taken) = ask(taking.projection(wanted.clone())).await? {
            let leader = leader(&taken).ok_or_else(|| Error::internal("the lease is damaged"))?;
            self.take_up(token(&leader)).await?;
            // That may have taken a while.
            let (begun, ours) = (Instant::now(), doc! { "_id": LOG, "token": token(&leader) });
            let renewed = ask(log.update_one(ours, vec![doc! { "$set": { "expires": until() } }])).await?;
            if renewed.matched_count == 0 {
                return Err(lost());
            }
            return Ok(Ok(Held { leader, until: begun + LENGTH }));
        }
        let found = ask(log.find_one(doc! { "_id": LOG }).projection(wanted)).await?;
        let found = found.ok_or_else(|| {
            Error::unavailable(
                "the log in MongoDB is gone; where the database was dropped, start this process anew",
            )
        })?;
        let expires = found.get_datetime("expires").copied().unwrap_or(DateTime::MIN);
        Ok(Err(Taken { leader: leader(&found), expires }))
    }

    /// What the last leader left half-done is done first.
    async fn take_up(&self, token: i64) -> Result<()> {
        self.shared.apply_journals(token).await?;
        self.shared.head().await.map(drop)
    }

    /// Renews the lease; what is no longer ours is lost.
    async fn renew(&self, held: &Held) {
        let begun = Instant::now();
        let ours = doc! { "_id": LOG, "token": token(&held.leader) };
        let renewing = async {
            let log = &self.shared.connection().await?.lease;
            ask(log.update_one(ours, vec![doc! { "$set": { "expires": until() } }])).await
        };
        let left = held.until.saturating_duration_since(begun);
        match tokio::time::timeout(left, renewing).await {
            Ok(Ok(renewed)) if renewed.matched_count == 1 => {
                let mut place = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(place) = place.as_mut().filter(|now| now.leader.token == held.leader.token) {
                    place.until = begun + LENGTH;
                }
            }
            Ok(Ok(_)) => self.lose(held),
            Ok(Err(error)) => {
                tracing::warn!(error = error.chain(), "the lease could not be renewed");
                if Instant::now() >= held.until {
                    self.lose(held);
                }
            }
            Err(_) => self.lose(held),
        }
    }

    fn won(&self, held: Held) {
        let token = token(&held.leader);
        let lead = Lead::Ours(held.leader.clone(), Arc::new(self.bound(token)));
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        self.lead.send_replace(lead);
        self.stop_adopting();
        if self.keeping() == Keeping::Standing {
            self.start_adopting(token);
        }
    }

    /// The store by this token only.
    fn bound(&self, token: i64) -> MongoStore {
        MongoStore { shared: self.shared.clone(), right: Right::Token(token) }
    }

    fn start_adopting(&self, token: i64) {
        let mut adopting = self.adopting.lock().unwrap_or_else(PoisonError::into_inner);
        if adopting.is_none() {
            *adopting = Some(tokio::spawn(keep_adopting(self.bound(token))).abort_handle());
        }
    }

    fn stop_adopting(&self) {
        let adopting = self.adopting.lock().unwrap_or_else(PoisonError::into_inner).take();
        adopting.inspect(AbortHandle::abort);
    }

    /// That one is lost; a newer one may have been won meanwhile.
    fn lose(&self, lost: &Held) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|held| held.leader.token != lost.leader.token) {
            return;
        }
        *held = None;
        drop(held);
        self.stop_adopting();
        self.lead.send_replace(Lead::Theirs(None));
    }

    /// Sees to it that there is a task that does this, or more.
    fn keep(&self, what: Keeping) {
        let mut keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *keeping;
        *keeping = if before == Keeping::Standing { before } else { what };
        if before == Keeping::Nothing {
            tokio::spawn(keep(self.this.clone()));
        }
    }

    /// One step of the task in the background; how long to wait for the next one.
    async fn step(&self, keeping: Keeping) -> Duration {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held {
            self.renew(&held).await;
            return RENEW;
        }
        if keeping == Keeping::Standing {
            let _one = self.getting.lock().await;
            match self.get().await {
                Ok(Ok(held)) if self.keeping() == Keeping::Nothing => {
                    // It was given up meanwhile.
                    let _ = release(self.shared.clone(), token(&held.leader)).await;
                }
                Ok(Ok(held)) => self.won(held),
                Ok(Err(taken)) => self.follow(taken).await,
                Err(error) => return self.blind(&error),
            }
        }
        LOOK
    }

    /// Says so once, not every second; a server that refuses us is not asked that often.
    fn blind(&self, error: &Error) -> Duration {
        let said = error.to_string();
        let mut last = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&said) {
            tracing::warn!(error = error.chain(), "it cannot be seen who leads");
            *last = Some(said);
        }
        if error.kind() == ErrorKind::Denied { REFUSED } else { LOOK }
    }

    /// Another process leads: what it appends is to be seen here, too.
    async fn follow(&self, taken: Taken) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.lead.send_if_modified(|lead| {
            let is_new = lead.leader() != taken.leader.as_ref();
            if is_new {
                *lead = Lead::Theirs(taken.leader);
            }
            is_new
        });
        if let Err(error) = self.shared.head().await {
            tracing::warn!(error = error.chain(), "it cannot be seen how far the log reaches");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop_adopting();
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(held), Ok(runtime)) = (held, Handle::try_current()) {
            // If it does not come to that, it runs out by itself.
            runtime.spawn(release(self.shared.clone(), token(&held.leader)));
        }
    }
}

/// Who has it.
struct Taken {
    leader: Option<Leader>,
    expires: DateTime,
}

/// Keeps the lease as long as anybody wants it.
async fn keep(lease: Weak<Lease>) {
    loop {
        let Some(lease) = lease.upgrade() else { return };
        let keeping = lease.keeping();
        if keeping == Keeping::Nothing {
            return;
        }
        let wait = lease.step(keeping).await;
        drop(lease);
        tokio::time::sleep(wait).await;
    }
}

/// Lets go of the lease, so that others need not wait until it runs out.
async fn release(shared: Arc<Shared>, token: i64) -> Result<()> {
    let log = &shared.connection().await?.log;
    let free = doc! { "$set": { "expires": DateTime::MIN, "holder": "" } };
    ask(log.update_one(doc! { "_id": LOG, "token": token }, free)).await.map(drop)
}

fn until() -> Bson {
    let millis = i64::try_from(LENGTH.as_millis()).unwrap_or(10_000);
    doc! { "$add": ["$$NOW", millis] }.into()
}

fn leader(document: &Document) -> Option<Leader> {
    let since = document.get_datetime("since").ok()?.timestamp_millis();
    Some(Leader {
        name: document.get_str("name").ok()?.to_owned(),
        token: document.get_i64("token").ok()?.unsigned_abs(),
        since: Timestamp::from(chrono::DateTime::from_timestamp_millis(since)?),
    })
}

fn token(leader: &Leader) -> i64 {
    leader.token.cast_signed()
}

/// Host and process.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty()).unwrap_or(host);
    let host = host.trim();
    format!("{}:{}", if host.is_empty() { "host" } else { host }, std::process::id())
}

impl Right {
    /// Stands for the lead; who may only use a token does not.
    pub(super) fn stand(&self) -> watch::Receiver<Lead> {
        match self {
            Self::Lease(lease) => lease.stand(),
            Self::Token(_) => watch::Sender::new(Lead::Theirs(None)).subscribe(),
        }
    }

    pub(super) async fn resign(&self) -> Result<()> {
        match self {
            Self::Lease(lease) => lease.resign().await,
            Self::Token(_) => Ok(()),
        }
    }

    /// The token that notes are written by; nothing where this process does not lead and need not.
    pub(super) fn token_of_notes(&self) -> Option<i64> {
        match self {
            // A command that slept too long must not write over what the next leader wrote. Who stands for the lead
            // has another store for that, and this one for what anybody may note.
            Self::Lease(lease) if lease.keeping() == Keeping::Held => lease.last(),
            Self::Lease(lease) => lease.held().map(|held| token(&held.leader)),
            Self::Token(token) => Some(*token),
        }
    }
}

impl Shared {
    /// Whether this is still the token to append by.
    pub(super) async fn check(&self, token: i64) -> Result<()> {
        let log = &self.connection().await?.log;
        let ours = doc! { "_id": LOG, "token": token };
        ask(log.find_one(ours).projection(doc! { "_id": 1 })).await?.map(drop).ok_or_else(lost)
    }
}
