//! Tokens: asked for once, kept until shortly before they expire.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{http::header::HeaderValue, prelude::*};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{login::Login, machine::Machine};
use crate::forward::{Heard, Link, secret_header};

/// A token is renewed when less than this is left of its life.
const EARLY: Duration = Duration::from_secs(5 * 60);
/// How soon it is tried again with another token, when one was refused that had been good.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// Where nothing says how long a token lives.
const UNKNOWN: Duration = Duration::from_secs(10 * 60);
/// No token lives longer.
const MOST: Duration = Duration::from_secs(86_400);

/// Who gives tokens.
pub(super) enum Issuer {
    /// The login service.
    Login(Login),
    /// This machine.
    Machine(Machine),
}

/// A token that was just given, and for how long.
pub(super) struct Minted {
    text: Arc<str>,
    life: Duration,
}

/// A token to be used.
pub(super) struct Token {
    text: Arc<str>,
    fresh: bool,
}

impl Token {
    /// The token itself.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it was given just now.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The header that carries it.
    pub(super) fn header(&self) -> Result<HeaderValue> {
        secret_header("the token", &format!("Bearer {}", self.text))
    }
}

/// The tokens of one sink.
pub(super) struct Tokens {
    issuer: Issuer,
    /// Held while one is asked for, so that many askers ask once.
    held: Mutex<Option<(Arc<str>, Instant)>>,
}

impl Tokens {
    /// From this issuer. Does no I/O.
    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer, held: Mutex::new(None) }
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when we are refused one, [`Unavailable`](ErrorKind::Unavailable) and
    /// [`RateLimited`](ErrorKind::RateLimited) when not now.
    pub(super) async fn get(&self) -> Result<Token> {
        let mut held = self.held.lock().await;
        if let Some((text, until)) = &*held
            && Instant::now() < *until
        {
            return Ok(Token { text: text.clone(), fresh: false });
        }
        let begun = Instant::now();
        let Minted { text, life } = match &self.issuer {
            Issuer::Login(login) => login.ask().await?,
            Issuer::Machine(machine) => machine.ask().await?,
        };
        *held = Some((text.clone(), begun + life.saturating_sub(EARLY.min(life / 3))));
        Ok(Token { text, fresh: true })
    }

    /// The token was refused.
    pub(super) async fn forget(&self) {
        *self.held.lock().await = None;
    }
}

/// Reads the token of an answer. The answer itself is never told: it may hold one.
///
/// # Errors
/// [`Unavailable`](ErrorKind::Unavailable) when there is none.
pub(super) fn minted(link: &Link, heard: &Heard) -> Result<Minted> {
    let none = || Error::unavailable(format!("{} sent no token (status {})", link.host(), heard.status));
    let answer: Value = serde_json::from_slice(&heard.body).map_err(|_| none())?;
    let text = answer.get("access_token").and_then(Value::as_str).map(str::trim);
    let text = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
    // The machine sends a number in a string.
    let seconds = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    let life = answer.get("expires_in").and_then(seconds);
    let life = life.and_then(|life| Duration::try_from_secs_f64(life).ok()).unwrap_or(UNKNOWN).min(MOST);
    Ok(Minted { text: text.ok_or_else(none)?.into(), life })
}

/// What a refusal to give a token means: whatever is wrong with it, nothing is wrong with the events.
pub(super) fn refusal(link: &Link, heard: &Heard) -> Error {
    let error = link.error(heard);
    match error.kind() {
        ErrorKind::RateLimited | ErrorKind::Unavailable => error,
        _ => link.tell(ErrorKind::Denied, "gives us no token", heard),
    }
}
