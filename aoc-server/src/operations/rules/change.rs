//! Changing stored rules.

use std::hash::{BuildHasher, Hasher, RandomState};

use aoc_core::{Error, Result, alert::rule::Rule};

use super::{ListedRule, Operations, audit::tell_change, no_rule};
use crate::{
    auth::{Caller, Permission},
    rules::{KnownRule, Origin},
};

impl Operations {
    /// Stores a new rule and puts it in force. One without an id is given one.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is wrong, also where the id is taken; those of the
    /// store.
    pub async fn rule_create(&self, caller: &Caller, mut rule: Rule) -> Result<ListedRule> {
        caller.require(Permission::Manage)?;
        self.rules.look().await?;
        if rule.id.is_empty() {
            rule.id = new_id(&rule.name);
        }
        check_id(&rule.id)?;
        if let Some(taken) = self.rules.current().await?.find(&rule.id) {
            return Err(Error::invalid(match taken.origin {
                Origin::Stored => {
                    format!("id: there is a rule `{}`; PUT /api/rules/{0} replaces it", rule.id)
                }
                _ => format!("id: `{}` is the id of a rule of {}", rule.id, taken.place()),
            }));
        }
        let id = rule.id.clone();
        self.change(caller, &id, None, Some(rule)).await?;
        self.rule_get(caller, &id).await
    }

    /// Replaces a stored rule.
    ///
    /// # Errors
    /// [`NotFound`](aoc_core::ErrorKind::NotFound) when there is none of this id,
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) naming the member that is wrong, also where the rule is not a stored one;
    /// those of the store.
    pub async fn rule_update(&self, caller: &Caller, id: &str, mut rule: Rule) -> Result<ListedRule> {
        caller.require(Permission::Manage)?;
        if rule.id.is_empty() {
            id.clone_into(&mut rule.id);
        }
        if rule.id != id {
            return Err(Error::invalid(format!("id: `{}` is not the id of the address, `{id}`", rule.id)));
        }
        let before = self.stored_rule(id).await?;
        self.change(caller, id, before.rule, Some(rule)).await?;
        self.rule_get(caller, id).await
    }

    /// Deletes a stored rule.
    ///
    /// # Errors
    /// As [`rule_update`](Self::rule_update).
    pub async fn rule_delete(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.require(Permission::Manage)?;
        let before = self.stored_rule(id).await?;
        self.change(caller, id, before.rule, None).await
    }

    /// Changes a rule and tells it: both, also where whoever asked goes away meanwhile.
    async fn change(
        &self,
        caller: &Caller,
        id: &str,
        before: Option<Rule>,
        after: Option<Rule>,
    ) -> Result<()> {
        let (rules, store) = (self.rules.clone(), self.store.clone());
        let (caller, id) = (caller.clone(), id.to_owned());
        let changing = tokio::spawn(async move {
            match &after {
                Some(rule) => rules.write(rule).await?,
                None => rules.erase(&id).await?,
            }
            tell_change(&*store, &caller, before.as_ref(), after.as_ref()).await;
            rules.look().await
        });
        changing.await.map_err(|cause| Error::internal("changing a rule panicked").because(cause))?
    }

    async fn stored_rule(&self, id: &str) -> Result<KnownRule> {
        self.rules.look().await?;
        let known = self.rules.current().await?;
        let rule = known.find(id).ok_or_else(no_rule)?;
        if rule.origin == Origin::Stored {
            return Ok(rule.clone());
        }
        Err(Error::invalid(format!(
            "the rule stands in {}; change it there, or switch it off with `disabled` in [alerts]",
            rule.place()
        )))
    }
}

/// The most letters of a rule's name that its id begins with.
const MOST_LETTERS: usize = 60;

/// An id that tells the rule's name, and that no other has.
fn new_id(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let words: String = name.chars().take(MOST_LETTERS).map(letter).collect();
    let words = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let words = if words.is_empty() { "rule".to_owned() } else { words };
    format!("{words}-{:06x}", RandomState::new().build_hasher().finish() & 0xff_ffff)
}

fn check_id(id: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !id.chars().all(plain) || id.len() > 100 {
        let expected = "expected letters, digits, `-`, `_` and `.`, at most 100";
        return Err(Error::invalid(format!("id: `{id}` is none, {expected}")));
    }
    // Addresses of the API stand there.
    if ["schema", "backtest", ".", ".."].contains(&id) {
        return Err(Error::invalid(format!("id: `{id}` cannot be the id of a rule")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_the_name() {
        let id = new_id("Übergroße Rolle: \"Global  Admin\"");
        assert!(id.starts_with("bergro-e-rolle-global-admin-"), "{id}");
        assert!(new_id("角色").starts_with("rule-"));
        assert!(check_id(&id).is_ok() && new_id("x") != new_id("x"));
        for id in ["a b", "schema", "..", "a/b", &"x".repeat(101)] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }
}
