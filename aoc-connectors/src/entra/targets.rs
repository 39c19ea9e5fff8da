//! What it was done to, and what was changed on it.

use std::borrow::Cow;

use aoc_core::Change;
use serde_json::Value;

use super::members::{Audit, Member, Target, TargetName};
use crate::common::{
    names::{Displays, named},
    values::decode,
};

/// Modified properties that name the second party, such as the group of `Add member to group`.
const SECOND: [&str; 4] =
    ["Role.DisplayName", "Group.DisplayName", "Application.DisplayName", "ServicePrincipal.DisplayName"];

/// Reads the names of the targets, best first, and the changes.
pub(super) fn read(audit: &Audit<'_>) -> (Vec<String>, Vec<Change>) {
    let targets: Vec<Target<'_>> = audit.get(Member::TargetResources).list();
    let mut displays = Displays::default();
    let mut changes = Vec::new();
    for target in &targets {
        displays.add(name(target));
    }
    for target in &targets {
        displays.add(target.first(&[TargetName::DisplayName, TargetName::UserPrincipalName]));
        let name = name(target).map(Cow::into_owned);
        for property in target.get(TargetName::ModifiedProperties).list::<Target<'_>>() {
            changes.extend(change(&property, name.as_ref(), &mut displays));
        }
    }
    (displays.into_names(), changes)
}

/// The best name: of users the principal name, of all others the display name, else the id.
fn name<'a>(target: &Target<'a>) -> Option<Cow<'a, str>> {
    if let Some(text) = target.plain() {
        return Some(Cow::Owned(text.to_owned()));
    }
    let order = [TargetName::UserPrincipalName, TargetName::DisplayName, TargetName::Id];
    order.iter().find_map(|member| named(target.get(*member).text()))
}

fn change(property: &Target<'_>, target: Option<&String>, displays: &mut Displays) -> Option<Change> {
    let name = property.get(TargetName::DisplayName).text()?;
    let old = decode(property.get(TargetName::OldValue));
    let new = decode(property.get(TargetName::NewValue));
    if SECOND.contains(&name.as_ref()) {
        for value in [&new, &old] {
            displays.add(value.as_str().map(Cow::Borrowed));
        }
    }
    let is_empty = |value: &Value| value.is_null();
    let says_nothing = name == "Included Updated Properties" && is_empty(&old) && is_empty(&new);
    (!says_nothing).then(|| Change { target: target.cloned(), property: name.into_owned(), old, new })
}
