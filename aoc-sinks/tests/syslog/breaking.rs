//! Connections that break: what was not read comes again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aoc_core::{
    ErrorKind, Event, Sink,
    pipeline::{Batch, Start},
    prelude::*,
    testkit::events::Generator,
};
use aoc_sinks::{
    SyslogSink,
    syslog::{Connection, Syslog},
};

use super::{
    certificates::Authority,
    eventually,
    receiver::{Manner, Server},
    wire::Frames,
};

fn ids(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.id.clone()).collect()
}

async fn nothing_is_lost_to(server: &Server, config: Syslog) {
    let store = MemoryStore::new();
    store.append(&Generator::new(81).events(600)).await.unwrap();
    let head = store.head().await.unwrap();
    server.behave(&[
        Manner::LeavesUnread(0),
        Manner::Reads,
        Manner::ClosesAfter(7),
        Manner::Reads,
        Manner::LeavesUnread(5),
        Manner::Reads,
        Manner::ClosesAfter(0),
    ]);
    // So many bytes that a part is unread whatever TLS has taken already.
    let batch = Batch { events: 60, ..Batch::default() };
    let sink = Arc::new(SyslogSink::new(config).unwrap());
    let running = Pipeline::new(store.clone())
        .sink_in_batches("siem", sink, Filter::default(), Start::Beginning, batch)
        .start();
    eventually("all is delivered", async || running.status().followers["siem"].position == head).await;
    let status = running.status().followers["siem"].clone();
    running.stop().await.unwrap();
    let stored = store.read_after(Position::default(), 1_000).await.unwrap();
    let stored: BTreeSet<String> = stored.into_iter().map(|stored| stored.event.id).collect();
    assert_eq!((status.delivered, status.rejected), (600, 0));
    let arrived: BTreeSet<String> = server.ids().into_iter().collect();
    assert_eq!(stored.difference(&arrived).collect::<Vec<_>>(), [""; 0], "lost");
    assert_eq!(arrived.difference(&stored).collect::<Vec<_>>(), [""; 0], "never stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_receiver_closes_and_resets_in_the_middle_of_batches() {
    let server = Server::tcp(Frames::Counted).await;
    nothing_is_lost_to(&server, server.config()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_over_tls_when_a_receiver_closes_and_resets_in_the_middle_of_batches() {
    let authority = Authority::new();
    let server = Server::tls(authority.server("127.0.0.1", None)).await;
    let config = Syslog { ca_file: Some(authority.file()), ..server.config() };
    nothing_is_lost_to(&server, config).await;
}

#[tokio::test]
async fn a_batch_that_was_not_read_to_the_end_is_not_delivered() {
    let server = Server::tcp(Frames::Counted).await;
    let sink = SyslogSink::new(server.config()).unwrap();
    let events = Generator::new(82).events(20);
    for unread in [0, 1, 19] {
        server.behave(&[Manner::LeavesUnread(unread)]);
        let error = sink.deliver(&events).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
    }
    sink.deliver(&events).await.unwrap();
    assert_eq!(server.ids().split_off(20), ids(&events));
}

#[tokio::test]
async fn a_receiver_that_never_closes_is_told_of() {
    let server = Server::tcp(Frames::Counted).await;
    server.behave(&[Manner::Stays]);
    let config = Syslog { timeout: "1s".parse().unwrap(), ..server.config() };
    let error = SyslogSink::new(config).unwrap().deliver(&[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.to_string(),
        format!(
            "{}: nothing happened for 1 s: the receiver did not close the connection to tell that it read \
             everything; for one that never closes set `connection = \"kept\"`",
            server.address()
        )
    );
}

#[tokio::test]
async fn a_connection_that_is_kept_is_one() {
    let server = Server::tcp(Frames::Counted).await;
    server.behave(&[Manner::Stays]);
    let sink = SyslogSink::new(kept(&server)).unwrap();
    let events = Generator::new(83).events(50);
    for batch in events.chunks(10) {
        sink.deliver(batch).await.unwrap();
        sink.deliver(&[]).await.unwrap();
    }
    eventually("all arrive", async || server.ids() == ids(&events)).await;
    assert_eq!(server.connections(), (1, 0));
}

fn kept(server: &Server) -> Syslog {
    Syslog { connection: Some(Connection::Kept), ..server.config() }
}

#[tokio::test]
async fn the_last_batch_goes_again_when_a_kept_connection_was_reset_with_it_unread() {
    let server = Server::tcp(Frames::Counted).await;
    server.behave(&[Manner::LeavesUnread(10)]);
    let sink = SyslogSink::new(kept(&server)).unwrap();
    let events = Generator::new(84).events(30);
    sink.deliver(&events[..10]).await.unwrap();
    eventually("the first batch arrives", async || server.ids().len() == 10).await;
    // It is in the buffers, or the reset is known already.
    let second = sink.deliver(&events[10..20]).await;
    eventually("the connection is gone", async || server.connections() == (1, 1)).await;
    if second.is_err() {
        sink.deliver(&events[10..20]).await.unwrap();
    }
    sink.deliver(&events[20..]).await.unwrap();
    eventually("the rest arrives", async || server.ids().ends_with(&ids(&events[10..]))).await;
    assert_eq!(server.connections().0, 2);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_between_batches_is_replaced() {
    let server = Server::tcp(Frames::Counted).await;
    server.behave(&[Manner::ClosesAfter(10)]);
    let sink = SyslogSink::new(kept(&server)).unwrap();
    let events = Generator::new(85).events(20);
    sink.deliver(&events[..10]).await.unwrap();
    eventually("the connection is closed", async || server.connections() == (1, 1)).await;
    sink.deliver(&events[10..]).await.unwrap();
    let again = [&events[..10], &events[..10], &events[10..]].concat();
    eventually("the last batch came again before", async || server.ids() == ids(&again)).await;
}

#[tokio::test]
async fn a_kept_connection_to_nobody_is_unavailable_and_loses_nothing() {
    let server = Server::tcp(Frames::Counted).await;
    server.behave(&[Manner::ClosesAfter(5)]);
    let sink = SyslogSink::new(kept(&server)).unwrap();
    let events = Generator::new(86).events(10);
    sink.deliver(&events[..5]).await.unwrap();
    eventually("the connection is closed", async || server.connections() == (1, 1)).await;
    server.close().await;
    for _ in 0..2 {
        let error = sink.deliver(&events[5..]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.reopen().await;
    sink.deliver(&events[5..]).await.unwrap();
    eventually("all arrive", async || server.ids().ends_with(&ids(&events))).await;
}
