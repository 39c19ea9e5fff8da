//! Who was put where: which of an event's targets is the member, and which is what it was put into or taken out of.

use super::{
    ground::Ground,
    split::{Piece, Role, Sentence},
    words,
};

/// Words of operations behind which a place stands: `Add member to role`.
const LEADS: [&str; 4] = ["to", "from", "in", "into"];
/// Stems of verbs by which a place may be handed to somebody, and not somebody be put into it.
const GIVES: [&str; 4] = ["assign", "grant", "gav", "given"];
/// Kinds of people.
const PERSONAL: [&str; 4] = ["user", "account", "member", "owner"];

/// What a name of a sentence is for an operation with a place.
struct Named {
    at: usize,
    role: Role,
    is_member: bool,
}

/// The stem of the place in an operation, `rol` in `add member to role`.
pub(super) fn of(operation: &str) -> Option<String> {
    let mut parts = operation.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let verb = parts.next()?;
    let mut behind = parts.skip_while(|part| !LEADS.contains(part)).skip(1);
    let place = behind.find(|part| !words::is_article(part))?;
    // Consent says by itself whom it is given.
    (verb != "consent").then(|| words::stem(place))
}

/// Whether the sentence leaves no doubt who was put where, and says it as the event does.
pub(super) fn is_clear(ground: &Ground, place: &str, sentence: &Sentence, skipped: &[usize]) -> bool {
    let named: Vec<Named> = names(ground, sentence, skipped);
    let kinds_fit = named.iter().all(|one| {
        let mut kinds = sentence.kinds.iter().filter(|(at, _)| *at == one.at);
        kinds.all(|(_, kind)| PERSONAL.contains(&kind.as_str()) == one.is_member)
    });
    if named.is_empty() || PERSONAL.contains(&place) {
        return named.iter().all(|one| one.is_member && one.role != Role::Target);
    }
    let is_said =
        |stem: &str| sentence.pieces.iter().any(|piece| matches!(piece, Piece::Word(word) if word == stem));
    let is_written = sentence
        .pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Value { text, role: Role::Plain } if ground.is_operation(text)));
    if is_written {
        return kinds_fit && named.iter().all(|one| one.role == Role::At);
    }
    if !kinds_fit || !ground.has_member() || joins_both(sentence) {
        return false;
    }
    let is_moved = ["add", "put", "remov", "delet"].iter().any(|stem| is_said(stem));
    if !is_moved && GIVES.iter().any(|stem| is_said(stem)) {
        return is_given(&named, sentence, is_said("assign"));
    }
    named.iter().all(|one| match one.role {
        Role::Target => one.is_member,
        _ => !one.is_member,
    })
}

/// Whether a list holds people and places.
fn joins_both(sentence: &Sentence) -> bool {
    let is_person = |at: usize| match sentence.pieces.get(at) {
        Some(Piece::Value { text, role }) if *role != Role::Actor => Some(text.contains('@')),
        _ => None,
    };
    let is_both = |at: &usize| is_person(*at) != at.checked_sub(1).and_then(is_person);
    sentence.joined.iter().any(is_both)
}

/// Whether a place is handed to somebody: `granted eva the role`, `granted the role to eva`.
fn is_given(named: &[Named], sentence: &Sentence, may_put: bool) -> bool {
    let member = named.iter().find(|one| one.is_member);
    let has_kind = |place: &Named| sentence.kinds.iter().any(|(at, _)| *at == place.at);
    let is_behind = |place: &Named, member: &Named| {
        member.role == Role::To || (member.at < place.at && !sentence.joined.contains(&place.at))
    };
    named.iter().all(|one| match (one.is_member, one.role) {
        (true, Role::Target | Role::To) => true,
        // Where nobody is named to whom it is given, it could be given something itself.
        (false, Role::Target) => member.map_or_else(|| has_kind(one), |member| is_behind(one, member)),
        (false, Role::To) => may_put && member.is_none_or(|member| member.role == Role::Target),
        _ => false,
    })
}

fn names(ground: &Ground, sentence: &Sentence, skipped: &[usize]) -> Vec<Named> {
    let name = |(at, piece): (usize, &Piece)| match piece {
        Piece::Value { text, role } if !matches!(role, Role::Actor | Role::Plain) => {
            Some(Named { at, role: *role, is_member: ground.is_member(text) })
        }
        _ => None,
    };
    let pieces = sentence.pieces.iter().enumerate().filter(|(at, _)| !skipped.contains(at));
    pieces.filter_map(name).collect()
}
