//! A fake Microsoft, one tenant of it, and a pipeline that collects from it.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aoc_connectors::{
    EntraAudit, EntraSignIns, FakeMicrosoft, IntuneAudit, Office365Activity,
    fake::{Blob, Tenant},
    microsoft::Hub,
};
use aoc_core::{
    Running,
    ledger::{Coverage, Stage},
    pipeline::Counts,
    prelude::*,
    store::Note,
};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/// One fake tenant and the store its records go to.
pub(crate) struct World {
    pub(crate) fake: FakeMicrosoft,
    pub(crate) tenant: Tenant,
    pub(crate) store: MemoryStore,
    sources: Vec<&'static str>,
    running: OnceLock<Running>,
}

/// Which of the four sources run.
pub(crate) const ALL: [&str; 4] = ["entra", "sign_ins", "intune", "office365"];

/// The feed of one of the four sources.
pub(crate) fn feed(fake: &FakeMicrosoft, tenant: &Tenant, hub: &Arc<Hub>, name: &str) -> Feed {
    let account = fake.profile(tenant);
    match name {
        "entra" => EntraAudit::new(account).build_on(hub),
        "sign_ins" => EntraSignIns::new(account).build_on(hub),
        "intune" => IntuneAudit::new(account).build_on(hub),
        _ => Office365Activity::new(account).build_on(hub),
    }
    .unwrap()
}

/// Starts a collector of a tenant; it fetches when it is told.
pub(crate) fn collector(
    fake: &FakeMicrosoft,
    tenant: &Tenant,
    store: &MemoryStore,
    sources: &[&str],
) -> Running {
    let hub = Hub::unlimited();
    let mut pipeline = Pipeline::new(store.clone());
    for name in sources {
        pipeline = pipeline.source_every(*name, feed(fake, tenant, &hub, name), Duration::from_secs(86_400));
    }
    pipeline.start()
}

impl World {
    /// A tenant without records yet. Its collector starts when it is first used, so that what is put there before is
    /// in its first look back.
    pub(crate) async fn new(sources: &[&'static str]) -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        let store = MemoryStore::new();
        Self { fake, tenant, store, sources: sources.to_vec(), running: OnceLock::new() }
    }

    /// The collector.
    pub(crate) fn running(&self) -> &Running {
        self.running.get_or_init(|| collector(&self.fake, &self.tenant, &self.store, &self.sources))
    }

    /// As after a stop and a start: another collector over the same store.
    pub(crate) async fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await.unwrap();
        }
    }

    /// Fetches until caught up, however often that takes.
    pub(crate) async fn collect(&self, source: &str) -> Counts {
        let mut counts = Counts::default();
        for _ in 0..60 {
            match self.running().fetch_now(source).await {
                Ok(more) => {
                    counts += more;
                    return counts;
                }
                Err(error) => {
                    tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_millis(50))).await
                }
            }
        }
        panic!("{source} does not catch up: {:?}", self.running().status().sources);
    }

    /// The ids in the store, each once; a revision or a repeat would be one too many.
    pub(crate) async fn ids(&self) -> BTreeSet<String> {
        ids(&self.store).await
    }

    /// Every record that is served is in the store, each once.
    pub(crate) async fn assert_complete(&self) {
        let (served, stored) = (self.fake.served_ids(&self.tenant), self.ids().await);
        let missing: Vec<_> = served.difference(&stored).take(5).collect();
        let more: Vec<_> = stored.difference(&served).take(5).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{} served, {} stored; missing {missing:?}, too many {more:?}; {:?}",
            served.len(),
            stored.len(),
            self.running().status().sources
        );
    }

    /// All windows of the ledger.
    pub(crate) async fn ledger(&self) -> Vec<Coverage> {
        let notes: Vec<Note> = self.store.list("ledger/").await.unwrap();
        notes.into_iter().map(|note| serde_json::from_value(note.value).unwrap()).collect()
    }

    /// What the ledger says is lost for good: windows and items.
    pub(crate) async fn losses(&self) -> Vec<String> {
        let mut losses = Vec::new();
        for window in self.ledger().await {
            if let Stage::Lost(reason) = &window.stage {
                losses.push(format!("{} {}..{}: {reason}", window.content, window.from, window.until));
            }
            let lost = window.items.iter().filter_map(|item| Some((&item.id, item.lost.as_ref()?)));
            let for_good = lost.filter(|(_, reason)| !reason.starts_with("not fetched yet"));
            losses.extend(for_good.map(|(id, reason)| format!("{id}: {reason}")));
        }
        losses
    }

    /// Whatever the ledger holds is stored or sealed.
    pub(crate) async fn assert_proven(&self) {
        for window in self.ledger().await {
            assert!(matches!(window.stage, Stage::Stored | Stage::Sealed), "{window:?}");
            assert!(window.items.iter().all(|item| item.lost.is_none()), "{window:?}");
        }
    }
}

pub(crate) async fn ids(store: &MemoryStore) -> BTreeSet<String> {
    let (mut ids, mut after) = (BTreeSet::new(), Position::default());
    loop {
        let events = store.read_after(after, 5_000).await.unwrap();
        let Some(last) = events.last() else { return ids };
        after = last.position;
        for stored in events {
            assert!(stored.event.revision_of.is_none(), "a revision: {:?}", stored.event.id);
            assert!(ids.insert(stored.event.id.clone()), "twice: {}", stored.event.id);
        }
    }
}

/// A time before the fake's now.
pub(crate) fn ago(fake: &FakeMicrosoft, minutes: i64) -> Timestamp {
    (fake.now().instant() - chrono::TimeDelta::minutes(minutes)).into()
}

pub(crate) fn audit(id: &str, time: Timestamp) -> Value {
    json!({"id": id, "activityDateTime": time, "activityDisplayName": "Update user", "category": "UserManagement",
        "result": "success", "initiatedBy": {"user": {"userPrincipalName": "kim@contoso.com"}},
        "targetResources": [{"id": "t", "displayName": "Lee", "type": "User", "modifiedProperties": []}]})
}

pub(crate) fn sign_in(id: &str, time: Timestamp) -> Value {
    json!({"id": id, "createdDateTime": time, "userPrincipalName": "kim@contoso.com", "appDisplayName": "Office",
        "ipAddress": "192.0.2.7", "status": {"errorCode": 0, "failureReason": "Other."}})
}

pub(crate) fn intune(id: &str, time: Timestamp) -> Value {
    json!({"id": id, "displayName": "Patch MobileApp", "componentName": "MobileApp", "activityDateTime": time,
        "activityType": "Patch", "activityResult": "Success", "category": "Application",
        "actor": {"userPrincipalName": "kim@contoso.com"}, "resources": [{"displayName": "App", "resourceId": "r"}]})
}

pub(crate) fn activity(id: &str, time: Timestamp) -> Value {
    json!({"Id": id, "RecordType": 1, "CreationTime": time.instant().format("%Y-%m-%dT%H:%M:%S").to_string(),
        "Operation": "Set-Mailbox", "OrganizationId": TENANT, "UserType": 2, "UserKey": "k", "Workload": "Exchange",
        "ResultStatus": "True", "UserId": "kim@contoso.com", "ObjectId": "lee"})
}

/// A blob of so many records that happened before it became available.
pub(crate) fn blob(fake: &FakeMicrosoft, content: &str, name: &str, events: usize, minutes_ago: i64) -> Blob {
    let created = ago(fake, minutes_ago);
    let happened = ago(fake, minutes_ago + 45);
    let records = (0..events).map(|event| activity(&format!("{name}-{event}"), happened));
    Blob::new(content, records).created(created)
}
