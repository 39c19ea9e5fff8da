//! How rules of all files refer to each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::draft::{Body, Draft};
use crate::{
    Error, Result,
    alert::{
        detect::{Detection, Part},
        sigma::{Base, Correlation, Head},
    },
};

/// Who refers to whom.
#[derive(Default)]
pub(super) struct Links {
    /// Where each id stands.
    places: BTreeMap<String, String>,
    /// What stands in documents that were refused.
    refused: BTreeSet<String>,
    /// Rules whose events are counted by a correlation.
    counted: BTreeSet<String>,
    /// Rules of correlations that say `generate: true`.
    generating: BTreeSet<String>,
}

impl Links {
    /// Notes what a correlation refers to, also where it turns out that it cannot be used: the rules were not written to
    /// make alerts by themselves.
    pub(super) fn note(&mut self, document: &Map<String, Value>) {
        let (rules, generate) = Correlation::references(document);
        let set = if generate { &mut self.generating } else { &mut self.counted };
        set.extend(rules);
    }

    /// Takes note of a document that was refused.
    pub(super) fn refused(&mut self, names: [&String; 2]) {
        self.refused.extend(names.into_iter().filter(|name| !name.is_empty()).cloned());
    }

    /// Takes its id.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when another has it.
    pub(super) fn add(&mut self, draft: &Draft) -> Result<()> {
        let (id, ..) = draft.about();
        let place = format!("{} line {}", draft.file, draft.line);
        if let Some(other) = self.places.get(id) {
            return Err(Error::invalid(format!("the id `{id}` is taken: {other} has it"))
                .at(format!("line {}", draft.line)));
        }
        self.places.insert(id.to_owned(), place);
        Ok(())
    }

    /// What a draft looks for.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it refers to what is not there.
    pub(super) fn detection(&self, draft: &Draft, drafts: &[Draft]) -> Result<Detection> {
        match &draft.body {
            Body::Native(rule) => rule.detection(),
            Body::Sigma(head, matcher) => {
                let part = Part { name: head.title.clone(), matcher: matcher.clone(), group_by: Vec::new() };
                Ok(Detection { enabled: self.is_on(draft), ..single(head, part) })
            }
            Body::Correlation(head, correlation) => {
                let bases = correlation.rules.iter().map(|name| self.base(name, drafts));
                let bases =
                    bases.collect::<Result<Vec<_>>>().map_err(|error| error.at("correlation.rules"))?;
                Ok(correlation.detection(head.clone(), bases))
            }
        }
    }

    /// Whether it makes alerts of its own.
    fn is_on(&self, draft: &Draft) -> bool {
        let one_in = |set: &BTreeSet<String>| draft.names().iter().any(|name| set.contains(name));
        !one_in(&self.counted) || one_in(&self.generating)
    }

    fn base(&self, name: &str, drafts: &[Draft]) -> Result<Base> {
        let found: Vec<&Draft> =
            drafts.iter().filter(|draft| draft.names().iter().any(|own| own == name)).collect();
        match found.as_slice() {
            [] if self.refused.contains(name) => {
                Err(Error::invalid(format!("the rule `{name}` was refused")))
            }
            [] => Err(Error::invalid(format!("no rule has the name or id `{name}`"))),
            [draft] => match &draft.body {
                Body::Sigma(head, matcher) => {
                    Ok(Base { title: head.title.clone(), matcher: matcher.clone() })
                }
                Body::Correlation(..) => Err(Error::invalid(format!(
                    "`{name}` is a correlation; correlations of correlations are not supported"
                ))),
                Body::Native(_) => Err(Error::invalid(format!("`{name}` is no Sigma rule"))),
            },
            [first, second, ..] => Err(Error::invalid(format!(
                "`{name}` is ambiguous: {} line {} and {} line {} have it",
                first.file, first.line, second.file, second.line
            ))),
        }
    }
}

fn single(head: &Head, part: Part) -> Detection {
    Detection {
        id: head.id.clone(),
        title: head.title.clone(),
        description: head.description.clone(),
        severity: head.severity,
        labels: head.labels.clone(),
        enabled: true,
        parts: vec![part],
        window: None,
        quiet: None,
    }
}
