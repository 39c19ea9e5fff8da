//! Tenants: who they are, what they have bought and granted, and what happens in them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use super::{
    app::App,
    blob::Blob,
    blobs::Feed,
    clock::{Clock, DAY, lock},
    generated::Generated,
    given::Given,
    log::{Kinds, Log},
};

/// The client id of the application that every tenant has from the start.
pub const CLIENT_ID: &str = "aaaaaaaa-0000-4000-8000-00000000c11e";
/// The secret of that application.
pub const CLIENT_SECRET: &str = "fake~secret+of/Contoso.";

/// A tenant. Clones are the same tenant: what is added to one later is served at once.
///
/// A new tenant has everything: all roles, all licences, auditing switched on, and an application with the secret
/// [`CLIENT_SECRET`]. [`change`](Self::change) takes away.
#[derive(Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
}

struct Inner {
    id: String,
    clock: Mutex<Arc<Clock>>,
    settings: Mutex<Settings>,
    logs: Mutex<Logs>,
    feed: Mutex<Feed>,
}

#[derive(Default)]
pub(super) struct Logs {
    pub(super) audits: Log,
    pub(super) sign_ins: Log,
    pub(super) intune: Log,
}

/// How a tenant is set up, and how Microsoft behaves towards it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A verified domain: the login service takes it in the place of the id.
    pub domain: String,
    /// The registered applications.
    pub apps: Vec<App>,
    /// The application roles that an administrator has granted; new tokens have them.
    pub roles: BTreeSet<String>,
    /// Whether there is a licence of Entra ID P1 or P2: sign-ins, and 30 instead of 7 days of logs.
    pub entra_premium: bool,
    /// Whether there is a licence of Intune.
    pub intune: bool,
    /// Whether unified auditing is switched on: Management Activity.
    pub audit_enabled: bool,
    /// How long new tokens live.
    pub token_lifetime: Duration,
    /// The client id of the managed identity of the machine that asks, if it has one in this tenant.
    pub managed_identity: Option<String>,
    /// Rows on a page of Graph where `$top` does not say.
    pub page_size: usize,
    /// Whether a window that begins before what is kept is refused with 400 instead of cut.
    pub refuse_old_windows: bool,
    /// Whether `@odata.count` of Intune says 1000 whatever there is.
    pub intune_count_lies: bool,
    /// Whether the last page of Intune has a link to itself.
    pub intune_links_to_itself: bool,
    /// Blobs on a page of a content listing.
    pub content_page_size: usize,
    /// The header with the next page of a content listing; `NextPageUrl` is the other spelling.
    pub next_page_header: String,
    /// Whether the next page of a content listing has the `PublisherIdentifier` in its address.
    pub next_page_keeps_publisher: bool,
    /// Whether the list of subscriptions leaves out their `status`.
    pub list_without_status: bool,
}

/// All roles that any of the interfaces asks for.
pub const ROLES: [&str; 6] = [
    "AuditLog.Read.All",
    "Directory.Read.All",
    "DeviceManagementApps.Read.All",
    "User.Read.All",
    "ActivityFeed.Read",
    "ActivityFeed.ReadDlp",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            domain: "contoso.onmicrosoft.com".to_owned(),
            apps: vec![App::new(CLIENT_ID).secret(CLIENT_SECRET)],
            roles: ROLES.map(str::to_owned).into(),
            entra_premium: true,
            intune: true,
            audit_enabled: true,
            token_lifetime: Duration::from_secs(3_600),
            managed_identity: None,
            page_size: 1_000,
            refuse_old_windows: false,
            intune_count_lies: false,
            intune_links_to_itself: false,
            content_page_size: 200,
            next_page_header: "NextPageUri".to_owned(),
            next_page_keeps_publisher: false,
            list_without_status: false,
        }
    }
}

impl Settings {
    /// How many ticks of directory audits and sign-ins are kept.
    pub(super) fn retention(&self) -> i64 {
        if self.entra_premium { 30 * DAY } else { 7 * DAY }
    }
}

/// How many ticks of Intune's events are kept.
pub(super) const INTUNE_RETENTION: i64 = 365 * DAY;

impl Tenant {
    /// A tenant with everything, and without records. The id is a GUID.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            inner: Arc::new(Inner {
                id: id.into(),
                clock: Mutex::default(),
                settings: Mutex::default(),
                logs: Mutex::default(),
                feed: Mutex::default(),
            }),
        }
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Changes how the tenant is set up. Roles come into tokens that are made afterwards.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> &Self {
        change(&mut lock(&self.inner.settings));
        self
    }

    /// How the tenant is set up now.
    pub fn settings(&self) -> Settings {
        lock(&self.inner.settings).clone()
    }

    /// Adds a record of `directoryAudits`. An id that is there already is served twice, as with all logs.
    pub fn add_audit(&self, record: impl Into<Given>) -> &Self {
        let record = record.into().read("activityDateTime", self.clock().ticks());
        lock(&self.inner.logs).audits.add(record);
        self
    }

    /// Adds a record of `signIns`. `signInEventTypes` in it says of which type; without, it is interactive.
    pub fn add_sign_in(&self, record: impl Into<Given>) -> &Self {
        let record = record.into().read("createdDateTime", self.clock().ticks());
        lock(&self.inner.logs).sign_ins.add(record);
        self
    }

    /// Adds a record of Intune's `auditEvents`.
    pub fn add_intune(&self, record: impl Into<Given>) -> &Self {
        let record = record.into().read("activityDateTime", self.clock().ticks());
        lock(&self.inner.logs).intune.add(record);
        self
    }

    /// Takes away the records with this id, of whichever log of Graph; so that one can be added again, changed.
    pub fn remove(&self, id: &str) -> &Self {
        let mut logs = lock(&self.inner.logs);
        let Logs { audits, sign_ins, intune } = &mut *logs;
        [audits, sign_ins, intune].into_iter().for_each(|log| log.remove(id));
        drop(logs);
        self
    }

    /// Adds a blob of Management Activity; gives its content id.
    pub fn add_blob(&self, blob: Blob) -> String {
        let now = self.clock().ticks();
        lock(&self.inner.feed).add(blob, now)
    }

    /// Adds blobs that are made while they are sent.
    pub fn generate(&self, generated: Generated) -> &Self {
        let now = self.clock().ticks();
        lock(&self.inner.feed).generate(generated, self.id(), now);
        self
    }

    /// Starts the subscription of a content type, as if somebody had done it before.
    pub fn subscribe(&self, content_type: &str) -> &Self {
        lock(&self.inner.feed).subscribe(content_type);
        self
    }

    /// Disables the subscription of a content type, as an administrator does (AF20023).
    pub fn disable_subscription(&self, content_type: &str) -> &Self {
        lock(&self.inner.feed).disable(content_type);
        self
    }

    /// The ids of all records that are served now, and how often each is: exactly what a perfect collector must have,
    /// each once. What is hidden still, out of retention, expired, or not licensed does not count.
    pub fn served(&self) -> HashMap<String, usize> {
        let (now, settings) = (self.clock().ticks(), self.settings());
        let logs = lock(&self.inner.logs);
        let mut served = HashMap::new();
        let mut take = |id: &str| *served.entry(id.to_owned()).or_insert(0) += 1;
        logs.audits.each_since(now - settings.retention(), now, &mut take);
        if settings.entra_premium {
            logs.sign_ins.each_since(now - settings.retention(), now, &mut take);
        }
        if settings.intune {
            logs.intune.each_since(now - INTUNE_RETENTION, now, &mut take);
        }
        drop(logs);
        if settings.audit_enabled {
            lock(&self.inner.feed).each_id(now, &mut take);
        }
        served
    }

    /// The ids of the records that one path serves now: `directoryAudits`, `signIns`, `auditEvents`, or a content type
    /// such as `Audit.Exchange`.
    pub fn served_by(&self, path: &str) -> BTreeSet<String> {
        let (now, settings) = (self.clock().ticks(), self.settings());
        let mut ids = BTreeSet::new();
        let mut take = |id: &str| {
            ids.insert(id.to_owned());
        };
        let logs = lock(&self.inner.logs);
        match path {
            "directoryAudits" => logs.audits.each_since(now - settings.retention(), now, &mut take),
            "signIns" => logs.sign_ins.each_since(now - settings.retention(), now, &mut take),
            "auditEvents" => logs.intune.each_since(now - INTUNE_RETENTION, now, &mut take),
            content_type => lock(&self.inner.feed).each_id_of(content_type, now, &mut take),
        }
        ids
    }

    /// Whether a login names this tenant so.
    pub(super) fn is_called(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.id()) || name.eq_ignore_ascii_case(&lock(&self.inner.settings).domain)
    }

    pub(super) fn set_clock(&self, clock: Arc<Clock>) {
        *lock(&self.inner.clock) = clock;
    }

    fn clock(&self) -> Arc<Clock> {
        lock(&self.inner.clock).clone()
    }

    pub(super) fn logs(&self) -> MutexGuard<'_, Logs> {
        lock(&self.inner.logs)
    }

    pub(super) fn feed(&self) -> MutexGuard<'_, Feed> {
        lock(&self.inner.feed)
    }
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tenant").field(&self.id()).finish()
    }
}

/// The type of a sign-in, as a bit of its record.
pub(super) const INTERACTIVE: Kinds = 1;
