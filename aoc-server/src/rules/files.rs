//! Rules of files, looked at again and again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use aoc_core::{
    Error, Result,
    alert::files::{RuleText, RulesRead, read_rules},
};

use super::{
    carry::carry_over,
    known::{KnownRule, Origin, Refused},
    texts::{Texts, texts_of},
};

/// What stands for placeholders.
pub(super) type Placeholders = BTreeMap<String, Vec<String>>;

/// The rules of files.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// What the files said the last time.
    texts: Texts,
    /// Of each file the last text of which every rule could be used.
    good: BTreeMap<String, String>,
    /// Of each file the text that is in force.
    in_force: BTreeMap<String, String>,
    pub(super) rules: Vec<KnownRule>,
    pub(super) refused: Vec<Refused>,
}

impl Files {
    /// Looks at the files again; says whether anything is other than it was.
    pub(super) fn look(&mut self, paths: &[PathBuf], placeholders: &Placeholders) -> bool {
        let texts = texts_of(paths, self.in_force.keys());
        if texts == self.texts {
            return false;
        }
        self.good.retain(|name, _| texts.contains_key(name));
        let read = read_rules(&given(&texts), placeholders);
        let mut refused: Vec<Refused> = unreadable(&texts).collect();
        refused.extend(read.refused.into_iter().map(|refused| Refused::of(refused, Origin::File)));
        let earlier = self.earlier(&texts, &refused);
        let detections = match earlier.is_empty() {
            true => read.detections,
            false => read_rules(&with_earlier(&texts, &earlier), placeholders).detections,
        };
        let rules = detections.into_iter().map(|loaded| KnownRule::of(loaded, Origin::File)).collect();
        self.take(texts, rules, refused, &earlier);
        true
    }

    /// Of files that have a rule that cannot be used, what they said before; of those that cannot be read, what is in
    /// force of them.
    fn earlier(&self, texts: &Texts, refused: &[Refused]) -> BTreeMap<String, String> {
        let of = |refused: &Refused| {
            let earlier = match texts.get(&refused.file) {
                Some(Ok(_)) => &self.good,
                _ => &self.in_force,
            };
            Some((refused.file.clone(), earlier.get(&refused.file)?.clone()))
        };
        refused.iter().filter_map(of).collect()
    }

    fn take(
        &mut self,
        texts: Texts,
        mut rules: Vec<KnownRule>,
        mut refused: Vec<Refused>,
        earlier: &BTreeMap<String, String>,
    ) {
        let changed = |name: &&str| !earlier.contains_key(*name) && texts.get(*name) != self.texts.get(*name);
        let names = texts.keys().chain(self.texts.keys()).map(String::as_str);
        carry_over(&mut rules, &self.rules, &names.filter(changed).collect());
        let bad: BTreeSet<&str> = refused.iter().map(|refused| refused.file.as_str()).collect();
        let fine = texts.iter().filter(|(name, _)| !bad.contains(name.as_str()));
        self.good.extend(fine.filter_map(|(name, text)| Some((name.clone(), text.clone().ok()?))));
        // A folder's files stay with it.
        let stays = |place: &str| earlier.keys().any(|name| Path::new(name).starts_with(place));
        refused.iter_mut().for_each(|refused| refused.earlier_stays = stays(&refused.file));
        let given = with_earlier(&texts, earlier).into_iter();
        self.in_force = given.map(|RuleText { name, text }| (name, text)).collect();
        (self.texts, self.rules, self.refused) = (texts, rules, refused);
    }
}

/// Rules of these files and folders, read once.
pub(super) fn read_once(paths: &[PathBuf], placeholders: &Placeholders) -> (RulesRead, Vec<Refused>) {
    let texts = texts_of(paths, []);
    let unreadable = unreadable(&texts).collect();
    (read_rules(&given(&texts), placeholders), unreadable)
}

fn unreadable(texts: &Texts) -> impl Iterator<Item = Refused> {
    texts.iter().filter_map(|(name, text)| {
        let reason = text.as_ref().err()?;
        Some(Refused::file(name, &Error::unavailable(reason)))
    })
}

fn given(texts: &Texts) -> Vec<RuleText> {
    with_earlier(texts, &BTreeMap::new())
}

/// The files' texts, some of them as they were.
fn with_earlier(texts: &Texts, earlier: &BTreeMap<String, String>) -> Vec<RuleText> {
    let text = |(name, text): (&String, &Result<String, String>)| {
        let text = match earlier.get(name.as_str()) {
            Some(earlier) => earlier.clone(),
            None => text.clone().ok()?,
        };
        Some(RuleText { name: name.clone(), text })
    };
    texts.iter().filter_map(text).collect()
}
