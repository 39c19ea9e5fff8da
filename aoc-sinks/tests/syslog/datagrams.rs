//! UDP: one datagram for each event, and what is known of those that nobody took.

use std::time::Duration;

use aoc_core::{ErrorKind, Event, Sink, prelude::*, testkit::events::Generator};
use aoc_sinks::{
    SyslogSink,
    syslog::{Syslog, Transport},
};
use tokio::net::UdpSocket;

use super::wire::Message;

fn sink(port: u16) -> SyslogSink {
    let address = format!("127.0.0.1:{port}");
    let config = Syslog { transport: Transport::Udp, max_message: Some(65_507), ..Syslog::to(address) };
    SyslogSink::new(config).unwrap()
}

async fn receive(socket: &UdpSocket) -> String {
    let mut datagram = vec![0; 70_000];
    let received = tokio::time::timeout(Duration::from_secs(30), socket.recv(&mut datagram)).await;
    let length = received.expect("not in time").unwrap();
    serde_json::from_str::<Event>(&Message::parse(&datagram[..length]).text).unwrap().id
}

#[tokio::test]
async fn each_event_is_a_datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sink = sink(socket.local_addr().unwrap().port());
    sink.deliver(&[]).await.unwrap();
    let events = Generator::new(61).events(60);
    for batch in events.chunks(3) {
        let delivered = sink.deliver(batch).await.unwrap();
        let refused: Vec<usize> = delivered.refused.iter().map(|(index, _)| *index).collect();
        for (_, event) in batch.iter().enumerate().filter(|(index, _)| !refused.contains(index)) {
            assert_eq!(receive(&socket).await, event.id);
        }
    }
}

#[tokio::test]
async fn an_event_that_fits_into_no_datagram_is_refused() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut events = Generator::new(62).events(3);
    events[1].raw = RawJson::parse(format!("\"{}\"", "x".repeat(70_000))).unwrap();
    let delivered = sink(socket.local_addr().unwrap().port()).deliver(&events).await.unwrap();
    assert_eq!(delivered.refused.len(), 1);
    assert_eq!((delivered.refused[0].0, delivered.refused[0].1.kind()), (1, ErrorKind::Rejected));
    assert_eq!(
        [receive(&socket).await, receive(&socket).await],
        [events[0].id.clone(), events[2].id.clone()]
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unavailable_and_what_went_there_comes_again() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let sink = sink(address.port());
    let events = Generator::new(63).events(4);
    sink.deliver(&events[..1]).await.unwrap();
    assert_eq!(receive(&socket).await, events[0].id);
    drop(socket);
    for _ in 0..2 {
        let error = sink.deliver(&events[1..]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
    }
    let socket = UdpSocket::bind(address).await.unwrap();
    sink.deliver(&events[1..]).await.unwrap();
    let mut arrived = Vec::new();
    while arrived.len() < 4 {
        arrived.push(receive(&socket).await);
    }
    assert_eq!(arrived, events.iter().map(|event| event.id.clone()).collect::<Vec<_>>());
}
