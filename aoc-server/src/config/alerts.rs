//! `[alerts]`: which rules are in force.

use std::{collections::BTreeMap, path::PathBuf};

use aoc_core::{
    Error, Result,
    config::{Config, Span},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[alerts]`: which rules make alerts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Whether rules make alerts. Where they do not, they can still be tried on what is stored.
    pub enabled: bool,
    /// Files of rules, and folders in which all files ending in `.yml` or `.yaml` are read; relative to the folder in
    /// which `aoc` is started.
    pub rules: Vec<PathBuf>,
    /// Whether the rules that come with AOC are in force. A rule of a file or of the store with the same id stands for
    /// the one that comes with AOC.
    pub starter: bool,
    /// Events that belong to one window are found together when they are stored no longer than this apart, beside the
    /// window's own length.
    pub lateness: Span,
    /// What stands for the placeholders of Sigma rules: `%name%` means one of these values.
    pub placeholders: BTreeMap<String, Vec<String>>,
    /// Ids of rules that make no alerts, be they of files, of the pack or stored.
    pub disabled: Vec<String>,
    /// How often files are looked at, and rules that another process stored; `1s` at least.
    pub reload_every: Span,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            rules: Vec::new(),
            starter: true,
            lateness: Span::seconds(86_400),
            placeholders: BTreeMap::new(),
            disabled: Vec::new(),
            reload_every: Span::seconds(30),
        }
    }
}

impl AlertsConfig {
    /// Reads and checks `[alerts]`.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) with the key that is wrong.
    pub fn of(config: &Config) -> Result<Self> {
        let alerts: Self = config.section("alerts")?;
        if alerts.reload_every < Span::seconds(1) {
            return Err(Error::config("less than `1s`").at("alerts.reload_every"));
        }
        Ok(alerts)
    }

    /// Only what is stored: no files, and nothing that comes with AOC.
    pub fn bare() -> Self {
        Self { enabled: false, starter: false, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(text: &str) -> Result<AlertsConfig> {
        AlertsConfig::of(&Config::read(text, "test", std::iter::empty()).unwrap())
    }

    #[test]
    fn without_the_section_the_pack_is_in_force() {
        let alerts = alerts("").unwrap();
        assert!(alerts.enabled && alerts.starter && alerts.rules.is_empty());
    }

    #[test]
    fn a_key_that_is_wrong_is_named() {
        for (text, expected) in [
            ("[alerts]\nrule = []", "alerts: rule: unknown field `rule`"),
            ("[alerts]\nlateness = 5", "alerts: lateness: "),
            ("[alerts]\nreload_every = \"0s\"", "alerts.reload_every: less than `1s`"),
        ] {
            let error = alerts(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
