//! Files of rules, of our own and of Sigma's, read together: correlations refer to rules in other files.

mod draft;
mod link;

use std::{collections::BTreeMap, sync::Arc};

use self::{draft::Draft, link::Links};
use super::{
    detect::Detection,
    rule::{Rule, RuleTest},
    sigma::Placeholders,
    yaml,
};
use crate::Error;

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Its name, as errors show it.
    pub name: String,
    /// What it holds: YAML with one rule or several, divided by `---`, or JSON.
    pub text: String,
}

/// The language of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Our own.
    Native,
    /// Sigma.
    Sigma,
}

/// A rule that can be evaluated.
#[derive(Clone)]
pub struct Loaded {
    /// What it looks for.
    pub detection: Arc<Detection>,
    /// The file it stands in.
    pub file: String,
    /// What it is written in.
    pub language: Language,
    /// As it was written, where it is one of our own.
    pub rule: Option<Rule>,
}

/// A rule, or a whole file, that cannot be used.
#[derive(Debug)]
pub struct RefusedRule {
    /// The file it stands in.
    pub file: String,
    /// Its id, or its name; empty where neither can be read.
    pub id: String,
    /// Its title; empty where it cannot be read.
    pub title: String,
    /// Where in the file, and why.
    pub error: Error,
}

/// What files of rules hold.
#[derive(Default)]
pub struct RulesRead {
    /// Rules that can be evaluated, in the order of the files. Ids are unique.
    pub detections: Vec<Loaded>,
    /// What cannot be used.
    pub refused: Vec<RefusedRule>,
    /// Records to try rules on, with the ids of the rules.
    pub tests: Vec<(String, RuleTest)>,
}

/// Reads files of rules. A document that has a `detection` is a Sigma rule, one that has a `correlation` a Sigma
/// correlation, any other one a [`Rule`] of our own. One that cannot be used is refused and does no harm to the others;
/// of several with one id the first counts. Rules of Sigma whose events a correlation counts make no alerts of their own,
/// unless it says `generate: true`. The placeholders stand for `%name%` in values of Sigma rules with `expand`.
pub fn read_rules(files: &[RuleText], placeholders: &BTreeMap<String, Vec<String>>) -> RulesRead {
    read_few_rules(files, placeholders, usize::MAX)
}

/// As [`read_rules`]; a file with more than so many documents is refused as a whole, before anything is made of them.
pub fn read_few_rules(
    files: &[RuleText],
    placeholders: &BTreeMap<String, Vec<String>>,
    most: usize,
) -> RulesRead {
    let (drafts, read, links) = Default::default();
    let mut reading = Reading { placeholders, most, drafts, read, links };
    files.iter().for_each(|file| reading.file(file));
    reading.finish()
}

struct Reading<'a> {
    most: usize,
    placeholders: &'a Placeholders,
    drafts: Vec<Draft>,
    read: RulesRead,
    links: Links,
}

impl Reading<'_> {
    fn file(&mut self, file: &RuleText) {
        let documents = yaml::documents(&file.text).and_then(|documents| match documents.len() {
            count if count > self.most => {
                Err(Error::invalid(format!("{count} rules; {} are the most", self.most)))
            }
            _ => Ok(documents),
        });
        let documents = match documents {
            Ok(documents) => documents,
            Err(error) => {
                let (id, title) = Default::default();
                return self.read.refused.push(RefusedRule { file: file.name.clone(), id, title, error });
            }
        };
        for document in documents {
            match document.value {
                Ok(value) => self.document(file, document.line, value),
                Err(error) => {
                    let (id, title) = Default::default();
                    self.read.refused.push(RefusedRule { file: file.name.clone(), id, title, error });
                }
            }
        }
    }

    fn document(&mut self, file: &RuleText, line: usize, value: serde_json::Value) {
        if let Some(document) = value.as_object() {
            self.links.note(document);
        }
        let [id, name, title] =
            ["id", "name", "title"].map(|key| value.get(key).map(said).unwrap_or_default());
        let draft = Draft::of(value, &file.name, line, self.placeholders);
        let draft = draft
            .map_err(|error| error.at(format!("line {line}")))
            .and_then(|draft| self.links.add(&draft).map(|()| draft));
        match draft {
            Ok(draft) => self.drafts.push(draft),
            Err(error) => {
                self.links.refused([&id, &name]);
                let title = if title.is_empty() { name.clone() } else { title };
                let id = if id.is_empty() { name } else { id };
                self.read.refused.push(RefusedRule { file: file.name.clone(), id, title, error });
            }
        }
    }

    /// Gives correlations their rules, now that all are known.
    fn finish(mut self) -> RulesRead {
        for draft in &self.drafts {
            let (id, title, tests) = draft.about();
            match self.links.detection(draft, &self.drafts) {
                Ok(detection) => {
                    self.read.tests.extend(tests.iter().map(|test| (detection.id.clone(), test.clone())));
                    self.read.detections.push(draft.loaded(detection));
                }
                Err(error) => {
                    let (id, title) = (id.to_owned(), title.to_owned());
                    let error = error.at(format!("line {}", draft.line));
                    self.read.refused.push(RefusedRule { file: draft.file.clone(), id, title, error });
                }
            }
        }
        self.read
    }
}

/// A text or number of a document that may be refused.
fn said(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_number() { value.to_string() } else { String::new() }, str::to_owned)
}
