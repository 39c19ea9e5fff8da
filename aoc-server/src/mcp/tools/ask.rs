//! Tools that answer in sentences, each of which names the events behind it.

use std::time::Duration;

use aoc_core::Result;
use aoc_llm::analyst::{Claim, Counts, Explanation, Status};
use futures::future::BoxFuture;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, Told, schema_of};
use crate::{
    auth::Caller,
    mcp::{arguments::read, escape::escaped, face},
    operations::{AskAnswer, AskQuestion, Operations},
};

/// How long a language model may take.
const PATIENCE: Duration = Duration::from_secs(20);
const _: () = assert!(PATIENCE.as_secs() < face::PATIENCE.as_secs(), "a tool must answer in time");
/// The most events of an answer.
const MOST_EVENTS: usize = 50;
/// The most sentences of an answer, and of those that a model said in vain.
const MOST_CLAIMS: usize = 100;
/// The most events that a sentence names.
const MOST_KEYS: usize = 20;
/// The most values of each count.
const MOST_VALUES: usize = 25;
/// The longest answer in one piece, in characters; longer ones are in their sentences.
const MOST_TEXT: usize = 1_900;

pub(super) fn entries() -> Vec<Entry> {
    let ask = Entry::looking::<AskAnswer>("ask", "Ask a question", schema_of::<AskQuestion>(), ask).saying(
        "Answers a question in plain English about what was done, by whom, when, how often. Each sentence names the dedupe keys \
         of the events behind it, for `get_event`; counts come from the store and never from a model. `query_info.plan` says \
         how the question was understood: where that is wrong, edit it and send it again as `plan`. The other arguments \
         restrict what is looked at, whatever the question says.",
    );
    let explain = Entry::looking::<Explanation>(
        "explain_event",
        "Explain an event",
        schema_of::<ExplainEvent>(),
        explain,
    );
    let explain = explain.saying(
        "Explains one event in sentences that name their events: what happened, whether it is usual for its actor, what is \
         related, what it implies, what to look at next, and how it could be undone. It undoes nothing itself.",
    );
    vec![ask.asking_others(), explain.asking_others()]
}

fn ask<'a>(operations: &'a Operations, caller: &'a Caller, given: JsonObject) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let question: AskQuestion = read(given)?;
        let answer = operations.ask(caller, &question, PATIENCE, &|_| {}).await?;
        let sentence = format!(
            "{} {} events match, of which {} were looked at one by one.",
            by(answer.llm_used, answer.llm_error.as_deref()),
            answer.query_info.total_matched,
            answer.query_info.event_count,
        );
        told_answer(sentence, answer)
    })
}

/// The answer, as much as there is room for: sentences go before events.
fn told_answer(mut sentence: String, mut answer: AskAnswer) -> Result<Told> {
    answer.answer = in_one_piece(answer.answer);
    restrict(&mut answer.claims);
    let Counts { service, operation, result, actor, .. } = &mut answer.query_info.counts;
    for values in [service, operation, result, actor] {
        values.truncate(MOST_VALUES);
    }
    if answer.events.len() > MOST_EVENTS {
        sentence.push_str(" `events` has the first of these; `search_events` has all.");
    }
    answer.events.truncate(MOST_EVENTS);
    let whole = ("answer", answer.answer.clone(), answer.claims.len());
    fitting(sentence, whole, answer, |answer| vec![&mut answer.events])
}

/// Which event, and for whom.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExplainEvent {
    /// Its `id` or its `dedupe_key`.
    id: String,
    /// Its source, where several use the id.
    source: Option<String>,
    /// How far east of UTC the clocks of whoever reads it are, in minutes.
    #[serde(default)]
    utc_offset_minutes: i32,
}

fn explain<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let ExplainEvent { id, source, utc_offset_minutes } = read(given)?;
        let which = (id.as_str(), source.as_deref());
        let mut explained = operations.explain(caller, which, utc_offset_minutes, PATIENCE).await?;
        let by = by(explained.llm_used, explained.llm_error.as_deref());
        let sentence = format!("{by} {} events are related.", explained.related_count);
        explained.explanation = in_one_piece(explained.explanation);
        restrict(&mut explained.claims);
        let whole = ("explanation", explained.explanation.clone(), explained.claims.len());
        fitting(sentence, whole, explained, |explained| {
            explained.related.iter_mut().map(|related| &mut related.events).collect()
        })
    })
}

/// Whose sentences they are.
fn by(llm_used: bool, llm_error: Option<&str>) -> &'static str {
    match (llm_used, llm_error) {
        (true, _) => {
            "Made of what is stored, with sentences of a language model that were checked against it."
        }
        (false, Some(_)) => "Made of what is stored; the language model did not help, see `llm_error`.",
        (false, None) => "Made of what is stored.",
    }
}

/// The sentences, where they are not too long for one text; else the first of them.
fn in_one_piece(text: String) -> String {
    let end = text.char_indices().nth(MOST_TEXT).map(|(end, _)| end);
    let Some(end) = end else { return text };
    let shown = text[..end].rfind('\n').map_or("", |line_end| &text[..line_end]);
    let more = text[shown.len()..].lines().filter(|line| !line.is_empty()).count();
    format!("{shown}\n… ({more} more lines are in `claims`)")
}

/// Leaves out sentences that are empty first, then the last ones.
fn restrict(claims: &mut Vec<Claim>) {
    if claims.len() > MOST_CLAIMS {
        claims.retain(|claim| claim.status != Status::Removed);
    }
    claims.truncate(MOST_CLAIMS);
    for claim in claims {
        claim.events.truncate(MOST_KEYS);
    }
}

/// The value, with fewer and fewer events until it fits with all of its sentences: the text of this name is whole, and so
/// many claims are there.
fn fitting<T: Serialize, E>(
    sentence: String,
    (name, text, claims): (&str, String, usize),
    mut value: T,
    events: impl Fn(&mut T) -> Vec<&mut Vec<E>>,
) -> Result<Told> {
    loop {
        let told = Told::new(sentence.clone(), &value);
        let mut lists = events(&mut value);
        let is_whole = told
            .as_ref()
            .is_ok_and(|told| told.value[name] == *escaped(&text) && told.shows_all("claims", claims));
        if is_whole || lists.iter().all(|list| list.is_empty()) {
            return told;
        }
        for list in &mut lists {
            let half = list.len() / 2;
            list.truncate(half);
        }
    }
}
