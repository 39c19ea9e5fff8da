//! Names that the store knows, and who is meant by a name.

use aoc_core::fold;

/// Names that occur in the store. It may be empty; questions are then read by their words alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Services, as events name them.
    pub services: Vec<String>,
    /// Frequent operations.
    pub operations: Vec<String>,
    /// Frequent actors: addresses, or display names.
    pub actors: Vec<String>,
}

/// Who a name may stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// What a filter has to look for.
    pub(super) part: String,
    /// The actors that it stands for; several when the name does not decide.
    pub(super) actors: Vec<String>,
}

/// The actors of a vocabulary, split into the words of their names.
pub(super) struct Actors<'a> {
    list: Vec<(&'a String, Vec<String>)>,
}

impl Actors<'_> {
    /// Who is called by these folded words, which may be a first name, a last name or all of a name.
    pub(super) fn called(&self, words: &[&str]) -> Option<Meant> {
        let mut actors: Vec<String> = Vec::new();
        let is_meant = |actor: &str, name: &[String]| {
            let is_account = actor.contains('@') && name.len() == 1;
            is_called(name, words) || (is_account && words == [name[0].as_str()])
        };
        for (actor, _) in self.list.iter().filter(|(actor, name)| is_meant(actor, name)) {
            if !actors.iter().any(|other| fold(other) == fold(actor)) {
                actors.push((*actor).clone());
            }
        }
        let part = match &actors[..] {
            [] => return None,
            [one] => one.clone(),
            _ => common_part(&actors, words)?,
        };
        Some(Meant { part, actors })
    }
}

impl Vocabulary {
    /// The actors, ready to be asked for.
    pub(super) fn named_actors(&self) -> Actors<'_> {
        Actors { list: self.actors.iter().map(|actor| (actor, words_of(actor))).collect() }
    }

    /// The service of this name, as events write it.
    pub(super) fn service(&self, word: &str) -> Option<&str> {
        self.services.iter().find(|service| fold(service) == fold(word)).map(String::as_str)
    }
}

/// The words of a person's or an application's name, folded: of an address, those before the at sign.
fn words_of(actor: &str) -> Vec<String> {
    let folded = fold(actor);
    let local = match folded.split_once("#ext#") {
        Some((guest, _)) => guest.rsplit_once('_').map_or(guest, |(name, _)| name),
        None => folded.split('@').next().unwrap_or_default(),
    };
    let split = |c: char| matches!(c, '.' | '_' | ' ');
    local.split(split).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_called(name: &[String], words: &[&str]) -> bool {
    let is_person =
        name.len() == 2 && name.iter().all(|word| word.chars().all(|c| c.is_alphabetic() || c == '-'));
    match words {
        [one] => is_person && (name[0] == *one || name[1] == *one),
        _ => name.iter().map(String::as_str).eq(words.iter().copied()),
    }
}

/// The longest way of writing the words that all of the actors have in them.
fn common_part(actors: &[String], words: &[&str]) -> Option<String> {
    let (dotted, blank) = (words.join("."), words.join(" "));
    [format!("{dotted}@"), format!("{dotted}."), format!(".{dotted}"), dotted, blank]
        .into_iter()
        .find(|part| actors.iter().all(|actor| fold(actor).contains(part.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vocabulary {
        let actors = [
            "ben.fischer@contoso.com",
            "eva.lang@contoso.com",
            "eva.roth@contoso.com",
            "Microsoft Intune",
            "lena.hofer_fabrikam.com#EXT#@contoso.onmicrosoft.com",
        ];
        Vocabulary { actors: actors.map(str::to_owned).to_vec(), ..Vocabulary::default() }
    }

    #[test]
    fn a_name_stands_for_whoever_has_it() {
        let part = |words: &[&str]| known().named_actors().called(words).map(|meant| meant.part);
        assert_eq!(part(&["ben"]).as_deref(), Some("ben.fischer@contoso.com"));
        assert_eq!(part(&["ben", "fischer"]).as_deref(), Some("ben.fischer@contoso.com"));
        assert_eq!(part(&["hofer"]).as_deref(), Some("lena.hofer_fabrikam.com#EXT#@contoso.onmicrosoft.com"));
        assert_eq!(part(&["eva"]).as_deref(), Some("eva."));
        assert_eq!(part(&["fischer", "ben"]), None);
        assert_eq!(part(&["mallory"]), None);
    }
}
