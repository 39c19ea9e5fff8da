//! Questions in plain language, and explaining an event.

mod asking;
mod types;

use std::time::{Duration, Instant};

use aoc_core::{Error, Outcome, Result, Timestamp};
use aoc_llm::{
    Usage,
    analyst::{Answer, Explanation, Plan, Question},
};
use serde_json::{Value, json};

pub use self::{
    asking::Asking,
    types::{AskAnswer, AskQuestion, QueryInfo},
};
use super::{
    Operations,
    audit::{Deed, milliseconds},
};
use crate::auth::{Caller, Permission};

/// To whom pieces of an answer go as it is made.
pub type OnText<'a> = &'a (dyn for<'t> Fn(&'t str) + Send + Sync);

/// The most characters of a question that its event's summary has.
const SHOWN: usize = 200;
/// Why a model was not asked that has no place left.
const CROWDED: &str = "too many questions are with the language model now";

impl Operations {
    /// Whether a question can be answered: what is wrong with it should be known before an answer begins.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is wrong;
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) where asking is switched off.
    pub fn check_question(&self, caller: &Caller, request: &AskQuestion) -> Result<()> {
        caller.require(Permission::Read)?;
        self.require_asking()?;
        request.check()
    }

    /// Answers a question from what is stored. A language model may take as long as `patience` says; pieces of the answer go to
    /// `on_text` as soon as they are checked. To be called in a task of its own where whoever asks may go away: what is dropped
    /// in the middle is neither counted nor recorded.
    ///
    /// # Errors
    /// Those of [`check_question`](Self::check_question) and of the index;
    /// [`RateLimited`](aoc_core::ErrorKind::RateLimited) where too many questions are being answered. A model that fails is none: the answer tells it.
    pub async fn ask(
        &self,
        caller: &Caller,
        request: &AskQuestion,
        patience: Duration,
        on_text: OnText<'_>,
    ) -> Result<AskAnswer> {
        self.check_question(caller, request)?;
        let _seat = self.asking.seat()?;
        let question = Question {
            ui: request.filter(),
            offset: request.offset()?,
            plan: request.plan.clone().map(without_notes),
            caller: caller.name().to_owned(),
            patience,
            ..Question::new(request.question.clone(), Timestamp::now())
        };
        let began = Instant::now();
        let turn = self.asking.turn();
        let mut answered = turn.analyst.ask_streaming(&question, on_text).await;
        if let Ok(answer) = &mut answered
            && turn.is_crowded
            && answer.counts.total > 0
        {
            answer.llm_error = Some(CROWDED.to_owned());
        }
        drop(turn);
        let used = answered.as_ref().ok().and_then(|answer| answer.usage);
        let record = record_of(request, answered.as_ref(), began.elapsed());
        let about = ("Ask question", request.question.as_str());
        tokio::join!(self.note_use(used), self.tell_asked(caller, about, record, answered.is_ok()));
        Ok(answered?.into())
    }

    /// Explains the event of an id or dedupe key, on clocks so many minutes east of UTC.
    ///
    /// # Errors
    /// Those of [`get`](Self::get); as for [`ask`](Self::ask).
    pub async fn explain(
        &self,
        caller: &Caller,
        (id, source): (&str, Option<&str>),
        utc_offset_minutes: i32,
        patience: Duration,
    ) -> Result<Explanation> {
        caller.require(Permission::Read)?;
        self.require_asking()?;
        let offset = types::offset(utc_offset_minutes)?;
        let _seat = self.asking.seat()?;
        let key = self.get(caller, id, source).await?.dedupe_key;
        let began = Instant::now();
        let who = (caller.name(), patience);
        let turn = self.asking.turn();
        let mut explained = turn.analyst.explain(&key, offset, who).await;
        if let Ok(explanation) = &mut explained
            && turn.is_crowded
        {
            explanation.llm_error = Some(CROWDED.to_owned());
        }
        drop(turn);
        let explained_by = explained.as_ref().ok();
        let used = explained_by.and_then(|explanation| explanation.usage);
        let record = json!({
            "event": key,
            "llm_used": explained_by.map(|explanation| explanation.llm_used),
            "llm_error": explained_by.map(|explanation| &explanation.llm_error),
            "usage": used,
            "error": explained.as_ref().err().map(|error| format!("{:?}", error.kind())),
            "milliseconds": milliseconds(began.elapsed()),
        });
        let about = ("Explain event", key.as_str());
        tokio::join!(self.note_use(used), self.tell_asked(caller, about, record, explained.is_ok()));
        explained
    }

    fn require_asking(&self) -> Result<()> {
        if self.asking.is_enabled() {
            return Ok(());
        }
        Err(Error::not_found("asking is switched off, by `enabled = false` in [llm]"))
    }

    async fn tell_asked(
        &self,
        caller: &Caller,
        (operation, about): (&str, &str),
        record: Value,
        is_done: bool,
    ) {
        let outcome = if is_done { Outcome::Success } else { Outcome::Failure };
        let about: String = about.chars().take(SHOWN).collect();
        let targets = if about.is_empty() { Vec::new() } else { vec![about] };
        self.tell(caller, Deed { kind: "ask", operation, outcome, targets, record }).await;
    }

    async fn note_use(&self, used: Option<Usage>) {
        if used.is_some() {
            self.asking.note().await;
        }
    }
}

/// What was assumed for another plan may be wrong of an edited one, and a note of anybody's would stand in the answer as ours.
fn without_notes(plan: Plan) -> Plan {
    Plan { notes: Vec::new(), ..plan }
}

/// What was asked, how it was understood, and what came of it.
fn record_of(request: &AskQuestion, answered: Result<&Answer, &Error>, took: Duration) -> Value {
    let answer = answered.ok();
    json!({
        "request": AskQuestion { plan: None, ..request.clone() },
        "plan": answer.map(|answer| &answer.plan).or(request.plan.as_ref()),
        "total_matched": answer.map(|answer| answer.counts.total),
        "llm_used": answer.map(|answer| answer.llm_used),
        "llm_error": answer.map(|answer| &answer.llm_error),
        "usage": answer.map(|answer| answer.usage),
        "error": answered.err().map(|error| format!("{:?}", error.kind())),
        "milliseconds": milliseconds(took),
    })
}
