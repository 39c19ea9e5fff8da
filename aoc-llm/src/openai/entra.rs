//! Tokens of Entra for Azure OpenAI: asked for once, kept until shortly before they expire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aoc_core::{
    Error, ErrorKind, Result, Secret,
    http::{Answer, Base, HttpClient, Method, Options, Url, header::HeaderValue},
};
use serde_json::Value;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::auth::Shown;

/// Whose tokens.
pub(super) enum Identity {
    /// An application with a secret, of a tenant.
    Application { login: Base, tenant_id: String, client_id: String, secret: Secret },
    /// This machine's, or of several the one with this client id.
    Machine { client_id: String },
}

/// The tokens of one identity for one resource.
///
/// Invariant: at most one request for a token is under way.
pub(super) struct Tokens {
    http: HttpClient,
    url: Url,
    ask: Ask,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    held: Held,
    /// When a refused token was last given up.
    replaced: Option<Instant>,
}

enum Ask {
    Login { form: Secret },
    Machine { header: &'static str, value: HeaderValue },
}

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Token {
        shown: Shown,
        until: Instant,
    },
    /// What is refused is not asked for again at once.
    Refused {
        sentence: String,
        until: Instant,
    },
}

/// The address that every virtual machine has; it is never reached through a proxy.
const MACHINE: &str = "http://169.254.169.254";
/// A token is renewed so long before it expires, or when a third of its life is left.
const EARLY: Duration = Duration::from_secs(300);
/// Where nothing says how long a token lives, and the longest that is believed.
const LIVES: [Duration; 2] = [Duration::from_secs(300), Duration::from_secs(86_400)];
/// How long a refusal is remembered.
const PATIENCE: Duration = Duration::from_secs(60);
/// A token that was refused is not replaced again within this.
const REPLACEMENT: Duration = Duration::from_secs(30);
/// How much of an answer is read.
const MOST: usize = 256 * 1024;
/// How long an answer may take to come to its end.
const TOTAL: Duration = Duration::from_secs(60);

impl Tokens {
    /// For a resource such as `https://cognitiveservices.azure.com`. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the identity endpoint of the environment is no address.
    pub(super) fn new(
        identity: Identity,
        resource: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let (url, ask, is_near) = match identity {
            Identity::Application { login, tenant_id, client_id, secret } => {
                let url = login.join(&format!("/{tenant_id}/oauth2/v2.0/token"))?;
                let form = form(&client_id, secret.expose(), resource)?;
                let is_near = url.scheme() == "http";
                (url, Ask::Login { form }, is_near)
            }
            Identity::Machine { client_id } => {
                let (url, ask) = machine(&client_id, resource, env)?;
                (url, ask, true)
            }
        };
        let options =
            Options { connect: Duration::from_secs(10), silence: Duration::from_secs(30), proxy: !is_near };
        Ok(Self { http: HttpClient::new(options)?, url, ask, desk: Mutex::default() })
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when we get none, [`Unavailable`](ErrorKind::Unavailable) and
    /// [`RateLimited`](ErrorKind::RateLimited) when not now.
    pub(super) async fn get(&self) -> Result<Shown> {
        let mut desk = self.desk.lock().await;
        let now = Instant::now();
        match &desk.held {
            Held::Token { shown, until } if now < *until => return Ok(shown.clone()),
            Held::Refused { sentence, until } if now < *until => return Err(Error::denied(sentence)),
            _ => {}
        }
        let minted = timeout(TOTAL, self.mint()).await;
        match minted.unwrap_or_else(|_| Err(Error::unavailable("the login service did not answer in time"))) {
            Ok((shown, life)) => {
                let until = now + life.saturating_sub(EARLY.min(life / 3));
                desk.held = Held::Token { shown: shown.clone(), until };
                Ok(shown)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Denied {
                    desk.held = Held::Refused { sentence: error.to_string(), until: now + PATIENCE };
                }
                Err(error)
            }
        }
    }

    /// Gives up a token that was refused, unless another was a moment ago: the next would be, too. Whether there may be
    /// another.
    pub(super) async fn forget(&self, refused: &Shown) -> bool {
        let mut desk = self.desk.lock().await;
        if !matches!(&desk.held, Held::Token { shown, .. } if shown.secrets() == refused.secrets()) {
            return true;
        }
        if desk.replaced.is_some_and(|at| at.elapsed() < REPLACEMENT) {
            return false;
        }
        *desk = Desk { held: Held::Nothing, replaced: Some(Instant::now()) };
        true
    }

    async fn mint(&self) -> Result<(Shown, Duration)> {
        let request = match &self.ask {
            Ask::Login { form } => self
                .http
                .request(Method::POST, self.url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.expose().to_owned()),
            Ask::Machine { header, value } => {
                self.http.request(Method::GET, self.url.clone()).header(*header, value.clone())
            }
        };
        let answer = self.http.send(request).await?;
        let (status, wait) = (answer.status().as_u16(), answer.retry_after());
        let now = date(&answer);
        let body: Value = serde_json::from_str(&answer.text(MOST).await).unwrap_or_default();
        if status == 200 {
            let token = body.get("access_token").and_then(Value::as_str);
            let none = || Error::unavailable("the login service sent no token");
            let shown = Shown::bearer(token.ok_or_else(none)?).map_err(|_| none())?;
            return Ok((shown, life(&body, now)));
        }
        Err(match wait {
            Some(wait) => self.refused(status, &body).wait(wait),
            None => self.refused(status, &body),
        })
    }

    fn refused(&self, status: u16, body: &Value) -> Error {
        let number = body.get("error_codes").and_then(|codes| codes.get(0)).and_then(Value::as_u64);
        let code = number.map_or_else(String::new, |number| format!(", AADSTS{number}"));
        let transient = matches!(
            body.get("error").and_then(Value::as_str),
            Some("temporarily_unavailable" | "server_error")
        );
        let is_machine = matches!(self.ask, Ask::Machine { .. });
        match status {
            429 => {
                Error::rate_limited(format!("the login service is asked too often (status {status}{code})"))
            }
            404 | 410 if is_machine => Error::unavailable(format!(
                "the identity endpoint of this machine cannot answer now (status {status})"
            )),
            408 | 500.. => {
                Error::unavailable(format!("the login service cannot answer now (status {status}{code})"))
            }
            _ if transient => {
                Error::unavailable(format!("the login service cannot answer now (status {status}{code})"))
            }
            _ if is_machine => Error::denied(format!(
                "the identity endpoint of this machine gives no token (status {status}); see that the machine has an \
                 identity, and that `client_id`, if it is given, is that identity's"
            )),
            _ => Error::denied(format!(
                "the login service gives no token for the language model (status {status}{code}); check `tenant_id`, \
                 `client_id` and `client_secret`"
            )),
        }
    }
}

fn form(client_id: &str, secret: &str, resource: &str) -> Result<Secret> {
    let wrong = |cause| Error::internal("not an address").because(cause);
    let mut url: Url = "https://form.invalid/".parse().map_err(wrong)?;
    url.query_pairs_mut()
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", client_id)
        .append_pair("scope", &format!("{resource}/.default"))
        .append_pair("client_secret", secret);
    Ok(Secret::new(url.query().unwrap_or_default()))
}

/// The endpoint that the environment names, or the virtual machine's.
fn machine(client_id: &str, resource: &str, env: impl Fn(&str) -> Option<String>) -> Result<(Url, Ask)> {
    let (endpoint, version, header, value) = match (env("IDENTITY_ENDPOINT"), env("IDENTITY_HEADER")) {
        (Some(endpoint), Some(secret)) => (endpoint, "2019-08-01", "x-identity-header", secret),
        _ => {
            (format!("{MACHINE}/metadata/identity/oauth2/token"), "2018-02-01", "metadata", "true".to_owned())
        }
    };
    let no_address =
        |cause| Error::config("IDENTITY_ENDPOINT in the environment is no address").because(cause);
    let mut url: Url = endpoint.parse().map_err(no_address)?;
    url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", resource);
    if !client_id.is_empty() {
        url.query_pairs_mut().append_pair("client_id", client_id);
    }
    // The cause would show the value.
    let mut value = HeaderValue::from_str(&value)
        .map_err(|_| Error::config("IDENTITY_HEADER in the environment is no header"))?;
    value.set_sensitive(true);
    Ok((url, Ask::Machine { header, value }))
}

/// The time on the other side's clock.
fn date(answer: &Answer) -> Duration {
    let date = answer.date().unwrap_or_else(SystemTime::now);
    date.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// How long a token lives. Numbers may be strings.
fn life(body: &Value, now: Duration) -> Duration {
    let number = |key: &str| match body.get(key)? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    let until = number("expires_on").map(|time| time.saturating_sub(now.as_secs()));
    let [unknown, longest] = LIVES;
    number("expires_in").or(until).map_or(unknown, Duration::from_secs).min(longest)
}

#[cfg(test)]
#[path = "entra_tests.rs"]
mod tests;
