//! The rules that come with AOC.

use aoc_core::alert::files::{RuleText, RulesRead, read_rules};
use rust_embed::RustEmbed;

use super::known::{KnownRule, Origin, Refused};

/// The files of `aoc-server/rules`.
#[derive(RustEmbed)]
#[folder = "rules/"]
struct Pack;

/// What the pack says, with these values for placeholders.
pub(super) fn read(placeholders: &super::files::Placeholders) -> RulesRead {
    let text = |name: &str| {
        let file = Pack::get(name)?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        Some(RuleText { name: format!("starter/{name}"), text })
    };
    let mut names: Vec<_> = Pack::iter().filter(|name| name.ends_with(".yml")).collect();
    names.sort();
    let texts: Vec<RuleText> = names.iter().filter_map(|name| text(name)).collect();
    read_rules(&texts, placeholders)
}

/// The rules of the pack, and those of them that cannot be used.
pub(super) fn rules(placeholders: &super::files::Placeholders) -> (Vec<KnownRule>, Vec<Refused>) {
    let read = read(placeholders);
    let rules = read.detections.into_iter().map(|loaded| KnownRule::of(loaded, Origin::Starter));
    let refused = read.refused.into_iter().map(|refused| Refused::of(refused, Origin::Starter));
    (rules.collect(), refused.collect())
}
