//! Questions and answers, in the words of the API.

use aoc_core::{Error, Filter, Outcome, Result, SearchText, Timestamp, query::one_or_many};
use aoc_llm::{
    Usage,
    analyst::{Answer, Claim, Counts, Plan, Told},
};
use chrono::FixedOffset;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest question, in characters.
const LONGEST: usize = 4_000;
/// The most of all members together, in bytes of JSON: each of them is compared with events, and recorded.
const MOST_BYTES: usize = 64 * 1024;
/// How far clocks can be from UTC, in minutes.
const FARTHEST: i32 = 18 * 60;

/// A question in plain language, or a plan to run.
///
/// What the members beside them say goes before what the question says. Lists mean *one of these*; a text stands for a list of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AskQuestion {
    /// The question, at most 4,000 characters. It may be empty where there is a plan.
    pub question: String,
    /// A plan to run in place of reading the question: that of an earlier answer, as it was or edited. Its notes say nothing.
    pub plan: Option<Plan>,
    /// How far east of UTC the clocks of whoever asks are, in minutes; what "today" means.
    pub utc_offset_minutes: i32,
    /// Only of these services; it may also be called `service`.
    #[serde(alias = "service", deserialize_with = "one_or_many")]
    pub services: Vec<String>,
    /// Only by actors whose name has this part.
    pub actor: Option<String>,
    /// Only these operations; `*` stands for any characters.
    #[serde(deserialize_with = "one_or_many")]
    pub operation: Vec<String>,
    /// Only with these results.
    #[serde(deserialize_with = "one_or_many")]
    pub result: Vec<Outcome>,
    /// Only from components of these types.
    #[serde(deserialize_with = "one_or_many")]
    pub source: Vec<String>,
    /// Only of these tenants.
    #[serde(deserialize_with = "one_or_many")]
    pub tenant: Vec<String>,
    /// Not before this time.
    pub start: Option<Timestamp>,
    /// Before this time.
    pub end: Option<Timestamp>,
    /// Only where these words occur.
    pub search: SearchText,
    /// Only with all of these tags.
    #[serde(deserialize_with = "one_or_many")]
    pub include_tags: Vec<String>,
    /// Only without any of these tags.
    #[serde(deserialize_with = "one_or_many")]
    pub exclude_tags: Vec<String>,
}

impl AskQuestion {
    /// What the members beside the question say.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            service: self.services.clone(),
            operation: self.operation.clone(),
            result: self.result.clone(),
            source: self.source.clone(),
            tenant: self.tenant.clone(),
            actor: self.actor.clone(),
            start: self.start,
            end: self.end,
            search: self.search.clone(),
            include_tags: self.include_tags.clone(),
            exclude_tags: self.exclude_tags.clone(),
        }
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member.
    pub(super) fn check(&self) -> Result<()> {
        let length = self.question.chars().count();
        if length > LONGEST {
            return Err(Error::invalid(format!("question: {length} characters; {LONGEST} are the most")));
        }
        if self.question.trim().is_empty() && self.plan.is_none() {
            return Err(Error::invalid("question: it is empty, and there is no plan"));
        }
        self.offset()?;
        self.check_size()?;
        let filter = self.filter();
        filter.check()?;
        if let (Some(start), Some(end)) = (filter.start, filter.end)
            && start == end
        {
            return Err(Error::invalid(format!("end: {end} is start, too; there is no time between them")));
        }
        let plan = self.plan.clone().map(|plan| plan.under(&filter));
        plan.map_or(Ok(()), |plan| plan.check().map_err(|error| error.at("plan")))
    }

    fn check_size(&self) -> Result<()> {
        let json = |cause| Error::internal("a question has no JSON").because(cause);
        let members = serde_json::to_value(self).map_err(json)?;
        let members = members.as_object().into_iter().flatten();
        let lengths = members.map(|(name, value)| (value.to_string().len(), name.as_str()));
        let lengths: Vec<(usize, &str)> = lengths.collect();
        let all: usize = lengths.iter().map(|(length, _)| length).sum();
        match lengths.iter().max() {
            Some((length, name)) if all > MOST_BYTES => {
                let most = format!("{MOST_BYTES} are the most for all members");
                Err(Error::invalid(format!("{name}: {length} bytes of {all}; {most}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn offset(&self) -> Result<FixedOffset> {
        offset(self.utc_offset_minutes)
    }
}

/// An offset from UTC.
pub(super) fn offset(minutes: i32) -> Result<FixedOffset> {
    let is_possible = (-FARTHEST..=FARTHEST).contains(&minutes);
    let offset = is_possible.then(|| FixedOffset::east_opt(minutes * 60)).flatten();
    offset.ok_or_else(|| {
        Error::invalid(format!("utc_offset_minutes: {minutes} is not between -{FARTHEST} and {FARTHEST}"))
    })
}

/// An answer that can be checked: each sentence names the stored events that prove it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AskAnswer {
    /// The answer: plain text, a sentence a line, with the keys of events behind it.
    pub answer: String,
    /// The events that were looked at one by one, in the order that the plan asks for.
    pub events: Vec<Told>,
    /// What was searched for, and how much was found.
    pub query_info: QueryInfo,
    /// The sentences of the answer, and those of a model that are not in it.
    pub claims: Vec<Claim>,
    /// Whether a sentence of a language model is in the answer.
    pub llm_used: bool,
    /// Why a language model did not help, or not to the end; `null` where all went well, or there is none.
    pub llm_error: Option<String>,
    /// What the language model used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What was searched for, and how much was found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct QueryInfo {
    /// How the question was understood; it can be edited and sent again.
    pub plan: Plan,
    /// Not before this time; `null` where there is no beginning.
    pub start: Option<Timestamp>,
    /// Before this time.
    pub end: Timestamp,
    /// Only of these services; all, where there are none.
    pub services_queried: Vec<String>,
    /// How many events there are.
    pub total_matched: u64,
    /// How many of them were looked at one by one.
    pub event_count: usize,
    /// How many were counted only.
    pub left_out: u64,
    /// What the store counts, over all of them.
    pub counts: Counts,
}

impl From<Answer> for AskAnswer {
    fn from(answer: Answer) -> Self {
        let Answer { answer, claims, events, plan, counts, left_out, llm_used, llm_error, usage } = answer;
        let query_info = QueryInfo {
            start: plan.range.start,
            end: plan.range.end,
            services_queried: plan.filter.service.clone(),
            total_matched: counts.total,
            event_count: events.len(),
            plan,
            left_out,
            counts,
        };
        Self { answer, events, query_info, claims, llm_used, llm_error, usage }
    }
}
