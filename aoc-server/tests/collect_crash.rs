//! `aoc fetch`, killed at any point of a collection over all four sources and run again, ends with every event that was
//! served, each once, and a ledger that is sealed.
//!
//! `AOC_CRASH_RECORDS`, `AOC_CRASH_KILLS` and `AOC_CRASH_SEED` make it larger or another.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use aoc_connectors::{
    FakeMicrosoft,
    fake::{Blob, Fault, Given, Reply, Tenant},
};
use aoc_core::{
    Notebook, Timestamp,
    ledger::{Coverage, Stage},
    testkit::{random::Random, store::everything},
};
use aoc_sinks::SqliteStore;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tempfile::TempDir;

const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const CONTENTS: [&str; 4] =
    ["Audit.Exchange", "Audit.SharePoint", "Audit.General", "Audit.AzureActiveDirectory"];

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_killed_and_run_again_ends_with_exactly_what_was_served() {
    let number =
        |name: &str, default| std::env::var(name).map_or(default, |text| text.parse::<usize>().unwrap());
    let (records, kills) = (number("AOC_CRASH_RECORDS", 4_000), number("AOC_CRASH_KILLS", 8));
    let mut random = Random::new(number("AOC_CRASH_SEED", 1) as u64);
    let (mut killed, mut databases) = (0, 0);
    while killed < kills {
        let collection = Collection::new(&mut random, records).await;
        while killed < kills {
            let delay = Duration::from_millis(60 + random.below(700) as u64);
            match collection.fetch_for(delay).await {
                Some(_) => break,
                None => killed += 1,
            }
            // Some are left alone from here on.
            if random.per_mille(30) {
                break;
            }
        }
        collection.complete().await;
        databases += 1;
        println!(
            "{killed} kills, {databases} databases completed, {} events each",
            collection.fake.served_ids(&collection.tenant).len()
        );
    }
}

/// A tenant with records, and a database that is filled from it.
struct Collection {
    fake: FakeMicrosoft,
    tenant: Tenant,
    place: TempDir,
}

impl Collection {
    async fn new(random: &mut Random, records: usize) -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        let place = tempfile::tempdir().unwrap();
        let collection = Self { fake, tenant, place };
        collection.fill(random, records / 4);
        collection.configure();
        let seed = random.below(1 << 30) as u64;
        let failing = Fault::answer(Reply::text(500, "text/html", "<html>Server Error</html>"));
        collection.fake.script(failing.when(|seen| !seen.path.contains("/oauth2/")).chance(10, seed));
        collection
            .fake
            .script(Fault::cut(2_000).when(|seen| !seen.path.contains("/oauth2/")).chance(10, seed + 1));
        collection
    }

    /// So many records of each source; some become visible while they are collected, some blobs come twice.
    fn fill(&self, random: &mut Random, each: usize) {
        let ago =
            |minutes: i64| -> Timestamp { (self.fake.now().instant() - TimeDelta::minutes(minutes)).into() };
        let minutes = |random: &mut Random| 1 + random.below(5 * 24 * 60) as i64;
        // What is older than a day is there; windows that old are read once.
        let late = |random: &mut Random, age: i64| -> Timestamp {
            let seconds = if age < 20 * 60 && random.per_mille(300) { random.below(20) } else { 0 };
            (self.fake.now().instant() + TimeDelta::seconds(seconds as i64)).into()
        };
        for i in 0..each {
            let age = minutes(random);
            let time = ago(age);
            self.tenant.add_audit(Given::from(audit(i, time)).visible_at(late(random, age)));
            self.tenant.add_sign_in(Given::from(sign_in(i, time)).visible_at(late(random, age)));
            self.tenant.add_intune(Given::from(intune(i, time)).visible_at(late(random, age)));
        }
        for (number, first) in (0..each).step_by(100).enumerate() {
            let content = CONTENTS[number % CONTENTS.len()];
            self.tenant.subscribe(content);
            let age = minutes(random);
            let events = (first..each.min(first + 100)).map(|i| activity(i, ago(age + 60)));
            let blob = Blob::new(content, events.collect::<Vec<_>>()).created(ago(age));
            self.tenant.add_blob(blob.clone().visible_at(late(random, age)));
            if random.per_mille(200) {
                self.tenant.add_blob(blob.created(ago(age / 2)).visible_at(late(random, age / 2)));
            }
        }
    }

    fn configure(&self) {
        let mut text = format!("[profiles.contoso]\n{}", self.fake.profile_toml(&self.tenant));
        for (name, kind) in [
            ("entra", "entra_audit"),
            ("sign_ins", "entra_sign_ins"),
            ("intune", "intune_audit"),
            ("office365", "office365_activity"),
        ] {
            text.push_str(&format!("[sources.{name}]\ntype = \"{kind}\"\nprofile = \"contoso\"\n"));
        }
        fs::write(self.place.path().join("aoc.toml"), text).unwrap();
    }

    /// Runs `aoc fetch`, and kills it after a while; how it ended, where it was quicker.
    async fn fetch_for(&self, delay: Duration) -> Option<ExitStatus> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.arg("fetch").current_dir(self.place.path()).env_remove("AOC_LOG");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + delay;
        while Instant::now() < until {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        status.success().then_some(status)
    }

    /// Lets it come to its end, then lets a day pass so that everything settles, and compares.
    async fn complete(&self) {
        self.fetch_until_caught_up().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.fake.clear_faults();
        self.fake.advance(Duration::from_secs(25 * 3_600));
        let before = self.fake.now();
        self.fetch_until_caught_up().await;
        let store = SqliteStore::new(self.place.path().join("aoc.db"));
        let mut stored = BTreeSet::new();
        for event in everything(&store).await {
            assert!(event.event.revision_of.is_none(), "a revision: {}", event.event.id);
            assert!(stored.insert(event.event.id.clone()), "twice: {}", event.event.id);
        }
        let served = self.fake.served_ids(&self.tenant);
        let missing: Vec<_> = served.difference(&stored).take(5).collect();
        let more: Vec<_> = stored.difference(&served).take(5).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{} served, {} stored; missing {missing:?}, too many {more:?}",
            served.len(),
            stored.len()
        );
        self.assert_sealed(&store, before).await;
    }

    async fn assert_sealed(&self, store: &SqliteStore, now: Timestamp) {
        let settled: Timestamp = (now.instant() - TimeDelta::hours(24)).into();
        let notes = store.list("ledger/").await.unwrap();
        assert!(notes.len() > 20, "{} windows", notes.len());
        for note in notes {
            let window: Coverage = serde_json::from_value(note.value).unwrap();
            let is_sealed =
                window.stage == Stage::Sealed || (window.until > settled && window.stage == Stage::Stored);
            assert!(is_sealed, "{}: {window:?}", note.key);
            assert!(window.items.iter().all(|item| item.lost.is_none()), "{window:?}");
        }
    }

    async fn fetch_until_caught_up(&self) {
        for _ in 0..100 {
            let status = self
                .fetch_for(Duration::from_secs(300))
                .await
                .expect("a fetch takes longer than five minutes");
            if status.success() {
                return;
            }
        }
        panic!("does not catch up");
    }
}

fn audit(i: usize, time: Timestamp) -> Value {
    json!({"id": format!("Directory_{i}"), "activityDateTime": time, "activityDisplayName": "Update user",
        "category": "UserManagement", "result": "success",
        "initiatedBy": {"user": {"userPrincipalName": "kim@contoso.com"}},
        "targetResources": [{"id": "t", "displayName": "Lee", "type": "User", "modifiedProperties": []}]})
}

fn sign_in(i: usize, time: Timestamp) -> Value {
    json!({"id": format!("sign-in-{i}"), "createdDateTime": time, "userPrincipalName": "kim@contoso.com",
        "appDisplayName": "Office", "ipAddress": "192.0.2.7", "status": {"errorCode": 0}})
}

fn intune(i: usize, time: Timestamp) -> Value {
    json!({"id": format!("intune-{i}"), "displayName": "Patch MobileApp", "activityDateTime": time,
        "activityType": "Patch", "activityResult": "Success", "category": "Application",
        "actor": {"userPrincipalName": "kim@contoso.com"}, "resources": [{"displayName": "App", "resourceId": "r"}]})
}

fn activity(i: usize, time: Timestamp) -> Value {
    json!({"Id": format!("activity-{i}"), "RecordType": 1, "Operation": "Set-Mailbox", "OrganizationId": TENANT,
        "CreationTime": time.instant().format("%Y-%m-%dT%H:%M:%S").to_string(), "UserType": 2, "UserKey": "k",
        "Workload": "Exchange", "ResultStatus": "True", "UserId": "kim@contoso.com", "ObjectId": "lee"})
}
