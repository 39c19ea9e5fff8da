//! The checkup of Graph's logs: what is right, what is not, and what would put it right.

use aoc_connectors::{fake::Settings, microsoft::Hub};
use aoc_core::{Finding, Verdict};

use crate::{
    graph_help::LOGS,
    world::{World, feed},
};

async fn findings(world: &World, source: &str) -> Vec<Finding> {
    feed(&world.fake, &world.tenant, &Hub::unlimited(), source).checkup.unwrap().examine().await
}

/// The findings of a tenant that was changed so, as lines.
async fn lines(source: &str, change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let world = World::new(&[]).await;
    world.tenant.change(change);
    let findings = findings(&world, source).await;
    let line = |one: Finding| {
        format!("{:?} {}: {} | {}", one.verdict, one.subject, one.sentence, one.fix.unwrap_or_default())
    };
    findings.into_iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_healthy_tenant_all_is_fine() {
    for source in LOGS {
        let world = World::new(&[]).await;
        let findings = findings(&world, source).await;
        assert!(
            findings.iter().all(|one| one.verdict == Verdict::Fine && one.fix.is_none()),
            "{findings:#?}"
        );
        let subjects: Vec<&str> = findings.iter().map(|one| one.subject.as_str()).collect();
        let log = if source == "sign_ins" { "interactive_user" } else { "log" };
        assert_eq!(subjects, ["token", "clock", log]);
        assert!(
            findings[0].sentence.contains(world.tenant.id())
                && findings[0].sentence.contains("AuditLog.Read.All")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_with_its_remedy() {
    let without = |role: &'static str| {
        move |settings: &mut Settings| {
            settings.roles.remove(role);
        }
    };
    let found = lines("entra", without("AuditLog.Read.All")).await;
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("Broken permission: the token lacks AuditLog.Read.All | grant")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|line| line.starts_with("Broken log: the application lacks a permission | grant")),
        "{found:#?}"
    );
    let found = lines("sign_ins", without("Directory.Read.All")).await;
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("Broken permission: the token lacks Directory.Read.All | grant")),
        "{found:#?}"
    );
    let found = lines("intune", without("DeviceManagementApps.Read.All")).await;
    let both = "Broken permission: the token lacks DeviceManagementApps.Read.All or DeviceManagementConfiguration.Read.All | grant";
    assert!(found.iter().any(|line| line.starts_with(both)), "{found:#?}");
    let found = lines("sign_ins", |settings| settings.entra_premium = false).await;
    let licence = "Broken interactive_user: the tenant has no Entra ID P1 or P2 licence, which sign-in logs need | get one";
    assert!(found.iter().any(|line| line.starts_with(licence)), "{found:#?}");
    assert_eq!(found.iter().filter(|line| line.starts_with("Broken")).count(), 1);
    let found = lines("entra", |settings| settings.roles.clear()).await;
    assert!(found[0].contains("with no role"), "{found:#?}");
    let found = lines("entra", |settings| settings.apps[0] = settings.apps[0].clone().disabled()).await;
    assert!(found.len() == 1 && found[0].starts_with("Broken token: "), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_told_with_its_side() {
    for (ahead, says) in [(600, "600 seconds behind Microsoft's"), (-600, "600 seconds ahead of Microsoft's")]
    {
        let world = World::new(&[]).await;
        world.fake.set_ahead(ahead);
        let findings = findings(&world, "entra").await;
        let clock = findings.iter().find(|one| one.subject == "clock").unwrap();
        assert_eq!(clock.verdict, Verdict::Doubtful);
        let near = |seconds: i64| says.replacen("600", &seconds.to_string(), 1);
        assert!((599..=601).any(|seconds| clock.sentence.contains(&near(seconds))), "{}", clock.sentence);
        assert!(findings.iter().filter(|one| one.subject != "clock").all(|one| one.verdict == Verdict::Fine));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_tenant_is_told() {
    let world = World::new(&[]).await;
    // A domain that was moved to another tenant would do this; here the fake calls one tenant by the other's id.
    let other = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    world.tenant.change(|settings| settings.domain = other.to_owned());
    let mut account = world.fake.profile(&world.tenant);
    account.tenant_id = other.to_owned();
    let feed = aoc_connectors::EntraAudit::new(account).build_on(&Hub::unlimited()).unwrap();
    let findings = feed.checkup.unwrap().examine().await;
    assert_eq!(findings[0].verdict, Verdict::Broken, "{findings:#?}");
    assert_eq!(findings[0].sentence, format!("the token is of tenant {}, not of {other}", world.tenant.id()));
    assert_eq!(findings[0].fix.as_deref(), Some("correct `tenant_id`"));
}
