//! Whether a number counts events: a number of people or things is none that the store counts.

use super::{
    lex::{Sort, Token},
    words,
};

/// Words before a number of events that are no verb that something is done to them by.
const BEFORE: [&str; 13] =
    ["was", "were", "is", "are", "been", "in", "performed", "made", "ran", "did", "has", "have", "had"];
/// Verbs behind which it is told what was done to something.
const AUXILIARY: [&str; 9] = ["was", "were", "is", "are", "been", "has", "have", "had", "did"];
/// Words for several people without an `s`.
const PEOPLE: [&str; 9] =
    ["people", "men", "women", "staff", "personnel", "crew", "everyone", "anyone", "folk"];
/// Who may do something of his own, so that the noun behind may be his verb: `one user reset the password`.
const AGENTS: [&str; 8] =
    ["admin", "administrator", "guest", "person", "service", "system", "attacker", "operator"];

/// Whether the number at a token counts events.
pub(super) fn counts_events(tokens: &[Token], at: usize) -> bool {
    let mut last = "";
    for (place, token) in tokens.iter().enumerate().skip(at + 1).take(4) {
        match token {
            Token::Word(word) if words::counts(word) => {
                return fits(tokens, at, last, word) && ends(word, &tokens[place + 1..]);
            }
            Token::Word(word) if is_modifier(word) => last = word,
            Token::Value { known, .. } if known.sort == Sort::Operation => last = "",
            Token::Value { known, .. } if known.sort == Sort::Plain => last = &known.text,
            _ => return false,
        }
    }
    false
}

/// Whether the number counts the word at a token, with nothing but what describes it between.
pub(super) fn is_counted(tokens: &[Token], at: usize) -> bool {
    let is_number = |token: &&Token| matches!(token, Token::Word(word) if words::number(word).is_some());
    let Some(back) = tokens[..at].iter().rev().take(4).position(|token| is_number(&token)) else {
        return false;
    };
    let number = at - 1 - back;
    tokens[number + 1..at].iter().all(|token| !matches!(token, Token::Word(word) if words::counts(word)))
        && counts_events(tokens, number)
}

fn is_modifier(word: &str) -> bool {
    let is_plural = word.ends_with('s') && !word.ends_with("ss");
    let is_loose = words::is_neutral(word) || words::is_article(word) || words::number(word).is_some();
    !is_plural && !is_loose && !PEOPLE.contains(&word)
}

/// Whether what stands around a noun leaves it a noun for events.
fn fits(tokens: &[Token], number: usize, modifier: &str, noun: &str) -> bool {
    if matches!(noun, "time" | "times") {
        return modifier.is_empty();
    }
    let is_article = |token: &&Token| matches!(token, Token::Word(word) if words::is_article(word));
    let before = tokens[..number].iter().rev().find(|token| !is_article(token));
    let is_done_to = !matches!(before, None | Some(Token::Sign(_)))
        && !matches!(before, Some(Token::Word(word)) if BEFORE.contains(word));
    let is_verb = matches!(noun, "reset" | "resets" | "update" | "updates");
    let is_agent = AGENTS.contains(&modifier) || words::is_kind(&words::stem(modifier));
    let is_of_things = modifier.ends_with('s') && !words::is_event(noun);
    !(is_done_to || is_of_things || is_verb && is_agent)
}

/// Whether a noun for events may end here: behind a verb something would stand that it is done to, and records could
/// be what something is done to.
fn ends(noun: &str, behind: &[Token]) -> bool {
    let is_record = words::is_event(noun) && !matches!(noun, "time" | "times");
    let is_loose = |word: &str| words::is_neutral(word) || words::is_result(&words::stem(word));
    let is_end = match behind.first() {
        None => true,
        Some(Token::Sign(sign)) => !is_record || *sign == '.',
        Some(Token::Word(word)) => is_loose(word) || matches!(*word, "which" | "but"),
        Some(Token::Value { .. }) => false,
    };
    let tells = |word: &str| {
        let is_date = words::month(word).is_some() || words::WEEKDAYS.contains(&word);
        !(is_loose(word)
            || words::is_article(word)
            || is_date
            || word.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_verb = |token: &Token| matches!(token, Token::Word(word) if AUXILIARY.contains(word));
    let mut told = behind.iter().skip_while(|token| !is_verb(token));
    is_end && !(is_record && told.any(|token| matches!(token, Token::Word(word) if tells(word))))
}
