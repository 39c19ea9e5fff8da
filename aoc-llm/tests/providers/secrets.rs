//! Secrets stay with the host they are for, and are never written down.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use aoc_core::ErrorKind;
use aoc_llm::fake::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT, FakeModel, KEY, Reply};
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::world::{World, ask, build, question};

#[tokio::test]
async fn a_redirect_is_not_followed_and_nobody_else_gets_the_key() {
    let world = World::openai(json!({})).await;
    let elsewhere = FakeModel::start().await.unwrap();
    for target in [format!("{}/chat/completions", elsewhere.openai_url()), "/v1/chat/completions".to_owned()]
    {
        world.fake.script(Reply::redirect(&target));
        let error = world.fail().await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("is not followed; check `base_url`"), "{error}");
        assert!(!error.chain().contains(&elsewhere.url()), "{error:?}");
    }
    assert_eq!((elsewhere.seen().len(), world.fake.questions()), (0, 2));
}

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Writer(&mut self.0.lock().unwrap()));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Writer(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut log = self.0.lock().unwrap();
        event.record(&mut Writer(&mut log));
        log.push('\n');
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn neither_secrets_nor_questions_nor_foreign_words_are_in_logs_and_errors() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let fake = FakeModel::start().await.unwrap();
    let openai = json!({"base_url": fake.openai_url(), "model": "m", "api_key": KEY, "timeout": "3s"});
    let azure = json!({"base_url": fake.url(), "deployment": DEPLOYMENT, "login_url": fake.url(), "timeout": "3s",
        "tenant_id": "contoso.com", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let mut told = String::new();
    for (kind, options) in [("openai", openai), ("azure_openai", azure)] {
        let model = build(kind, options).await.unwrap();
        for reply in [
            Reply::invalid_key().header("x-request-id", KEY),
            Reply::error(403, KEY, KEY),
            Reply::error(400, "invalid_request_error", "fake"),
            Reply::rate_limited("retry-after", "21"),
            Reply::content_filter(),
            Reply::garbage(),
            Reply::say(["ANSWER-WORDS"])
                .then_error(json!({"message": format!("UPSTREAM {KEY}"), "code": KEY})),
            Reply::refuse("UPSTREAM-WORDS"),
            Reply::redirect(&format!("https://evil.example/{KEY}")),
            Reply::say(["ANSWER-WORDS"]),
        ] {
            fake.script(reply);
            if let Err(error) = ask(&*model, &question()).await.0 {
                told.push_str(&format!("{error:?}\n"));
            }
        }
    }
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("req_0123456789abcdef"), "the id of a request is logged: {logged}");
    assert!(told.lines().count() >= 15, "{told}");
    for secret in [
        KEY,
        "sk-fake",
        CLIENT_SECRET,
        "fake%7Esecret",
        "fake-token",
        "PROMPT-WORDS",
        "ANSWER-WORDS",
        "UPSTREAM",
    ] {
        assert!(!told.contains(secret), "{secret} is in an error: {told}");
        assert!(!logged.contains(secret), "{secret} is in the log");
    }
}
