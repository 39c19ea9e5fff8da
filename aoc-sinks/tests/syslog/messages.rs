//! What stands in a message.

use aoc_core::{Alert, Severity, prelude::*, testkit::events::Generator};
use aoc_sinks::{
    SyslogSink,
    format::Format,
    syslog::{Framing, Syslog},
};

use super::{
    receiver::Server,
    wire::{Frames, Message},
};

fn event(id: &str) -> Event {
    let mut event = Event::new("entra_audit", id, Timestamp::parse("2026-01-05T09:00:00.1234567Z").unwrap());
    (event.service, event.operation) = ("UserManagement".into(), "Add user".into());
    event
}

fn alert(severity: Severity) -> Event {
    Alert::about("rule", severity, "found", &event("1")).into_event(&event("1")).unwrap()
}

async fn sent(events: &[Event], change: impl FnOnce(&mut Syslog)) -> (Vec<Message>, Delivered) {
    let mut config = Syslog::to("");
    change(&mut config);
    let lines = config.framing == Some(Framing::Newline);
    let server = Server::tcp(if lines { Frames::Lines } else { Frames::Counted }).await;
    let to_it = server.config();
    config.max_message = config.max_message.or(to_it.max_message);
    let config = Syslog { address: to_it.address, transport: to_it.transport, ..config };
    let delivered = SyslogSink::new(config).unwrap().deliver(events).await.unwrap();
    (server.messages(), delivered)
}

#[tokio::test]
async fn a_message_has_the_fields_of_the_rfc() {
    let (messages, _) = sent(&[event("1")], |config| {
        config.hostname = Some("collector.contoso.com".into());
        config.facility = "auth".parse().unwrap();
    })
    .await;
    let message = &messages[0];
    assert_eq!((message.facility, message.severity), (4, 6));
    assert_eq!(message.timestamp, "2026-01-05T09:00:00.123456Z", "the seventh digit is none of the RFC");
    assert_eq!((message.hostname.as_str(), message.app_name.as_str()), ("collector.contoso.com", "aoc"));
    assert_eq!((message.process_id.as_str(), message.message_id.as_str()), ("-", "UserManagement/Add_user"));
    assert_eq!(serde_json::from_str::<Event>(&message.text).unwrap(), event("1"));
}

#[tokio::test]
async fn the_severity_tells_how_bad_it_is() {
    let mut failure = event("2");
    failure.result = Outcome::Failure;
    let alerts =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Informational];
    let mut events: Vec<Event> = alerts.into_iter().map(alert).collect();
    events.extend([failure, event("3")]);
    let (messages, _) = sent(&events, |_| {}).await;
    let severities: Vec<u8> = messages.iter().map(|message| message.severity).collect();
    assert_eq!(severities, [2, 3, 4, 5, 6, 5, 6]);
    assert!(messages.iter().all(|message| message.facility == 16), "local0");
}

#[tokio::test]
async fn odd_names_become_printable_and_short() {
    let odd = [
        ("", "", "-"),
        ("", "Zażółć gęślą\njaźń", "Za_g_l_ja"),
        ("Directory", "", "Directory"),
        ("日本", "追加", "-"),
        ("Exchange", &"x".repeat(99), &format!("Exchange/{}", "x".repeat(23))),
    ];
    let events: Vec<Event> = odd
        .iter()
        .map(|(service, operation, _)| Event {
            service: (*service).into(),
            operation: (*operation).into(),
            ..event("1")
        })
        .collect();
    let (messages, _) = sent(&events, |_| {}).await;
    let ids: Vec<&str> = messages.iter().map(|message| message.message_id.as_str()).collect();
    let wanted: Vec<&str> = odd.iter().map(|(_, _, id)| *id).collect();
    assert_eq!(ids, wanted);
}

#[tokio::test]
async fn text_with_line_breaks_and_of_all_scripts_arrives_in_both_framings() {
    let mut odd = event("line\nbreak\r\nid\u{2028}\0");
    odd.actor_display = Some("Zoë 日本 \u{feff}".into());
    odd.raw = RawJson::parse("{\n  \"a\" : \"b\\nc\"\n}").unwrap();
    let events = [odd, event("2")];
    for framing in [Framing::Newline, Framing::OctetCounting] {
        let (messages, _) = sent(&events, |config| config.framing = Some(framing)).await;
        let read = messages.iter().map(|message| serde_json::from_str::<Event>(&message.text).unwrap());
        let read: Vec<Event> = read.collect();
        assert_eq!(read.iter().map(|event| &event.id).collect::<Vec<_>>(), [&events[0].id, "2"]);
        assert_eq!(read[0].actor_display, events[0].actor_display);
    }
}

#[tokio::test]
async fn the_mark_stands_before_the_text_where_it_is_wanted() {
    let (messages, _) = sent(&[event("1")], |config| config.bom = true).await;
    assert!(messages[0].text.starts_with("\u{feff}{\"id\":\"1\""));
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_and_the_others_arrive() {
    let mut huge = event("huge");
    huge.raw = RawJson::parse(format!("\"{}\"", "x".repeat(70_000))).unwrap();
    let events = [event("1"), huge, event("3")];
    let (messages, delivered) = sent(&events, |config| config.max_message = Some(65_536)).await;
    assert_eq!(messages.len(), 2);
    let (index, reason) = &delivered.refused[0];
    assert_eq!((*index, reason.kind(), delivered.refused.len()), (1, ErrorKind::Rejected, 1));
    let sentence = reason.to_string();
    assert!(sentence.ends_with("bytes and would be cut, `max_message` is 65536"), "{sentence}");
    assert_eq!(sent(&events, |_| {}).await.0.len(), 3, "as long as the receiver can take it");
}

#[tokio::test]
async fn every_format_is_one_line() {
    let events = Generator::new(51).events(40);
    for (format, beginning) in [(Format::Ecs, "{"), (Format::Ocsf, "{"), (Format::Cef, "CEF:0|")] {
        if format.line(&events[0]).is_err() {
            eprintln!("skipped: {format:?} is not written yet");
            continue;
        }
        let (messages, _) = sent(&events, |config| {
            (config.format, config.framing) = (format, Some(Framing::Newline));
        })
        .await;
        assert_eq!(messages.len(), 40);
        for (message, event) in messages.iter().zip(&events) {
            assert!(message.text.starts_with(beginning), "{}", message.text);
            assert_eq!(message.text, format.line(event).unwrap());
        }
    }
}
