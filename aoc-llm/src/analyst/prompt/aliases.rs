//! Pseudonyms: what stands for people, devices and addresses in one prompt.

use std::{collections::BTreeMap, net::IpAddr};

use aoc_core::{ActorType, Event, fold};
use serde::Deserialize;
use serde_json::Value;

use super::clean::value;

/// The most characters of a name that is replaced.
const LONGEST: usize = 200;

/// Names with what stands for them. The same name has the same pseudonym throughout one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    /// Folded name, pseudonym, name; long names first.
    list: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
struct Target {
    #[serde(rename = "type", default)]
    kind: Option<Value>,
    #[serde(rename = "displayName", default)]
    display: Option<Value>,
    #[serde(rename = "userPrincipalName", default)]
    upn: Option<Value>,
}

#[derive(Default)]
struct Maker {
    names: BTreeMap<String, (String, String)>,
    /// Told apart from names that others chose.
    mark: String,
}

impl Aliases {
    /// Pseudonyms for all that the events and the question name. The mark is no part of them.
    pub(crate) fn of(events: &[Event], question: &str, mark: &str) -> Self {
        let mut maker = Maker { mark: mark.chars().take(4).collect(), ..Maker::default() };
        maker.text(question);
        for event in events {
            maker.event(event);
        }
        let mut list: Vec<_> =
            maker.names.into_iter().map(|(folded, (alias, name))| (folded, alias, name)).collect();
        list.sort_by_key(|(folded, ..)| std::cmp::Reverse(folded.len()));
        Self { list }
    }

    /// The text with pseudonyms for names.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.list.iter().fold(text.to_owned(), |text, (folded, alias, _)| replace(&text, folded, alias))
    }

    /// The text with names for pseudonyms.
    pub(crate) fn reveal(&self, text: &str) -> String {
        self.list.iter().fold(text.to_owned(), |text, (_, alias, name)| replace(&text, &fold(alias), name))
    }
}

impl Maker {
    fn add(&mut self, kind: &str, name: &str) {
        let name = value(name, LONGEST);
        let folded = fold(&name).into_owned();
        if folded.chars().count() < 2 || self.names.contains_key(&folded) {
            return;
        }
        let alias = format!("{kind}{}{}", self.names.len() + 1, self.mark);
        self.names.insert(folded, (alias, name));
    }

    fn event(&mut self, event: &Event) {
        let is_person = !matches!(event.actor_type, Some(ActorType::App | ActorType::System));
        let names = [&event.actor_display, &event.actor_upn].into_iter().flatten();
        for name in names.filter(|name| is_person || name.contains('@')) {
            self.add("person", name);
        }
        if let Some(address) = &event.actor_ip {
            self.add("address", address);
        }
        for target in &event.targets {
            self.target(target.read().ok());
        }
        for display in &event.target_displays {
            self.text(display);
        }
        for change in &event.changes {
            for text in [&change.old, &change.new] {
                self.text(&value(&text.to_string(), 2_000));
            }
        }
    }

    fn target(&mut self, target: Option<Target>) {
        let Some(Target { kind, display, upn }) = target else { return };
        let kind = kind.as_ref().and_then(Value::as_str).map(str::to_ascii_lowercase);
        let kind = match kind.as_deref() {
            Some("user") => "person",
            Some("device") => "device",
            _ => return,
        };
        for name in [display, upn].iter().flatten().filter_map(Value::as_str) {
            self.add(kind, name);
        }
    }

    /// Addresses of people and machines in any text.
    fn text(&mut self, text: &str) {
        let is_end = |c: char| c.is_whitespace() || "\"',;()[]{}<>‹›=|".contains(c);
        for word in text.split(is_end).map(|word| word.trim_matches(['.', '?', '!', ':'])) {
            if word.find('@').is_some_and(|at| at > 0 && at + 1 < word.len()) {
                self.add("person", word);
            } else if word.parse::<IpAddr>().is_ok() {
                self.add("address", word);
            }
        }
    }
}

/// Replaces the folded name wherever it stands as words of its own.
fn replace(text: &str, folded: &str, with: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        match prefix(rest, folded).filter(|_| !before.is_some_and(char::is_alphanumeric)) {
            Some(length) if !rest[length..].starts_with(char::is_alphanumeric) => {
                made.push_str(with);
                before = rest[..length].chars().next_back();
                rest = &rest[length..];
            }
            _ => {
                made.push(c);
                before = Some(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    made
}

/// How many bytes of the text fold to the folded name.
fn prefix(text: &str, folded: &str) -> Option<usize> {
    let mut left = folded;
    for (at, c) in text.char_indices() {
        if left.is_empty() {
            return Some(at);
        }
        let mut bytes = [0; 4];
        left = left.strip_prefix(fold(c.encode_utf8(&mut bytes)).as_ref())?;
    }
    left.is_empty().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_and_come_back() {
        let time = aoc_core::Timestamp::from_ticks(0);
        let mut event = Event::new("s", "1", time);
        event.actor_display = Some("Kim Lee".into());
        event.actor_upn = Some("kim@contoso.com".into());
        event.actor_ip = Some("203.0.113.7".into());
        let aliases = Aliases::of(&[event], "what about max@contoso.com?", "abcdef");
        let hidden = aliases.hide("KIM LEE (kim@contoso.com) from 203.0.113.7 to max@contoso.com; Kimberly");
        assert_eq!(hidden, "person2abcd (person3abcd) from address4abcd to person1abcd; Kimberly");
        let shown = aliases.reveal(&hidden);
        assert_eq!(shown, "Kim Lee (kim@contoso.com) from 203.0.113.7 to max@contoso.com; Kimberly");
    }
}
