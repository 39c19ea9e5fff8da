//! A document of a file, understood as far as it can be without the others.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Language, Loaded};
use crate::{
    Error, Result,
    alert::{
        detect::{Detection, Matcher},
        rule::{Rule, RuleTest},
        sigma::{Correlation, Head, Placeholders, compile, slug},
    },
};

/// A rule of a file.
pub(super) struct Draft {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) body: Body,
}

pub(super) enum Body {
    Native(Box<Rule>),
    Sigma(Head, Arc<dyn Matcher>),
    Correlation(Head, Correlation),
}

impl Draft {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) or [`Config`](crate::ErrorKind::Config) saying what is wrong.
    pub(super) fn of(value: Value, file: &str, line: usize, placeholders: &Placeholders) -> Result<Self> {
        let Value::Object(document) = value else {
            return Err(Error::invalid(
                "a rule is expected: a map with `title` and `detection`, or with `name`",
            ));
        };
        let body = body(document, placeholders)?;
        Ok(Self { file: file.to_owned(), line, body })
    }

    /// The id, title and tests.
    pub(super) fn about(&self) -> (&str, &str, &[RuleTest]) {
        match &self.body {
            Body::Native(rule) => (&rule.id, &rule.name, &rule.tests),
            Body::Sigma(head, _) | Body::Correlation(head, _) => (&head.id, &head.title, &head.tests),
        }
    }

    /// What it is called where correlations refer to it.
    pub(super) fn names(&self) -> &[String] {
        match &self.body {
            Body::Native(rule) => std::slice::from_ref(&rule.id),
            Body::Sigma(head, _) | Body::Correlation(head, _) => &head.names,
        }
    }

    pub(super) fn loaded(&self, detection: Detection) -> Loaded {
        let (language, rule) = match &self.body {
            Body::Native(rule) => (Language::Native, Some((**rule).clone())),
            Body::Sigma(..) | Body::Correlation(..) => (Language::Sigma, None),
        };
        Loaded { detection: Arc::new(detection), file: self.file.clone(), language, rule }
    }
}

fn body(document: Map<String, Value>, placeholders: &Placeholders) -> Result<Body> {
    let has = |key: &str| document.contains_key(key);
    match (has("detection"), has("correlation")) {
        (true, true) => Err(Error::invalid("`detection` and `correlation` are two documents")),
        (true, false) => {
            let head = Head::of(&document)?;
            Ok(Body::Sigma(head, compile(&document, placeholders)?))
        }
        (false, true) => Ok(Body::Correlation(Head::of(&document)?, Correlation::of(&document)?)),
        (false, false) if has("logsource") || has("title") => {
            let what =
                if has("filter") { "filters of Sigma are not supported" } else { "missing `detection`" };
            Err(Error::invalid(what))
        }
        (false, false) => {
            let mut rule: Rule = crate::config::read(Value::Object(document))?;
            if rule.id.is_empty() {
                rule.id = slug(&rule.name);
            }
            Ok(Body::Native(Box::new(rule)))
        }
    }
}
