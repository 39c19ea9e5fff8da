//! What the tests share: a server as a configuration file makes it, and a language model on this machine.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{Change, Event, Outcome, RawJson, Timestamp, config::Config};
use aoc_llm::fake::{FakeModel, KEY, Reply};
use aoc_server::{
    Caller, ServerConfig,
    assemble::{self, Assembled, registry},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    common::{Answer, Server},
    log,
};

/// What nobody but the model may see, and words of models that nobody may.
const SECRETS: [&str; 3] = [KEY, "sk-fake", "UPSTREAM"];

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) fake: FakeModel,
    runtime: Runtime,
    folder: TempDir,
    checked: Checked,
}

/// Looks for secrets in the log when a test has ended.
struct Checked;

/// A model of OpenAI, with more keys of `[llm]`.
pub(crate) fn openai(fake: &FakeModel, more: &str) -> String {
    let url = fake.openai_url();
    format!(
        "[llm]\ntype = \"openai\"\nbase_url = \"{url}\"\nmodel = \"gpt-4o-mini\"\napi_key = \"{KEY}\"\n{more}\n"
    )
}

impl World {
    /// With the model of OpenAI, over the usual events.
    pub(crate) fn new() -> Self {
        Self::with(&events(), |fake| openai(fake, ""))
    }

    /// With these events, and a section `[llm]`.
    pub(crate) fn with(events: &[Event], llm: impl Fn(&FakeModel) -> String) -> Self {
        log::begin();
        let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let fake = runtime.block_on(FakeModel::start()).unwrap();
        let server = serve(&runtime, &folder, &llm(&fake), events);
        let world = Self { server, fake, runtime, folder, checked: Checked };
        world.eventually(|| world.server.get("/api/events").json()["total"] == events.len());
        world
    }

    /// Ends the server and starts it again over the same folder.
    pub(crate) fn restarted(self, llm: impl Fn(&FakeModel) -> String) -> Self {
        let Self { server, fake, runtime, folder, checked } = self;
        drop(server);
        drop(runtime);
        drop(fake);
        let runtime = Runtime::new().unwrap();
        let fake = runtime.block_on(FakeModel::start()).unwrap();
        let server = serve(&runtime, &folder, &llm(&fake), &[]);
        Self { server, fake, runtime, folder, checked }
    }

    /// Posts JSON. What is answered holds no secret.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        clean(self.server.send("POST", path, body))
    }

    /// The answer to a question about the day of the usual events.
    pub(crate) fn ask(&self, more: Value) -> Value {
        let answer = self.post("/api/ask", &asked(more));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// The same as server-sent events.
    pub(crate) fn told(&self, more: Value) -> Vec<(String, Value)> {
        let headers = [("accept", "text/event-stream"), ("content-type", "application/json")];
        let told = clean(self.server.exchange("POST", "/api/ask", &headers, &asked(more).to_string()));
        assert_eq!(
            (told.status, told.header("content-type")),
            (200, Some("text/event-stream")),
            "{}",
            told.body
        );
        let lines = told.body.split("\n\n").filter(|event| !event.trim().is_empty());
        lines.filter_map(event_of).collect()
    }

    /// Asks for server-sent events, which are then read one by one.
    pub(crate) fn listen(&self, more: Value) -> Listening {
        let (body, host) = (asked(more).to_string(), self.server.address);
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!(
            "POST /api/ask HTTP/1.0\r\nhost: {host}\r\naccept: text/event-stream\r\ncontent-length: {}",
            body.len()
        );
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        while next_line(&mut lines).is_some_and(|line| !line.is_empty()) {}
        Listening(lines)
    }

    /// The events that tell what callers did, oldest first, once there are so many.
    pub(crate) fn audit(&self, count: usize) -> Vec<Value> {
        let path = "/api/events?service=AOCAudit&page_size=500";
        self.eventually(|| self.server.get(path).json()["items"].as_array().unwrap().len() >= count);
        let page = clean(self.server.get(path)).json();
        page["items"].as_array().unwrap().iter().rev().cloned().collect()
    }

    /// Waits until something is so.
    pub(crate) fn eventually(&self, mut is_so: impl FnMut() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not become so");
            self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await });
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.get_ref().shutdown(std::net::Shutdown::Both);
    }
}

/// Server-sent events as they come.
pub(crate) struct Listening(BufReader<TcpStream>);

impl Listening {
    /// The next event; none once the answer has ended.
    pub(crate) fn next(&mut self) -> Option<(String, Value)> {
        let mut text = String::new();
        loop {
            match next_line(&mut self.0)? {
                line if line.is_empty() => match event_of(&text) {
                    Some(event) => return Some(event),
                    None => text.clear(),
                },
                line => text.push_str(&format!("{line}\n")),
            }
        }
    }

    /// Reads on until a piece of the answer has this text.
    pub(crate) fn until(&mut self, text: &str) {
        while let Some((name, data)) = self.next() {
            if name == "text" && data["text"].as_str().unwrap().contains(text) {
                return;
            }
        }
        panic!("it ended before `{text}`");
    }
}

fn next_line(lines: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = lines.read_line(&mut line).unwrap();
    (length > 0).then(|| line.trim_end().to_owned())
}

/// Name and data of an event; comments are none.
fn event_of(text: &str) -> Option<(String, Value)> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Some((field("event:")?.to_owned(), serde_json::from_str(field("data:")?).unwrap()))
}

/// The text of all pieces.
pub(crate) fn pieces(told: &[(String, Value)]) -> String {
    told.iter().filter(|(name, _)| name == "text").map(|(_, data)| data["text"].as_str().unwrap()).collect()
}

fn clean(answer: Answer) -> Answer {
    for secret in SECRETS {
        assert!(!answer.body.contains(secret), "{secret} is in {}", answer.body);
    }
    answer
}

fn serve(runtime: &Runtime, folder: &TempDir, llm: &str, events: &[Event]) -> Server {
    let path = folder.path().join("aoc.db");
    let text = format!("[store]\npath = {:?}\n{llm}", path.display().to_string());
    let mut config = Config::read(&text, "test", std::iter::empty()).unwrap();
    assemble::complete(&mut config).unwrap();
    let operations = runtime.block_on(async {
        let assembled = Assembled::of(&config, &registry()).await.unwrap();
        assembled.store.append(events).await.unwrap();
        assembled.take_up().await.unwrap();
        assembled.start()
    });
    let operations = Arc::into_inner(operations).unwrap();
    Server::over(operations, &ServerConfig::default(), Caller::open())
}

impl Drop for Checked {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let logged = log::logged();
        for secret in SECRETS {
            assert!(!logged.contains(secret), "{secret} is in the log");
        }
    }
}

/// A question about the day of the usual events.
pub(crate) fn asked(more: Value) -> Value {
    let mut asked = json!({"question": "What happened?", "plan": {"range": day()}});
    more.as_object().unwrap().iter().for_each(|(name, value)| asked[name] = value.clone());
    asked
}

pub(crate) fn day() -> Value {
    json!({"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"})
}

/// What a model says that makes these claims.
pub(crate) fn claims(claims: &[(&str, &[&str])]) -> String {
    let claims: Vec<Value> =
        claims.iter().map(|(text, events)| json!({"text": text, "events": events})).collect();
    json!({ "claims": claims }).to_string()
}

/// The same as a reply.
pub(crate) fn claiming(list: &[(&str, &[&str])]) -> Reply {
    Reply::say([claims(list)])
}

pub(crate) fn event(id: &str, time: &str, service: &str, operation: &str) -> Event {
    let mut event = Event::new("test", id, Timestamp::parse(time).unwrap());
    event.service = service.into();
    event.operation = operation.into();
    event.result = Outcome::Success;
    event.actor_display = Some("Kim Lee".into());
    event.actor_upn = Some("kim@contoso.com".into());
    event.actor_ip = Some("203.0.113.7".into());
    event.target_displays = vec!["lee@contoso.com".into()];
    event.display_summary = format!("Kim Lee performed \"{operation}\" on lee@contoso.com.");
    event.raw = RawJson::of(&json!({"id": id})).unwrap();
    event
}

/// Three deeds of a day, called e1, e2 and e3, and forty files that Max accessed, e4 to e43.
pub(crate) fn events() -> Vec<Event> {
    let mut role = event("role", "2026-11-19T09:12:13Z", "RoleManagement", "Add member to role");
    role.target_displays.push("Global Administrator".into());
    let mut reset = event("reset", "2026-11-19T10:00:00Z", "UserManagement", "Reset user password");
    reset.result = Outcome::Failure;
    let mut update = event("update", "2026-11-19T11:30:00Z", "UserManagement", "Update user");
    (update.actor_display, update.actor_upn) = (Some("Lee Ott".into()), Some("lee@contoso.com".into()));
    update.target_displays = vec!["max@contoso.com".into()];
    let (property, old, new) = ("JobTitle".to_owned(), json!("Clerk"), json!("Manager"));
    update.changes = vec![Change { target: None, property, old, new }];
    let mut all = vec![role, reset, update];
    for minute in 0..40 {
        let time = format!("2026-11-19T12:{minute:02}:00Z");
        let mut read = event(&format!("read{minute}"), &time, "SharePoint", "FileAccessed");
        (read.actor_display, read.actor_upn) = (Some("Max Roth".into()), Some("max@contoso.com".into()));
        read.target_displays = vec!["plan.docx".into()];
        all.push(read);
    }
    all
}

/// What these events prove.
pub(crate) const TRUE: (&str, &[&str]) =
    ("Kim Lee added lee@contoso.com to the role Global Administrator at 09:12.", &["e1"]);
