//! Rules of files, looked at again and again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use aoc_core::{
    Error, Result,
    alert::files::{RuleText, RulesRead, read_rules},
};

use super::{
    carry::carry_over,
    known::{KnownRule, Origin, Refused},
};

/// What stands for placeholders.
pub(super) type Placeholders = BTreeMap<String, Vec<String>>;

/// Files by name: their texts, or why they cannot be read.
type Texts = BTreeMap<String, Result<String, String>>;

/// The rules of files.
#[derive(Default)]
pub(super) struct Files {
    /// What the files said the last time.
    texts: Texts,
    /// Of each file the last text of which every rule could be used.
    good: BTreeMap<String, String>,
    pub(super) rules: Vec<KnownRule>,
    pub(super) refused: Vec<Refused>,
}

impl Files {
    /// Looks at the files again; says whether anything is other than it was.
    pub(super) fn look(&mut self, paths: &[PathBuf], placeholders: &Placeholders) -> bool {
        let texts = texts_of(paths);
        if texts == self.texts {
            return false;
        }
        self.good.retain(|name, _| texts.contains_key(name));
        let read = read_rules(&given(&texts), placeholders);
        let mut refused: Vec<Refused> = unreadable(&texts).collect();
        refused.extend(read.refused.into_iter().map(|refused| Refused::of(refused, Origin::File)));
        let earlier = self.earlier(&refused);
        let detections = match earlier.is_empty() {
            true => read.detections,
            false => read_rules(&with_earlier(&texts, &earlier), placeholders).detections,
        };
        let rules = detections.into_iter().map(|loaded| KnownRule::of(loaded, Origin::File)).collect();
        self.take(texts, rules, refused, &earlier);
        true
    }

    /// Of files that have a rule that cannot be used, what they said before.
    fn earlier(&self, refused: &[Refused]) -> BTreeMap<String, String> {
        let of = |refused: &Refused| Some((refused.file.clone(), self.good.get(&refused.file)?.clone()));
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
        refused.iter_mut().for_each(|refused| refused.earlier_stays = earlier.contains_key(&refused.file));
        (self.texts, self.rules, self.refused) = (texts, rules, refused);
    }
}

/// Rules of these files and folders, read once.
pub(super) fn read_once(paths: &[PathBuf], placeholders: &Placeholders) -> (RulesRead, Vec<Refused>) {
    let texts = texts_of(paths);
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

/// What is in these files, and in the files of rules of these folders.
fn texts_of(paths: &[PathBuf]) -> Texts {
    let mut texts = Texts::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => add_folder(path, &mut texts, 0),
            _ => add_file(path, &mut texts),
        }
    }
    texts
}

/// How deep folders may lie in each other: links may lead in circles.
const DEEPEST: usize = 16;

fn add_folder(folder: &Path, texts: &mut Texts, depth: usize) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) if depth <= DEEPEST => entries,
        Ok(_) => return add_reason(folder, texts, "folders lie too deep in each other"),
        Err(cause) => return add_reason(folder, texts, &format!("cannot read the folder: {cause}")),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            add_folder(&path, texts, depth + 1);
        } else if is_of_rules(&path) {
            add_file(&path, texts);
        }
    }
}

fn add_file(path: &Path, texts: &mut Texts) {
    let text = fs::read_to_string(path).map_err(|cause| format!("cannot read the file: {cause}"));
    texts.insert(path.display().to_string(), text);
}

fn add_reason(path: &Path, texts: &mut Texts, reason: &str) {
    texts.insert(path.display().to_string(), Err(reason.to_owned()));
}

fn is_of_rules(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_gone_through_and_only_rules_are_read() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        ["a.yml", "b/c.yaml", "b/readme.md", ".git/d.yml", ".e.yml", "f.txt"]
            .iter()
            .for_each(|name| write(name));
        let paths = [place.path().to_owned(), place.path().join("f.txt"), place.path().join("g.yml")];
        let texts = texts_of(&paths);
        let names: Vec<String> = texts
            .keys()
            .map(|name| Path::new(name).strip_prefix(place.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["a.yml", "b/c.yaml", "f.txt", "g.yml"]);
        assert!(texts.values().last().unwrap().as_ref().unwrap_err().contains("cannot read the file"));
    }
}
