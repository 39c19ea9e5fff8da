//! Requests and answers about rules.

use aoc_core::{Severity, Timestamp, alert::rule::Rule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{KnownRule, Language, Origin, Refused};
use aoc_core::alert::backtest::BacktestReport;

/// All rules, and those that cannot be used.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleList {
    /// Rules that can be used, by id.
    pub items: Vec<ListedRule>,
    /// Rules, and files of rules, that cannot.
    pub refused: Vec<Refused>,
}

/// A rule, and where it comes from. Of a Sigma rule only its id, name, description, severity, labels and whether it is
/// enabled are told.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ListedRule {
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Where it comes from.
    pub origin: Origin,
    /// The file it stands in; empty where it is stored.
    pub file: String,
    /// What it is written in.
    pub language: Language,
    /// Whether it can be changed here: only what is stored can.
    pub editable: bool,
    /// Whether it makes alerts: it is enabled, the configuration does not switch it off, and alerts are made here.
    pub in_force: bool,
}

impl ListedRule {
    /// The members that tell about a rule; they are no part of it.
    pub const ABOUT: [&str; 5] = ["origin", "file", "language", "editable", "in_force"];

    pub(super) fn new(known: &KnownRule, alerts: bool) -> Self {
        Self {
            rule: known.rule.clone().unwrap_or_else(|| outline(known)),
            origin: known.origin,
            file: known.file.clone(),
            language: known.language,
            editable: known.origin == Origin::Stored,
            in_force: alerts && known.in_force(),
        }
    }
}

/// What can be told of a rule that is not in our own language.
fn outline(known: &KnownRule) -> Rule {
    let rule = &known.detection;
    Rule {
        id: rule.id.clone(),
        name: rule.title.clone(),
        message: String::new(),
        description: rule.description.clone(),
        enabled: rule.enabled,
        severity: rule.severity,
        filter: aoc_core::Filter::default(),
        conditions: Vec::new(),
        exclude_services: Vec::new(),
        schedule: None,
        threshold: None,
        suppress: None,
        labels: rule.labels.clone(),
        tests: Vec::new(),
    }
}

/// Asks what a rule would have found in what is stored. The rule is given in one of three ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunBacktest {
    /// The id of a rule that there is.
    pub id: Option<String>,
    /// A rule in our own language.
    pub rule: Option<Rule>,
    /// Rules as they stand in a file, also Sigma rules; all that are enabled are tried.
    pub text: Option<String>,
    /// What happened in the last days; 30 where nothing else is said.
    pub days: Option<u32>,
    /// Not before this time.
    pub start: Option<Timestamp>,
    /// Before this time.
    pub end: Option<Timestamp>,
}

/// What rules would have found in what is stored.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BacktestAnswer {
    /// Not before this time.
    pub start: Option<Timestamp>,
    /// Before this time.
    pub end: Option<Timestamp>,
    /// How many events were looked at.
    pub looked_at: u64,
    /// Whether all of them were. Where not, it took too long: those that were stored after `stopped_at` were not looked
    /// at; `aoc rules backtest` has all the time it needs.
    pub complete: bool,
    /// When the last event was stored that was looked at, where there are more.
    pub stopped_at: Option<Timestamp>,
    /// How long it took.
    pub seconds: f64,
    /// What each rule found.
    pub results: Vec<Backtested>,
}

/// What one rule would have found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Backtested {
    /// The rule's id.
    pub id: String,
    /// The title of its alerts.
    pub title: String,
    /// How bad they are.
    pub severity: Severity,
    /// What it found.
    pub report: BacktestReport,
}
