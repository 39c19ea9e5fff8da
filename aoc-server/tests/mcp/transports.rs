//! What holds of the ways in: who is let in, the older transport, standard input and output.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use aoc_core::{MemoryStore, store::EventLog};
use aoc_server::{
    Caller, Operations, ServerConfig,
    api::{Access, routes},
    server,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

use crate::{
    client::{LEGACY, MODERN, Session, headers, initialize, request},
    common::{Server, events},
    unrecorded, with,
};

#[test]
fn no_route_of_mcp_is_open_to_who_may_not_read() {
    let server = Server::start(&events(3), &ServerConfig::default(), Caller::nobody());
    let ours: Vec<_> = routes().into_iter().filter(|route| route.path.starts_with("/mcp")).collect();
    assert_eq!(ours.len(), 3);
    assert!(ours.iter().all(|route| route.access == Access::Asked));
    for version in [LEGACY, MODERN] {
        for path in ["/mcp", "/mcp/", "/mcp/sse", "/mcp/sse/", "/mcp/messages", "/mcp/messages/?session_id=1"]
        {
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
                let answer =
                    server.exchange(method, path, &headers(version), &initialize(version).to_string());
                assert!([403, 404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
                assert!(!answer.body.contains("jsonrpc"), "{method} {path}: {}", answer.body);
            }
        }
    }
    for route in ours {
        assert_eq!(server.request(route.method.as_str(), route.path, &[]).status, 403, "{}", route.path);
    }
}

#[test]
fn pages_of_other_sites_and_other_hosts_are_refused() {
    let server = with(&events(3));
    let body = initialize(LEGACY).to_string();
    for (method, path) in [("POST", "/mcp"), ("GET", "/mcp/sse"), ("POST", "/mcp/messages/?session_id=1")] {
        for (name, value, status) in [
            ("origin", "https://evil.example", 403),
            ("origin", "null", 403),
            ("sec-fetch-site", "cross-site", 403),
            ("host", "evil.example", 421),
        ] {
            let mut headers = headers(LEGACY);
            headers.push((name, value));
            let answer = server.exchange(method, path, &headers, &body);
            assert_eq!(answer.status, status, "{path} {name}: {value}: {}", answer.body);
        }
    }
    let own = format!("http://{}", server.address);
    let mut headers = headers(LEGACY);
    headers.push(("origin", &own));
    assert_eq!(server.exchange("POST", "/mcp", &headers, &body).status, 200);
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let server = with(&[]);
    let session = Session::open(&server);
    let large = request(1, "tools/call", &json!({"name": "x".repeat(300 << 10)})).to_string();
    for path in ["/mcp", &session.address] {
        assert_eq!(server.exchange("POST", path, &headers(LEGACY), &large).status, 413, "{path}");
    }
}

#[test]
fn the_older_transport_answers_over_events() {
    let server = with(&events(30));
    let mut session = Session::open(&server);
    let id = session.address.strip_prefix("/mcp/messages/?session_id=").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let begun = session.ask(&initialize("2024-11-05"));
    assert_eq!(begun["result"]["protocolVersion"], "2024-11-05", "{begun}");
    assert_eq!(session.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).status, 202);
    let tools = session.ask(&request(1, "tools/list", &json!({})));
    assert_eq!(tools["result"]["tools"][0]["name"], "search_events");
    let found =
        session.ask(&request(2, "tools/call", &json!({"name": "get_event", "arguments": {"id": "event-4"}})));
    assert!(
        found["result"]["content"][1]["text"].as_str().unwrap().contains("entra_audit:event-4"),
        "{found}"
    );
    assert_eq!(server.send("POST", &session.address, &json!({"no": "message"})).status, 400);
    let address = session.address.clone();
    session.close();
    // The server notices when it next has something to say, or at once.
    while server.send("POST", &address, &request(3, "ping", &json!({}))).status != 404 {
        std::thread::yield_now();
    }
}

#[test]
fn a_session_that_nobody_opened_is_not_there() {
    let server = with(&[]);
    for query in ["", "?session_id=", "?session_id=00000000000000000000000000000000"] {
        let answer = server.send("POST", &format!("/mcp/messages/{query}"), &request(1, "ping", &json!({})));
        assert_eq!(
            (answer.status, &answer.json()["detail"]),
            (404, &json!("there is no such session; `/mcp/sse` opens one"))
        );
    }
    assert_eq!(server.request("HEAD", "/mcp/sse", &[]).status, 405);
}

#[test]
fn a_session_ends_when_the_server_is_to_stop() {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let store = Arc::new(MemoryStore::new());
    let router = server::router(Arc::new(Operations::new(store.clone(), store)), &unrecorded());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(server::serve(listener, router, async { drop(stopped.await) }));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /mcp/sse HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.any(|line| line.unwrap().contains("session_id=")));
    drop(stop);
    // Without an end of its own a session outlives even the task that serves: this would wait for ever.
    assert!(lines.all(|line| line.is_ok()));
    runtime.block_on(serving).unwrap().unwrap();
}

#[test]
fn only_pages_of_configured_origins_may_send_what_mcp_needs() {
    let portal = "https://portal.example.com";
    let config = ServerConfig { cors_origins: vec![portal.into()], ..unrecorded() };
    let server = Server::start(&[], &config, Caller::open());
    let asks = |origin, path| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        server.request("OPTIONS", path, &headers)
    };
    for path in ["/mcp", "/mcp/sse", "/mcp/messages/"] {
        let allowed = asks(portal, path);
        assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (204, Some(portal)));
        let names = allowed.header("access-control-allow-headers").unwrap();
        for name in ["authorization", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"] {
            assert!(names.split(", ").any(|other| other == name), "{name}: {names}");
        }
        let refused = asks("https://evil.example", path);
        assert!(refused.headers.iter().all(|(name, _)| !name.starts_with("access-control-")), "{path}");
    }
    let mut headers = headers(LEGACY);
    headers.push(("origin", portal));
    let answer = server.exchange("POST", "/mcp", &headers, &initialize(LEGACY).to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.header("access-control-expose-headers").unwrap().contains("www-authenticate"));
}

#[test]
fn the_older_transport_can_be_switched_off() {
    let config = ServerConfig { mcp_legacy_sse: false, ..unrecorded() };
    let server = Server::start(&[], &config, Caller::open());
    for answer in [server.get("/mcp/sse"), server.send("POST", "/mcp/messages/?session_id=1", &json!({}))] {
        assert_eq!(answer.status, 404);
        assert!(answer.body.contains("mcp_legacy_sse"), "{}", answer.body);
    }
}

/// Audit records as `aoc import` reads them.
fn records(ids: std::ops::Range<usize>) -> String {
    let record = |id| {
        json!({"id": format!("audit-{id}"), "activityDateTime": "2026-03-02T08:00:00Z", "category": "UserManagement",
            "activityDisplayName": "Update user", "result": "success", "initiatedBy": {}, "targetResources": []})
    };
    ids.map(|id| format!("{}\n", record(id))).collect()
}

#[test]
fn the_program_speaks_over_standard_input_and_sees_what_others_store_meanwhile() {
    let place = tempfile::tempdir().unwrap();
    let aoc = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(arguments).current_dir(place.path()).env_clear().stdin(Stdio::null());
        command
    };
    let import = |name: &str, ids| {
        std::fs::write(place.path().join(name), records(ids)).unwrap();
        assert!(aoc(&["import", name]).output().unwrap().status.success());
    };
    import("first.ndjson", 0..3);
    let mut child =
        aoc(&["mcp"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut ask = |message: Value| -> Value {
        writeln!(input, "{message}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("only messages stand on standard output: {line}"))
    };
    assert_eq!(ask(initialize(LEGACY))["result"]["serverInfo"]["name"], "aoc");
    let search = || request(1, "tools/call", &json!({"name": "search_events", "arguments": {}}));
    assert_eq!(ask(search())["result"]["structuredContent"]["total"], 3);
    import("second.ndjson", 3..5);
    assert_eq!(ask(search())["result"]["structuredContent"]["total"], 5);
    drop(input);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_program_ends_well_when_nobody_speaks_and_says_when_there_is_no_database() {
    let place = tempfile::tempdir().unwrap();
    let aoc = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.arg("mcp").current_dir(place.path()).env_clear().stdin(Stdio::null()).output().unwrap()
    };
    let missing = aoc();
    assert!(!missing.status.success() && missing.stdout.is_empty());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no database at `aoc.db`"));
    std::fs::write(place.path().join("none.ndjson"), records(0..1)).unwrap();
    let import = Command::new(env!("CARGO_BIN_EXE_aoc"))
        .args(["import", "none.ndjson"])
        .current_dir(place.path())
        .output();
    assert!(import.unwrap().status.success());
    let silent = aoc();
    assert!(
        silent.status.success() && silent.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&silent.stderr)
    );
}

#[test]
fn a_session_sees_what_is_stored_meanwhile() {
    let server = with(&events(3));
    let mut session = Session::open(&server);
    session.ask(&initialize("2024-11-05"));
    let more: Vec<_> = (10..12).map(crate::common::event).collect();
    server.run(server.store.append(&more)).unwrap();
    let found = session.ask(&request(1, "tools/call", &json!({"name": "search_events"})));
    assert_eq!(found["result"]["structuredContent"]["total"], 5, "{found}");
}
