//! Why it works or does not, in one sentence.

use aoc_core::{Finding, Verdict};

use crate::office365::{EXCHANGE, Office};

async fn examine(office: &Office) -> Vec<Finding> {
    office.feed().checkup.unwrap().examine().await
}

async fn of_content(office: &Office) -> Finding {
    let findings = examine(office).await;
    findings.into_iter().find(|finding| finding.subject == EXCHANGE).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_tenant_is_fine_in_every_respect() {
    let office = Office::new().await;
    office.fill(3);
    let findings = examine(&office).await;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Fine), "{findings:#?}");
    assert!(of_content(&office).await.sentence.contains("3 content blobs"));
    assert_eq!(office.fake.count("/subscriptions/start"), 0, "it changes nothing");
    assert_eq!(office.fake.offences(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_missing_or_disabled_or_brings_nothing_is_told() {
    let office = Office::of(&[EXCHANGE]).await;
    let missing = of_content(&office).await;
    assert!(
        missing.verdict == Verdict::Doubtful && missing.sentence.contains("no subscription"),
        "{missing:?}"
    );
    office.tenant.subscribe(EXCHANGE);
    let silent = of_content(&office).await;
    assert!(silent.verdict == Verdict::Doubtful && silent.sentence.contains("within a day"), "{silent:?}");
    assert!(silent.fix.unwrap().contains("Purview"));
    office.tenant.disable_subscription(EXCHANGE);
    let disabled = of_content(&office).await;
    assert!(disabled.verdict == Verdict::Broken && disabled.sentence.contains("disabled"), "{disabled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn auditing_that_is_off_and_a_permission_that_is_missing_are_told() {
    let mut office = Office::new().await;
    office.tenant.change(|settings| settings.audit_enabled = false);
    let off = of_content(&office).await;
    assert!(off.verdict == Verdict::Broken && off.sentence.contains("audit"), "{off:?}");
    assert!(off.fix.unwrap().contains("Purview"));
    office.tenant.change(|settings| {
        settings.audit_enabled = true;
        settings.roles.remove("ActivityFeed.Read");
    });
    // New roles come with a new token.
    office.restart();
    let findings = examine(&office).await;
    let permission = findings.iter().find(|finding| finding.subject == "permission").unwrap();
    assert!(permission.sentence.contains("ActivityFeed.Read"), "{permission:?}");
}
