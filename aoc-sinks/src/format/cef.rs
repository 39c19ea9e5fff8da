//! An event as a line of the Common Event Format.

use std::net::IpAddr;

use aoc_core::Event;

use super::facts::Facts;

/// How long a line is at most, in bytes.
const LONGEST: usize = 8 * 1024;
/// How long a value is at most, in bytes as it is written.
const LONGEST_VALUE: usize = 1_023;
/// How long a header field is at most, in bytes as it is written.
const LONGEST_NAME: usize = 512;
const CUT: char = '…';

/// The line, without a line break.
pub(super) fn line(event: &Event) -> String {
    let facts = Facts::of(event);
    let (signature, name) = match &facts.alert {
        Some(alert) => (alert.rule.as_str(), alert.title.as_str()),
        None => (event.operation.as_str(), event.operation.as_str()),
    };
    let mut line = format!("CEF:0|AOC|Admin Operations Center|{}|", env!("CARGO_PKG_VERSION"));
    for text in [signature, name] {
        push(&mut line, text, LONGEST_NAME, header);
        line.push('|');
    }
    line.push_str(severity(facts.severity().1));
    line.push('|');
    let mut extension = Extension { line, is_first: true };
    put_who(&mut extension, &facts);
    put_what(&mut extension, &facts);
    put_own(&mut extension, &facts);
    extension.line
}

/// From OCSF's 1 to 5 to CEF's 0 to 10.
fn severity(id: u32) -> &'static str {
    match id {
        2 => "3",
        3 => "5",
        4 => "8",
        5 => "10",
        _ => "1",
    }
}

fn put_who(extension: &mut Extension, facts: &Facts<'_>) {
    let event = facts.event;
    if facts.is_time_known() {
        extension.put("rt", &event.timestamp.instant().timestamp_millis().to_string());
    }
    extension.maybe("suser", facts.actor.name.as_deref());
    extension.maybe("suid", facts.actor.id.as_deref());
    let (receiver, _) = facts.receiver();
    extension.maybe("duser", receiver.and_then(|party| party.name.as_deref()));
    extension.maybe("duid", receiver.and_then(|party| party.id.as_deref()));
    match facts.address {
        Some(IpAddr::V4(address)) => extension.put("src", &address.to_string()),
        Some(IpAddr::V6(address)) => extension.labelled("c6a2", "Source IPv6 Address", &address.to_string()),
        None => {}
    }
    extension.maybe("spt", facts.port.map(|port| port.to_string()).as_deref());
}

fn put_what(extension: &mut Extension, facts: &Facts<'_>) {
    let event = facts.event;
    extension.put("act", &event.operation);
    extension.put("outcome", facts.outcome().as_str());
    extension.put("cat", &event.service);
    extension.put("deviceExternalId", &event.tenant);
    extension.put("externalId", &event.id);
    extension.maybe("fname", facts.file.name.as_deref());
    extension.maybe("filePath", facts.file.path.as_deref());
    extension.maybe("request", facts.file.url.as_deref());
    extension.maybe("requestClientApplication", facts.agent.as_deref());
    extension.put("msg", &event.display_summary);
}

fn put_own(extension: &mut Extension, facts: &Facts<'_>) {
    let event = facts.event;
    extension.labelled("cs1", "Targets", &event.target_displays.join(", "));
    extension.labelled("cs2", "Changes", &facts.changes().join("; "));
    extension.labelled("cs3", "Correlation", event.correlation_id.as_deref().unwrap_or_default());
    extension.labelled("cs4", "Source", &event.source);
    let tags: Vec<&str> = event.tags.iter().map(String::as_str).collect();
    extension.labelled("cs5", "Tags", &tags.join(", "));
    let Some(alert) = &facts.alert else { return };
    extension.labelled("cs6", "Labels", &alert.labels.join(", "));
    extension.labelled("cn1", "Matched", &alert.matched.to_string());
    extension.put("reason", &alert.reasons.join("; "));
}

struct Extension {
    line: String,
    is_first: bool,
}

impl Extension {
    /// Adds a key and its value, as far as there is room for both; an empty value is left out.
    fn put(&mut self, key: &str, value: &str) {
        let blank = usize::from(!self.is_first);
        // Room for the key, the sign and the mark of a cut.
        let rest = LONGEST.saturating_sub(self.line.len() + blank + key.len() + 1 + CUT.len_utf8());
        if value.trim().is_empty() || rest == 0 {
            return;
        }
        if !self.is_first {
            self.line.push(' ');
        }
        self.is_first = false;
        self.line.push_str(key);
        self.line.push('=');
        push(&mut self.line, value.trim(), rest.min(LONGEST_VALUE), in_extension);
    }

    fn maybe(&mut self, key: &str, value: Option<&str>) {
        self.put(key, value.unwrap_or_default());
    }

    /// Adds a custom key with its label before it.
    fn labelled(&mut self, key: &str, label: &str, value: &str) {
        let room = LONGEST.saturating_sub(self.line.len());
        if !value.trim().is_empty() && room > 2 * key.len() + label.len() + 64 {
            self.put(&format!("{key}Label"), label);
            self.put(key, value);
        }
    }
}

/// Adds the text, escaped; what goes beyond so many bytes is cut at a character and marked.
fn push(line: &mut String, text: &str, most: usize, escape: fn(char, &mut String)) {
    let end = line.len() + most;
    let mut piece = String::new();
    for c in text.chars() {
        piece.clear();
        escape(c, &mut piece);
        if line.len() + piece.len() > end {
            line.push(CUT);
            return;
        }
        line.push_str(&piece);
    }
}

/// In a header a line break is a blank.
fn header(c: char, out: &mut String) {
    match c {
        '\\' | '|' => out.extend(['\\', c]),
        '\n' | '\r' | '\t' => out.push(' '),
        c if c.is_control() => {}
        c => out.push(c),
    }
}

fn in_extension(c: char, out: &mut String) {
    match c {
        '\\' | '=' => out.extend(['\\', c]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push(' '),
        c if c.is_control() => {}
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use aoc_core::Timestamp;

    use super::*;

    fn event() -> Event {
        let mut event =
            Event::new("entra_audit", "Directory_1", Timestamp::parse("2026-01-05T09:00:00.5Z").unwrap());
        event.operation = "Update user".into();
        event.service = "UserManagement".into();
        event.tenant = "11111111-2222-3333-4444-555555555555".into();
        event
    }

    #[test]
    fn headers_and_extensions_are_escaped_each_in_its_own_way() {
        let mut event = event();
        event.operation = "a|b\\c=d\ne".into();
        event.display_summary = "x|y\\z=1\r\n2\u{7}".into();
        let line = line(&event);
        assert!(line.contains(r"|a\|b\\c=d e|a\|b\\c=d e|1|rt=1767603600500 act=a|b\\c\=d\ne "), "{line}");
        assert!(line.contains(r" msg=x|y\\z\=1\r\n2"), "{line}");
    }

    #[test]
    fn an_address_of_version_6_has_its_own_key() {
        let mut event = event();
        event.actor_ip = Some("2001:DB8::1".into());
        let six = line(&event);
        assert!(six.contains("c6a2Label=Source IPv6 Address c6a2=2001:db8::1"), "{six}");
        assert!(!six.contains(" src="), "{six}");
        event.actor_ip = Some("203.0.113.7".into());
        assert!(line(&event).contains(" src=203.0.113.7 "));
        event.actor_ip = Some("no address".into());
        assert!(!line(&event).contains("no address"));
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let mut event = event();
        event.display_summary = "=ü".repeat(9_000);
        event.target_displays = vec!["\\".repeat(9_000); 9];
        event.operation = "ä|".repeat(2_000);
        event.correlation_id = Some("=".repeat(9_000));
        event.actor_upn = Some("=".repeat(9_000));
        event.service = "=".repeat(9_000);
        event.id = "=".repeat(9_000);
        event.tenant = "=".repeat(9_000);
        event.tags.insert("=".repeat(9_000));
        let line = line(&event);
        assert!(line.len() <= LONGEST, "{}", line.len());
        assert!(line.contains(CUT));
    }
}
