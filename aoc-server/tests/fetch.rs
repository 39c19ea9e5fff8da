//! Fetching now: over HTTP, and by `aoc fetch`.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::{prelude::*, testkit::fakes::Numbers};
use aoc_server::{Caller, Operations, ServerConfig, operations::types::FetchNow};
use common::Server;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Brings three new records whenever it is asked, remembers where it was asked to start, and fails or hangs when told to.
#[derive(Clone, Default)]
struct Well {
    asked: Arc<Mutex<Vec<Bookmark>>>,
    next: Arc<AtomicUsize>,
    fails: Arc<AtomicBool>,
    hangs: Arc<AtomicBool>,
}

#[async_trait]
impl Source for Well {
    async fn fetch(&self, from: &Bookmark) -> Result<Page> {
        self.asked.lock().unwrap().push(from.clone());
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(Error::denied("the secret has expired").because(Error::internal("hidden cause")));
        }
        let first = self.next.fetch_add(3, Ordering::SeqCst);
        let records = (first..first + 3).map(Numbers::record).collect();
        Ok(Page { warnings: vec!["a window was cut short".into()], ..Page::new(records, Cursor::of(first)?) })
    }
}

/// Operations over these sources, which have been asked once, and the runtime they live on.
fn operating(sources: &[(&str, &Well)]) -> (Operations, Runtime) {
    let runtime = Runtime::new().unwrap();
    let store = Arc::new(MemoryStore::new());
    let operations = runtime.block_on(async {
        let mut pipeline = Pipeline::over(store.clone()).index(store.clone());
        for (name, well) in sources {
            pipeline = pipeline.source(*name, Feed::new((*well).clone(), Numbers));
        }
        let running = pipeline.start();
        while running.status().sources.values().any(|source| source.last_success.is_none()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Operations::new(store.clone(), store.clone()).with(running)
    });
    (operations, runtime)
}

/// The same behind a server.
fn serving(sources: &[(&str, &Well)], config: &ServerConfig) -> (Server, Runtime) {
    let (operations, runtime) = operating(sources);
    (Server::over(operations, config, Caller::open()), runtime)
}

const PATH: &str = "/api/fetch-audit-logs";

#[test]
fn fetching_says_of_every_source_what_came() {
    let (here, there) = (Well::default(), Well::default());
    let (server, _runtime) = serving(&[("here", &here), ("there", &there)], &ServerConfig::default());
    here.next.store(100, Ordering::SeqCst);
    there.fails.store(true, Ordering::SeqCst);
    for method in ["GET", "POST"] {
        let first = here.asked.lock().unwrap().len();
        let answer = server.request(method, PATH, &[]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(
            (&answer["count"], &answer["revised"], &answer["unreadable"]),
            (&json!(3), &json!(0), &json!(0))
        );
        assert_eq!(
            answer["sources"]["here"],
            json!({"fetched": 3, "new": 3, "revised": 0, "duplicates": 0, "unreadable": 0, "error": null})
        );
        assert_eq!(answer["sources"]["there"]["error"], "the secret has expired", "and not why");
        assert_eq!(answer["warnings"], json!(["here: a window was cut short"]));
        let asked = here.asked.lock().unwrap();
        assert!(matches!(asked[first..], [Bookmark::At(_)]), "since the watermark: {asked:?}");
    }
}

#[test]
fn hours_and_a_source_can_be_chosen() {
    let (here, there) = (Well::default(), Well::default());
    let (server, _runtime) = serving(&[("here", &here), ("there", &there)], &ServerConfig::default());
    let answer = server.get(&format!("{PATH}?hours=48&source=here")).json();
    assert_eq!(answer["sources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["here"]);
    let asked = here.asked.lock().unwrap();
    let Some(Bookmark::Since(since)) = asked.last() else { panic!("{asked:?}") };
    let ago = chrono::Utc::now() - since.instant();
    assert!((48 * 3_600..48 * 3_600 + 60).contains(&ago.num_seconds()), "{since}");
    assert_eq!(there.asked.lock().unwrap().len(), 1, "only at the start");
}

#[test]
fn what_makes_no_sense_is_a_400_that_names_it() {
    let (server, _runtime) = serving(&[("here", &Well::default())], &ServerConfig::default());
    for (query, expected) in [
        ("hours=0", "hours: 0 is not between 1 and 720"),
        ("hours=721", "hours: 721 is not between 1 and 720"),
        ("hours=-1", "hours: not a whole number: `-1`"),
        ("hours=1&hours=2", "hours: given more than once"),
        ("source=ther", "source: no source `ther`; there are: here"),
        ("hour=1", "unknown parameter `hour`; did you mean `hours`?; there are: hours, source"),
    ] {
        let answer = server.get(&format!("{PATH}?{query}"));
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (400, Some(expected)));
    }
    for method in ["HEAD", "PUT", "DELETE"] {
        let answer = server.request(method, PATH, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    let body = json!({"hours": 24}).to_string();
    let answer = ureq::post(format!("http://{}{PATH}", server.address))
        .config()
        .http_status_as_error(false)
        .build()
        .send(&body);
    let mut answer = answer.unwrap();
    let said = answer.body_mut().read_to_string().unwrap();
    assert!(
        answer.status() == 400 && said.contains("give `hours` and `source` as query parameters"),
        "{said}"
    );
}

#[test]
fn where_nothing_runs_nothing_can_be_fetched() {
    assert_eq!(Server::with_events(1).get(PATH).status, 503);
    let (server, _runtime) = serving(&[], &ServerConfig::default());
    assert_eq!(server.get(PATH).json()["warnings"], json!(["no source is configured"]));
}

#[test]
fn a_page_of_another_site_cannot_have_us_fetch() {
    let well = Well::default();
    let config =
        ServerConfig { cors_origins: vec!["https://portal.example".into()], ..ServerConfig::default() };
    let (server, _runtime) = serving(&[("here", &well)], &config);
    let evil = ("origin", "https://evil.example");
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), evil],
        &[evil],
    ] {
        for method in ["GET", "POST"] {
            assert_eq!(server.request(method, PATH, headers).status, 403, "{method} {headers:?}");
        }
    }
    assert_eq!(well.asked.lock().unwrap().len(), 1, "only at the start");
    let portal = [("sec-fetch-site", "cross-site"), ("origin", "https://portal.example")];
    assert_eq!(server.request("POST", PATH, &portal).status, 200);
    assert_eq!(server.request("GET", PATH, &[("sec-fetch-site", "same-origin")]).status, 200);
}

#[test]
fn what_takes_too_long_goes_on_and_stopping_does_not_wait_for_it() {
    let (quick, slow) = (Well::default(), Well::default());
    let (operations, runtime) = operating(&[("quick", &quick), ("slow", &slow)]);
    slow.hangs.store(true, Ordering::SeqCst);
    let patience = Duration::from_millis(300);
    let report =
        runtime.block_on(operations.fetch(&Caller::local(), &FetchNow::default(), patience)).unwrap();
    assert_eq!((report.count, report.sources["quick"].new, report.sources["slow"].new), (3, 3, 0));
    assert!(
        report.warnings.contains(&"slow: still fetching; the counts are those so far".to_owned()),
        "{report:?}"
    );
    assert_eq!(slow.asked.lock().unwrap().len(), 2);
    let stopping = Instant::now();
    runtime.block_on(operations.stop()).unwrap();
    assert!(stopping.elapsed() < Duration::from_secs(2), "a fetch that hangs is cut off");
}

// The command.

fn aoc(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    aoc(folder, arguments).output().unwrap()
}

/// A folder with a source of so many records, invented.
fn folder(records: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let record = |number: usize| {
        let record = json!({
            "id": format!("Directory_{number}"),
            "category": "UserManagement",
            "result": "success",
            "activityDisplayName": "Update user",
            "activityDateTime": "2026-03-03T09:00:00Z",
            "initiatedBy": {"user": {"id": "u1", "userPrincipalName": "ada@contoso.example"}},
            "targetResources": [],
        });
        format!("{record}\n")
    };
    fs::write(folder.path().join("drop.ndjson"), (0..records).map(record).collect::<String>()).unwrap();
    fs::write(folder.path().join("aoc.toml"), "[sources.drop]\ntype = \"jsonl\"\npath = \"drop.ndjson\"\n")
        .unwrap();
    folder
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn aoc_fetch_fetches_once_and_goes_on_where_it_ended() {
    let folder = folder(7);
    let first = report(&run(folder.path(), &["fetch", "--format", "json"]));
    assert_eq!((&first["count"], &first["sources"]["drop"]["fetched"]), (&json!(7), &json!(7)));
    assert_eq!((&first["sources"]["drop"]["error"], &first["warnings"]), (&Value::Null, &json!([])));
    let again = report(&run(folder.path(), &["fetch", "--format", "json"]));
    assert_eq!((&again["count"], &again["sources"]["drop"]["fetched"]), (&json!(0), &json!(0)));
    let back = report(&run(folder.path(), &["fetch", "--since", "2026-01-01", "--format", "json"]));
    assert_eq!((&back["count"], &back["sources"]["drop"]["duplicates"]), (&json!(0), &json!(7)));
    let shown = run(folder.path(), &["fetch", "--source", "drop"]);
    assert_eq!(
        String::from_utf8(shown.stdout).unwrap(),
        "SOURCE      FETCHED  NEW  DUPLICATE  REVISED  UNREADABLE\ndrop    ok        0    0          0        0           0\n"
    );
    let found = run(folder.path(), &["search", "--format", "json"]);
    assert_eq!(String::from_utf8(found.stdout).unwrap().lines().count(), 7, "the index knows them, too");
}

#[test]
fn aoc_fetch_says_what_is_wrong() {
    let folder = folder(1);
    let failed = |arguments: &[&str], code: i32, expected: &str| {
        let output = run(folder.path(), arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && error.contains(expected), "{arguments:?}: {error}");
    };
    failed(&["fetch", "--source", "dorp"], 1, "--source: no source `dorp`; there are: drop");
    failed(&["fetch", "--since", "soon"], 2, "neither a length of time such as 24h");
    failed(&["fetch", "--patience", "long"], 2, "not a length of time");
    fs::remove_file(folder.path().join("drop.ndjson")).unwrap();
    fs::create_dir(folder.path().join("drop.ndjson")).unwrap();
    failed(
        &["fetch", "--patience", "1s"],
        1,
        "error: drop: the file cannot be read: drop.ndjson: Is a directory",
    );
    fs::remove_file(folder.path().join("aoc.toml")).unwrap();
    failed(&["fetch"], 2, "no source is configured");
}

#[test]
fn aoc_fetch_can_be_stopped() {
    let folder = folder(1);
    fs::remove_file(folder.path().join("drop.ndjson")).unwrap();
    fs::create_dir(folder.path().join("drop.ndjson")).unwrap();
    let child = aoc(folder.path(), &["fetch", "--patience", "1h", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let stopping = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(stopping.elapsed() < Duration::from_secs(5));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["sources"]["drop"]["error"].is_string(), "what came so far is told: {report}");
}

#[test]
fn aoc_fetch_does_not_write_beside_a_server() {
    let folder = folder(1);
    let mut server = aoc(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let mut server = server.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("listening")));
    let output = run(folder.path(), &["fetch"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1), "{error}");
    assert!(error.contains("is writing to this database; stop it first, or use its API"), "{error}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn the_account_of_the_original_s_environment_is_three_sources() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |variables: &[(&str, &str)]| -> String {
        let output =
            aoc(folder.path(), &["check", "--format", "json"]).envs(variables.iter().copied()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let check = |variables: &[(&str, &str)]| -> Vec<String> {
        let text = printed(variables);
        let parts = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        parts
            .map(|part| part["part"].as_str().unwrap().to_owned())
            .filter(|part| part.starts_with("sources"))
            .collect()
    };
    let tenant = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    let account = [("TENANT_ID", tenant), ("CLIENT_ID", "11111111-2222-4333-8444-555555555555")];
    let whole = [&account[..], &[("CLIENT_SECRET", "invented"), ("FETCH_INTERVAL_MINUTES", "10")]].concat();
    assert_eq!(check(&whole), ["sources.entra", "sources.intune", "sources.office365"]);
    assert!(check(&account).is_empty());
    let half = "TENANT_ID and CLIENT_ID are set, CLIENT_SECRET is not";
    assert!(printed(&account).contains(half), "{}", printed(&account));
    let fetched = aoc(folder.path(), &["fetch"]).envs(account).output().unwrap().stderr;
    assert!(String::from_utf8(fetched).unwrap().contains(half));
    let wrong = [&[("TENANT_ID", "contoso.onmicrosoft.com")], &whole[1..]].concat();
    let of_variable = "(this value is that of the variable TENANT_ID)";
    assert!(printed(&wrong).contains(of_variable), "{}", printed(&wrong));
    let fetched = aoc(folder.path(), &["fetch"]).envs(wrong).output().unwrap().stderr;
    assert!(String::from_utf8(fetched).unwrap().contains(of_variable));
    let webhook = [&whole[..], &[("WEBHOOK_CLIENT_SECRET", "invented")]].concat();
    assert!(printed(&webhook).contains("WEBHOOK_CLIENT_SECRET does nothing"));
}
