//! A question of which only words stay that name nobody.

use std::collections::HashSet;

use aoc_core::fold;

/// What stands for words that may be names.
const UNKNOWN: &str = "(name)";
/// Words of questions, folded. No common first name or family name is among them.
const WORDS: &str = "a about access accessed account accounts action actions activity add added administrator \
administrators all an and any app application applications apps are assigned at audit authentication before between \
blocked by change changed changes conditional consent count created day days delete deleted deletions denied device \
devices did disabled do does done during each email enabled event events external failed failures file files first for \
forwarding from given global granted group groups guest happened has have hour hours how in is last licence license \
list log logged login logins logs mail mailbox mailboxes many member members methods mfa month months most multi-factor \
new of off often on or our owner owners password passwords permission permissions policies policy removed reset resets \
role roles rule rules service settings shared sharing show sign signed sign-in sign-ins since site sites successful \
summarise summarize summary team teams tell tenant that the their there these this to today token update updated \
updates us used user users was we week weeks were what when where which who whom whose why with yesterday";

/// The question with words of events' operations and services, and words that questions are made of.
pub(crate) fn asked<'n>(question: &str, known: impl Iterator<Item = &'n str>) -> String {
    let words: HashSet<&str> = WORDS.split(' ').collect();
    let known: HashSet<String> = known.map(|name| fold(name).into_owned()).collect();
    let mut made: Vec<&str> = Vec::new();
    for part in question.split_whitespace() {
        let word = fold(part.trim_matches(|c: char| !c.is_alphanumeric())).into_owned();
        let is_number = !word.is_empty() && word.len() <= 4 && word.bytes().all(|c| c.is_ascii_digit());
        let stays = words.contains(word.as_str()) || known.contains(&word) || is_number;
        match stays {
            true => made.push(part.trim_matches(|c: char| !c.is_alphanumeric() && c != '?')),
            false if made.last() == Some(&UNKNOWN) => {}
            false => made.push(UNKNOWN),
        }
    }
    made.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_without_names_still_says_what_is_asked() {
        let told = asked("Did Zoé Novak (zoe@x.com) reset passwords on LAPTOP-7 yesterday?", [].into_iter());
        assert_eq!(told, "Did (name) reset passwords on (name) yesterday?");
    }
}
