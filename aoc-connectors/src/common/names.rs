//! Names of actors and targets.

use std::borrow::Cow;

use aoc_core::ActorType;

/// Whether the text stands where a name should and is none.
pub(crate) fn is_junk(text: &str) -> bool {
    const JUNK: [&str; 8] = [
        "unknown",
        "not available",
        "unknown (unknown)",
        "<null>",
        "not-found",
        "00000000-0000-0000-0000-000000000000",
        "n/a",
        "null",
    ];
    let text = text.trim();
    text.is_empty() || JUNK.iter().any(|junk| junk.eq_ignore_ascii_case(text))
}

/// The name, unless it is none.
pub(crate) fn named(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    text.filter(|text| !is_junk(text))
}

/// Whether the text is an id for machines: a GUID, perhaps with its kind before it (`User_…`).
pub(crate) fn is_id(text: &str) -> bool {
    let id = text.rsplit('_').next().unwrap_or(text).as_bytes();
    id.len() == 36
        && id.iter().enumerate().all(|(place, c)| match place {
            8 | 13 | 18 | 23 => *c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
}

/// Whether the text looks like a user principal name.
pub(crate) fn is_upn(text: &str) -> bool {
    match text.split_once('@') {
        Some((user, domain)) => {
            !user.is_empty() && domain.contains('.') && !text.contains([' ', '\\', '/', ':', ';', '|', '<'])
        }
        None => false,
    }
}

/// Whether the user principal name is a guest's.
pub(crate) fn is_guest(upn: &str) -> bool {
    upn.as_bytes().windows(5).any(|part| part.eq_ignore_ascii_case(b"#EXT#"))
}

/// A member of the organisation or a guest, by the user principal name.
pub(crate) fn user_type(upn: Option<&str>) -> ActorType {
    if upn.is_some_and(is_guest) { ActorType::Guest } else { ActorType::User }
}

/// Names of targets, each once, readable ones before ids.
#[derive(Default)]
pub(crate) struct Displays {
    names: Vec<String>,
}

impl Displays {
    /// Adds a name, unless it is none or known.
    pub(crate) fn add(&mut self, name: Option<Cow<'_, str>>) {
        let Some(name) = named(name) else { return };
        let name = name.trim();
        if !self.names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.names.push(name.to_owned());
        }
    }

    /// Whether there is no name yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, best first.
    pub(crate) fn into_names(mut self) -> Vec<String> {
        self.names.sort_by_key(|name| is_id(name));
        self.names
    }
}
