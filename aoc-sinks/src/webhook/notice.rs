//! What a message tells about an event. What stands in audit logs was written by strangers: it stays text.

use aoc_core::{Alert, Event};

use crate::forward::Address;

/// What people are told.
pub(super) struct Notice {
    /// One line.
    pub(super) title: String,
    /// Names and values, each a line.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Where more is to be seen.
    pub(super) link: Option<String>,
}

/// How much of a value is told, in characters.
const VALUE: usize = 500;
/// How long a title may be, in characters.
const TITLE: usize = 140;
/// How many targets, and how many reasons are told.
const MANY: usize = 5;

impl Notice {
    /// About this event.
    pub(super) fn of(event: &Event, ui: Option<&Address>) -> Self {
        let alert = Alert::of(event);
        let mut notice = Self { title: title(event, alert.as_ref()), facts: Vec::new(), link: None };
        notice.fact("Who", &who(event));
        notice.fact("What", &event.display_summary);
        notice.fact("To", &few(&event.target_displays));
        notice.fact("When", &event.timestamp.to_string());
        notice.fact("Result", if alert.is_some() { "" } else { event.result.as_str() });
        notice.fact("Where", event.actor_ip.as_deref().unwrap_or_default());
        notice.fact("Service", &event.service);
        notice.fact("Tenant", &event.tenant);
        if let Some(alert) = alert {
            notice.fact("Rule", &alert.rule);
            notice.fact("Why", &few(&alert.reasons));
            notice.fact("About", &alert.description);
        }
        notice.link = ui.map(|ui| ui.join("/", &[("event", &event.id)]).to_string());
        notice
    }

    fn fact(&mut self, name: &'static str, value: &str) {
        let value = plain(value, VALUE);
        if !value.is_empty() {
            self.facts.push((name, value));
        }
    }
}

fn title(event: &Event, alert: Option<&Alert>) -> String {
    match alert {
        Some(alert) => {
            let severity = format!("{:?}", alert.severity).to_lowercase();
            plain(&format!("Alert ({severity}): {}", alert.title), TITLE)
        }
        None => plain(&format!("{}: {}", event.service, event.operation), TITLE),
    }
}

fn who(event: &Event) -> String {
    let name = event.actor_name().unwrap_or_default();
    match event.actor_upn.as_deref() {
        Some(upn) if upn != name && !upn.is_empty() => format!("{name} ({upn})"),
        _ => name.to_owned(),
    }
}

fn few(texts: &[String]) -> String {
    let told = texts.iter().take(MANY).map(String::as_str).collect::<Vec<_>>().join("; ");
    match texts.len().checked_sub(MANY) {
        Some(more) if more > 0 => format!("{told}; and {more} more"),
        _ => told,
    }
}

/// A text in which nothing is a link, a mention or a tag, in one line, and not longer than this.
pub(super) fn plain(text: &str, most: usize) -> String {
    let kept = text.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    });
    let line: String = kept.collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = BREAKS.iter().fold(line, |text, (what, broken)| text.replace(what, broken));
    // What is cut last stays short, and no cut makes a link.
    let mut cut: String = line.chars().take(most).collect();
    if cut.len() < line.len() {
        cut.pop();
        cut.push('…');
    }
    cut
}

/// A word joiner cannot be seen, and what it stands in is no link.
const BREAKS: [(&str, &str); 4] =
    [("://", ":\u{2060}//"), ("](", "]\u{2060}("), ("www.", "www\u{2060}."), ("mailto:", "mailto\u{2060}:")];

#[cfg(test)]
mod tests {
    use aoc_core::Timestamp;

    use super::*;

    #[test]
    fn what_strangers_wrote_is_no_link_no_mention_and_not_long() {
        let text =
            "<!channel> <at>all</at> [see](https://evil.example)\r\n\u{202e}www.evil.example <https://a|b>";
        let plain = plain(text, 200);
        for bad in ["<", ">", "](", "://", "www.", "\n", "\u{202e}"] {
            assert!(!plain.contains(bad), "{bad:?} in {plain:?}");
        }
        for long in ["ä", "http://www.", "](", "mailto:"] {
            assert_eq!(super::plain(&long.repeat(900), 500).chars().count(), 500, "{long}");
        }
        assert_eq!(super::plain("www.a", 6), "www\u{2060}.a");
    }

    #[test]
    fn a_notice_says_who_what_when_and_how_it_ended() {
        let time = Timestamp::parse("2026-01-05T09:00:00Z").unwrap();
        let mut event = Event::new("entra_audit", "a b", time);
        event.service = "UserManagement".into();
        event.operation = "Add user".into();
        event.actor_display = Some("Ada".into());
        event.actor_upn = Some("ada@contoso.example".into());
        event.target_displays = (0..7).map(|number| number.to_string()).collect();
        let ui = Address::base("ui_url", "https://aoc.contoso.example", crate::forward::Plain::ThisMachine);
        let notice = Notice::of(&event, ui.ok().as_ref());
        assert_eq!(notice.title, "UserManagement: Add user");
        assert_eq!(notice.facts[0], ("Who", "Ada (ada@contoso.example)".to_owned()));
        assert!(notice.facts.contains(&("To", "0; 1; 2; 3; 4; and 2 more".to_owned())));
        assert!(notice.facts.contains(&("When", "2026-01-05T09:00:00Z".to_owned())));
        assert_eq!(notice.link.as_deref(), Some("https://aoc.contoso.example/?event=a+b"));
    }
}
