//! Messages as Teams and Slack take them. Values stand in elements that know no markup.

use serde_json::{Value, json};

use super::notice::Notice;

/// Whose messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cards {
    Teams,
    Slack,
}

/// What the link is called.
const OPEN: &str = "Open in AOC";
/// How many fields a section of Slack has at most.
const FIELDS: usize = 10;

impl Cards {
    /// The message.
    pub(super) fn message(self, notice: &Notice) -> Value {
        match self {
            Self::Teams => teams(notice),
            Self::Slack => slack(notice),
        }
    }
}

fn teams(notice: &Notice) -> Value {
    let run = |text: &str, weight: &str| json!({"type": "TextRun", "text": text, "weight": weight});
    let block = |inlines: Vec<Value>| json!({"type": "RichTextBlock", "inlines": inlines});
    let facts = notice.facts.iter();
    let lines =
        facts.map(|(name, value)| block(vec![run(&format!("{name}: "), "bolder"), run(value, "default")]));
    let body: Vec<Value> = std::iter::once(block(vec![run(&notice.title, "bolder")])).chain(lines).collect();
    let link = notice.link.iter();
    let actions: Vec<Value> =
        link.map(|url| json!({"type": "Action.OpenUrl", "title": OPEN, "url": url})).collect();
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    });
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    });
    json!({"type": "message", "attachments": [attachment]})
}

fn slack(notice: &Notice) -> Value {
    let text = |text: &str| json!({"type": "plain_text", "text": text, "emoji": false});
    let mut blocks = vec![json!({"type": "header", "text": text(&notice.title)})];
    for facts in notice.facts.chunks(FIELDS) {
        let fields = facts.iter().map(|(name, value)| text(&format!("{name}: {value}")));
        blocks.push(json!({"type": "section", "fields": fields.collect::<Vec<_>>()}));
    }
    if let Some(url) = &notice.link {
        let button = json!({"type": "button", "text": text(OPEN), "url": url});
        blocks.push(json!({"type": "actions", "elements": [button]}));
    }
    json!({
        // Notifications show this, and read it as markup.
        "text": notice.title.replace('&', "&amp;"),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks,
    })
}
