//! Chat completions: asks, listens, and asks again.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aoc_core::{
    Completion, Prompt,
    http::{Answer, HttpClient, Method},
    prelude::*,
};
use serde_json::Value;
use tokio::time::sleep;

use super::{
    address::Address,
    auth::{Auth, Shown},
    call::Call,
    events::Events,
    heard::Heard,
    refusal::{self, Keys, Refusal},
    wire::{self, MEMBERS, Manner, Quirks},
};

/// A model that speaks chat completions.
pub(super) struct ChatProvider {
    pub(super) http: HttpClient,
    pub(super) address: Address,
    pub(super) auth: Auth,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) manner: Manner,
    pub(super) timeout: Duration,
    pub(super) keys: Keys,
    pub(super) quirks: Mutex<Quirks>,
}

/// How much of an answer is read.
const MOST: usize = 8 * 1024 * 1024;
/// How much of a stream is read, where a word may cost as many bytes as a page.
const MOST_OF_STREAM: usize = 64 * 1024 * 1024;
/// What ends a stream.
const DONE: &str = "[DONE]";

#[async_trait]
impl LlmProvider for ChatProvider {
    async fn complete(
        &self,
        prompt: &Prompt,
        on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
    ) -> Result<Completion> {
        let call = Call::new(self.timeout, on_text);
        let mut tries = 0;
        loop {
            let error = match self.ask(prompt, &call).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            tries += 1;
            let Some(pause) = call.pause(tries, &error) else { return Err(error) };
            tracing::info!(error = error.chain(), ?pause, "the language model is asked again");
            sleep(pause).await;
        }
    }
}

impl ChatProvider {
    /// Asks once; again at once only where the server does not know a member of the request, or a token is no longer good.
    async fn ask(&self, prompt: &Prompt, call: &Call<'_>) -> Result<Completion> {
        let mut quirks = *self.quirks();
        let mut is_renewed = false;
        loop {
            let shown = call.within(&self.address.host, self.auth.show()).await?;
            let body = wire::request(prompt, &self.manner, quirks)?;
            let answer = call.within(&self.address.host, self.send(&body, &shown)).await?;
            if answer.status().is_success() {
                *self.quirks() = quirks;
                return self.listen(answer, call, &shown).await;
            }
            let refusal = self.read_refusal(answer, call, &shown).await?;
            if let Some(learnt) = refusal.unknown_member(&MEMBERS).and_then(|member| quirks.learn(member)) {
                quirks = learnt;
            } else if refusal.status == Some(401) && !is_renewed && self.auth.forget(&shown).await {
                is_renewed = true;
            } else {
                return Err(self.error(&refusal, &shown));
            }
        }
    }

    fn quirks(&self) -> std::sync::MutexGuard<'_, Quirks> {
        // Nothing that is done under the lock can panic.
        self.quirks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, body: &Value, shown: &Shown) -> Result<Answer> {
        let mut request = self.http.request(Method::POST, self.address.url.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some((name, value)) = shown.header() {
            request = request.header(name, value);
        }
        self.http.send(request.header("content-type", "application/json").body(body.to_string())).await
    }

    async fn listen(&self, answer: Answer, call: &Call<'_>, shown: &Shown) -> Result<Completion> {
        let is_stream =
            answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        let id = request_id(&answer, shown);
        let heard = if is_stream {
            self.listen_to_stream(answer, call, shown).await
        } else {
            self.listen_to_whole(answer, call, shown).await
        };
        let completion = heard.and_then(|heard| heard.end(&self.address.host));
        if let Err(error) = &completion {
            tracing::warn!(error = error.chain(), request_id = id, "the language model's answer failed");
        }
        completion
    }

    async fn listen_to_stream(&self, mut answer: Answer, call: &Call<'_>, shown: &Shown) -> Result<Heard> {
        let (mut events, mut heard, mut length) = (Events::default(), Heard::default(), 0);
        let host = &self.address.host;
        loop {
            let chunk = call.chunk(host, &mut answer).await?;
            let ended = match &chunk {
                Some(bytes) => events.push(bytes)?,
                None => events.end().into_iter().collect(),
            };
            for event in ended {
                if event.trim() == DONE {
                    return Ok(heard);
                }
                let piece = heard.take(self.parse(event.as_bytes(), shown)?);
                call.hand_on(&piece);
            }
            length += chunk.as_ref().map_or(0, Vec::len);
            match chunk {
                Some(_) if length > MOST_OF_STREAM => return Err(self.too_long(MOST_OF_STREAM)),
                Some(_) => {}
                None => return Err(Error::unavailable(format!("{host} broke off its answer"))),
            }
        }
    }

    async fn listen_to_whole(&self, mut answer: Answer, call: &Call<'_>, shown: &Shown) -> Result<Heard> {
        let mut bytes = Vec::new();
        while let Some(chunk) = call.chunk(&self.address.host, &mut answer).await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST {
                return Err(self.too_long(MOST));
            }
        }
        let mut heard = Heard::default();
        let whole = self.parse(&bytes, shown)?;
        if whole.choices.as_ref().is_none_or(Vec::is_empty) {
            return Err(self.no_answer());
        }
        let text = heard.take(whole);
        call.hand_on(&text);
        Ok(heard)
    }

    /// Reads an answer or a piece of one; an error in it is one.
    fn parse(&self, bytes: &[u8], shown: &Shown) -> Result<wire::Answer> {
        // The cause would show what was sent.
        let answer: wire::Answer = serde_json::from_slice(bytes).map_err(|_| self.no_answer())?;
        match answer.error.filter(|error| !error.is_null()) {
            Some(error) => {
                let refusal = Refusal::read(None, &serde_json::json!({"error": error}));
                Err(refusal.error(&self.address.host, self.keys, &shown.secrets()))
            }
            None => Ok(wire::Answer { error: None, ..answer }),
        }
    }

    async fn read_refusal(&self, answer: Answer, call: &Call<'_>, shown: &Shown) -> Result<Refusal> {
        let (status, id) = (answer.status().as_u16(), request_id(&answer, shown));
        let wait = refusal::wait(&answer);
        let body = async { Ok(answer.text(refusal::MOST).await) };
        let body = call.within(&self.address.host, body).await?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let refusal = Refusal::read(Some(status), &body).with_wait(wait);
        let code = refusal.code(&shown.secrets()).unwrap_or_default();
        tracing::warn!(
            host = self.address.host,
            status,
            code,
            request_id = id,
            "the language model refuses a request"
        );
        Ok(refusal)
    }

    fn error(&self, refusal: &Refusal, shown: &Shown) -> Error {
        refusal.error(&self.address.host, self.keys, &shown.secrets())
    }

    fn no_answer(&self) -> Error {
        Error::unavailable(format!(
            "{} sent what is no answer of a model; if it stays so, check `base_url`",
            self.address.host
        ))
    }

    fn too_long(&self, most: usize) -> Error {
        Error::unavailable(format!("{} sent an answer of more than {most} bytes", self.address.host))
    }
}

/// By which its operator finds a request again; nothing where it looks like something else.
fn request_id(answer: &Answer, shown: &Shown) -> String {
    const LONGEST: usize = 128;
    let id = answer.header("x-request-id").or_else(|| answer.header("apim-request-id")).unwrap_or_default();
    let is_id =
        id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    let is_secret =
        shown.secrets().iter().any(|secret| id.contains(secret) || (id.len() >= 8 && secret.contains(id)));
    if is_id && !is_secret { id.to_owned() } else { String::new() }
}
