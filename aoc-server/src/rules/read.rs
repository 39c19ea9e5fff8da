//! Rules read once, with their tests.

use std::{collections::BTreeMap, path::PathBuf};

use aoc_core::alert::{
    files::{RuleText, RulesRead, read_few_rules},
    rule::RuleTest,
};

use super::{
    files::{self, Placeholders},
    known::{Known, KnownRule, Origin, Refused},
    starter,
    tried::{Tried, try_rule},
};
use crate::config::AlertsConfig;

/// Rules of files, as they are at the moment.
#[derive(Default)]
pub struct RulesFound {
    /// Those that can be used, and those that cannot.
    pub known: Known,
    tests: Vec<(Origin, String, RuleTest)>,
}

/// The rules of these files and folders.
pub fn read_paths(paths: &[PathBuf], placeholders: &Placeholders) -> RulesFound {
    let (read, unreadable) = files::read_once(paths, placeholders);
    let mut found = RulesFound::default();
    found.known.refused = unreadable;
    found.add(read, Origin::File);
    found
}

/// The rules of a text, which is refused as a whole where it has more than so many.
pub fn read_text(
    name: &str,
    text: &str,
    placeholders: &BTreeMap<String, Vec<String>>,
    most: usize,
) -> RulesFound {
    let text = RuleText { name: name.to_owned(), text: text.to_owned() };
    let mut found = RulesFound::default();
    found.add(read_few_rules(&[text], placeholders, most), Origin::File);
    found
}

impl RulesFound {
    /// The rules of the configured files, and those that come with AOC.
    pub fn configured(config: &AlertsConfig) -> Self {
        let mut found = read_paths(&config.rules, &config.placeholders);
        if config.starter {
            found.add(starter::read(&config.placeholders), Origin::Starter);
        }
        found
    }

    fn add(&mut self, read: RulesRead, origin: Origin) {
        self.known.add(read.detections.into_iter().map(|loaded| KnownRule::of(loaded, origin)));
        self.known.refused.extend(read.refused.into_iter().map(|refused| Refused::of(refused, origin)));
        self.tests.extend(read.tests.into_iter().map(|(of, test)| (origin, of, test)));
    }

    /// Runs the tests that stand with the rules.
    pub fn try_all(&self, config: &AlertsConfig) -> Vec<Tried> {
        let tried = self.tests.iter().filter_map(|(origin, of, test)| {
            let mut of_origin = self.known.rules.iter().filter(|rule| rule.origin == *origin);
            let rule = of_origin.find(|rule| rule.detection.id == *of || rule.file == *of)?;
            Some(try_rule(rule, test, config.lateness.duration()))
        });
        tried.collect()
    }
}
