//! The one readable sentence of an event.

use std::fmt::Write;

use aoc_core::Outcome;

const LONGEST_NAME: usize = 120;
const LONGEST_REASON: usize = 300;

/// Who did what to what, and how it ended unless it went well.
pub(crate) fn sentence(
    actor: Option<&str>,
    operation: &str,
    targets: &[String],
    ending: (Outcome, Option<&str>),
) -> String {
    let mut text = String::with_capacity(128);
    push(&mut text, actor.unwrap_or("Somebody"), LONGEST_NAME);
    text.push_str(" performed \"");
    push(&mut text, operation, LONGEST_NAME);
    text.push('"');
    on(&mut text, targets);
    end(&mut text, ending);
    text
}

/// A sign-in.
pub(crate) fn sign_in(
    actor: Option<&str>,
    targets: &[String],
    app: Option<&str>,
    ending: (Outcome, Option<&str>),
) -> String {
    let mut text = String::with_capacity(128);
    push(&mut text, actor.unwrap_or("Somebody"), LONGEST_NAME);
    text.push_str(match ending.0 {
        Outcome::Failure => " failed to sign in",
        Outcome::Partial => " was interrupted signing in",
        _ => " signed in",
    });
    if let Some(target) = targets.first() {
        text.push_str(" to ");
        push(&mut text, target, LONGEST_NAME);
    }
    if let Some(app) = app.filter(|app| targets.first().is_none_or(|target| target != app)) {
        text.push_str(" with ");
        push(&mut text, app, LONGEST_NAME);
    }
    because(&mut text, ending.1);
    text.push('.');
    text
}

/// Names the first two targets; a path that only repeats the first name at its end is not named.
fn on(text: &mut String, targets: &[String]) {
    let Some(first) = targets.first() else { return };
    let others = || targets.iter().skip(1).filter(|other| !other.ends_with(first.as_str()));
    text.push_str(" on ");
    push(text, first, LONGEST_NAME);
    if let Some(second) = others().next() {
        text.push_str(", ");
        push(text, second, LONGEST_NAME);
    }
    let more = others().count().saturating_sub(1);
    if more > 0 {
        _ = write!(text, " and {more} more");
    }
}

fn end(text: &mut String, (outcome, reason): (Outcome, Option<&str>)) {
    text.push_str(match outcome {
        Outcome::Success => "",
        Outcome::Failure => "; it failed",
        Outcome::Partial => "; it succeeded in part",
        Outcome::Unknown => "; how it ended is not known",
    });
    because(text, reason.filter(|_| outcome != Outcome::Success));
    text.push('.');
}

fn because(text: &mut String, reason: Option<&str>) {
    if let Some(reason) = reason.map(|reason| reason.trim().trim_end_matches('.')).filter(|r| !r.is_empty()) {
        text.push_str(": ");
        push(text, reason, LONGEST_REASON);
    }
}

/// Adds the text on one line, without control characters, cut where it gets too long.
fn push(text: &mut String, part: &str, longest: usize) {
    let part = part.trim();
    let plain = part.len() <= longest && !part.bytes().any(|c| c < b' ' || c == 0x7f || c >= 0x80);
    if plain {
        return text.push_str(part);
    }
    for (count, letter) in part.chars().enumerate() {
        if count == longest {
            return text.push('…');
        }
        text.push(if letter.is_control() { ' ' } else { letter });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_who_did_what_to_what_and_how_it_ended() {
        let targets = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(
            sentence(Some("kim"), "Update\nuser", &targets, (Outcome::Failure, Some("not allowed."))),
            "kim performed \"Update user\" on a, b and 1 more; it failed: not allowed."
        );
        assert_eq!(
            sign_in(None, &targets, Some("Teams"), (Outcome::Success, None)),
            "Somebody signed in to a with Teams."
        );
    }

    #[test]
    fn a_long_name_is_cut_at_a_letter() {
        let text = sentence(Some(&"é".repeat(500)), "x", &[], (Outcome::Success, None));
        assert!(text.contains("é… performed"), "{text}");
    }
}
