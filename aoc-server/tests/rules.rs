//! Alert rules: files, stored ones and the pack together; over HTTP and on the command line.

#![allow(clippy::unwrap_used, reason = "tests end there")]

mod common;
#[path = "rules/limits.rs"]
mod limits;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use aoc_core::{
    MemoryStore, Pipeline,
    config::Span,
    pipeline::State,
    store::{EventLog, Note, Notebook},
};
use aoc_server::{Caller, Operations, ServerConfig, config::AlertsConfig, rules::Keeper};
use common::{Server, event, events};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

// Over HTTP.

fn rule(name: &str) -> Value {
    json!({"name": name, "severity": "high", "filter": {"service": "UserManagement"}})
}

fn create(server: &Server, rule: &Value) -> Value {
    let answer = server.send("POST", "/api/rules", rule);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

#[test]
fn a_rule_is_created_read_replaced_and_deleted() {
    let server = Server::with_events(3);
    let created = create(&server, &rule("Somebody's role"));
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("somebody-s-role-"), "{id}");
    assert_eq!((&created["origin"], &created["editable"]), (&json!("stored"), &json!(true)));
    let path = format!("/api/rules/{id}");
    let mut changed = server.get(&path).json();
    assert_eq!(changed, created);
    changed["severity"] = "low".into();
    let answer = server.send("PUT", &path, &changed);
    assert_eq!((answer.status, &answer.json()["severity"]), (200, &json!("low")), "{}", answer.body);
    let list = server.get("/api/rules").json();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["refused"]), (1, &json!([])));
    assert_eq!(server.request("DELETE", &path, &[]).status, 204);
    assert_eq!(server.get(&path).status, 404);
    assert_eq!(server.send("PUT", &path, &rule("x")).status, 404);
}

#[test]
fn every_change_of_a_rule_is_an_event() {
    let server = Server::with_events(0);
    let created = create(&server, &json!({"id": "mine", "name": "Mine"}));
    assert_eq!(server.send("PUT", "/api/rules/mine", &json!({"name": "Ours"})).status, 200);
    assert_eq!(server.request("DELETE", "/api/rules/mine", &[]).status, 204);
    let told = server.all("source=aoc", 50);
    let told: Vec<(&str, &str, &str)> = told
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap();
            (text("service"), text("operation"), text("actor_display"))
        })
        .collect();
    let by = |operation| ("AOCAudit", operation, "anonymous");
    assert_eq!(told, ["Delete alert rule", "Update alert rule", "Create alert rule"].map(by));
    let update = &server.all("operation=Update+alert+rule", 50)[0];
    assert_eq!(
        (&update["raw"]["before"]["name"], &update["raw"]["after"]["name"]),
        (&json!("Mine"), &json!("Ours"))
    );
    assert_eq!(created["id"], "mine");
}

#[test]
fn what_is_wrong_with_a_rule_is_named() {
    let server = Server::with_events(1);
    create(&server, &json!({"id": "taken", "name": "Taken"}));
    for (body, expected) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "x", "severty": "high"}), "severty: unknown field `severty`"),
        (json!({"name": "x", "severity": "worst"}), "severity: "),
        (json!({"name": "x", "filter": {"servce": "y"}}), "filter.servce: "),
        (
            json!({"name": "x", "conditions": [{"field": "nonsense", "op": "equals", "value": "y"}]}),
            "conditions[0].field",
        ),
        (
            json!({"name": "x", "conditions": [{"field": "actor", "op": "is", "value": "y"}]}),
            "conditions[0].op",
        ),
        (json!({"id": "a b", "name": "x"}), "id: "),
        (json!({"id": "schema", "name": "x"}), "id: "),
        (json!({"id": "taken", "name": "x"}), "id: there is a rule `taken`"),
        (json!([]), "the body is no JSON object"),
    ] {
        let answer = server.send("POST", "/api/rules", &body);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!((answer.status, detail.starts_with(expected)), (400, true), "{body}: {detail}");
    }
    let broken = server.exchange("POST", "/api/rules", &[], "{\"name\":");
    assert!(broken.status == 400 && broken.json()["detail"].as_str().unwrap().contains("no JSON"));
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(server.exchange("POST", "/api/rules", &[], &large).status, 413);
    let other = server.send("PUT", "/api/rules/taken", &json!({"id": "else", "name": "x"}));
    assert!(other.json()["detail"].as_str().unwrap().starts_with("id: "), "{}", other.body);
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let server = Server::with_events(1);
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
        ("content-type", "text/plain"),
    ];
    for (method, path) in
        [("POST", "/api/rules"), ("DELETE", "/api/rules/x"), ("POST", "/api/sinks/x/replay")]
    {
        let answer = server.exchange(method, path, &headers, &rule("x").to_string());
        assert_eq!(answer.status, 403, "{method} {path}");
    }
    assert_eq!(server.get("/api/rules").json()["items"], json!([]));
}

#[test]
fn a_backtest_tells_what_a_rule_would_have_found() {
    let server = Server::with_events(30);
    let request = json!({"rule": rule("x"), "start": "2026-03-02T00:00:00Z"});
    let answer = server.send("POST", "/api/rules/backtest", &request);
    let report = answer.json();
    assert_eq!((&report["looked_at"], &report["complete"]), (&json!(30), &json!(true)), "{}", answer.body);
    assert!(report["results"][0]["report"].to_string().contains("10"), "{report}");
    let text = "id: t\nname: T\nconditions:\n  - {field: raw.note, op: equals, value: needle-7}\n";
    let found = server
        .send("POST", "/api/rules/backtest", &json!({"text": text, "start": "2026-03-02T00:00:00Z"}))
        .json();
    assert!(found["results"][0]["report"].to_string().contains("event-7"), "{found}");
    for (body, expected) in [
        (json!({}), "expected one of `id`, `rule` and `text`"),
        (json!({"id": "none"}), "no rule of this id"),
        (json!({"id": "x", "days": 0}), "days: 0 is not between"),
        (json!({"rule": {"name": ""}}), "rule: name"),
        (json!({"id": "x", "start": "2026-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"}), "end: "),
    ] {
        let answer = server.send("POST", "/api/rules/backtest", &body);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(expected), "{body}: {}", answer.body);
    }
}

#[test]
fn it_is_told_why_a_rule_does_not_find_an_event() {
    let server = Server::with_events(3);
    create(&server, &json!({"id": "mine", "name": "Mine", "filter": {"service": "UserManagement"}}));
    let asked = server.send("POST", "/api/rules/mine/why-not", &json!({"event_id": "event-1"}));
    assert_eq!(
        (asked.status, asked.json()),
        (200, server.get("/api/rules/mine/why-not?event=event-1").json())
    );
    assert_eq!(server.get("/api/rules/mine/why-not?event=event-9").status, 404);
    assert_eq!(server.get("/api/rules/other/why-not?event=event-1").status, 404);
    assert_eq!(server.send("POST", "/api/rules/mine/why-not", &json!({})).status, 400);
}

// Files, stored rules and the pack.

fn native(id: &str) -> String {
    format!("id: {id}\nname: {id}\nfilter:\n  service: UserManagement\n")
}

struct Kept {
    keeper: Arc<Keeper>,
    store: MemoryStore,
    place: TempDir,
    runtime: Runtime,
}

impl Kept {
    fn new(change: impl FnOnce(&mut AlertsConfig)) -> Self {
        let (store, place) = (MemoryStore::new(), tempfile::tempdir().unwrap());
        let rules = vec![place.path().to_owned()];
        let mut config = AlertsConfig { rules, starter: false, ..AlertsConfig::default() };
        change(&mut config);
        let keeper = Keeper::new(config, Arc::new(store.clone()));
        let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(1).build().unwrap();
        Self { keeper, store, place, runtime }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.place.path().join(name), text).unwrap();
    }

    /// Nothing that blocks a thread goes on until what this returns is dropped.
    fn hold(&self) -> mpsc::Sender<()> {
        let (held, holding) = mpsc::channel();
        self.runtime.spawn_blocking(move || holding.recv());
        held
    }

    /// The ids of the rules in force, and why others are not.
    fn look(&self) -> (Vec<String>, Vec<String>) {
        self.runtime.block_on(self.keeper.look()).unwrap();
        let known = self.runtime.block_on(self.keeper.current()).unwrap();
        let in_force = known.rules.iter().filter(|rule| rule.in_force());
        let ids = in_force.map(|rule| rule.detection.id.clone()).collect();
        (ids, known.refused.iter().map(aoc_server::rules::Refused::sentence).collect())
    }
}

#[test]
fn a_bad_rule_disables_no_other_and_what_its_file_said_before_stays() {
    let kept = Kept::new(|_| ());
    kept.write("a.yml", &native("a"));
    kept.write("b.yml", "id: [");
    let (ids, refused) = kept.look();
    assert_eq!((ids, refused.len()), (vec!["a".to_owned()], 1));
    assert!(refused[0].contains("b.yml"), "{refused:?}");
    kept.write("a.yml", "id: [");
    kept.write("b.yml", &native("b"));
    let (ids, refused) = kept.look();
    assert_eq!((ids, refused.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
    assert!(refused[0].contains("a.yml"), "{refused:?}");
    fs::remove_file(kept.place.path().join("a.yml")).unwrap();
    assert_eq!(kept.look(), (vec!["b".to_owned()], vec![]));
}

#[test]
fn what_is_remembered_for_a_rule_is_kept_when_others_change() {
    let kept = Kept::new(|_| ());
    kept.write("a.yml", &native("a"));
    kept.write("b.yml", &native("b"));
    kept.look();
    let of = |id: &str| {
        let known = kept.runtime.block_on(kept.keeper.current()).unwrap();
        known.find(id).unwrap().detection.clone()
    };
    let (a, b) = (of("a"), of("b"));
    kept.write("b.yml", &format!("{}severity: low\n", native("b")));
    kept.look();
    assert!(Arc::ptr_eq(&a, &of("a")) && !Arc::ptr_eq(&b, &of("b")));
}

#[test]
fn an_id_is_one_rules_only_and_can_be_switched_off() {
    let kept = Kept::new(|config| config.disabled = vec!["quiet".to_owned()]);
    kept.write("a.yml", &native("a"));
    kept.write("quiet.yml", &native("quiet"));
    let stored = [
        Note::new("rule/a", json!({"name": "the same id"})).unwrap(),
        Note::new("rule/stored", json!({"name": "stored"})).unwrap(),
        Note::new("rule/broken", json!({"nonsense": 1})).unwrap(),
    ];
    kept.runtime.block_on(kept.store.write(&stored)).unwrap();
    let (ids, refused) = kept.look();
    assert_eq!(ids, ["a", "stored"]);
    assert!(refused.iter().any(|refused| refused.contains("broken: nonsense: unknown field")), "{refused:?}");
    assert!(refused.iter().any(|refused| refused.contains("the id is that of another rule")), "{refused:?}");
    let operations = Operations::new(Arc::new(kept.store.clone()), Arc::new(kept.store.clone()));
    let server =
        Server::over(operations.ruled_by(kept.keeper.clone()), &ServerConfig::default(), Caller::open());
    for answer in [
        server.send("POST", "/api/rules", &json!({"id": "quiet", "name": "x"})),
        server.send("PUT", "/api/rules/quiet", &json!({"name": "x"})),
        server.request("DELETE", "/api/rules/quiet", &[]),
    ] {
        assert!(answer.status == 400 && answer.body.contains("quiet.yml"), "{}", answer.body);
    }
    assert_eq!(server.get("/api/rules/quiet").json()["in_force"], false);
}

#[test]
fn rules_of_the_original_are_taken_over_once() {
    let kept = Kept::new(|_| ());
    let original =
        Note::new("original/rule/65f", json!({"id": "65f", "name": "Old", "enabled": true})).unwrap();
    let nonsense = Note::new("original/rule/bad", json!("nonsense")).unwrap();
    kept.runtime.block_on(kept.store.write(&[original, nonsense])).unwrap();
    kept.runtime.block_on(kept.keeper.begin()).unwrap();
    let (_, refused) = kept.look();
    assert!(refused.len() == 1 && refused[0].contains("a rule of the original"), "{refused:?}");
    let stored = |kept: &Kept| kept.runtime.block_on(kept.store.list("rule/")).unwrap().len();
    assert_eq!(stored(&kept), 1);
    kept.runtime.block_on(kept.keeper.remove("65f")).unwrap();
    kept.runtime.block_on(kept.keeper.begin()).unwrap();
    assert_eq!(stored(&kept), 0, "what was deleted here does not come back");
}

#[test]
fn an_event_makes_an_alert_and_a_rule_that_another_process_stored_counts_soon() {
    let kept = Kept::new(|config| config.reload_every = Span::seconds(1));
    kept.write("a.yml", &native("a"));
    kept.runtime.block_on(kept.keeper.begin()).unwrap();
    let running = kept.runtime.block_on(async {
        kept.keeper.watch();
        Pipeline::new(kept.store.clone()).alerts("alerts", kept.keeper.evaluator()).start()
    });
    let alerts = || {
        let stored = kept.runtime.block_on(kept.store.read_after(aoc_core::Position(0), 500)).unwrap();
        let alerts = stored.iter().filter_map(|stored| aoc_core::Alert::of(&stored.event));
        alerts.map(|alert| alert.rule).collect::<Vec<_>>()
    };
    let append = |number: usize| kept.runtime.block_on(kept.store.append(&[event(number)])).unwrap();
    eventually("the log is followed", || {
        running.status().followers.get("alerts").is_some_and(|follower| follower.state == State::Ok)
    });
    append(2);
    eventually("the file's rule finds it", || alerts() == ["a"]);
    let other = Note::new("rule/b", json!({"name": "b", "filter": {"service": "Exchange"}})).unwrap();
    kept.runtime.block_on(kept.store.write(&[other])).unwrap();
    eventually("the other process's rule is known", || {
        kept.runtime.block_on(kept.keeper.current()).unwrap().find("b").is_some()
    });
    append(3);
    eventually("it finds what is for it", || alerts() == ["a", "b"]);
    kept.runtime.block_on(running.stop()).unwrap();
}

fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

// The command line.

fn aoc(place: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
    command.args(arguments).current_dir(place).env_clear().stdin(Stdio::null()).output().unwrap()
}

fn ok(place: &Path, arguments: &[&str]) -> String {
    let output = aoc(place, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Records, as a source of their own would have them: directory audits, and one that nothing can read.
fn records() -> String {
    let audit = |number: usize, operation: &str| {
        json!({"id": format!("Directory_{number}"), "activityDateTime": format!("2026-03-02T08:00:0{number}Z"),
            "activityDisplayName": operation, "category": "UserManagement", "result": "success",
            "initiatedBy": {"user": {"userPrincipalName": "kim@contoso.example"}}, "targetResources": []})
    };
    let lines = [
        audit(1, "Add user"),
        audit(2, "Delete user"),
        json!({"riskEventType": "unlikelyTravel", "of": "nobody we read"}),
    ];
    lines.map(|line| line.to_string() + "\n").concat()
}

#[test]
fn the_pack_is_in_force_and_does_what_its_tests_say() {
    let place = tempfile::tempdir().unwrap();
    let listed = lines(&ok(place.path(), &["rules", "list", "--format", "json"]));
    assert!(!listed.is_empty());
    assert!(listed.iter().all(|rule| rule["origin"] == "starter" && rule["editable"] == false), "{listed:?}");
    let checked = lines(&ok(place.path(), &["rules", "check", "--format", "json"]));
    assert!(checked.iter().all(|line| line["ok"] == true && line["tests"].as_u64() > Some(0)), "{checked:?}");
    assert!(ok(place.path(), &["check"]).contains("rules of files"));
    assert!(!place.path().join("aoc.db").exists(), "looking makes no database");
    fs::write(place.path().join("aoc.toml"), "[alerts]\nstarter = false\n").unwrap();
    assert_eq!(ok(place.path(), &["rules", "list", "--format", "json"]), "");
}

#[test]
fn check_tells_what_is_wrong_with_rules_and_with_what_they_do() {
    let place = tempfile::tempdir().unwrap();
    let tested = |alerts: usize| {
        format!(
            "{}tests:\n  - name: one\n    records:\n      - {}\n    alerts: {alerts}\n",
            native("mine"),
            records().lines().next().unwrap()
        )
    };
    fs::write(place.path().join("mine.yml"), tested(1)).unwrap();
    ok(place.path(), &["rules", "check", "mine.yml"]);
    fs::write(place.path().join("mine.yml"), tested(0)).unwrap();
    let output = aoc(place.path(), &["rules", "check", "mine.yml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("expected 0 alerts, its records make 1"));
    fs::write(place.path().join("mine.yml"), "id: [").unwrap();
    fs::write(place.path().join("aoc.toml"), "[alerts]\nrules = [\"mine.yml\", \"none.yml\"]\n").unwrap();
    let output = aoc(place.path(), &["rules", "check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("mine.yml") && said.contains("none.yml") && said.contains("cannot read the file"),
        "{said}"
    );
    let output = aoc(place.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("a rule cannot be used"));
}

#[test]
fn each_record_is_said_to_be_matched_or_not_in_order() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("records.jsonl"), records()).unwrap();
    let rule = "id: r\nname: r\nfilter:\n  operation: Delete user\n";
    let sigma = "title: S\nid: s\nlogsource: {product: azure, service: riskdetection}\ndetection:\n  selection:\n    riskEventType: unlikelyTravel\n  condition: selection\n";
    let counting =
        "id: c\nname: c\nfilter:\n  service: UserManagement\nthreshold:\n  count: 2\n  within: 1h\n";
    for (name, text, expected) in [
        ("own.yml", rule, [false, true, false]),
        ("sigma.yml", sigma, [false, false, true]),
        ("counting.yml", counting, [true, true, false]),
    ] {
        fs::write(place.path().join(name), text).unwrap();
        let told =
            lines(&ok(place.path(), &["rules", "test", "--rule", name, "records.jsonl", "--format", "json"]));
        let matched: Vec<bool> = told.iter().map(|line| line["matched"].as_bool().unwrap()).collect();
        assert_eq!(matched, expected, "{name}: {told:?}");
        assert_eq!((&told[0]["id"], &told[1]["id"]), (&json!("Directory_1"), &json!("Directory_2")));
    }
    let both = ["rules", "test", "--rule", "own.yml", "--rule", "sigma.yml", "records.jsonl"];
    assert!(ok(place.path(), &both).contains("2 of 3 records are matched"));
    fs::write(place.path().join("bad.yml"), "id: [").unwrap();
    assert!(!aoc(place.path(), &["rules", "test", "--rule", "bad.yml", "records.jsonl"]).status.success());
}

#[test]
fn a_rule_is_tried_on_what_is_stored() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("records.jsonl"), records()).unwrap();
    fs::write(place.path().join("rule.yml"), "id: r\nname: r\nfilter:\n  operation: Delete user\n").unwrap();
    ok(place.path(), &["import", "records.jsonl"]);
    let path = place.path();
    let report: Value = serde_json::from_str(&ok(
        path,
        &["rules", "backtest", "--rule", "rule.yml", "--start", "2026-03-01", "--format", "json"],
    ))
    .unwrap();
    assert_eq!((&report["complete"], &report["results"][0]["id"]), (&json!(true), &json!("r")));
    assert!(ok(path, &["rules", "backtest", "--rule", "rule.yml", "--days", "3660"]).contains("r: r"));
    assert!(!aoc(path, &["rules", "backtest", "--rule", "none"]).status.success());
    let why = ok(path, &["rules", "why-not", "--rule", "rule.yml", "Directory_1"]);
    assert!(why.contains("no "), "{why}");
    assert!(!aoc(path, &["rules", "why-not", "--rule", "rule.yml", "none"]).status.success());
}

#[test]
fn features_say_whether_alerts_are_made() {
    let server = Server::start(&events(1), &ServerConfig::default(), Caller::open());
    assert_eq!(server.get("/api/config/features").json()["alerts_enabled"], false);
    let kept = Kept::new(|_| ());
    let operations = Operations::new(Arc::new(kept.store.clone()), Arc::new(kept.store.clone()));
    let server =
        Server::over(operations.ruled_by(kept.keeper.clone()), &ServerConfig::default(), Caller::open());
    assert_eq!(server.get("/api/config/features").json()["alerts_enabled"], true);
}
