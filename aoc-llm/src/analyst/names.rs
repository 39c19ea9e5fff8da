//! Who and what is named in a question: people, addresses, devices, files, roles.

use std::ops::Range;

use super::{
    language::Language,
    subject::Named,
    vocabulary::Actors,
    words::{Kind, Words},
};

/// The most names of a question that are looked for.
const MOST_NAMES: usize = 12;
/// The most characters of a name that are looked for.
const MOST_CHARACTERS: usize = 200;

/// What the names of a question ask for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Who did it.
    pub(super) actor: Option<String>,
    /// What else has to be in the event, as parts of a search text.
    pub(super) search: Vec<String>,
    /// Whether a directory role is named.
    pub(super) has_role: bool,
    /// Whether a file is named.
    pub(super) has_file: bool,
    /// What is named.
    pub(super) named: Named,
}

/// A name in the question.
struct Name {
    at: Range<usize>,
    /// Who it is, for a filter by actor; `None` when it is no person or application.
    actor: Option<String>,
    /// How it is searched for.
    search: Vec<String>,
}

/// Reads names; whoever asks, about deeds or things, is told by the words around.
pub(super) struct Reader<'a> {
    pub(super) words: &'a mut Words,
    pub(super) language: &'a Language,
    pub(super) known: Actors<'a>,
    pub(super) notes: &'a mut Vec<String>,
    /// Whether each word is one of the language's own.
    pub(super) is_common: Vec<bool>,
    /// Whether a deed of this kind belongs to whom it is of: `sign-ins of Ana`.
    pub(super) owner_acts: bool,
    /// Where the last name that acts ended.
    pub(super) acted: Option<usize>,
}

impl Reader<'_> {
    /// All names; their words are taken.
    pub(super) fn names(mut self) -> Names {
        let (mut names, mut at, mut count) = (Names::default(), 0, 0);
        while at < self.words.list.len() {
            let found = (!self.words.list[at].is_taken).then(|| self.name(at)).flatten();
            let Some(name) = found else {
                at += 1;
                continue;
            };
            at = name.at.end;
            count += 1;
            if count > MOST_NAMES {
                self.notes.push("So many names were given that the last ones were left out.".to_owned());
                break;
            }
            self.use_name(name, &mut names);
        }
        names
    }

    fn use_name(&mut self, name: Name, names: &mut Names) {
        let is_person = name.actor.is_some();
        let written: String = self.words.written(name.at.clone()).chars().take(MOST_CHARACTERS).collect();
        if self.is_left_out(name.at.start) {
            self.notes.push(format!("A filter cannot leave out {written}: that part was not understood."));
        } else if let Some(actor) = name.actor.filter(|_| self.acts(&name.at)) {
            self.acted = Some(name.at.end);
            match &names.actor {
                Some(other) if *other != actor => {
                    self.notes.push(format!("A filter has one actor: {written} was left out beside {other}."))
                }
                _ => names.actor = Some(actor),
            }
        } else {
            names.has_role |= self.is_role(&name.at);
            names.has_file |= name.at.clone().any(|at| self.words.list[at].is_file());
            names.search.extend(name.search);
        }
        let is_person = is_person && names.named != Named::Thing;
        names.named = if is_person { Named::Person } else { Named::Thing };
        self.words.take(name.at);
    }

    fn name(&mut self, at: usize) -> Option<Name> {
        let word = &self.words.list[at];
        let text: String = word.text.replace('"', "").chars().take(MOST_CHARACTERS).collect();
        match word.kind {
            Kind::Address => Some(Name { at: at..at + 1, actor: Some(text.clone()), search: vec![text] }),
            Kind::Ip | Kind::Guid => Some(Name { at: at..at + 1, actor: None, search: vec![text] }),
            Kind::Quoted => Some(self.quoted(at, text)),
            Kind::Number => None,
            _ => self
                .called_role(at)
                .or_else(|| self.role(at))
                .or_else(|| self.known_actor(at))
                .or_else(|| self.unknown(at, text)),
        }
    }

    fn quoted(&mut self, at: usize, text: String) -> Name {
        let folded = aoc_core::fold(&text).into_owned();
        let called = self.known.called(&folded.split([' ', '.']).collect::<Vec<_>>());
        let actor = called.map(|meant| meant.part);
        Name { at: at..at + 1, actor, search: vec![format!("\"{text}\"")] }
    }

    /// `Global Administrator`: capitalised words whose last one ends the names of roles.
    fn role(&self, at: usize) -> Option<Name> {
        let end = self.capitals(at);
        let last =
            (at + 1..end).rev().find(|last| self.language.role_ends.contains(&self.words.key(*last)))?;
        let written = self.words.written(at..last + 1).replace('"', "");
        let singular = written.strip_suffix('s').unwrap_or(&written);
        Some(Name { at: at..last + 1, actor: None, search: vec![format!("\"{singular}\"")] })
    }

    /// `global admins`, however it is written.
    fn called_role(&self, at: usize) -> Option<Name> {
        let (count, role) = self.words.longest(self.language.role_names, at)?;
        Some(Name { at: at..at + count, actor: None, search: vec![format!("\"{role}\"")] })
    }

    fn is_role(&self, at: &Range<usize>) -> bool {
        let is_called = self.words.longest(self.language.role_names, at.start);
        is_called.is_some_and(|(count, _)| count == at.len())
            || at.len() > 1 && self.language.role_ends.contains(&self.words.key(at.end - 1))
    }

    /// An actor of the vocabulary, by all of the name or by a part of it.
    fn known_actor(&mut self, at: usize) -> Option<Name> {
        let most = (1..=4).filter(|count| at + count <= self.words.list.len()).max()?;
        for count in (1..=most).rev() {
            let keys: Vec<&str> = (at..at + count).map(|at| self.words.key(at)).collect();
            let parted = (count == 1).then(|| keys[0].split(['.', '_']).collect::<Vec<_>>());
            let is_common = self.is_common[at..at + count].iter().all(|is_common| *is_common);
            if is_common && (count == 1 || !self.is_capitalised(at..at + count)) {
                continue;
            }
            if is_common && !self.acts(&(at..at + count)) {
                continue;
            }
            let Some(meant) = self.known.called(parted.as_deref().unwrap_or(&keys)) else { continue };
            let written = self.words.written(at..at + count);
            if meant.actors.len() > 1
                && !meant.actors.iter().all(|actor| same_person(actor, &meant.actors[0]))
            {
                self.notes
                    .push(format!("\"{written}\" can be {}: all of them were taken.", some(&meant.actors)));
            }
            let search = keys.iter().flat_map(|key| key.split(['.', '_'])).map(str::to_owned).collect();
            let typed = parted.filter(|parts| parts.len() > 1).map(|_| written);
            return Some(Name { at: at..at + count, actor: Some(typed.unwrap_or(meant.part)), search });
        }
        None
    }

    /// A name that nobody knows: of a person (two capitalised words), or of a thing.
    fn unknown(&mut self, at: usize, text: String) -> Option<Name> {
        let word = &self.words.list[at];
        if word.kind == Kind::Identifier && !self.is_common[at] {
            // Words in capitals behind an identifier belong to the name of the same thing.
            let end = self.capitals(at + 1).max(at + 1);
            let is_person =
                text.contains('.') && text.chars().all(|c| c.is_alphabetic() || c == '.' || c == '-');
            let actor = is_person.then(|| text.clone());
            return Some(Name { at: at..end, actor, search: vec![text] });
        }
        if self.is_stranger(at) {
            let key = word.key.clone();
            if self.acts(&(at..at + 1)) {
                self.note_stranger(&text, &key);
            }
            return Some(Name { at: at..at + 1, actor: Some(key), search: vec![text] });
        }
        let begins = word.kind == Kind::Capitalised && !self.is_common[at];
        let end = if begins { self.name_end(at) } else { at };
        if end == at || (at == 0 && end == 1) {
            return None;
        }
        let written: Vec<String> = (at..end)
            .map(|at| self.words.list[at].text.replace('"', ""))
            .filter(|text| !text.is_empty())
            .collect();
        let actor = (written.len() == 2).then(|| self.words.key(end - 1).to_owned());
        if actor.is_some() && self.acts(&(at..end)) {
            let last = self.words.key(end - 1).to_owned();
            self.note_stranger(&written.join(" "), &last);
        }
        Some(Name { at: at..end, actor, search: written })
    }

    fn note_stranger(&mut self, name: &str, part: &str) {
        self.notes
            .push(format!("{name} is no frequent actor: whoever has \"{part}\" in the name was looked for."));
    }

    /// Where the capitalised words that begin at `at` end.
    fn capitals(&self, at: usize) -> usize {
        let mut end = at;
        while let Some(word) = self.words.list.get(end) {
            let is_capital = matches!(word.kind, Kind::Capitalised | Kind::Identifier) && !word.is_taken;
            if !is_capital {
                break;
            }
            end += 1;
            if word.ends_clause || word.is_possessive {
                break;
            }
        }
        end
    }

    /// The same for words that are not the language's own, up to three.
    fn name_end(&self, at: usize) -> usize {
        let end = self.capitals(at).min(at + 3);
        (at..end).find(|at| self.is_common[*at]).unwrap_or(end)
    }

    fn is_capitalised(&self, range: Range<usize>) -> bool {
        self.words.list[range].iter().all(|word| word.kind == Kind::Capitalised)
    }
}

/// Whether two spellings are one person's.
fn same_person(one: &str, other: &str) -> bool {
    let local = |actor: &str| aoc_core::fold(actor).split('@').next().unwrap_or_default().to_owned();
    local(one) == local(other)
}

fn some(actors: &[String]) -> String {
    let mut told: Vec<&str> = actors.iter().take(5).map(String::as_str).collect();
    if actors.len() > told.len() {
        told.push("others");
    }
    told.join(", ")
}
