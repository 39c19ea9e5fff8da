//! The keys of `[llm]` that are not the provider's own: what a language model is used for, and how much of it.

use aoc_core::{Error, Result, config::Config};
use aoc_llm::{
    analyst::{Names, Options, Planning},
    usage::Limits,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How questions are answered; `[llm]` has the keys of its `type` beside these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AskConfig {
    /// Whether questions are answered and events explained; without a `type` of `[llm]` that is done without a model.
    pub enabled: bool,
    /// How many events are looked at one by one for an answer, and told the model; 1 to 500.
    pub max_events: usize,
    /// Who reads questions: `words`, our own tables, or `model`, the language model, checked by our own tables.
    pub planning: ReadBy,
    /// Whether the model is told invented names in place of those of people, devices and addresses. Then it reads no
    /// questions.
    pub pseudonyms: bool,
    /// How many tokens all callers together may use from midnight to midnight UTC; without it, as many as they like.
    pub tokens_per_day: Option<u64>,
    /// How many tokens one caller may use from midnight to midnight UTC; without it, as many as they like.
    pub tokens_per_caller: Option<u64>,
}

/// Who reads questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadBy {
    /// Our own tables of words.
    #[default]
    Words,
    /// The language model.
    Model,
}

impl Default for AskConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            max_events: Options::default().max_events,
            planning: ReadBy::Words,
            pseudonyms: false,
            tokens_per_day: None,
            tokens_per_caller: None,
        }
    }
}

impl AskConfig {
    const KEYS: [&str; 6] =
        ["enabled", "max_events", "planning", "pseudonyms", "tokens_per_day", "tokens_per_caller"];

    /// Reads and checks these keys.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) with the key that is wrong.
    pub fn of(config: &Config) -> Result<Self> {
        let asking: Self = config.keys_of("llm", &Self::KEYS)?;
        if !(1..=500).contains(&asking.max_events) {
            let message = format!("{} is not between 1 and 500", asking.max_events);
            return Err(Error::config(message).at("llm.max_events"));
        }
        let others = config.get("llm").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        let other = others.into_iter().find(|key| !Self::KEYS.contains(&key.as_str()));
        match other.filter(|_| config.get("llm.type").is_none()) {
            Some(key) => Err(Self::unknown(key).at("llm")),
            None => Ok(asking),
        }
    }

    /// A key that is none of these, where there is no component whose key it may be.
    fn unknown(key: &str) -> Error {
        let is_near = |own: &&&str| strsim::damerau_levenshtein(key, own) <= 2;
        Error::config(match Self::KEYS.iter().find(is_near) {
            Some(own) => format!("unknown field `{key}`; did you mean `{own}`?"),
            None => format!("`type` is missing, of which `{key}` is a key; `openai` or `azure_openai`"),
        })
    }

    /// The same for the analyst.
    pub fn options(&self) -> Options {
        Options {
            max_events: self.max_events,
            names: if self.pseudonyms { Names::Pseudonyms } else { Names::Real },
            planning: if self.planning == ReadBy::Model { Planning::Model } else { Planning::Words },
            ..Options::default()
        }
    }

    /// How much of the model may be used.
    pub fn limits(&self) -> Limits {
        Limits { tokens_per_day: self.tokens_per_day, tokens_per_caller: self.tokens_per_caller }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(text: &str) -> Result<AskConfig> {
        AskConfig::of(&Config::read(text, "test", std::iter::empty()).unwrap())
    }

    #[test]
    fn without_the_section_questions_are_answered_without_a_model() {
        assert_eq!(asking("").unwrap(), AskConfig::default());
        assert!(asking("[llm]\nmax_events = 200").unwrap().enabled);
    }

    #[test]
    fn a_key_that_is_wrong_is_named() {
        for (text, expected) in [
            ("[llm]\nmax_events = 0", "llm.max_events: 0 is not between 1 and 500"),
            ("[llm]\nmax_events = \"many\"", "llm: max_events: "),
            ("[llm]\nplanning = \"magic\"", "llm: planning: "),
            ("[llm]\nmax_event = 5", "llm: unknown field `max_event`; did you mean `max_events`?"),
            ("[llm]\nmodel = \"m\"", "llm: `type` is missing, of which `model` is a key"),
        ] {
            let error = asking(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
