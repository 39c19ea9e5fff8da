//! One way to ask a service of Microsoft's: with a token, within limits, and with errors that say what to do.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aoc_core::{
    http::{Answer, Base, HttpClient, Method, Url},
    prelude::*,
};
use serde_json::Value;

use super::{
    account::is_guid,
    clock::{Agreed, Clock},
    limiter::{Limiter, Permit},
    refusal::{code_and_message, meaning},
    token::{Tokens, claims},
};

/// A service, asked in the name of an account.
#[derive(Clone)]
pub(crate) struct Api {
    http: HttpClient,
    base: Base,
    tokens: Arc<Tokens>,
    limiter: Arc<Limiter>,
    clock: Arc<Clock>,
    patience: Duration,
}

/// Why there is no answer to work with.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What it means: what the loops do with it, and the sentence.
    pub(crate) error: Error,
    /// The status of the answer; 0 where there was none, 408 where it did not come in time.
    pub(crate) status: u16,
    /// The vendor's code, such as `AF20051`; may be empty.
    pub(crate) code: String,
    /// The vendor's message.
    pub(crate) message: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, status: 0, code: String::new(), message: String::new() }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// How long the answer to a greeting may take.
const GREETING: Duration = Duration::from_secs(10);
/// How much of a refusal is read.
const MOST_OF_REFUSAL: usize = 64 * 1024;

impl Api {
    pub(crate) fn new(
        http: HttpClient,
        base: Base,
        tokens: Arc<Tokens>,
        limiter: Arc<Limiter>,
        clock: Arc<Clock>,
        patience: Duration,
    ) -> Self {
        Self { http, base, tokens, limiter, clock, patience }
    }

    /// How long an answer may take to begin.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// The configured address; links are followed only there.
    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// The other side's clock, as far as it is beyond doubt.
    pub(crate) fn clock(&self) -> Agreed<'_> {
        self.clock.agreed()
    }

    /// Makes sure that the other side's clock is known, if it can be reached: windows are cut by it.
    pub(crate) async fn hear_clock(&self) {
        self.settle_clock().await;
        if !self.clock().is_known() {
            // The login service tells the time, too. Why there is no token is heard again when one is needed.
            let _ = self.tokens.get().await;
        }
    }

    /// Asks for the time until that is known and nothing contradicts it, but not for ever.
    async fn settle_clock(&self) {
        for method in [Method::HEAD, Method::GET, Method::GET] {
            let is_last = method == Method::GET;
            if self.clock().is_settled() || (!self.greet(method).await && is_last) {
                return;
            }
        }
    }

    /// Asks for nothing, without a token; says whether the other side itself answered.
    async fn greet(&self, method: Method) -> bool {
        let Ok(url) = self.base.join("/") else { return false };
        let sent = self.http.send(self.http.request(method, url));
        let Ok(Ok(answer)) = tokio::time::timeout(GREETING.min(self.patience), sent).await else {
            return false;
        };
        let status = answer.status().as_u16();
        let is_its_own = status < 500 && status != 407 && !is_html(&answer);
        if is_its_own {
            self.clock.heard(answer.date());
        }
        is_its_own
    }

    /// Takes note of the time that an answer of the other side itself told; what is doubtful is asked for once more.
    async fn heard(&self, date: Option<SystemTime>) {
        self.clock.heard(date);
        if self.clock().is_doubted() {
            self.settle_clock().await;
        }
    }

    /// The id of the account's tenant, which the token says where the account gives a domain.
    pub(crate) async fn tenant_id(&self, given: &str) -> String {
        if is_guid(given) {
            return given.to_owned();
        }
        let token = self.tokens.get().await.ok();
        token.and_then(|token| claims(&token)?.tid).unwrap_or_else(|| given.to_owned())
    }

    /// A token, for a checkup that looks what is in it.
    pub(crate) async fn token(&self) -> Result<Arc<str>> {
        self.tokens.get().await
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Answer, Failure> {
        self.ask(Method::GET, url, None).await
    }

    /// Asks, and gives only answers of success: a token that is refused is replaced once, a throttle is kept for all.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let token = self.tokens.get().await?;
        let refused = match self.ask_with(&token, &method, &url, body).await {
            Err(failure) if failure.status == 401 => failure,
            answer => return answer,
        };
        tracing::debug!(
            host = self.base.host(),
            code = refused.code,
            "a token was refused; another is asked for"
        );
        let token = self.tokens.instead_of(&token).await?;
        self.ask_with(&token, &method, &url, body).await
    }

    async fn ask_with(
        &self,
        token: &str,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let permit = self.limiter.permit().await?;
        let mut request = self.http.request(method.clone(), url.clone()).bearer_auth(token);
        request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            // Management Activity refuses a POST that does not say that it is empty.
            None if *method == Method::POST => request.header("content-length", "0"),
            None => request,
        };
        let answer = match tokio::time::timeout(self.patience, self.http.send(request)).await {
            Ok(answer) => answer?,
            Err(_) => return Err(self.late()),
        };
        if answer.status().is_success() {
            permit.taken();
            if !is_html(&answer) {
                self.heard(answer.date()).await;
            }
            return Ok(answer);
        }
        Err(self.refused(answer, permit).await)
    }

    /// What an answer that is none of success means.
    async fn refused(&self, answer: Answer, permit: Permit<'_>) -> Failure {
        let (status, wish, date) = (answer.status().as_u16(), answer.retry_after(), answer.date());
        let is_html = is_html(&answer);
        let request_id = answer.header("request-id").unwrap_or_default().to_owned();
        let (code, message) = code_and_message(&answer.text(MOST_OF_REFUSAL).await);
        let error = if status == 429 || code == "AF429" {
            let wait = permit.refused(wish);
            Error::rate_limited("Microsoft has had too many requests of this tenant and wants us to wait")
                .wait(wait)
        } else {
            permit.taken();
            let (kind, sentence) = meaning(status, &code);
            let error = Error::new(kind, sentence);
            // A wish not to wait is none: the loops know better.
            match wish.filter(|wait| kind == ErrorKind::Unavailable && !wait.is_zero()) {
                Some(wait) => error.wait(wait),
                None => error,
            }
        };
        // What is between us and the other side, such as a proxy, has a clock of its own.
        if !code.is_empty() && !is_html && status != 407 {
            self.heard(date).await;
        }
        let detail = format!("{} answered {status}: {message} (request {request_id})", self.base.host());
        Failure { error: error.because(detail), status, code, message }
    }

    /// The other side is there, and takes too long.
    pub(crate) fn late(&self) -> Failure {
        let error = Error::unavailable(format!("{} did not answer in time", self.base.host()));
        Failure { status: 408, ..error.into() }
    }
}

/// Whether an answer is a page for people: neither service sends one.
fn is_html(answer: &Answer) -> bool {
    answer
        .header("content-type")
        .is_some_and(|kind| kind.trim_start().to_lowercase().starts_with("text/html"))
}
