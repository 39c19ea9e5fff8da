//! `aoc doctor`, against a fake Microsoft: for each cause the sentence, what would put it right, and the exit code.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use aoc_connectors::{
    FakeMicrosoft,
    fake::{App, Blob, CLIENT_SECRET, Fault, ROLES, Tenant},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tempfile::TempDir;

const TENANT: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const OTHER: &str = "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const CONTENTS: [&str; 4] =
    ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General"];

/// A tenant where all is well, and a folder with a configuration that reads it.
struct Practice {
    fake: FakeMicrosoft,
    tenant: Tenant,
    place: TempDir,
}

/// What was found, and how the program ended.
struct Diagnosis {
    exit: i32,
    lines: Vec<Value>,
}

impl Practice {
    async fn new() -> Self {
        let fake = FakeMicrosoft::start().await.unwrap();
        let tenant = fake.add_tenant(Tenant::new(TENANT));
        let practice = Self { fake, tenant, place: tempfile::tempdir().unwrap() };
        for content in CONTENTS {
            practice.tenant.subscribe(content);
            let an_hour_ago = practice.fake.now().instant() - TimeDelta::hours(1);
            let record =
                json!({"Id": content, "CreationTime": "2026-01-05T09:00:00", "Operation": "Set-Mailbox"});
            practice.tenant.add_blob(Blob::new(content, [record]).created(an_hour_ago.into()));
        }
        practice.configure("", "");
        practice
    }

    /// The fake's profile, but for this key.
    fn configure(&self, key: &str, value: &str) {
        let mut text = "[profiles.contoso]\n".to_owned();
        for line in self.fake.profile_toml(&self.tenant).lines() {
            match line.split_once(" = ") {
                Some((name, _)) if name == key => text.push_str(&format!("{key} = {value:?}\n")),
                _ => text.push_str(&format!("{line}\n")),
            }
        }
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

    fn aoc(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.arg("doctor").args(arguments).current_dir(self.place.path()).env_clear();
        command.output().unwrap()
    }

    /// `aoc doctor --source NAME --format json`.
    fn examine(&self, source: &str) -> Diagnosis {
        let output = self.aoc(&["--source", source, "--format", "json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!lines.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(lines.iter().all(|line| line["source"] == source), "{text}");
        for line in &lines {
            for part in [&line["sentence"], &line["fix"]] {
                let part = part.as_str().unwrap_or_default().replace("Microsoft", "microsoft");
                assert!(!part.ends_with('.') && !part.starts_with(char::is_uppercase), "{part}");
            }
            let is_fine = line["verdict"] == "fine";
            assert_eq!(line["fix"].is_null(), is_fine, "what is not fine has a fix: {line}");
        }
        Diagnosis { exit: output.status.code().unwrap(), lines }
    }
}

impl Diagnosis {
    /// Exactly one line is about this, and it says so.
    #[track_caller]
    fn says(&self, subject: &str, verdict: &str, sentence: &str, fix: &str) -> &Self {
        let about: Vec<&Value> = self.lines.iter().filter(|line| line["subject"] == subject).collect();
        assert_eq!(about.len(), 1, "{subject}: {:#?}", self.lines);
        let text = |key: &str| about[0][key].as_str().unwrap_or_default();
        assert_eq!((text("verdict"), text("sentence"), text("fix")), (verdict, sentence, fix));
        self
    }

    #[track_caller]
    fn exits(&self, exit: i32) -> &Self {
        assert_eq!(self.exit, exit, "{:#?}", self.lines);
        self
    }

    /// How many lines have this verdict.
    fn count(&self, verdict: &str) -> usize {
        self.lines.iter().filter(|line| line["verdict"] == verdict).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_it_says_so_of_each_source() {
    let practice = Practice::new().await;
    let mut roles = ROLES.to_vec();
    roles.sort_unstable();
    let signed_in = format!("signed in to tenant {TENANT} with {}", roles.join(", "));
    for (source, log) in [("entra", "log"), ("sign_ins", "interactive_user"), ("intune", "log")] {
        let found = practice.examine(source);
        found.exits(0).says("token", "fine", &signed_in, "");
        found.says("clock", "fine", "this machine's clock agrees with Microsoft's", "");
        found.says(log, "fine", "the log can be read", "");
    }
    let found = practice.examine("office365");
    found.exits(0).says("token", "fine", &signed_in, "");
    for content in CONTENTS {
        found.says(content, "fine", "subscribed; 1 content blob within a day", "");
    }
    assert_eq!(practice.fake.offences(), Vec::<String>::new());
    assert_eq!(practice.fake.count("subscriptions/start"), 0, "a checkup changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_for_people_has_a_line_for_each_thing_looked_at() {
    let practice = Practice::new().await;
    practice.tenant.change(|settings| settings.entra_premium = false);
    let output = practice.aoc(&["--source", "sign_ins", "--source", "intune"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split("  ").collect()).collect();
    let rows: Vec<Vec<&str>> = rows
        .into_iter()
        .map(|row| row.into_iter().map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(rows[0], ["SOURCE", "LOOKED AT", "FOUND"]);
    let of = |source: &str| rows.iter().filter(|row| row[0] == source).map(|row| row[2]).collect::<Vec<_>>();
    assert_eq!(of("intune"), ["ok", "ok", "ok"], "{text}");
    assert_eq!(of("sign_ins"), ["ok", "ok", "broken"], "{text}");
    assert!(!text.contains("entra ") && !text.contains(CLIENT_SECRET), "{text}");
    assert!(text.contains("which sign-in logs need; get one, or remove this source\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_not_there_is_named_beside_those_that_are() {
    let practice = Practice::new().await;
    let output = practice.aoc(&["--source", "exchange"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "error: no source `exchange`; there are: entra, intune, office365, sign_ins\n");
    let asked = practice.fake.count("oauth2");
    let output = practice.aoc(&["--format", "csv"]);
    assert_eq!((output.status.code(), practice.fake.count("oauth2")), (Some(1), asked), "nobody is asked");
    let found = practice.aoc(&["--source", "office365/Audit.Exchange", "--format", "json"]).stdout;
    let found = String::from_utf8(found).unwrap();
    assert!(found.lines().count() > 4 && found.lines().all(|line| line.contains(r#""source":"office365""#)));
    assert_eq!(practice.aoc(&["--source", "office365/Audit.Else"]).status.code(), Some(1));
    fs::write(practice.place.path().join("aoc.toml"), "").unwrap();
    let output = practice.aoc(&["--source", "x"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("docs/guide/connect-your-tenant.md"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_without_consent() {
    let practice = Practice::new().await;
    practice.tenant.change(|settings| settings.roles = ["User.Read.All".to_owned()].into());
    let fix = |names: &str| {
        format!(
            "grant the application permission {names} in the app registration, give admin consent, and wait for the next \
             token (up to 90 minutes, or restart)"
        )
    };
    let found = practice.examine("entra");
    let lacks = "the token lacks AuditLog.Read.All";
    found.exits(3).says("permission", "broken", lacks, &fix("AuditLog.Read.All"));
    let log = "the application lacks a permission";
    found.says("log", "broken", log, "grant the permission that the token lacks");
    let found = practice.examine("sign_ins");
    let lacking = found.lines.iter().filter(|line| line["subject"] == "permission");
    let lacking: Vec<&str> = lacking.map(|line| line["sentence"].as_str().unwrap()).collect();
    assert_eq!(lacking, ["the token lacks AuditLog.Read.All", "the token lacks Directory.Read.All"]);
    let found = practice.examine("intune");
    let names = "DeviceManagementApps.Read.All or DeviceManagementConfiguration.Read.All";
    found.exits(3).says("permission", "broken", &format!("the token lacks {names}"), &fix(names));
    practice.tenant.change(|settings| settings.roles.clear());
    let found = practice.examine("office365");
    let signed_in = format!("signed in to tenant {TENANT} with no role");
    found.exits(3).says("token", "fine", &signed_in, "");
    let lacks = "the token lacks ActivityFeed.Read";
    found.says("permission", "broken", lacks, &fix("ActivityFeed.Read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_the_licence_for_sign_ins_or_intune() {
    let practice = Practice::new().await;
    practice.tenant.change(|settings| (settings.entra_premium, settings.intune) = (false, false));
    practice.examine("sign_ins").exits(3).says(
        "interactive_user",
        "broken",
        "the tenant has no Entra ID P1 or P2 licence, which sign-in logs need",
        "get one, or remove this source",
    );
    practice.examine("entra").exits(0);
    let found = practice.examine("intune");
    assert_eq!((found.exit, found.count("broken")), (3, 1));
    let log = found.lines.iter().find(|line| line["subject"] == "log").unwrap();
    assert!(log["sentence"].as_str().unwrap().contains("no Intune licence"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn auditing_is_switched_off() {
    let practice = Practice::new().await;
    practice.tenant.change(|settings| settings.audit_enabled = false);
    let found = practice.examine("office365");
    for content in CONTENTS {
        let sentence = "the tenant is not set up for auditing (AF20012)";
        let fix = "switch on unified auditing in the Purview portal";
        found.exits(3).says(content, "broken", sentence, fix);
    }
    practice.examine("entra").exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_disabled_or_not_there_or_brings_nothing() {
    let practice = Practice::new().await;
    practice.tenant.disable_subscription("Audit.Exchange");
    let found = practice.examine("office365");
    let fix = "enable unified auditing in the Purview portal; the next fetch starts the subscription again";
    found.exits(3).says("Audit.Exchange", "broken", "the subscription is disabled", fix);
    assert_eq!(found.count("broken"), 1);

    let fresh = Practice { tenant: practice.fake.add_tenant(Tenant::new(OTHER)), ..Practice::new().await };
    let fresh = Practice { fake: practice.fake.clone(), ..fresh };
    fresh.tenant.subscribe("Audit.SharePoint");
    fresh.configure("", "");
    let found = fresh.examine("office365");
    let sentence = "there is no subscription for this content yet";
    let fix = "nothing is to be done: the first fetch starts it; the first content may take up to 12 hours";
    found.exits(0).says("Audit.Exchange", "doubtful", sentence, fix);
    let sentence = "subscribed, but nothing became available within a day";
    let fix = "check that unified auditing is on in the Purview portal, if something should have happened";
    found.says("Audit.SharePoint", "doubtful", sentence, fix);
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machines_clock_is_wrong() {
    for (ahead, side) in [(900_i64, "behind"), (-900, "ahead of")] {
        let practice = Practice::new().await;
        practice.fake.set_ahead(ahead);
        let found = practice.examine("entra");
        let clock = found.lines.iter().find(|line| line["subject"] == "clock").unwrap();
        let sentence = clock["sentence"].as_str().unwrap();
        let seconds: i64 = sentence.split(' ').find_map(|word| word.parse().ok()).unwrap();
        assert!((seconds - 900).abs() < 30, "{sentence}");
        let expected = format!("this machine's clock is {seconds} seconds {side} Microsoft's");
        let fix = "synchronise it (NTP); windows are cut by Microsoft's clock, so nothing is lost";
        found.exits(0).says("clock", "doubtful", &expected, fix);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_wrong_or_has_expired() {
    let practice = Practice::new().await;
    practice.configure("client_secret", "00000000-the-id-of-the-secret");
    let sentence = "the client secret is wrong (AADSTS7000215)";
    let fix = "give the secret's value, not its id, in `client_secret`";
    for source in ["entra", "office365"] {
        let found = practice.examine(source);
        found.exits(3).says("token", "broken", sentence, fix);
        assert_eq!(found.lines.len(), 1, "without a token nothing else can be looked at");
    }
    let until = practice.fake.now();
    let app = App::new("11111111-2222-4333-8444-555555555555").secret_until("old", until);
    practice.tenant.change(|settings| settings.apps = vec![app]);
    practice.fake.advance(Duration::from_secs(1));
    practice.configure("", "");
    let sentence = "the client secret has expired (AADSTS7000222)";
    let fix = "make a new one in the app registration and give it in `client_secret`";
    practice.examine("entra").exits(3).says("token", "broken", sentence, fix);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_the_certificate_is_missing_or_holds_something_else() {
    let practice = Practice::new().await;
    let path = practice.place.path().join("aoc.toml");
    let text = fs::read_to_string(&path).unwrap().replace("client_secret = ", "certificate = \"app.pem\" # ");
    fs::write(&path, text).unwrap();
    let fix = "see that the file is there, and that AOC may read it";
    practice.examine("entra").exits(3).says("token", "broken", "certificate: cannot read the file", fix);
    let file = practice.place.path().join("app.pem");
    fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let sentence = "certificate: holds no private key";
    practice.examine("entra").exits(3).says(
        "token",
        "broken",
        sentence,
        "put certificate and key into one PEM file",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_tells_the_time() {
    let practice = Practice::new().await;
    let undated = Fault::edit(|_, reply| *reply = reply.clone().header("date", "one of these days"));
    practice.fake.script(undated.always());
    let sentence = "Microsoft's clock could not be read, as no answer came with a date";
    let fix = "see that this machine's clock is right (NTP)";
    practice.examine("entra").exits(0).says("clock", "doubtful", sentence, fix);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_another_one() {
    let practice = Practice::new().await;
    let other = practice.fake.add_tenant(Tenant::new(OTHER));
    other.change(|settings| settings.apps = vec![App::new("99999999-2222-4333-8444-555555555555")]);
    practice.configure("tenant_id", OTHER);
    practice.examine("entra").exits(3).says(
        "token",
        "broken",
        "the application is not known in this tenant (AADSTS700016)",
        "check `tenant_id`, `client_id` and `cloud`, and give admin consent in the tenant",
    );
    practice.configure("tenant_id", "contoso.onmicrosoft.com");
    let output = practice.aoc(&["--source", "office365"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let sentence = "tenant_id: Office 365 activity needs the tenant's id";
    assert!(output.status.code() == Some(3) && said.contains(sentence), "{said}");
    let all = String::from_utf8(practice.aoc(&[]).stdout).unwrap();
    for source in ["entra", "intune", "office365", "sign_ins"] {
        assert!(all.lines().any(|line| line.starts_with(source)), "it hides no other: {all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_of_another_cloud() {
    let practice = Practice::new().await;
    practice.configure("tenant_id", OTHER);
    let sentence = "there is no such tenant in this cloud (AADSTS90002)";
    let fix = "check `tenant_id` and `cloud`";
    practice.examine("intune").exits(3).says("token", "broken", sentence, fix);
    practice.configure("", "");
    practice.fake.script(Fault::login_error(400, "invalid_request", 900_432).always());
    let sentence = "the tenant or the application is of another cloud (AADSTS900432)";
    let fix = "check `cloud` and `tenant_id`";
    practice.examine("intune").exits(3).says("token", "broken", sentence, fix);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_cannot_be_reached() {
    let practice = Practice::new().await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, sentence) = (format!("http://{nobody}"), format!("{nobody} cannot be reached"));
    let fix = "look whether this machine reaches it (network, proxy, `cloud` and the URLs), and try again";
    practice.configure("login_url", &url);
    practice.examine("entra").exits(3).says("token", "broken", &sentence, fix);
    practice.configure("graph_url", &url);
    let output = practice.aoc(&["--source", "entra", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    // A token is for an address; of one that nobody knows there is none.
    assert!(String::from_utf8(output.stdout).unwrap().contains("AADSTS500011"));
    practice.configure("", "");
    practice.fake.script(Fault::drop_connection().path("directoryAudits").always());
    let host = practice.fake.url().replace("http://", "");
    let sentence = format!("{host} broke off the connection");
    practice.examine("entra").exits(3).says("log", "broken", &sentence, fix);
}

/// All Rust text below a folder, its broken lines joined.
fn code(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => code(&path),
        false => fs::read_to_string(&path).unwrap(),
    });
    let lines: String = texts.collect::<Vec<_>>().join("\n");
    lines.split("\\\n").map(str::trim_start).collect()
}

#[test]
fn the_guide_quotes_only_what_is_said() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let guide = fs::read_to_string(root.join("docs/guide/connect-your-tenant.md")).unwrap();
    let said = code(&root.join("aoc-connectors/src/microsoft"));
    let table = guide.split("## What a refusal means").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let quoted: Vec<&str> = rows.skip(1).map(|cell| cell.split(['…', '(']).next().unwrap().trim()).collect();
    assert!(quoted.len() > 20, "{quoted:?}");
    let invented: Vec<&&str> = quoted.iter().filter(|sentence| !said.contains(**sentence)).collect();
    assert!(invented.is_empty(), "nobody says {invented:#?}");
}
