//! Rules that are known, and rules that cannot be used.

use std::sync::Arc;

use aoc_core::{
    Error,
    alert::{detect::Detection, files, rule::Rule},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It is stored, and can be changed here.
    Stored,
    /// It stands in a file of the configuration.
    File,
    /// It comes with AOC.
    Starter,
}

/// What a rule is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Our own.
    Native,
    /// Sigma.
    Sigma,
}

impl Language {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Sigma => "sigma",
        }
    }
}

/// A rule that can be used.
#[derive(Clone)]
pub struct KnownRule {
    /// What is evaluated.
    pub detection: Arc<Detection>,
    /// The rule, where it is written in our own language.
    pub rule: Option<Rule>,
    /// What it is written in.
    pub language: Language,
    /// Where it comes from.
    pub origin: Origin,
    /// The file it stands in; empty where it is stored.
    pub file: String,
    /// Whether the configuration switches it off.
    pub disabled: bool,
}

impl KnownRule {
    pub(super) fn of(loaded: files::Loaded, origin: Origin) -> Self {
        let files::Loaded { detection, file, language, rule } = loaded;
        let language = match language {
            files::Language::Native => Language::Native,
            files::Language::Sigma => Language::Sigma,
        };
        Self { detection, rule, language, origin, file, disabled: false }
    }

    /// Whether it makes alerts where alerts are made.
    pub fn in_force(&self) -> bool {
        self.detection.enabled && !self.disabled
    }

    /// Where it comes from, in words.
    pub fn place(&self) -> String {
        match self.origin {
            Origin::Stored => "stored".to_owned(),
            Origin::File | Origin::Starter => self.file.clone(),
        }
    }
}

/// A rule, or a file of rules, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Where it comes from.
    pub origin: Origin,
    /// The file it stands in; empty where it is stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Its id, where it can be read.
    pub id: Option<String>,
    /// Its title, where it can be read.
    pub title: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether what the file said before, when all of it could be used, stays in force.
    pub earlier_stays: bool,
}

impl Refused {
    pub(super) fn of(refused: files::RefusedRule, origin: Origin) -> Self {
        let files::RefusedRule { file, id, title, error } = refused;
        let [id, title] = [id, title].map(|text| Some(text).filter(|text| !text.is_empty()));
        Self { origin, file, id, title, reason: error.chain(), earlier_stays: false }
    }

    /// Which it is, and why, in words.
    pub fn sentence(&self) -> String {
        let Self { origin, file, id, title, reason, .. } = self;
        let name = id.as_ref().or(title.as_ref());
        let place = if *origin == Origin::Stored { "stored" } else { file };
        // A reason may name its place itself.
        match name {
            _ if !place.is_empty() && reason.starts_with(place) => reason.clone(),
            Some(name) => format!("{place}: {name}: {reason}"),
            None => format!("{place}: {reason}"),
        }
    }

    pub(super) fn file(name: &str, error: &Error) -> Self {
        let (origin, reason) = (Origin::File, error.chain());
        Self { origin, file: name.to_owned(), id: None, title: None, reason, earlier_stays: false }
    }

    pub(super) fn stored(id: &str, error: &Error) -> Self {
        let (origin, reason) = (Origin::Stored, error.chain());
        let id = Some(id.to_owned());
        Self { origin, file: String::new(), id, title: None, reason, earlier_stays: false }
    }
}

/// All rules that there are.
#[derive(Clone, Default)]
pub struct Known {
    /// Those that can be used; their ids are unique.
    pub rules: Vec<KnownRule>,
    /// Those that cannot.
    pub refused: Vec<Refused>,
}

impl Known {
    /// The rule of this id.
    pub fn find(&self, id: &str) -> Option<&KnownRule> {
        self.rules.iter().find(|rule| rule.detection.id == id)
    }

    /// Adds rules; of several with one id the first counts, and those that do not are told.
    pub(super) fn add(&mut self, rules: impl IntoIterator<Item = KnownRule>) {
        for rule in rules {
            let Some(first) = self.find(&rule.detection.id) else {
                self.rules.push(rule);
                continue;
            };
            // A rule of one's own stands for the one that came with AOC.
            if rule.origin != Origin::Starter {
                let reason = format!("the id is that of another rule, which counts: {}", first.place());
                let KnownRule { detection, origin, file, .. } = rule;
                let (id, title) = (Some(detection.id.clone()), Some(detection.title.clone()));
                self.refused.push(Refused { origin, file, id, title, reason, earlier_stays: false });
            }
        }
    }

    /// Switches off the rules of these ids.
    pub(super) fn disable(&mut self, ids: &[String]) {
        self.rules.iter_mut().for_each(|rule| rule.disabled = ids.contains(&rule.detection.id));
    }
}
