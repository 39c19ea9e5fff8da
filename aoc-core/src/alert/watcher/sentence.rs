//! What came together, in words.

use crate::{
    alert::{
        detect::{Detection, Part, WindowKind},
        quiet::entity_of,
        windows::{Found, GroupKey},
    },
    config::Span,
};

/// `20 events of actor_ip 203.0.113.7 within 10m`.
pub(super) fn sentence(rule: &Detection, group: Option<&GroupKey>, found: &Found) -> Option<String> {
    let window = rule.window.as_ref()?;
    let fields = rule.parts.first().map_or(&[][..], |part| &part.group_by);
    let values = fields.iter().zip(group.into_iter().flat_map(|group| group.iter()));
    let of: Vec<String> =
        values.map(|(field, value)| format!("{field} {}", entity_of(&[vec![value.clone()]]))).collect();
    let of = if of.is_empty() { String::new() } else { format!(" of {}", of.join(", ")) };
    let matched = found.matched;
    let what = match (&window.kind, found.distinct) {
        (WindowKind::Distinct(field, _), Some(different)) => {
            format!("{different} different values of {field} in {matched} events{of}")
        }
        (WindowKind::All, _) => format!("{}{of}", names(&rule.parts, " and ")),
        (WindowKind::InOrder, _) => format!("{}{of}", names(&rule.parts, ", then ")),
        _ => format!("{matched} events{of}"),
    };
    Some(format!("{what} within {}", Span::seconds(window.within.as_secs())))
}

fn names(parts: &[Part], between: &str) -> String {
    parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(between)
}
