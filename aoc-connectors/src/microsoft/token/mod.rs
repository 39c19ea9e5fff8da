//! Tokens: asked for once, kept until shortly before they expire.

mod answer;
mod assertion;
mod claims;
mod login;
mod managed;
mod meanings;
mod memory;
mod proof;
mod refused;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex as Lock, MutexGuard, PoisonError},
    time::Duration,
};

use aoc_core::{http::HttpClient, prelude::*};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

pub(crate) use self::claims::claims;
use self::{
    answer::Minted, assertion::Certificate, login::Login, managed::Managed, memory::Memory, proof::Proof,
    refused::Refusal,
};
use super::{Account, account::Credential, clock::Clock};

/// The tokens of one account for one resource.
///
/// Invariant: at most one request for a token is under way, whoever holds `desk`.
pub(crate) struct Tokens {
    issuer: Issuer,
    credential: Credential,
    held: Lock<Option<Held>>,
    desk: Mutex<Desk>,
}

/// Who gives tokens.
enum Issuer {
    Login(Login),
    Machine(Managed),
}

/// A token and its time.
#[derive(Clone)]
struct Held {
    text: Arc<str>,
    life: Duration,
    ends: Instant,
}

/// What one asker at a time works with.
#[derive(Default)]
struct Desk {
    certificate: Option<Arc<Certificate>>,
    memory: Memory,
    /// A token that is still good is not renewed before this.
    patience: Option<Instant>,
    /// When a refused token was last replaced.
    replaced: Option<Instant>,
}

/// A token is renewed when less than this is left of its life, or less than a third.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// Renewing a token that is still good may take this long, and is tried as often.
const RENEWAL: Duration = Duration::from_secs(10);
/// But not more often than this.
const PATIENCE: Duration = Duration::from_millis(250);
/// A file that could not be used is looked at again after this.
const FILE: Duration = Duration::from_secs(60);
/// A token that was refused is not replaced again within this.
const REPLACEMENT: Duration = Duration::from_secs(30);

impl Tokens {
    /// For this account; `resource` is an origin such as `https://graph.microsoft.com`. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub(crate) fn new(
        account: &Account,
        resource: &str,
        http: &HttpClient,
        clock: &Arc<Clock>,
    ) -> Result<Self> {
        let credential = account.credential()?;
        let issuer = match credential {
            Credential::ManagedIdentity => {
                Issuer::Machine(Managed::new(&account.client_id, resource, |name| std::env::var(name).ok())?)
            }
            _ => Issuer::Login(Login::new(account, resource, http, clock)?),
        };
        Ok(Self::of(issuer, credential))
    }

    fn of(issuer: Issuer, credential: Credential) -> Self {
        Self { issuer, credential, held: Lock::default(), desk: Mutex::default() }
    }

    /// A token that is good for a while. Of many who ask at once, one asks the login service.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when the login service refuses us, [`Unavailable`](ErrorKind::Unavailable) and
    /// [`RateLimited`](ErrorKind::RateLimited) when not now.
    pub(crate) async fn get(&self) -> Result<Arc<str>> {
        let asked = Instant::now();
        match self.good() {
            Some(held) if held.is_aging(asked) => Ok(self.renew(held).await),
            Some(held) => Ok(held.text),
            None => {
                let mut desk = self.desk.lock().await;
                match self.good() {
                    Some(held) => Ok(held.text),
                    None => self.mint(&mut desk, asked).await,
                }
            }
        }
    }

    /// Another token than the one that was refused, which is not given out again.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Denied`](ErrorKind::Denied) also when a token was refused that had just replaced
    /// another: the next would be, too.
    pub(crate) async fn instead_of(&self, refused: &str) -> Result<Arc<str>> {
        let asked = Instant::now();
        let mut desk = self.desk.lock().await;
        let held = self.good();
        let has_expired = held.is_none();
        if let Some(another) = held.filter(|held| *held.text != *refused) {
            return Ok(another.text);
        }
        if !has_expired {
            desk.may_replace(Instant::now())?;
            *self.held() = None;
        }
        let token = self.mint(&mut desk, asked).await?;
        if !has_expired {
            desk.replaced = Some(Instant::now());
        }
        if *token == *refused {
            return Err(Error::denied(REFUSED_AGAIN).wait(REPLACEMENT));
        }
        Ok(token)
    }

    /// A new token instead of one that is still good: one asks, the others go on with the old one, as does the one
    /// when there is none to be had.
    async fn renew(&self, old: Held) -> Arc<str> {
        let Ok(mut desk) = self.desk.try_lock() else { return old.text };
        let now = Instant::now();
        match self.good() {
            Some(held) if held.text != old.text => return held.text,
            _ if desk.patience.is_some_and(|until| now < until) => return old.text,
            _ => {}
        }
        let left = old.ends.duration_since(now);
        let problem = match timeout(left.min(RENEWAL), self.mint(&mut desk, now)).await {
            Ok(Ok(token)) => return token,
            Ok(Err(error)) => error,
            Err(_) => Error::unavailable("the login service did not answer in time"),
        };
        desk.patience = Some(Instant::now() + (left / 3).clamp(PATIENCE, RENEWAL));
        let (error, seconds) = (problem.chain(), left.as_secs());
        tracing::warn!(error, seconds, "a token could not be renewed; the old one is still good");
        old.text
    }

    /// Asks for a token, unless what was heard lately says that it is no use.
    async fn mint(&self, desk: &mut Desk, asked: Instant) -> Result<Arc<str>> {
        let proof = Proof::load(&self.credential, &mut desk.certificate).await;
        let proof = proof.map_err(|error| error.wait(FILE))?;
        desk.memory.check(proof.stamp(), asked)?;
        let begun = Instant::now();
        match self.issuer.ask(&proof).await {
            Ok(minted) => {
                desk.memory = Memory::default();
                desk.patience = None;
                let held = Held::new(&minted, begun);
                *self.held() = Some(held);
                Ok(minted.text)
            }
            Err(refusal) => Err(desk.memory.keep(refusal, proof.stamp())),
        }
    }

    /// The token, if it has not expired.
    fn good(&self) -> Option<Held> {
        let now = Instant::now();
        self.held().clone().filter(|held| now < held.ends)
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        // Nothing that is done under the lock can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const REFUSED_AGAIN: &str =
    "the service refuses each token the login service gives; check `tenant_id`, `cloud` and the URLs";

impl Issuer {
    async fn ask(&self, proof: &Proof) -> Result<Minted, Refusal> {
        match self {
            Self::Login(login) => login.ask(proof).await,
            Self::Machine(machine) => machine.ask().await,
        }
    }
}

impl Held {
    fn new(minted: &Minted, begun: Instant) -> Self {
        Self { text: minted.text.clone(), life: minted.life, ends: begun + minted.life }
    }

    /// Whether it is time for a new one.
    fn is_aging(&self, now: Instant) -> bool {
        self.ends.saturating_duration_since(now) < (self.life / 3).min(EARLY)
    }
}

impl Desk {
    /// A token that replaced another a moment ago is not replaced.
    fn may_replace(&self, now: Instant) -> Result<()> {
        let left = self.replaced.map(|at| REPLACEMENT.saturating_sub(now.duration_since(at)));
        match left.filter(|left| !left.is_zero()) {
            Some(left) => Err(Error::denied(REFUSED_AGAIN).wait(left)),
            None => Ok(()),
        }
    }
}
