use aoc_core::ErrorKind::{self, Config, Denied, RateLimited, Rejected, Unavailable};
use serde_json::json;

use super::*;

const KEYS: Keys = Keys { credential: "`api_key`", model: "`model`" };

fn told(status: u16, body: &Value) -> (ErrorKind, String) {
    let error =
        Refusal::read((status > 0).then_some(status), body).error("api.example", KEYS, &["sk_secret_0"]);
    (error.kind(), error.to_string())
}

/// Status, body, and what becomes of them.
type Row = (u16, Value, ErrorKind, &'static str);

fn coded(code: &str) -> Value {
    json!({"error": {"message": "UPSTREAM", "type": "x-y", "code": code}})
}

fn check(rows: Vec<Row>) {
    for (status, body, kind, says) in rows {
        let (found, sentence) = told(status, &body);
        assert_eq!(found, kind, "{status} {body}: {sentence}");
        assert!(
            sentence.starts_with("api.example ") && sentence.contains(says),
            "{status} {body}: {sentence}"
        );
        assert!(!sentence.contains("UPSTREAM") && !sentence.contains("{}"), "{sentence}");
    }
}

#[test]
fn what_somebody_must_see_to_is_denied_or_an_error_of_our_configuration() {
    check(vec![
        (
            401,
            coded("invalid_api_key"),
            Denied,
            "refuses the credential (status 401, invalid_api_key); check `api_key`",
        ),
        (401, json!({"error": {"code": "401", "message": "UPSTREAM"}}), Denied, "(status 401); check"),
        (401, json!({"statusCode": 401, "message": "UPSTREAM"}), Denied, "(status 401); check"),
        (403, coded("unsupported_country_region_territory"), Denied, "does not allow this"),
        (402, json!({}), Denied, "no quota left"),
        (429, coded("insufficient_quota"), Denied, "no quota left for us (status 429, insufficient_quota)"),
        (
            404,
            coded("model_not_found"),
            Config,
            "has no such model (status 404, model_not_found); check `model`",
        ),
        (404, coded("DeploymentNotFound"), Config, "has no such model"),
        (403, coded("model_not_found"), Config, "has no such model"),
        (404, json!("<html>UPSTREAM"), Config, "nothing at this address (status 404); check `base_url`"),
        (307, Value::Null, Config, "leads elsewhere (status 307)"),
    ]);
}

#[test]
fn what_passes_and_what_is_refused_for_good_are_told_apart() {
    check(vec![
        (400, coded("content_filter"), Rejected, "content filter"),
        (
            400,
            json!({"error": {"code": "x-y", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
            Rejected,
            "content filter",
        ),
        (400, coded("context_length_exceeded"), Rejected, "ask about fewer events"),
        (
            400,
            json!({"object": "error", "message": "This model's maximum context length is 10", "code": 400}),
            Rejected,
            "fewer events",
        ),
        (413, Value::Null, Rejected, "fewer events"),
        (
            400,
            json!({"error": {"param": "temperature", "code": "unsupported_value"}}),
            Config,
            "leave out `temperature`",
        ),
        (400, json!({"error": {"param": "response_format.json_schema"}}), Config, "structured_output"),
        (400, coded("invalid_request_error"), Rejected, "the log has the request's id"),
        (
            429,
            coded("rate_limit_exceeded"),
            RateLimited,
            "is asked too often (status 429, rate_limit_exceeded)",
        ),
        (500, coded("server_error"), Unavailable, "cannot answer now"),
        (503, Value::Null, Unavailable, "cannot answer now (status 503)"),
        (529, json!({"error": {"type": "overloaded_error"}}), Unavailable, "(status 529, overloaded_error)"),
        (408, Value::Null, Unavailable, "cannot answer now"),
        (0, coded("rate_limit_exceeded"), RateLimited, "is asked too often (rate_limit_exceeded)"),
        (0, json!({"error": {"code": 503, "message": "UPSTREAM"}}), Unavailable, "(status 503)"),
        (0, json!({"error": "UPSTREAM"}), Unavailable, "cannot answer now"),
    ]);
}

#[test]
fn what_only_pretends_to_be_a_code_is_not_told() {
    for code in [
        "two words",
        "sk_secret_0",
        "secret",
        "xsk_secret_0x",
        "eyJhbGciOi.J9.x",
        "11111111-2222-4333-8444-555555555555",
        "401",
        "",
        "é",
        &"x".repeat(49),
    ] {
        assert_eq!(told(400, &json!({"error": {"code": code}})).1, told(400, &Value::Null).1, "{code}");
    }
}

#[test]
fn a_member_that_a_server_does_not_know_is_found() {
    let members = ["max_completion_tokens", "stream_options"];
    let found = |status, body: Value| Refusal::read(Some(status), &body).unknown_member(&members);
    let param = |param: &str| json!({"error": {"code": "unsupported_parameter", "param": param, "message": "max_completion_tokens"}});
    assert_eq!(found(400, param("max_completion_tokens")), Some("max_completion_tokens"));
    assert_eq!(found(400, param("max_tokens")), None, "it recommends the other");
    assert_eq!(found(500, param("max_completion_tokens")), None);
    let unrecognized = json!({"error": {"message": "Unrecognized request argument supplied: stream_options", "param": null}});
    assert_eq!(found(400, unrecognized), Some("stream_options"));
    let detail = json!({"detail": [{"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"]}]});
    assert_eq!(found(422, detail), Some("max_completion_tokens"));
    let late = json!({"error": {"message": format!("{} stream_options", "ä".repeat(400))}});
    assert_eq!(found(400, late), None);
}
