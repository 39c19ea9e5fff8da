//! What an error of a model means to us, in words of ours.

use std::time::Duration;

use aoc_core::{Error, http};
use serde_json::Value;

/// How the configuration calls what may be wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    /// Who we are.
    pub(super) credential: &'static str,
    /// Whom we ask.
    pub(super) model: &'static str,
}

/// An error as the server told it.
///
/// Invariant: none of the server's text gets out but a code, and that only where it looks like one.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    /// Where the answer had one: an error can also come in the middle of an answer.
    pub(super) status: Option<u16>,
    codes: Vec<String>,
    param: String,
    message: String,
    wait: Option<Duration>,
}

/// What it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Credential,
    Rights,
    Quota,
    Model,
    Address,
    Moved,
    Filtered,
    TooLong,
    Setting(&'static str),
    TooFast,
    Down,
    Other,
}

/// How much of an error is read.
pub(super) const MOST: usize = 64 * 1024;
/// How long a code may be.
const LONGEST_CODE: usize = 48;
/// What a server says about a member of the request that it does not know stands early in its message.
const BEGINNING: usize = 300;

impl Refusal {
    /// Reads an error: whatever shape it has.
    pub(super) fn read(status: Option<u16>, body: &Value) -> Self {
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let inner = error.get("innererror").and_then(|inner| inner.get("code"));
        let codes = [error.get("code"), inner, error.get("type")].into_iter().filter_map(text).collect();
        let number =
            [error.get("code"), body.get("statusCode")].into_iter().flatten().find_map(Value::as_u64);
        let status = status.or_else(|| u16::try_from(number?).ok()).filter(|status| *status >= 300);
        let message = text(error.get("message")).or_else(|| text(Some(error))).unwrap_or_default();
        // Some servers list what is wrong with the request, each with its place.
        let place = body.get("detail").and_then(|detail| detail.get(0)?.get("loc")?.as_array()?.last());
        let param = text(error.get("param")).or_else(|| text(place)).unwrap_or_default();
        Self { status, codes, param, message, wait: None }
    }

    /// With how long the server wants us to wait.
    pub(super) fn with_wait(self, wait: Option<Duration>) -> Self {
        Self { wait, ..self }
    }

    /// Which of these members of the request the server does not know, if that is what it says.
    pub(super) fn unknown_member<'a>(&self, members: &[&'a str]) -> Option<&'a str> {
        if !matches!(self.status, Some(400 | 422)) {
            return None;
        }
        let beginning = &self.message[..self.message.floor_char_boundary(BEGINNING)];
        // "max_tokens is not supported, use max_completion_tokens" names both.
        members.iter().copied().find(|member| match self.param.as_str() {
            "" => beginning.contains(member),
            param => param == *member,
        })
    }

    /// The error for whoever asked us. No code is told that may be part of one of these secrets.
    pub(super) fn error(&self, host: &str, keys: Keys, secrets: &[&str]) -> Error {
        let (kind, what) = self.meaning().told(keys);
        let error = Error::new(kind, format!("{host} {}", what.replace("{}", &self.details(secrets))));
        let may_pass = matches!(kind, aoc_core::ErrorKind::RateLimited | aoc_core::ErrorKind::Unavailable);
        match self.wait.filter(|_| may_pass) {
            Some(wait) => error.wait(wait),
            None => error,
        }
    }

    /// Status and code, in brackets.
    fn details(&self, secrets: &[&str]) -> String {
        let status = self.status.map(|status| format!("status {status}"));
        let details: Vec<String> = status.into_iter().chain(self.code(secrets).map(str::to_owned)).collect();
        if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) }
    }

    /// A code that can be told.
    pub(super) fn code(&self, secrets: &[&str]) -> Option<&str> {
        let is_secret =
            |code: &str| secrets.iter().any(|secret| secret.contains(code) || code.contains(secret));
        let is_code = |code: &str| {
            code.starts_with(|c: char| c.is_ascii_alphabetic())
                && code.len() <= LONGEST_CODE
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        self.codes.iter().map(String::as_str).find(|code| is_code(code) && !is_secret(code))
    }

    fn has(&self, names: &[&str]) -> bool {
        self.codes.iter().any(|code| names.iter().any(|name| code.eq_ignore_ascii_case(name)))
    }

    fn meaning(&self) -> Meaning {
        let status = self.status.unwrap_or_default();
        if self.has(&["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"]) {
            return Meaning::Filtered;
        }
        if self.has(&["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"])
            || status == 402
        {
            return Meaning::Quota;
        }
        if self.has(&["model_not_found", "DeploymentNotFound"]) {
            return Meaning::Model;
        }
        let is_long = || self.message.to_ascii_lowercase().contains("maximum context length");
        if self.has(&["context_length_exceeded", "string_above_max_length"]) || (status == 400 && is_long()) {
            return Meaning::TooLong;
        }
        match status {
            300..=399 => Meaning::Moved,
            401 => Meaning::Credential,
            403 => Meaning::Rights,
            404 if self.codes.is_empty() => Meaning::Address,
            404 => Meaning::Model,
            405 | 410 => Meaning::Address,
            413 => Meaning::TooLong,
            429 => Meaning::TooFast,
            408 | 409 | 425 | 500.. => Meaning::Down,
            0 if self.has(&["rate_limit_exceeded", "rate_limit_error", "tokens", "requests"]) => {
                Meaning::TooFast
            }
            0 if self.has(&["invalid_request_error"]) => Meaning::Other,
            0 => Meaning::Down,
            _ => setting(&self.param).map_or(Meaning::Other, Meaning::Setting),
        }
    }
}

/// How long the server wants us to wait, if it says.
pub(super) fn wait(answer: &http::Answer) -> Option<Duration> {
    const MOST: Duration = Duration::from_secs(86_400);
    let millis = answer.header("retry-after-ms").and_then(|text| text.trim().parse().ok());
    millis.map(|millis| Duration::from_millis(millis).min(MOST)).or(answer.retry_after())
}

/// The key of ours that a member of the request comes from.
fn setting(param: &str) -> Option<&'static str> {
    let member = param.split(['.', '[']).next().unwrap_or_default();
    Some(match member {
        "temperature" => "leave out `temperature`",
        "max_tokens" | "max_completion_tokens" => "lower `max_answer_tokens`",
        "response_format" => "set `structured_output` to \"json_object\" or \"none\"",
        "stream" | "stream_options" => "set `stream = false`",
        _ => return None,
    })
}

impl Meaning {
    /// The kind, and a sentence about the host; `{}` stands for status and code.
    ///
    /// A quota that is used up is `Denied`: someone has to pay, and then it works again as configured. A model that is
    /// not there is `Config`: it is our configuration that names it.
    fn told(self, keys: Keys) -> (aoc_core::ErrorKind, String) {
        use aoc_core::ErrorKind::{Config, Denied, RateLimited, Rejected, Unavailable};
        let Keys { credential, model } = keys;
        match self {
            Self::Credential => (Denied, format!("refuses the credential{{}}; check {credential}")),
            Self::Rights => (
                Denied,
                format!(
                    "does not allow this{{}}; check the rights of {credential}, and from where it may be used"
                ),
            ),
            Self::Quota => {
                (Denied, "has no quota left for us{}; see to the plan and its payment there".to_owned())
            }
            Self::Model => (Config, format!("has no such model{{}}; check {model}")),
            Self::Address => {
                (Config, format!("has nothing at this address{{}}; check `base_url` and {model}"))
            }
            Self::Moved => (Config, "leads elsewhere{}, which is not followed; check `base_url`".to_owned()),
            Self::Filtered => (
                Rejected,
                "refuses what is asked by its content filter{}; ask in other words, or about other events"
                    .to_owned(),
            ),
            Self::TooLong => {
                (Rejected, "can read no prompt as long as this{}; ask about fewer events".to_owned())
            }
            Self::Setting(fix) => (Config, format!("refuses how it is asked{{}}; {fix}")),
            Self::TooFast => (RateLimited, "is asked too often{}".to_owned()),
            Self::Down => (Unavailable, "cannot answer now{}".to_owned()),
            Self::Other => (
                Rejected,
                "refuses the request{}; the log has the request's id, by which its operator finds the reason"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
