//! The `aoc` program itself, over temporary folders.

#![allow(clippy::unwrap_used, reason = "tests end there")]

#[path = "cli/ask.rs"]
mod ask;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of its own for a test, and `aoc` run in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        name.to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn aoc(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, expects it to succeed, and gives what it printed.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.aoc(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--format", "json"]].concat())).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A record of the Office 365 Management Activity API, invented.
fn office(number: usize) -> Value {
    json!({
        "CreationTime": format!("2026-03-02T{:02}:{:02}:{:02}", number / 3600 % 24, number / 60 % 60, number % 60),
        "Id": format!("00000000-0000-4000-8000-{number:012}"),
        "Operation": "FileAccessed",
        "OrganizationId": "11111111-1111-4111-8111-111111111111",
        "RecordType": 6,
        "UserType": 0,
        "Workload": "SharePoint",
        "UserId": format!("user{}@contoso.example", number % 5),
        "ClientIP": "192.0.2.7",
        "ObjectId": format!("https://contoso.example/file-{number}"),
    })
}

/// A directory audit of Microsoft Graph, invented.
fn audit(number: usize) -> Value {
    json!({
        "id": format!("Directory_{number}"),
        "category": "RoleManagement",
        "correlationId": "22222222-2222-4222-8222-222222222222",
        "result": "success",
        "resultReason": "",
        "activityDisplayName": "Add member to role",
        "activityDateTime": format!("2026-03-03T09:00:{:02}.1234567Z", number % 60),
        "loggedByService": "Core Directory",
        "operationType": "Assign",
        "initiatedBy": {"user": {"id": "u1", "userPrincipalName": "ada@contoso.example"}},
        "targetResources": [{"id": "t1", "displayName": "Berta", "type": "User", "modifiedProperties": []}],
        "additionalDetails": [],
    })
}

fn lines(records: impl Iterator<Item = Value>) -> String {
    records.map(|record| format!("{record}\n")).collect()
}

fn table_of_audit_data(records: impl Iterator<Item = Value>) -> String {
    let row = |record: Value| {
        let data = record.to_string().replace('"', "\"\"");
        format!("{},6,FileAccessed,x,\"{data}\"\n", record["CreationTime"].as_str().unwrap())
    };
    "CreationDate,RecordType,Operation,UserId,AuditData\n".to_owned() + &records.map(row).collect::<String>()
}

#[test]
fn files_of_several_shapes_are_imported_once() {
    let place = Place::new();
    place.file("in/a.ndjson", lines((0..30).map(office)));
    place.file("in/deep/b.json", json!({"value": (0..7).map(audit).collect::<Vec<_>>()}).to_string());
    place.file("in/c.csv", table_of_audit_data((20..40).map(office)));
    place.file("in/.hidden", "not to be read");
    let report = place.json(&["import", "in"]);
    let tally = |read, new, duplicate| json!({"read": read, "new": new, "duplicate": duplicate, "revised": 0, "unreadable": 0});
    assert_eq!((&report["files"], &report["total"]), (&json!(3), &tally(57, 47, 10)));
    assert_eq!(report["by_source"]["entra_audit"], tally(7, 7, 0));
    assert_eq!(report["by_service"]["SharePoint"], tally(50, 40, 10));
    assert_eq!(place.json(&["import", "in"])["total"], tally(57, 0, 57));
    let shown = place.ok(&["import", "in"]);
    assert!(shown.contains("office365_activity") && shown.contains("DUPLICATE"), "{shown}");
}

#[test]
fn what_comes_in_is_imported_too() {
    let place = Place::new();
    let mut command = place.command(&["import", "-", "--format", "json", "--tenant", "our-tenant"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines((0..3).map(audit)).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["total"]["new"]), (Some(0), &json!(3)));
    let event = place.json(&["search", "--limit", "1"]);
    assert_eq!(event["tenant"], "our-tenant");
}

#[test]
fn unreadable_records_are_kept_and_said() {
    let place = Place::new();
    place.file("odd.ndjson", format!("{}\nthis is no record\n{{\"neither\":\"this\"}}\n", office(1)));
    let output = place.aoc(&["import", "odd.ndjson"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.contains("kept as events of service Unreadable"), "{shown}");
    let kept = place.ok(&["search", "--service", "Unreadable", "--format", "json"]);
    assert_eq!(kept.lines().count(), 2);
    assert!(kept.contains("this is no record"), "{kept}");
}

#[test]
fn a_file_that_cannot_be_read_fails_the_import_but_not_the_other_files() {
    let place = Place::new();
    place.file("good.ndjson", lines((0..5).map(office)));
    place.file("torn.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
    let output = place.aoc(&["import", "missing.json", "torn.gz", "good.ndjson", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["total"]["new"]), (Some(1), &json!(5)));
    let errors = text(&output.stderr);
    assert!(errors.contains("error: missing.json: there is no such file or folder"), "{errors}");
    assert!(errors.contains("error: torn.gz: the compressed input is broken"), "{errors}");
}

#[test]
fn a_search_filters_and_limits() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..30).map(office)));
    place.file("b.ndjson", lines((0..7).map(audit)));
    place.ok(&["import", "a.ndjson", "b.ndjson"]);
    let count =
        |arguments: &[&str]| place.ok(&[&["search", "--format", "json"], arguments].concat()).lines().count();
    for (arguments, expected) in [
        (&[][..], 37),
        (&["--limit", "5"], 5),
        (&["--limit", "0"], 37),
        (&["--service", "sharepoint,RoleManagement"], 37),
        (&["--service", "RoleManagement", "--result", "success"], 7),
        (&["--operation", "add*"], 7),
        (&["--actor", "user3"], 6),
        (&["--start", "2026-03-03"], 7),
        (&["--end", "2026-03-02T00:00:10Z"], 10),
        (&["--since", "1h"], 0),
        (&["file-7"], 1),
        (&["\"member to role\"", "ADA"], 7),
    ] {
        assert_eq!(count(arguments), expected, "{arguments:?}");
    }
    let shown = place.ok(&["search", "--limit", "1"]);
    assert!(shown.starts_with("TIME ") && shown.contains("2026-03-03 09:00:06"), "{shown}");
}

#[test]
fn nothing_in_an_event_drives_the_terminal() {
    let place = Place::new();
    let mut evil = office(1);
    evil["UserId"] = json!("\u{1b}]0;pwned\u{7}\u{1b}[2Jada\u{202e}");
    place.file("evil.ndjson", evil.to_string());
    place.ok(&["import", "evil.ndjson"]);
    let shown = place.ok(&["search"]);
    assert!(shown.contains("ada") && !shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
}

#[test]
fn an_export_holds_what_was_imported() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..700).map(office)));
    place.ok(&["import", "a.ndjson"]);
    place.ok(&["export", "-o", "all.ndjson"]);
    let exported = fs::read_to_string(place.path().join("all.ndjson")).unwrap();
    let ids = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["raw"]["Id"].clone());
    let expected = (0..700).rev().map(|number| office(number)["Id"].clone());
    assert!(ids.eq(expected));
    let csv = place.ok(&["export", "--format", "csv", "--actor", "user3"]);
    assert_eq!((csv.lines().count(), csv.starts_with("\"timestamp\",\"service\",")), (141, true));
    let output = place.aoc(&["export", "-o", "no/such/folder.ndjson"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("error: no/such/folder.ndjson: cannot write the file"));
}

#[test]
fn a_pipe_that_closes_is_no_error() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..3000).map(office)));
    place.ok(&["import", "a.ndjson"]);
    let mut command = place.command(&["export"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn a_check_says_what_each_part_is() {
    let place = Place::new();
    let shown = place.ok(&["check"]);
    assert!(shown.contains("aoc.db is not there yet") && !place.path().join("aoc.db").exists(), "{shown}");
    place.file("a.ndjson", lines((0..3).map(office)));
    place.ok(&["import", "a.ndjson"]);
    let shown = place.ok(&["check"]);
    assert!(shown.contains("the last event is at position 3"), "{shown}");
}

#[test]
fn a_broken_configuration_is_told_by_place_and_with_what_would_be_right() {
    for (toml, expected) in [
        (
            "[store]\ntype = \"sqlit\"",
            "store: no component of type \"sqlit\"; this build has: memory, sqlite",
        ),
        (
            "[store]\npaht = \"x.db\"",
            "store: paht: unknown field `paht`, expected `path`; did you mean `path`?",
        ),
        ("[stoer]", "there is no section [stoer]; did you mean `store`?"),
        ("[server]\nlisten = \"here\"", "server: listen: "),
        ("[auth]\nenabled = true", "auth.enabled: this build cannot authenticate callers yet"),
        ("[store", "aoc.toml:1:7: "),
        ("[sources.x]\ntype = \"nothing\"", "sources.x: no component of type \"nothing\""),
    ] {
        let place = Place::new();
        place.file("aoc.toml", toml);
        let output = place.aoc(&["check"]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{toml}: {shown}");
        assert!(shown.contains(expected), "{toml}: {shown}");
        let search = place.aoc(&["search"]);
        assert_eq!(search.status.code(), Some(2), "{toml}");
        assert!(text(&search.stderr).starts_with(&format!("error: {expected}")), "{}", text(&search.stderr));
    }
}

#[test]
fn the_environment_has_its_say() {
    let place = Place::new();
    let with = |name: &str, value: &str| {
        let output = place.command(&["check"]).env(name, value).output().unwrap();
        (output.status.code(), text(&output.stdout))
    };
    let (code, shown) = with("AOC_STORE__PATH", "other.db");
    assert!(code == Some(0) && shown.contains("other.db is not there yet"), "{shown}");
    let (code, shown) = with("AUTH_ENABLED", "true");
    assert!(code == Some(2) && shown.contains("cannot authenticate callers yet"), "{shown}");
    let (code, shown) = with("MONGO_URI", "mongodb://me:secret@127.0.0.1:1/?serverSelectionTimeoutMS=200");
    assert!(
        code == Some(1) && shown.contains("MongoDB cannot be reached") && !shown.contains("secret"),
        "{shown}"
    );
    let (code, shown) = with("MONGO_URI", "me:secret@db1");
    assert!(code == Some(2) && shown.contains("store: uri: not an address of MongoDB"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
    let (code, shown) = with("REDIS_URL", "redis://x");
    assert!(code == Some(0) && shown.contains("no part of this build uses REDIS_URL yet"), "{shown}");
}

#[test]
fn schemas_are_json() {
    let place = Place::new();
    let schema: Value = serde_json::from_str(&place.ok(&["schema"])).unwrap();
    assert!(schema["properties"]["store"]["oneOf"].as_array().unwrap().len() >= 2);
    let references = find_references(&schema);
    for reference in &references {
        assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let event: Value = serde_json::from_str(&place.ok(&["schema", "--event"])).unwrap();
    assert!(event["properties"]["dedupe_key"].is_object());
}

fn find_references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(find_references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(find_references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_command_that_makes_no_sense_is_refused() {
    let place = Place::new();
    for arguments in
        [&["impart"][..], &["import"], &["search", "--result", "bad"], &["search", "--start", "soon"]]
    {
        assert_eq!(place.aoc(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let output = place.aoc(&["search", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("only `aoc export` and `aoc reconcile` write it"));
}

/// A child that is killed when the test ends.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// The exit code, which must come soon.
    fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            match self.0.try_wait().unwrap() {
                Some(status) => return status.code(),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        panic!("it does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first `http://…` that something prints.
fn address_in(output: impl Read) -> String {
    for line in BufReader::new(output).lines() {
        let line = line.unwrap();
        if let Some(at) = line.find("http://") {
            return line[at..].trim_end_matches('/').split(' ').next().unwrap().to_owned();
        }
    }
    panic!("no address was printed");
}

fn get(url: &str) -> Value {
    let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_server_serves_what_was_imported_until_it_is_told_to_stop() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..30).map(office)));
    place.ok(&["import", "a.ndjson"]);
    for signal in ["TERM", "INT"] {
        let mut server = Running::start(&mut place.command(&["serve", "--listen", "127.0.0.1:0"]));
        let address = address_in(server.0.stderr.as_mut().unwrap());
        assert_eq!(get(&format!("{address}/api/events?page_size=7"))["total"], 30);
        assert_eq!(get(&format!("{address}/health"))["status"], "ok");
        let read_beside = place.ok(&["search", "--format", "json"]);
        assert_eq!(read_beside.lines().count(), 30);
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn a_second_writer_is_told_who_is_writing() {
    let place = Place::new();
    place.file("late.ndjson", lines((5000..5003).map(office)));
    let mut first = Running::start(place.command(&["import", "-"]).stdin(Stdio::piped()));
    let mut input = first.0.stdin.take().unwrap();
    input.write_all(lines((0..4100).map(office)).as_bytes()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while place.aoc(&["search", "--limit", "1"]).stdout.is_empty() {
        assert!(Instant::now() < deadline, "nothing was stored");
        std::thread::sleep(Duration::from_millis(50));
    }
    let second = place.aoc(&["import", "late.ndjson"]);
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.contains("another process") && said.contains(&first.0.id().to_string()), "{said}");
    drop(input);
    assert_eq!(first.exit_code(), Some(0));
    assert_eq!(place.json(&["import", "late.ndjson"])["total"]["new"], 3);
    assert_eq!(place.ok(&["search", "--limit", "0", "--format", "json"]).lines().count(), 4103);
}

#[test]
fn an_import_that_is_interrupted_says_what_it_has_done() {
    let place = Place::new();
    let mut import = Running::start(place.command(&["import", "-"]).stdin(Stdio::piped()));
    let mut input = import.0.stdin.take().unwrap();
    input.write_all(lines((0..2500).map(office)).as_bytes()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while place.aoc(&["search", "--limit", "1"]).stdout.is_empty() {
        assert!(Instant::now() < deadline, "nothing was stored");
        std::thread::sleep(Duration::from_millis(50));
    }
    import.signal("INT");
    assert_eq!(import.exit_code(), Some(130));
    let mut shown = String::new();
    import.0.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(shown.contains("stopped before the end") && shown.contains("2000"), "{shown}");
    drop(input);
}

#[test]
fn the_demonstration_shows_things_to_try_and_leaves_nothing_behind() {
    let place = Place::new();
    let temporary = place.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut command = place.command(&["demo", "--listen", "127.0.0.1:0", "--weeks", "6"]);
    let mut demo = Running::start(command.env("TMPDIR", &temporary));
    let address = address_in(demo.0.stdout.as_mut().unwrap());
    assert!(get(&format!("{address}/api/events?page_size=1"))["total"].as_u64().unwrap() > 5_000);
    let unreadable = get(&format!("{address}/api/events?service=Unreadable"));
    assert_eq!(unreadable["total"], 0, "{unreadable}");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 1);
    demo.signal("INT");
    assert_eq!(demo.exit_code(), Some(0));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}

#[test]
fn a_folder_is_imported_without_the_database_that_lies_in_it() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..20).map(office)));
    for _ in 0..2 {
        let total = &place.json(&["import", "."])["total"];
        assert_eq!((&total["read"], &total["unreadable"]), (&json!(20), &json!(0)));
    }
    let output = place.aoc(&["import", "aoc.db"]);
    assert!(
        text(&output.stdout).contains("SQLite database") || text(&output.stderr).contains("SQLite database")
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn events_older_than_the_retention_are_told_and_not_stored() {
    let place = Place::new();
    place.file("a.ndjson", lines((0..3).map(office)));
    place.file("aoc.toml", "[store]\nretention = \"1d\"\n");
    place.ok(&["import", "a.ndjson"]);
    let server = Running::start(&mut place.command(&["serve", "--listen", "127.0.0.1:0"]));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !place.ok(&["search", "--format", "json"]).is_empty() {
        assert!(Instant::now() < deadline, "nothing was forgotten");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    let output = place.aoc(&["import", "a.ndjson"]);
    assert!(
        text(&output.stdout).contains("3 events were not stored: they are older than"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(output.status.code(), Some(1), "not all was stored");
}
