//! Alert rules: which there are, changing them, and trying them on what is stored.

mod audit;
mod backtest;
mod change;
mod types;

use aoc_core::{
    Error, Result,
    alert::{
        detect::View,
        why_not::{WhyNot, why_not},
    },
};

pub(super) use self::backtest::MOST_BACKTESTS;
pub use self::types::{BacktestAnswer, Backtested, ListedRule, RuleList, RunBacktest};
use super::Operations;
use crate::auth::{Caller, Permission};

impl Operations {
    /// All rules, by id, and those that cannot be used.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn rules_list(&self, caller: &Caller) -> Result<RuleList> {
        caller.require(Permission::Read)?;
        let known = self.rules.current().await?;
        let alerts = self.rules.config().enabled;
        let mut items: Vec<_> = known.rules.iter().map(|rule| ListedRule::new(rule, alerts)).collect();
        items.sort_by(|one, other| one.rule.id.cmp(&other.rule.id));
        Ok(RuleList { items, refused: known.refused.clone() })
    }

    /// One rule.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is none; those of the store.
    pub async fn rule_get(&self, caller: &Caller, id: &str) -> Result<ListedRule> {
        caller.require(Permission::Read)?;
        let known = self.rules.current().await?;
        let rule = known.find(id).ok_or_else(no_rule)?;
        Ok(ListedRule::new(rule, self.rules.config().enabled))
    }

    /// Says of a rule and an event why the one did or did not find the other.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such rule or event; those of the store.
    pub async fn why_not(&self, caller: &Caller, rule: &str, event: &str) -> Result<WhyNot> {
        caller.require(Permission::Read)?;
        let known = self.rules.current().await?;
        let rule = known.find(rule).ok_or_else(no_rule)?;
        self.why_not_of(caller, rule, event).await
    }

    /// The same for a rule that need not be one of ours.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is no such event; those of the store.
    pub async fn why_not_of(
        &self,
        caller: &Caller,
        rule: &crate::rules::KnownRule,
        event: &str,
    ) -> Result<WhyNot> {
        let event = self.get(caller, event, None).await?;
        let view = View::new(&event, &**self.rules.reader());
        Ok(why_not(&rule.detection, &view))
    }
}

fn no_rule() -> Error {
    Error::not_found("no rule of this id")
}
