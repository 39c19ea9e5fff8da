//! Collects from a Microsoft on this machine, in spite of a throttle and of a late record, and compares with what it served.

use std::{collections::BTreeSet, time::Duration};

use aoc_connectors::{EntraAudit, fake::*, microsoft::Hub};
use aoc_core::{prelude::*, testkit::store::everything};

#[tokio::main]
async fn main() -> Result<()> {
    let fake = FakeMicrosoft::start().await?;
    let contoso = fake.add_tenant(Tenant::new("11111111-2222-4333-8444-555555555555"));
    let now = fake.now();
    let audit = |name: &str| {
        format!(r#"{{"id":"{name}","activityDateTime":"{now}","activityDisplayName":"Add user"}}"#)
    };
    for number in 0..2_500 {
        contoso.add_audit(audit(&format!("audit-{number}")));
    }
    contoso
        .add_audit(Given::from(audit("late")).visible_at((now.instant() + Duration::from_secs(600)).into()));
    let fault = fake.script(Fault::throttled(RetryAfter::Seconds(1)).path("directoryAudits").nth(2));

    let store = MemoryStore::new();
    let source = EntraAudit::new(fake.profile(&contoso)).build_on(&Hub::unlimited())?;
    let running = Pipeline::new(store.clone()).source("entra", source).start();
    for minutes in [0, 15] {
        fake.advance(Duration::from_secs(minutes * 60));
        while let Err(error) = running.fetch_now("entra").await {
            tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_secs(1))).await;
        }
        let stored: BTreeSet<String> =
            everything(&store).await.into_iter().map(|stored| stored.event.id).collect();
        assert!(stored == fake.served_ids(&contoso), "something is missing, or there is too much");
        println!("after {minutes} minutes: {} records, {} fault", stored.len(), fault.hits());
    }
    assert_eq!(fake.offences(), Vec::<String>::new());
    running.stop().await
}
