//! What all parts of the fake share.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use aoc_core::{http::HttpClient, testkit::random::Random};

use super::{
    clock::{Clock, lock},
    fault::Script,
    limits::Throttle,
    notify::Subscription,
    reply::{Call, Seen},
    tenant::Tenant,
};

/// The state of a fake.
pub(super) struct World {
    pub(super) url: String,
    pub(super) clock: Arc<Clock>,
    pub(super) tenants: Mutex<Vec<Tenant>>,
    pub(super) grants: Mutex<HashMap<String, Arc<Grant>>>,
    pub(super) assertions: Mutex<HashSet<String>>,
    pub(super) scripts: Mutex<Vec<Arc<Script>>>,
    pub(super) seen: Mutex<SeenLog>,
    pub(super) offences: Mutex<Vec<String>>,
    pub(super) throttle: Mutex<Throttle>,
    pub(super) subscriptions: Mutex<Vec<Subscription>>,
    pub(super) http: HttpClient,
    pub(super) key: [u8; 32],
    given_ids: AtomicU64,
}

/// The interfaces that take tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Graph,
    Activity,
}

/// What a token that was given out stands for.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) tenant: Tenant,
    /// The interface it is for; nothing where it is for both, because both are at one address here.
    pub(super) service: Option<Service>,
    pub(super) roles: Vec<String>,
    pub(super) expires: i64,
}

impl Grant {
    pub(super) fn has(&self, roles: &[&str]) -> bool {
        roles.iter().any(|role| self.roles.iter().any(|granted| granted == role))
    }
}

impl World {
    pub(super) fn new(url: String, http: HttpClient) -> Self {
        let chance = RandomState::new();
        let mut key = [0; 32];
        for (number, piece) in (0_u64..).zip(key.chunks_mut(8)) {
            piece.copy_from_slice(&chance.hash_one(number).to_le_bytes());
        }
        Self {
            url,
            http,
            key,
            clock: Arc::default(),
            tenants: Mutex::default(),
            grants: Mutex::default(),
            assertions: Mutex::default(),
            scripts: Mutex::default(),
            seen: Mutex::default(),
            offences: Mutex::default(),
            throttle: Mutex::default(),
            subscriptions: Mutex::default(),
            given_ids: AtomicU64::new(chance.hash_one(0)),
        }
    }

    pub(super) fn tenant_called(&self, name: &str) -> Option<Tenant> {
        lock(&self.tenants).iter().find(|tenant| tenant.is_called(name)).cloned()
    }

    /// The grant behind the bearer token of a request, whatever it is good for.
    pub(super) fn grant(&self, call: &Call) -> Option<Arc<Grant>> {
        lock(&self.grants).get(call.bearer()?).cloned()
    }

    /// A GUID that nobody else has.
    pub(super) fn guid(&self) -> String {
        let mut random = Random::new(self.given_ids.fetch_add(1, Ordering::Relaxed));
        let (a, b) = (random.number(), random.number());
        let (group, variant) = (a & 0xfff, b >> 48 & 0xfff);
        format!(
            "{:08x}-{:04x}-4{group:03x}-8{variant:03x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            b & 0xffff_ffff_ffff
        )
    }

    pub(super) fn offence(&self, what: String) {
        lock(&self.offences).push(what);
    }
}

/// The requests that were seen, the latest only where they are many.
#[derive(Default)]
pub(super) struct SeenLog {
    kept: VecDeque<Seen>,
    forgotten: u64,
}

/// So many requests are remembered.
const KEPT: usize = 100_000;

impl SeenLog {
    /// Notes a request; gives the number under which its status is noted later.
    pub(super) fn note(&mut self, seen: Seen) -> u64 {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(seen);
        self.forgotten + self.kept.len() as u64 - 1
    }

    pub(super) fn answered(&mut self, number: u64, status: u16) {
        let place = number.checked_sub(self.forgotten).and_then(|place| usize::try_from(place).ok());
        if let Some(seen) = place.and_then(|place| self.kept.get_mut(place)) {
            seen.status = status;
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Seen> {
        self.kept.iter()
    }

    pub(super) fn clear(&mut self) {
        self.forgotten += self.kept.len() as u64;
        self.kept.clear();
    }
}
