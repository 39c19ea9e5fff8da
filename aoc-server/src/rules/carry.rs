//! Rules that have not changed stay the same ones, so that what is remembered for them is kept.

use std::collections::BTreeSet;

use super::known::{KnownRule, Language};

/// Puts what was there before in the place of what was read again and says the same. `changed` are the files whose text is
/// another one.
pub(super) fn carry_over(new: &mut [KnownRule], old: &[KnownRule], changed: &BTreeSet<&str>) {
    let is_sigma =
        |rule: &KnownRule| rule.language == Language::Sigma && changed.contains(rule.file.as_str());
    let sigma_changed = old.iter().any(is_sigma) || new.iter().any(is_sigma);
    for rule in new {
        let same = |other: &&KnownRule| {
            other.detection.id == rule.detection.id
                && other.file == rule.file
                && other.language == rule.language
        };
        let Some(before) = old.iter().find(same) else { continue };
        let is_unchanged = match rule.language {
            Language::Native => rule.rule == before.rule,
            // A correlation refers to rules that may stand in other files.
            Language::Sigma => {
                let may_refer = sigma_changed && rule.detection.counts();
                !may_refer && !changed.contains(rule.file.as_str())
            }
        };
        if is_unchanged {
            rule.detection = before.detection.clone();
        }
    }
}
