//! What a model says, checked as it arrives.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aoc_core::{Completion, ErrorKind, Key, LlmProvider, Prompt, Result};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{
    answer::{Claim, Status},
    check::{Checker, SaidClaim},
    hear::Hearing,
    prompt::clean::value,
    tab::Tab,
};
use crate::Usage;

/// The most claims that are looked at.
const MOST: usize = 40;
/// The line before the keys of events.
const EVENTS: &str = "Events:";
/// The most characters of a key.
const KEY: usize = 200;

/// To whom pieces of an answer go.
pub(super) type OnText<'a> = &'a (dyn for<'t> Fn(&'t str) + Send + Sync);

/// The answer so far: what has been passed on is what is in it.
pub(super) struct Speech<'a> {
    on_text: OnText<'a>,
    said: Mutex<Spoken>,
}

#[derive(Default)]
struct Spoken {
    text: String,
    claims: Vec<Claim>,
    /// The events that the text names by number.
    cited: Vec<Key>,
    hearing: Hearing,
}

/// What came of asking a model.
pub(super) struct Heard {
    /// Why it did not help, or not to the end.
    pub(super) error: Option<String>,
    pub(super) usage: Usage,
    /// How many of its claims are in the answer.
    pub(super) kept: usize,
}

impl<'a> Speech<'a> {
    pub(super) fn new(on_text: OnText<'a>) -> Self {
        Self { on_text, said: Mutex::default() }
    }

    /// Adds a claim; unless it was removed, it is passed on.
    pub(super) fn say(&self, claim: Claim) {
        Self::add(&mut self.lock(), self.on_text, claim);
    }

    fn add(spoken: &mut Spoken, on_text: OnText, claim: Claim) {
        let is_known =
            spoken.claims.iter().any(|other| other.text == claim.text && other.events == claim.events);
        if claim.status != Status::Removed && !is_known {
            let line = claim.line(&mut spoken.cited);
            let piece = if spoken.text.is_empty() { line } else { format!("\n{line}") };
            on_text(&piece);
            spoken.text.push_str(&piece);
        }
        if claim.status == Status::Removed || !is_known {
            spoken.claims.push(claim);
        }
    }

    /// Asks a model, and adds its claims. It is stopped once it has said more than is looked at.
    pub(super) async fn ask(
        &self,
        (model, until): (&dyn LlmProvider, Instant),
        (prompt, tab): (&Prompt, Tab<'_>),
        checker: &Checker<'_>,
    ) -> Heard {
        let enough = Notify::new();
        let on_text = |piece: &str| {
            tab.hear(piece);
            if self.hear(piece, checker) {
                enough.notify_one();
            }
        };
        let answer = tokio::select! {
            biased;
            answer = timeout_at(until, model.complete(prompt, &on_text)) => answer.ok(),
            () = enough.notified() => {
                return Heard { error: None, usage: tab.settle(prompt, None), kept: self.kept() };
            }
        };
        if let Some(Ok(completion)) = &answer {
            self.catch_up(&completion.text, checker);
        }
        let kept = self.kept();
        let error = match &answer {
            None => Some("the language model took too long".to_owned()),
            Some(answer) => problem(answer, kept, self.lock().hearing.claims),
        };
        Heard { error, usage: tab.settle(prompt, answer.as_ref()), kept }
    }

    /// The answer and its claims. The keys of the events come last.
    pub(super) fn end(self) -> (String, Vec<Claim>) {
        let mut spoken = self.said.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !spoken.cited.is_empty() {
            let keys = spoken.cited.iter().enumerate();
            let keys = keys.map(|(at, key)| format!("\n[{}] {}", at + 1, value(key.as_str(), KEY)));
            let piece = format!("\n\n{EVENTS}{}", keys.collect::<String>());
            (self.on_text)(&piece);
            spoken.text.push_str(&piece);
        }
        (spoken.text, spoken.claims)
    }

    /// Hears a piece, and says whether that is enough.
    fn hear(&self, piece: &str, checker: &Checker) -> bool {
        let mut spoken = self.lock();
        for json in spoken.hearing.hear(piece) {
            Self::claim(&mut spoken, self.on_text, &json, checker);
        }
        spoken.hearing.is_full() || spoken.hearing.claims >= MOST
    }

    /// Hears what did not come in pieces.
    fn catch_up(&self, text: &str, checker: &Checker) {
        let mut spoken = self.lock();
        let mut whole = Hearing::default();
        let all = whole.hear(text);
        for json in all.iter().skip(spoken.hearing.claims) {
            Self::claim(&mut spoken, self.on_text, json, checker);
        }
        if whole.claims > spoken.hearing.claims {
            spoken.hearing = whole;
        }
    }

    fn claim(spoken: &mut Spoken, on_text: OnText, json: &str, checker: &Checker) {
        if spoken.claims.iter().filter(|claim| claim.status != Status::Stored).count() >= MOST {
            return;
        }
        let claim = match serde_json::from_str::<SaidClaim>(json) {
            Ok(said) => checker.check(&said),
            Err(_) => Claim::removed("it does not have the form that was asked for"),
        };
        Self::add(spoken, on_text, claim);
    }

    fn kept(&self) -> usize {
        let is_kept = |claim: &&Claim| matches!(claim.status, Status::Verified | Status::Corrected);
        self.lock().claims.iter().filter(is_kept).count()
    }

    fn lock(&self) -> MutexGuard<'_, Spoken> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a model did not help, or not to the end.
fn problem(answer: &Result<Completion>, kept: usize, claims: usize) -> Option<String> {
    let told = match answer {
        Err(error) => sentence(error.kind()),
        Ok(completion) if !completion.complete => "the language model's answer was cut",
        Ok(_) if claims == 0 => "the language model did not answer in the form that was asked for",
        Ok(_) if kept == 0 => "nothing that the language model said is proven by the events",
        Ok(_) => return None,
    };
    Some(told.to_owned())
}

/// Our sentence about an error of a provider, whose own words are never shown.
pub(super) fn sentence(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "the language model is not configured as it needs",
        ErrorKind::Denied | ErrorKind::Forbidden => {
            "the language model refuses our credentials, or has no quota left for them"
        }
        ErrorKind::Unavailable => "the language model cannot be reached now",
        ErrorKind::RateLimited => "the language model may not be asked more for now",
        ErrorKind::Rejected | ErrorKind::Invalid => "the language model refuses this question",
        ErrorKind::NotFound => "there is no such language model",
        ErrorKind::Internal => "the language model failed",
    }
}
