//! What sources of one program share: connections, tokens, limits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{
    http::{Base, HttpClient, Options},
    prelude::*,
};

use super::{Account, api::Api, clock::Clock, limiter::Limiter, token::Tokens};

/// Shares connections, tokens and limits among all sources that were built on it. A registry has one; a program that
/// builds sources by itself may make one, too.
#[derive(Default)]
pub struct Hub {
    unlimited: bool,
    patience: Option<Duration>,
    http: Mutex<Option<HttpClient>>,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    tokens: HashMap<String, Arc<Tokens>>,
    limiters: HashMap<(String, Budget), Arc<Limiter>>,
    clocks: HashMap<String, Arc<Clock>>,
}

/// How long an answer may take to begin. Shorter than what the HTTP client calls silence, as that is told apart from a
/// server that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(50);

/// One of the services that an account reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Graph,
    Activity,
}

/// What the vendor counts requests by, for each application and tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Budget {
    /// Directory audits and sign-ins: 5 requests in 10 seconds.
    Reports,
    /// Intune: 1,000 requests in 20 seconds.
    Intune,
    /// Subscriptions and all else of Graph: 5,000 requests in 20 seconds.
    Other,
    /// Management Activity: so many requests in a minute.
    Activity(u32),
}

impl Budget {
    const fn rate(self) -> (usize, Duration) {
        match self {
            Self::Reports => (5, Duration::from_secs(10)),
            Self::Intune => (1_000, Duration::from_secs(20)),
            Self::Other => (5_000, Duration::from_secs(20)),
            Self::Activity(in_a_minute) => (in_a_minute as usize, Duration::from_secs(60)),
        }
    }
}

impl Hub {
    /// A hub without connections yet.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A hub that does not hold requests back, but for what the other side asks: for servers that are not Microsoft's
    /// own, such as [`FakeMicrosoft`](crate::fake::FakeMicrosoft).
    #[cfg(feature = "testkit")]
    pub fn unlimited() -> Arc<Self> {
        Arc::new(Self { unlimited: true, ..Self::default() })
    }

    /// As [`unlimited`](Self::unlimited), and an answer may take only so long to begin.
    #[cfg(feature = "testkit")]
    pub fn impatient(patience: Duration) -> Arc<Self> {
        Arc::new(Self { unlimited: true, patience: Some(patience), ..Self::default() })
    }

    /// A way to ask one service in the name of an account. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub(crate) fn api(&self, account: &Account, service: Service, budget: Budget) -> Result<Api> {
        let base = match service {
            Service::Graph => account.graph()?,
            Service::Activity => account.activity()?,
        };
        let http = self.http()?;
        let who = format!("{}|{}|{}|{}", account.login()?, account.tenant_id, account.client_id, base);
        let credential = account.credential()?;
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = shared.clocks.entry(base.to_string()).or_default().clone();
        let key = format!("{who}|{}", credential.fingerprint());
        let tokens = match shared.tokens.get(&key) {
            Some(tokens) => tokens.clone(),
            None => {
                let tokens =
                    Arc::new(Tokens::new(account, &resource(account, service, &base), &http, &clock)?);
                shared.tokens.insert(key, tokens.clone());
                tokens
            }
        };
        let limiter = shared.limiters.entry((who, budget)).or_insert_with(|| {
            let unlimited = (usize::MAX, Duration::from_millis(1));
            let (requests, period) = if self.unlimited { unlimited } else { budget.rate() };
            Arc::new(Limiter::new(requests, period))
        });
        let patience = self.patience.unwrap_or(PATIENCE);
        Ok(Api::new(http, base, tokens, limiter.clone(), clock, patience))
    }

    fn http(&self) -> Result<HttpClient> {
        let mut http = self.http.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(http) = &*http {
            return Ok(http.clone());
        }
        Ok(http.insert(HttpClient::new(Options::default())?).clone())
    }
}

/// What a token is asked for: the cloud's own name of the service, also where another address leads to it.
fn resource(account: &Account, service: Service, base: &Base) -> String {
    let place = match service {
        Service::Graph => 1,
        Service::Activity => 2,
    };
    account.cloud.hosts().map_or_else(|| base.origin(), |hosts| hosts[place].to_owned())
}
