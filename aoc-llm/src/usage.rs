//! What the use of a model costs, and how much of it a day allows.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aoc_core::{Completion, Prompt, prelude::*};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// About so many characters make a token.
const CHARACTERS: u64 = 4;
/// So many callers are told apart in a day; all others share one account.
const CALLERS: usize = 10_000;
/// So much of a caller's name tells it apart, in bytes.
const NAME: usize = 256;
/// The account that callers share who are not told apart. No caller has this name.
const OTHERS: &str = "\u{0}others";

/// How many tokens one question and its answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub answer_tokens: u64,
    /// Whether a number was estimated, because the provider did not say it.
    pub estimated: bool,
}

impl Usage {
    /// What the provider says; where it does not, about a token for four characters.
    pub fn of(prompt: &Prompt, completion: &Completion) -> Self {
        let asked = Self::of_prompt(prompt);
        Self {
            prompt_tokens: completion.prompt_tokens.unwrap_or(asked.prompt_tokens),
            answer_tokens: completion.answer_tokens.unwrap_or_else(|| estimate(&completion.text)),
            estimated: completion.prompt_tokens.is_none() || completion.answer_tokens.is_none(),
        }
    }

    /// The estimate of a prompt that was not answered.
    pub fn of_prompt(prompt: &Prompt) -> Self {
        let messages: u64 = prompt.messages.iter().map(|message| estimate(&message.text)).sum();
        let schema = prompt.schema.as_ref().map_or(0, |schema| estimate(&schema.to_string()));
        let prompt_tokens = estimate(&prompt.system) + messages + schema;
        Self { prompt_tokens, answer_tokens: 0, estimated: true }
    }

    /// All tokens.
    pub fn total(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.answer_tokens)
    }
}

fn estimate(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(CHARACTERS)
}

/// How many tokens a day allows, from midnight to midnight UTC. What is not given is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// All callers together.
    pub tokens_per_day: Option<u64>,
    /// One caller.
    pub tokens_per_caller: Option<u64>,
}

/// What was used on a day: to be kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// Tokens of all callers.
    pub total: u64,
    /// Tokens of each caller.
    pub callers: BTreeMap<String, u64>,
}

/// Counts the tokens of callers, day by day, and says when there are no more.
///
/// What is under way is not counted: callers who ask several things at once may exceed their limit by that much.
///
/// ```
/// use aoc_llm::usage::{Budget, Limits, Usage};
///
/// let budget = Budget::new(Limits { tokens_per_caller: Some(1_000), ..Limits::default() });
/// budget.check("kim@contoso.com")?;
/// budget.charge("kim@contoso.com", Usage { prompt_tokens: 900, answer_tokens: 200, estimated: false });
/// let error = budget.check("kim@contoso.com").unwrap_err();
/// assert!(error.retry_after().is_some(), "{error}");
/// budget.check("lee@contoso.com")?;
/// # Ok::<(), aoc_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    spent: Mutex<Spent>,
}

impl Budget {
    /// With these limits, nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, spent: Mutex::default() }
    }

    /// With what was used before. What was used on another day does not count.
    pub fn restore(limits: Limits, spent: Spent) -> Self {
        let budget = Self::new(limits);
        budget.recall(spent);
        budget
    }

    /// Takes up what was used before, in place of what is known.
    pub fn recall(&self, spent: Spent) {
        let mut held = Spent { callers: BTreeMap::new(), ..spent };
        for (caller, tokens) in spent.callers {
            held.add(&caller, tokens);
        }
        *self.lock() = held;
    }

    /// Whether a caller may ask now.
    ///
    /// # Errors
    /// [`RateLimited`](ErrorKind::RateLimited) with the time until the next day, when its tokens or those of all are used.
    pub fn check(&self, caller: &str) -> Result<()> {
        self.check_at(caller, Utc::now())
    }

    /// Counts what a caller used.
    pub fn charge(&self, caller: &str, usage: Usage) {
        self.charge_at(caller, usage, Utc::now());
    }

    /// What a caller used today.
    pub fn used(&self, caller: &str) -> u64 {
        self.on(Utc::now()).of(caller)
    }

    /// What was used on the day of the last use.
    pub fn snapshot(&self) -> Spent {
        self.lock().clone()
    }

    fn check_at(&self, caller: &str, now: DateTime<Utc>) -> Result<()> {
        let spent = self.on(now);
        let is_over = |used: u64, limit: Option<u64>| limit.is_some_and(|limit| used >= limit);
        let whose = if is_over(spent.of(caller), self.limits.tokens_per_caller) {
            "your"
        } else if is_over(spent.total, self.limits.tokens_per_day) {
            "all"
        } else {
            return Ok(());
        };
        let wait = until_next(spent.day, now);
        Err(Error::rate_limited(format!("{whose} tokens of the language model are used for today"))
            .wait(wait))
    }

    fn charge_at(&self, caller: &str, usage: Usage, now: DateTime<Utc>) {
        let mut spent = self.on(now);
        spent.total = spent.total.saturating_add(usage.total());
        spent.add(caller, usage.total());
    }

    /// What was used on this day. A clock that goes back gives nothing anew.
    fn on(&self, now: DateTime<Utc>) -> MutexGuard<'_, Spent> {
        let mut spent = self.lock();
        if spent.day < now.date_naive() {
            *spent = Spent { day: now.date_naive(), ..Spent::default() };
        }
        spent
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        // Nothing that is done under the lock can panic.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    fn of(&self, caller: &str) -> u64 {
        self.callers.get(self.account(caller)).copied().unwrap_or_default()
    }

    fn add(&mut self, caller: &str, tokens: u64) {
        let account = self.account(caller).to_owned();
        let used = self.callers.entry(account).or_default();
        *used = used.saturating_add(tokens);
    }

    /// Under which name the caller is counted.
    fn account<'a>(&self, caller: &'a str) -> &'a str {
        let name = &caller[..caller.floor_char_boundary(NAME)];
        let told_apart = self.callers.len() - usize::from(self.callers.contains_key(OTHERS));
        if told_apart < CALLERS || self.callers.contains_key(name) { name } else { OTHERS }
    }
}

/// How long it is until the day after this one.
fn until_next(day: NaiveDate, now: DateTime<Utc>) -> Duration {
    let midnight = day.checked_add_days(Days::new(1)).unwrap_or(day).and_time(NaiveTime::MIN).and_utc();
    let left = midnight.signed_duration_since(now).to_std().unwrap_or_default();
    left.clamp(Duration::from_secs(1), Duration::from_secs(86_400))
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
