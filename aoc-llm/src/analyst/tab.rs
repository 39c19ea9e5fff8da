//! What is charged for one request to a model, however it ends.

use std::sync::atomic::{AtomicU64, Ordering};

use aoc_core::{Completion, Prompt, Result};

use crate::{Budget, Usage};

/// About so many characters make a token.
const CHARACTERS: u64 = 4;

/// The account of a request that is under way.
///
/// Invariant: once dropped, the budget is charged, also where whoever asked went away in the middle.
pub(super) struct Tab<'a> {
    budget: Option<&'a Budget>,
    caller: &'a str,
    usage: Usage,
    /// Characters of the answer so far.
    heard: AtomicU64,
    is_settled: bool,
}

impl<'a> Tab<'a> {
    /// For a prompt that is about to be sent.
    pub(super) fn open(budget: Option<&'a Budget>, caller: &'a str, prompt: &Prompt) -> Self {
        Self { budget, caller, usage: Usage::of_prompt(prompt), heard: AtomicU64::new(0), is_settled: false }
    }

    /// Counts a piece of the answer.
    pub(super) fn hear(&self, piece: &str) {
        self.heard.fetch_add(piece.chars().count() as u64, Ordering::Relaxed);
    }

    /// What the provider says of an answer. Where it did not answer in time, or broke off, what was sent and heard until now; where
    /// it refused to begin, nothing.
    pub(super) fn settle(mut self, prompt: &Prompt, answer: Option<&Result<Completion>>) -> Usage {
        self.usage = match answer {
            Some(Ok(completion)) => Usage::of(prompt, completion),
            Some(Err(_)) if self.heard.load(Ordering::Relaxed) == 0 => Usage::default(),
            _ => self.estimate(),
        };
        self.is_settled = true;
        self.usage
    }

    fn estimate(&self) -> Usage {
        let answer_tokens = self.heard.load(Ordering::Relaxed).div_ceil(CHARACTERS);
        Usage { answer_tokens, ..self.usage }
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        let usage = if self.is_settled { self.usage } else { self.estimate() };
        if let Some(budget) = self.budget {
            budget.charge(self.caller, usage);
        }
    }
}
