//! Rules that are stored, each as the note `rule/{id}`.

use std::sync::Arc;

use aoc_core::{
    Error, Result,
    alert::rule::Rule,
    config,
    store::{Note, Notebook},
};

use super::known::{KnownRule, Language, Origin, Refused};

/// What the keys of stored rules begin with.
pub(super) const KEYS: &str = "rule/";

/// The stored rules.
#[derive(Default)]
pub(super) struct StoredRules {
    notes: Vec<Note>,
    pub(super) rules: Vec<KnownRule>,
    pub(super) refused: Vec<Refused>,
}

impl StoredRules {
    /// Reads them again; says whether anything is other than it was.
    pub(super) async fn look(&mut self, store: &(impl Notebook + ?Sized)) -> Result<bool> {
        let notes = store.list(KEYS).await?;
        if notes == self.notes {
            return Ok(false);
        }
        let (mut rules, mut refused) = (Vec::new(), Vec::new());
        for note in &notes {
            match self.rule_of(note) {
                Ok(rule) => rules.push(rule),
                Err(error) => refused.push(Refused::stored(id_of(note), &error)),
            }
        }
        (self.notes, self.rules, self.refused) = (notes, rules, refused);
        Ok(true)
    }

    fn rule_of(&self, note: &Note) -> Result<KnownRule> {
        if self.notes.contains(note)
            && let Some(same) = self.rules.iter().find(|rule| rule.detection.id == id_of(note))
        {
            return Ok(same.clone());
        }
        let mut rule: Rule = config::read(note.value.clone())?;
        id_of(note).clone_into(&mut rule.id);
        known(rule)
    }
}

/// A rule as one that is stored.
pub(super) fn known(rule: Rule) -> Result<KnownRule> {
    rule.check()?;
    let detection = Arc::new(rule.detection()?);
    Ok(KnownRule {
        detection,
        rule: Some(rule),
        language: Language::Native,
        origin: Origin::Stored,
        file: String::new(),
        disabled: false,
    })
}

/// What would be stored under an id.
pub(super) fn note_of(rule: &Rule) -> Result<Note> {
    known(rule.clone()).map_err(|error| match error.kind() {
        aoc_core::ErrorKind::Internal => error,
        _ => Error::invalid(error.to_string()),
    })?;
    Note::new(format!("{KEYS}{}", rule.id), rule)
}

fn id_of(note: &Note) -> &str {
    note.key.strip_prefix(KEYS).unwrap_or(&note.key)
}
