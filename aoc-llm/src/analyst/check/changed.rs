//! What a change proves of properties and of their values before and after.

use std::collections::HashSet;

use super::split::{Piece, Role};

/// A change of an event, folded.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// The property, as written and with blanks.
    pub(super) properties: [String; 2],
    pub(super) old: String,
    pub(super) new: String,
}

/// Whether values before and after belong to the same change, and to the property that is named with them.
pub(super) fn proves<'p>(
    changes: &[Changed],
    targets: &HashSet<String>,
    pieces: impl Iterator<Item = &'p Piece> + Clone,
) -> bool {
    let mut left: Vec<&Changed> = changes.iter().collect();
    let (mut has_value, mut has_property) = (false, false);
    let is_value = |text: &String, role: &Role| {
        changes.iter().any(|change| change.old == *text || change.new == *text)
            && !targets.contains(text)
            && !matches!(role, Role::Actor | Role::Plain)
    };
    for piece in pieces.clone() {
        let Piece::Value { text, role } = piece else { continue };
        if is_property(changes, text, *role) {
            if has_property || !has_value {
                left = changes.iter().collect();
                has_value = false;
            }
            left.retain(|change| change.properties.contains(text));
            has_property = true;
        } else if is_value(text, role) {
            left.retain(|change| if *role == Role::From { change.old == *text } else { change.new == *text });
            has_value = true;
        }
        if left.is_empty() && !changes.is_empty() {
            return false;
        }
    }
    let values = pieces.filter_map(|piece| match piece {
        Piece::Value { text, role } if is_property(changes, text, *role) => Some(Some(text)),
        Piece::Value { text, role } if is_value(text, role) => Some(None),
        _ => None,
    });
    are_apart(&values.collect::<Vec<_>>())
}

fn is_property(changes: &[Changed], text: &String, role: Role) -> bool {
    role == Role::Plain && changes.iter().any(|change| change.properties.contains(text))
}

/// Whether each of several properties has values of its own behind it, where there are values at all.
fn are_apart(parts: &[Option<&String>]) -> bool {
    let named: HashSet<&&String> = parts.iter().flatten().collect();
    let has_value = parts.contains(&None);
    let is_alone = |pair: &[Option<&String>]| pair[0].is_some() && pair[1].is_some();
    let ends_alone = || parts.last().is_some_and(Option::is_some) || parts.first() == Some(&None);
    !has_value || named.len() < 2 || !(ends_alone() || parts.windows(2).any(is_alone))
}
