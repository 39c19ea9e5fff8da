//! Refusals of the login service: what was heard, and the error it becomes.

use std::time::Duration;

use aoc_core::prelude::*;
use serde_json::Value;

use super::meanings::{LOOPING, OUT_OF_TIME, THROTTLED, UNMATCHED, Words, meaning};

/// Why there is no token.
pub(super) struct Refusal {
    pub(super) error: Error,
    /// The number behind `AADSTS`; 0 where there is none.
    pub(super) code: u32,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, code: 0 }
    }
}

impl Refusal {
    /// Whether the assertion was dated by a wrong clock.
    pub(super) fn is_about_time(&self) -> bool {
        OUT_OF_TIME.contains(&self.code)
    }

    /// Whether the federated credential may only not have reached the login service yet.
    pub(super) fn may_be_too_new(&self) -> bool {
        UNMATCHED.contains(&self.code)
    }
}

/// What was heard from the login service.
pub(super) struct Heard<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: &'a str,
    /// What was sent and must not be repeated by us.
    pub(super) secrets: &'a [&'a str],
    /// How far the other side's clock is ahead of ours, in seconds.
    pub(super) ahead: i64,
}

/// How long to wait where the service does not say.
const SHORT: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(300);
/// No wish is shorter.
const LEAST: Duration = Duration::from_secs(1);

impl Heard<'_> {
    /// What it means.
    pub(super) fn refusal(&self) -> Refusal {
        let json: Value = serde_json::from_str(self.body).unwrap_or_default();
        let code = code(&json);
        let name = json.get("error").and_then(Value::as_str).unwrap_or_default();
        let (kind, what, fix) = self.meaning(code, name);
        let code_or_status = match code {
            0 => format!("status {}", self.status),
            code => format!("AADSTS{code}"),
        };
        let fix = if OUT_OF_TIME.contains(&code) { self.clocks() } else { fix.to_owned() };
        let sentence = format!("{what} ({code_or_status}); {fix}");
        let error = Error::new(kind, sentence).because(words(self.status, self.body, self.secrets));
        let error = match self.wish(kind, code) {
            Some(wait) => error.wait(wait),
            None => error,
        };
        Refusal { error, code }
    }

    /// What the table says, unless the status knows better.
    fn meaning(&self, code: u32, name: &str) -> Words {
        let (kind, what, fix) = meaning(self.status, code, name);
        match self.status {
            _ if THROTTLED.contains(&code) => (kind, what, fix),
            429 => {
                let what = "the login service has had too many requests";
                (ErrorKind::RateLimited, what, "it is asked again later")
            }
            500.. => (ErrorKind::Unavailable, what, fix),
            _ => (kind, what, fix),
        }
    }

    fn wish(&self, kind: ErrorKind, code: u32) -> Option<Duration> {
        let wish = said(self.retry_after);
        match kind {
            ErrorKind::RateLimited if code == LOOPING => Some(wish.unwrap_or(LONG)),
            ErrorKind::RateLimited => Some(wish.unwrap_or(SHORT)),
            ErrorKind::Unavailable => wish,
            _ => None,
        }
    }

    fn clocks(&self) -> String {
        match self.ahead {
            0 => "this machine's clock is right, so see that `federated_token_file`, if used, is kept fresh"
                .into(),
            ahead if ahead > 0 => format!("this machine's clock is {ahead} seconds slow; set it right"),
            ahead => format!("this machine's clock is {} seconds fast; set it right", -ahead),
        }
    }
}

/// How long we are wanted to wait: who says no time at all, or one in the past, has not said how long.
pub(super) fn said(retry_after: Option<Duration>) -> Option<Duration> {
    retry_after.filter(|wish| *wish >= LEAST)
}

/// The vendor's own words, without the secrets that we sent.
pub(super) fn words(status: u16, body: &str, secrets: &[&str]) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |key: &str| {
        let mut text = json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            text = text.replace(*secret, "…").replace(&encoded, "…");
        }
        text
    };
    let name = shorten(&text("error"), 40);
    let description = shorten(&(text("error_description") + &text("message")), 300);
    format!("{name} (status {status}): {description} (trace {})", shorten(&text("trace_id"), 40))
}

/// A text without control characters and not too long.
fn shorten(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect()
}

/// The number behind `AADSTS`.
fn code(json: &Value) -> u32 {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim_start_matches("AADSTS").parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    let listed = json.get("error_codes").and_then(|codes| number(codes.get(0)?));
    let described = || {
        let words = json.get("error_description")?.as_str()?;
        let digits = words.split_once("AADSTS")?.1;
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    listed.or_else(described).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(status: u16, body: &str, ahead: i64) -> Refusal {
        Heard { status, retry_after: None, body, secrets: &[], ahead }.refusal()
    }

    #[test]
    fn codes_are_found_wherever_they_are() {
        for body in [
            r#"{"error":"invalid_client","error_codes":[7000215,1]}"#,
            r#"{"error":"invalid_client","error_codes":["7000215"]}"#,
            r#"{"error":"invalid_client","error_codes":[],"error_description":"AADSTS7000215: Invalid."}"#,
            r#"{"error":"invalid_client","error_codes":"x","error_description":"a AADSTS7000215"}"#,
        ] {
            let refusal = heard(401, body, 0);
            assert_eq!(refusal.code, 7_000_215, "{body}");
            assert_eq!(
                refusal.error.to_string(),
                "the client secret is wrong (AADSTS7000215); give the secret's value, not its id, in `client_secret`"
            );
        }
        for body in ["", "[]", "null", r#"{"error":{"code":1}}"#, r#"{"error_codes":[-1]}"#, "<html>AADSTS1"]
        {
            assert_eq!(heard(400, body, 0).code, 0, "{body}");
        }
    }

    #[test]
    fn unknown_codes_are_judged_by_name_then_by_status() {
        for (status, body, kind, says) in [
            (401, r#"{"error":"invalid_client","error_codes":[123]}"#, ErrorKind::Denied, "(AADSTS123)"),
            (400, r#"{"error":"temporarily_unavailable"}"#, ErrorKind::Unavailable, "(status 400)"),
            (503, r#"{"error":"invalid_client","error_codes":[7000215]}"#, ErrorKind::Unavailable, "7000215"),
            (429, r#"{"error":"invalid_client"}"#, ErrorKind::RateLimited, "too many"),
            (418, r#"{"error":"teapot"}"#, ErrorKind::Denied, "(status 418)"),
        ] {
            let error = heard(status, body, 0).error;
            assert_eq!(error.kind(), kind, "{body}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn a_wrong_clock_is_told_with_its_error() {
        let body = r#"{"error":"invalid_client","error_codes":[700024]}"#;
        for (ahead, says) in [(-90, "90 seconds fast"), (4_000, "4000 seconds slow"), (0, "clock is right")] {
            let refusal = heard(401, body, ahead);
            assert!(refusal.is_about_time());
            assert_eq!(refusal.error.kind(), ErrorKind::Unavailable);
            assert!(refusal.error.to_string().contains(says), "{}", refusal.error);
        }
    }

    #[test]
    fn the_vendors_words_are_the_cause_short_and_on_one_line() {
        let body = serde_json::json!({
            "error": "invalid_client", "error_codes": [7000222], "trace_id": "t-9",
            "error_description": format!("AADSTS7000222: The keys\r\n\u{1b}[31m {}", "é".repeat(999)),
        });
        let chain = heard(401, &body.to_string(), 0).error.chain();
        assert!(
            chain.contains("invalid_client (status 401): AADSTS7000222: The keys") && chain.contains("t-9")
        );
        assert!(!chain.contains(char::is_control) && chain.chars().count() < 600, "{chain}");
    }
}
