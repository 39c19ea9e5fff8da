//! Microsoft on this machine: a test double that speaks real HTTP.
//!
//! [`FakeMicrosoft`] listens on 127.0.0.1 and speaks Microsoft's login, the audit logs of Graph (`directoryAudits`,
//! `signIns`, Intune's `auditEvents`), Graph's subscriptions, managed identities, and the Office 365 Management Activity
//! API: their pages, links, errors, limits and oddities. [`Fault`]s are scripted; everything asked is remembered.
//!
//! - A [`Tenant`] is set up with [`Tenant::change`] and filled with `add_…`, also while collectors run.
//! - The fake has a clock of its own: [`advance`](FakeMicrosoft::advance) makes records visible, tokens and blobs expire.
//! - [`Tenant::served`] says what a perfect collector must have by now.
//!
//! A page of directory audits, by plain HTTP:
//!
//! ```
//! use aoc_connectors::fake::{CLIENT_ID, CLIENT_SECRET, FakeMicrosoft, Tenant};
//! use aoc_core::http::{HttpClient, Method, Options, Url};
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let fake = FakeMicrosoft::start().await?;
//! let tenant = fake.add_tenant(Tenant::new("11111111-2222-4333-8444-555555555555"));
//! tenant.add_audit(json!({"id": "Directory_1", "activityDateTime": fake.now(), "activityDisplayName": "Add user"}));
//!
//! let http = HttpClient::new(Options { proxy: false, ..Options::default() })?;
//! let login = Url::parse(&format!("{}/{}/oauth2/v2.0/token", fake.url(), tenant.id()))?;
//! let form = format!(
//!     "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={}&scope={}/.default",
//!     CLIENT_SECRET.replace('+', "%2B"),
//!     fake.url(),
//! );
//! let answer = http.send(http.request(Method::POST, login).body(form)).await?;
//! let token: Value = serde_json::from_slice(&answer.bytes(10_000).await?)?;
//!
//! let page = Url::parse(&format!("{}/v1.0/auditLogs/directoryAudits", fake.url()))?;
//! let ask = http.request(Method::GET, page).bearer_auth(token["access_token"].as_str().unwrap_or_default());
//! let page: Value = serde_json::from_slice(&http.send(ask).await?.bytes(10_000).await?)?;
//! assert_eq!(page["value"][0]["id"], "Directory_1");
//! assert_eq!(fake.count("directoryAudits"), 1);
//! # Ok(())
//! # }
//! ```
//!
//! What it does not do: TLS, HTTP/2, gzip, the webhooks of Management Activity (their settings are kept, nothing is
//! posted), rich notifications, or any other filter than those by time and by type of sign-in.

mod activity;
mod app;
mod assertion;
mod blob;
mod blobs;
mod certificate;
mod clock;
mod fault;
mod generated;
mod given;
mod graph;
mod identity;
mod known_faults;
mod limits;
mod log;
mod login;
mod notify;
mod reply;
mod server;
mod tenant;
mod world;

use std::{collections::BTreeSet, fmt, net::Ipv4Addr, sync::Arc, time::Duration};

use aoc_core::{
    http::{HttpClient, Options},
    prelude::*,
};
use tokio::{net::TcpListener, sync::watch};

pub use self::{
    app::App,
    blob::Blob,
    blobs::CONTENT_TYPES,
    fault::{Fault, Scripted},
    generated::Generated,
    given::Given,
    identity::IDENTITY_HEADER,
    limits::{Limits, Rate, RetryAfter},
    notify::Subscription,
    reply::{Reply, Seen},
    tenant::{CLIENT_ID, CLIENT_SECRET, ROLES, Settings, Tenant},
};
use self::{clock::lock, fault::Script, world::World};
use crate::microsoft::{Account, Cloud};

/// Microsoft's services on this machine. Clones are the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct FakeMicrosoft {
    inner: Arc<Inner>,
}

struct Inner {
    world: Arc<World>,
    /// Dropped with the last clone, which ends the server.
    _stop: watch::Sender<()>,
}

impl FakeMicrosoft {
    /// Listens on a free port of 127.0.0.1, on the runtime this is called on.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when there is no port.
    pub async fn start() -> Result<Self> {
        Self::start_on(0).await
    }

    /// As [`start`](Self::start), on this port.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when it is taken.
    pub async fn start_on(port: u16) -> Result<Self> {
        let no_port = |cause| Error::unavailable("cannot listen on 127.0.0.1").because(cause);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(no_port)?;
        let url = format!("http://{}", listener.local_addr().map_err(no_port)?);
        let http = HttpClient::new(Options { proxy: false, ..Options::default() })?;
        let world = Arc::new(World::new(url, http));
        let (stop, stopped) = watch::channel(());
        tokio::spawn(server::serve(world.clone(), listener, stopped));
        Ok(Self { inner: Arc::new(Inner { world, _stop: stop }) })
    }

    /// The base of login, Graph and Management Activity alike.
    pub fn url(&self) -> String {
        self.world().url.clone()
    }

    /// Adds a tenant; its times are by this fake's clock from then on. Gives it back, to be filled.
    pub fn add_tenant(&self, tenant: Tenant) -> Tenant {
        tenant.set_clock(self.world().clock.clone());
        lock(&self.world().tenants).push(tenant.clone());
        tenant
    }

    /// The account of the tenant's first application.
    pub fn profile(&self, tenant: &Tenant) -> Account {
        let settings = tenant.settings();
        let app = settings.apps.first();
        let secret = app.and_then(|app| app.secrets.first()).map(|(secret, _)| Secret::new(secret));
        Account {
            tenant_id: tenant.id().to_owned(),
            client_id: app.map(|app| app.client_id.clone()).unwrap_or_default(),
            client_secret: secret,
            cloud: Cloud::Custom,
            login_url: Some(self.url()),
            graph_url: Some(self.url()),
            activity_url: Some(self.url()),
            ..Account::default()
        }
    }

    /// The keys of a `[profiles.NAME]` for the tenant's first application, as lines of TOML.
    pub fn profile_toml(&self, tenant: &Tenant) -> String {
        let (profile, url) = (self.profile(tenant), self.url());
        let secret =
            profile.client_secret.as_ref().map(|secret| format!("client_secret = {:?}\n", secret.expose()));
        format!(
            "tenant_id = {:?}\nclient_id = {:?}\n{}cloud = \"custom\"\nlogin_url = {url:?}\ngraph_url = {url:?}\nactivity_url = {url:?}\n",
            profile.tenant_id,
            profile.client_id,
            secret.unwrap_or_default(),
        )
    }

    /// The time on the fake's clock.
    pub fn now(&self) -> Timestamp {
        self.world().clock.timestamp()
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        self.world().clock.advance(by);
    }

    /// Puts the fake's clock so many seconds ahead of the real one; behind it where negative.
    pub fn set_ahead(&self, seconds: i64) {
        self.world().clock.set_ahead(seconds);
    }

    /// Lets something go wrong.
    pub fn script(&self, fault: Fault) -> Scripted {
        let script = Arc::new(Script::new(fault, self.world().clock.ticks()));
        lock(&self.world().scripts).push(script.clone());
        script.scripted()
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.world().scripts).clear();
    }

    /// Sets budgets of requests; there are none at first.
    pub fn set_limits(&self, limits: Limits) {
        lock(&self.world().throttle).limits = limits;
    }

    /// Makes all tokens that were given out worthless: they are answered with 401.
    pub fn revoke_tokens(&self) {
        lock(&self.world().grants).clear();
    }

    /// The requests that were seen, oldest first; of very many, the latest.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.world().seen).all().cloned().collect()
    }

    /// How many requests were seen whose path contains this.
    pub fn count(&self, part_of_path: &str) -> usize {
        lock(&self.world().seen).all().filter(|seen| seen.path.contains(part_of_path)).count()
    }

    /// Forgets the requests that were seen.
    pub fn clear_requests(&self) {
        lock(&self.world().seen).clear();
    }

    /// What clients did that Microsoft asks them not to do, such as calls without a `PublisherIdentifier`.
    pub fn offences(&self) -> Vec<String> {
        lock(&self.world().offences).clone()
    }

    /// The ids of all records of a tenant that are served now: exactly what a perfect collector must have.
    pub fn served_ids(&self, tenant: &Tenant) -> BTreeSet<String> {
        tenant.served().into_keys().collect()
    }

    fn world(&self) -> &World {
        &self.inner.world
    }
}

impl fmt::Debug for FakeMicrosoft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FakeMicrosoft").field(&self.world().url).finish()
    }
}
