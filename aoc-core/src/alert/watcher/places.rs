//! Where an event counts.

use crate::alert::{
    detect::{Detection, Part, View, WindowKind},
    windows::{GroupKey, Place},
};

/// Where an event of these parts counts, each place once.
pub(super) fn places(rule: &Detection, parts: &[usize], view: &View<'_>) -> Vec<Place> {
    let kind = rule.window.as_ref().map(|window| &window.kind);
    let mut places: Vec<Place> = Vec::new();
    for index in parts {
        let part = &rule.parts[*index];
        let (place, values) = match kind {
            Some(WindowKind::All | WindowKind::InOrder) => (*index, Vec::new()),
            Some(WindowKind::Distinct(field, _)) => (0, part.matcher.values(view, field)),
            _ => (0, Vec::new()),
        };
        if values.is_empty() && matches!(kind, Some(WindowKind::Distinct(..))) {
            continue;
        }
        for group in groups(part, view) {
            if !places.iter().any(|other| other.part == place && other.group == group) {
                places.push(Place { group, part: place, values: values.clone() });
            }
        }
    }
    places
}

/// The most groups that one event counts in.
const MOST_GROUPS: usize = 32;

/// The groups of an event: one for each way to choose a value of each field. None where it lacks a field.
pub(crate) fn groups(part: &Part, view: &View<'_>) -> Vec<GroupKey> {
    let mut groups: Vec<Vec<String>> = vec![Vec::new()];
    for field in &part.group_by {
        let values = part.matcher.values(view, field);
        let longer = groups
            .iter()
            .flat_map(|group| values.iter().map(|value| group.iter().chain([value]).cloned().collect()));
        groups = longer.take(MOST_GROUPS).collect();
    }
    groups.into_iter().map(Into::into).collect()
}
