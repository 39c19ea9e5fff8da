//! A fake tenant with records of all four sources, for tests that kill whoever collects them.

use aoc_connectors::{
    FakeMicrosoft,
    fake::{Blob, Fault, Given, Reply, Tenant},
};
use aoc_core::{Timestamp, testkit::random::Random};
use chrono::TimeDelta;
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const CONTENTS: [&str; 4] =
    ["Audit.Exchange", "Audit.SharePoint", "Audit.General", "Audit.AzureActiveDirectory"];

pub(crate) struct Served {
    pub(crate) fake: FakeMicrosoft,
    pub(crate) tenant: Tenant,
    /// For so many seconds from now on more becomes visible.
    seconds: usize,
}

impl Served {
    /// So many records; some become visible within so many seconds, and a few of the answers are errors.
    pub(crate) async fn new(random: &mut Random, records: usize, seconds: usize) -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        let served = Self { fake, tenant, seconds };
        served.fill(random, records / 4);
        let seed = random.below(1 << 30) as u64;
        let failing = Fault::answer(Reply::text(500, "text/html", "<html>Server Error</html>"));
        served.fake.script(failing.when(|seen| !seen.path.contains("/oauth2/")).chance(10, seed));
        served
            .fake
            .script(Fault::cut(2_000).when(|seen| !seen.path.contains("/oauth2/")).chance(10, seed + 1));
        served
    }

    /// So many records of each source; some become visible while they are collected, some blobs come twice.
    fn fill(&self, random: &mut Random, each: usize) {
        let ago =
            |minutes: i64| -> Timestamp { (self.fake.now().instant() - TimeDelta::minutes(minutes)).into() };
        let minutes = |random: &mut Random| 1 + random.below(5 * 24 * 60) as i64;
        // What is older than a day is there; windows that old are read once.
        let late = |random: &mut Random, age: i64| -> Timestamp {
            let seconds = if age < 20 * 60 && random.per_mille(if self.seconds > 20 { 900 } else { 300 }) {
                random.below(self.seconds)
            } else {
                0
            };
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

    /// The profile and the sources, as TOML.
    pub(crate) fn toml(&self) -> String {
        let mut text = format!("[profiles.contoso]\n{}", self.fake.profile_toml(&self.tenant));
        for (name, kind) in [
            ("entra", "entra_audit"),
            ("sign_ins", "entra_sign_ins"),
            ("intune", "intune_audit"),
            ("office365", "office365_activity"),
        ] {
            text.push_str(&format!("[sources.{name}]\ntype = \"{kind}\"\nprofile = \"contoso\"\n"));
        }
        text
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
