//! Finds what an operation is.

use aoc_core::{Alert, Event, UNREADABLE, alert::ALERT_SOURCE};
use serde::Serialize;

use super::{
    meaning::{Meaning, OTHER},
    rows,
};

/// Whose operations a row of the table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Alerts.
    Alerts,
    /// What is done in AOC itself, such as changes of rules.
    Own,
    /// Sign-ins of Entra.
    SignIns,
    /// Entra's directory audits, and what Office 365 says of the directory.
    Directory,
    /// Intune.
    Intune,
    /// SharePoint and OneDrive.
    Files,
    /// Teams.
    Teams,
    /// Exchange.
    Exchange,
    /// Everything in the Management Activity API.
    Office,
    /// Everything.
    Any,
}

impl Whose {
    fn includes(self, event: &Event) -> bool {
        let (source, service) = (event.source.as_str(), event.service.as_str());
        match self {
            Self::Alerts => Alert::of(event).is_some(),
            Self::Own => source == ALERT_SOURCE,
            Self::SignIns => source == "entra_sign_ins" || service == "SignIn",
            Self::Directory => source == "entra_audit" || service == "Directory",
            Self::Intune => source == "intune_audit" || service == "Intune",
            Self::Files => matches!(service, "SharePoint" | "OneDrive"),
            Self::Teams => service == "Teams",
            Self::Exchange => service == "Exchange",
            Self::Office => source == "office365_activity",
            Self::Any => true,
        }
    }
}

/// A row of the table: these operations mean this.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mapping {
    /// Whose operations.
    pub whose: Whose,
    /// Which of them: in lower case, without a final dot; `*` stands for any text.
    pub operations: &'static [&'static str],
    /// What they are.
    pub meaning: Meaning,
}

/// All rows; the first one that fits counts, and the last one fits everything.
pub fn table() -> impl Iterator<Item = &'static Mapping> {
    rows::ALL.iter().copied().flatten()
}

/// What the operation of an event is.
pub(super) fn classify(event: &Event) -> Meaning {
    if event.service == UNREADABLE {
        return UNKNOWN;
    }
    let operation = event.operation.trim().trim_end_matches('.').trim_end().to_lowercase();
    table()
        .find(|row| {
            row.whose.includes(event) && row.operations.iter().any(|pattern| fits(pattern, &operation))
        })
        .map_or(UNKNOWN, |row| row.meaning)
}

const UNKNOWN: Meaning = Meaning::api(&["api"], &["info"], OTHER);

/// Whether the text is what the pattern says.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let (between, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in between.split('*').filter(|part| !part.is_empty()) {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("add user", "add user", true),
            ("add user", "add users", false),
            ("add * to *", "add owner to application", true),
            ("add * to *", "add user", false),
            ("*_get", "policies_get", true),
            ("*", "", true),
            ("ab*ba", "aba", false),
            ("*a*b*", "xaxbx", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
