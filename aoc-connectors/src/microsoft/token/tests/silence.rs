//! Nothing secret is told, whatever the other side repeats.

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;

/// Everything that is logged, by whatever is in this process on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

const PROOF: &str = "e30.federated-proof.sig";

/// A server that repeats what it was sent, in every place, and later breaks off a good token.
fn mocking(number: usize, asked: &Asked) -> Answer {
    let fields = ["client_secret", "client_assertion"];
    let said = fields.iter().find_map(|name| asked.field(name)).unwrap();
    let encoded = asked.body.split('=').next_back().unwrap();
    let body = serde_json::json!({
        "error": said, "error_description": format!("{}{said} {encoded} {}", "x".repeat(290), asked.body),
        "error_codes": [said], "trace_id": said, "correlation_id": said,
    });
    match number {
        0 => token(1234567, 3600),
        1 => answer(200, r#"{"access_token":"token-1234567","expires_in"#),
        2 => answer(503, body.to_string()),
        3 => answer(400, asked.body.clone()),
        _ => answer(400, body.to_string()),
    }
}

#[tokio::test]
async fn no_secret_assertion_or_token_is_in_an_error_or_a_log() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, PROOF, 0);
    let mut told = String::new();
    for with_file in [false, true] {
        let server = Server::start(mocking).await;
        let mut account = account(&server);
        if with_file {
            (account.client_secret, account.federated_token_file) = (None, Some(path.clone()));
        }
        let tokens = tokens_of(&account);
        tokens.get().await.unwrap();
        pass(3_400).await;
        tokens.get().await.unwrap();
        pass(300).await;
        for _ in 0..3 {
            let error = tokens.get().await.unwrap_err();
            told.push_str(&format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap()));
            pass(61).await;
        }
        told.push_str(&format!("{account:?}"));
        assert!(server.count() >= 5);
    }
    told.push_str(&log.0.lock().unwrap());
    assert!(told.contains("could not be renewed"), "the log was heard");
    for secret in [SECRET, "S3cr", "signs", PROOF, "federated-proof", "token-1234567"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}
