//! Slips of the keyboard: words that are one letter away from a word of the language.

use super::{
    language::Language,
    vocabulary::Actors,
    words::{Kind, Word, Words},
};

/// Shorter words are too close to each other.
const SHORTEST: usize = 5;
/// Endings that words have whose beginning is in a table.
const ENDINGS: [&str; 12] = ["", "s", "d", "e", "ed", "es", "er", "ing", "ion", "ions", "ment", "ments"];

/// Reads words that nothing knows as the only word of the language that is one letter away, and says so.
pub(super) fn mend(
    words: &mut Words,
    language: &Language,
    (is_common, known): (&mut [bool], &Actors<'_>),
    notes: &mut Vec<String>,
) {
    let is_unknown = |(word, is_common): &(&mut Word, &mut bool)| {
        let is_word = word.kind == Kind::Plain && word.key.chars().all(char::is_alphabetic);
        let is_free = !**is_common && !word.is_taken && is_word;
        is_free && word.key.chars().count() >= SHORTEST && known.called(&[&word.key]).is_none()
    };
    for (word, is_common) in words.list.iter_mut().zip(is_common).filter(is_unknown) {
        let is_said = phrases(language).flat_map(|phrase| phrase.split(' ')).any(|part| word.is(part));
        if is_said || is_of_time(word, language) {
            continue;
        }
        let Some(meant) = only_near(&word.key, language) else { continue };
        notes.push(format!("\"{}\" was read as \"{meant}\".", word.key));
        (word.key, *is_common) = (meant, true);
    }
}

/// The phrases that a word may have been meant for.
fn phrases(language: &Language) -> impl Iterator<Item = &'static str> {
    let time = &language.time;
    let subject = language.topics.iter().map(|(phrase, _)| *phrase);
    subject
        .chain(language.verbs.iter().map(|(phrase, _)| *phrase))
        .chain(language.results.iter().map(|(phrase, _)| *phrase))
        .chain(time.months.iter().map(|(phrase, _)| *phrase))
        .chain(time.weekdays.iter().map(|(phrase, _)| *phrase))
        .chain(time.spans.iter().map(|(phrase, _)| *phrase))
}

/// Whether the word is one of the language's words of time.
fn is_of_time(word: &Word, language: &Language) -> bool {
    let time = &language.time;
    let tables = time.bounds.iter().map(|(phrase, _)| *phrase);
    let tables = tables.chain(time.parts.iter().map(|(phrase, _)| *phrase));
    let tables = tables.chain(time.ordinals.iter().map(|(phrase, _)| *phrase));
    let tables = tables.chain(time.clocks.iter().map(|(phrase, _)| *phrase));
    let lists = [time.rolling, time.ago, time.next, time.links, time.week].into_iter().flatten().copied();
    tables.chain(lists).flat_map(|phrase| phrase.split(' ')).any(|part| word.is(part))
}

/// The only word of the tables that is one letter away.
fn only_near(key: &str, language: &Language) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for part in phrases(language).flat_map(|phrase| phrase.split(' ')) {
        let Some(meant) = near(key, part).filter(|meant| !found.contains(meant)) else { continue };
        // One word with two endings is no doubt.
        let is_same =
            found.iter().any(|other| other.starts_with(&meant) || meant.starts_with(other.as_str()));
        if !is_same {
            found.push(meant);
        }
    }
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// What the word is meant to be, where one letter makes it that word; of `*`, the ending stays as it was written.
fn near(key: &str, part: &str) -> Option<String> {
    let stem = part.trim_end_matches('*');
    if stem.chars().count() < SHORTEST - 1 {
        return None;
    }
    if stem == part {
        return is_one_away(key, stem).then(|| stem.to_owned());
    }
    let length = stem.chars().count();
    (length - 1..=length + 1).find_map(|take| {
        let end = key.char_indices().nth(take).map_or(key.len(), |(at, _)| at);
        let ending = &key[end..];
        (ENDINGS.contains(&ending) && is_one_away(&key[..end], stem)).then(|| format!("{stem}{ending}"))
    })
}

/// Whether one letter that is missing, added, another or changed with its neighbour tells the words apart.
fn is_one_away(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (a, b) = (&one[same..], &other[same..]);
    // Whoever mistypes a word seldom mistypes its first letter.
    if same == 0 || (a.is_empty() && b.is_empty()) {
        return false;
    }
    let rest = |list: &[char], from: usize| list.get(from..).unwrap_or_default().to_vec();
    let is_swapped = a.len() > 1 && b.len() > 1 && (a[0], a[1]) == (b[1], b[0]) && a[2..] == b[2..];
    is_swapped
        || (!a.is_empty() && rest(a, 1) == b)
        || (!b.is_empty() && rest(b, 1) == a)
        || (!a.is_empty() && !b.is_empty() && rest(a, 1) == rest(b, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_is_mended_and_two_are_not() {
        for (typed, meant) in [
            ("pasword", Some("password")),
            ("passwrod", Some("password")),
            ("grops", Some("groups")),
            ("delted", Some("deleted")),
            ("tommorow", None),
            ("weather", None),
            ("gestern", None),
            ("gelöscht", None),
        ] {
            assert_eq!(only_near(typed, Language::ENGLISH).as_deref(), meant, "{typed}");
        }
    }
}
