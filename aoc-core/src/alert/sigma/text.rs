//! Texts of events, and what case means in them.

use std::borrow::Cow;

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Case {
    /// They do not.
    #[default]
    Ignored,
    /// They do.
    Heeded,
}

/// A text of an event that is to be compared, several times maybe.
pub(super) struct Text<'a> {
    exact: &'a str,
    /// In lower case outside of ASCII; within ASCII case is ignored while comparing.
    folded: Cow<'a, str>,
}

impl<'a> Text<'a> {
    pub(super) fn new(exact: &'a str) -> Self {
        let folded = if exact.is_ascii() { Cow::Borrowed(exact) } else { Cow::Owned(folded(exact)) };
        Self { exact, folded }
    }

    pub(super) fn exact(&self) -> &'a str {
        self.exact
    }

    pub(super) fn folded(&self) -> &str {
        &self.folded
    }
}

/// In lower case. The few characters beyond ASCII whose lower case is in it, such as the sign for kelvin, stay: what is
/// found in ASCII is in the record in ASCII.
pub(super) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.to_lowercase().any(|lower| lower.is_ascii()) && !letter.is_ascii() {
            true => out.push(letter),
            false => out.extend(letter.to_lowercase()),
        }
    }
    out
}
