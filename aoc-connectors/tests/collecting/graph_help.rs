//! What the tests of Graph's logs share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aoc_connectors::fake::{FakeMicrosoft, Fault, Reply, Seen};
use aoc_core::{prelude::*, store::Note};
use chrono::{TimeDelta, Timelike};
use serde_json::json;

use crate::world::{World, audit, intune, sign_in};

/// The sources that read logs of Graph.
pub(crate) const LOGS: [&str; 3] = ["entra", "sign_ins", "intune"];

/// The last part of the path of a source's log.
pub(crate) fn path(source: &str) -> &'static str {
    match source {
        "entra" => "directoryAudits",
        "sign_ins" => "signIns",
        _ => "auditEvents",
    }
}

/// The name of a source's loop: sign-ins have several contents.
pub(crate) fn loop_of(source: &str) -> &str {
    if source == "sign_ins" { "sign_ins/interactive_user" } else { source }
}

/// A time of a day that has passed; all of it is read at once in a first look back.
pub(crate) fn on_day(fake: &FakeMicrosoft, days_ago: i64, seconds: i64) -> Timestamp {
    let day = fake.now().instant() - TimeDelta::days(days_ago);
    let midnight = day - TimeDelta::seconds(i64::from(day.num_seconds_from_midnight()));
    let whole = midnight - TimeDelta::nanoseconds(i64::from(midnight.nanosecond()));
    (whole + TimeDelta::seconds(seconds)).into()
}

/// Adds a record to the log of a source.
pub(crate) fn add(world: &World, source: &str, id: &str, time: Timestamp) {
    match source {
        "entra" => world.tenant.add_audit(audit(id, time)),
        "sign_ins" => world.tenant.add_sign_in(sign_in(id, time)),
        _ => world.tenant.add_intune(intune(id, time)),
    };
}

/// Adds so many records to the log of a source, on the day three days ago.
pub(crate) fn fill(world: &World, source: &str, count: usize) {
    let seconds = 86_000 / count.max(1);
    for number in 0..count {
        let time = on_day(&world.fake, 3, (number * seconds + 5) as i64);
        add(world, source, &format!("{source}-{number}"), time);
    }
}

/// A world with one source whose log has so many records, on small pages where it is Intune's.
pub(crate) async fn filled(source: &'static str, count: usize) -> World {
    let world = World::new(&[source]).await;
    world.tenant.change(|settings| settings.page_size = 10);
    fill(&world, source, count);
    world
}

/// As if a source had come so far before.
pub(crate) async fn bookmark(world: &World, source: &str, since: Timestamp) {
    let place = json!({"timeline": {"end": since, "tiles": []}, "round": null, "reading": null});
    world.store.write(&[Note::new(format!("cursor/{}", loop_of(source)), place).unwrap()]).await.unwrap();
}

/// The bounds that a request asks for.
pub(crate) fn bounds(seen: &Seen) -> Option<(Timestamp, Timestamp)> {
    let filter = seen.param("$filter")?;
    let mut words = filter.split_whitespace();
    let from = words.by_ref().skip_while(|word| *word != "ge").nth(1)?.to_owned();
    let until = words.skip_while(|word| *word != "le").nth(1)?.to_owned();
    Some((Timestamp::parse(&from).ok()?, Timestamp::parse(&until).ok()?))
}

/// Whether a request asks for more than so long at once.
pub(crate) fn asks_for_more_than(seen: &Seen, seconds: i64) -> bool {
    bounds(seen).is_some_and(|(from, until)| until.instant() - from.instant() > TimeDelta::seconds(seconds))
}

/// A redirect to another place.
pub(crate) fn redirect(to: &str) -> Fault {
    Fault::answer(Reply::new(302).header("location", to))
}

/// Starts the collector; the round with which it begins fails, so that all that comes is seen by whoever fetches next.
pub(crate) async fn begin(world: &World, source: &str) {
    // Not the login service: that is left alone for a while, by whoever fetches.
    let is_first = |seen: &Seen| !seen.query.contains("skiptoken");
    world.fake.script(Fault::gateway(503).path(path(source)).when(is_first));
    while world.running().status().sources[loop_of(source)].last_error.is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What a source's last try said, through the status.
pub(crate) fn last_error(world: &World, source: &str) -> String {
    let status = world.running().status();
    status.sources[loop_of(source)].last_error.as_ref().map(|error| error.message.clone()).unwrap_or_default()
}

/// All warnings and errors of a source's rounds until it has caught up.
pub(crate) async fn said(world: &World, source: &str) -> Vec<String> {
    begin(world, source).await;
    let mut said = Vec::new();
    for _ in 0..80 {
        match world.running().fetch(Some(source), None).unwrap().await.remove(loop_of(source)).unwrap() {
            Ok(fetched) => {
                said.extend(fetched.warnings);
                return said;
            }
            Err(error) => {
                said.push(error.to_string());
                pause(&error).await;
            }
        }
    }
    panic!("{source} does not catch up: {said:?}")
}

async fn pause(error: &Error) {
    tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_millis(5))).await;
}

/// A server that only counts who comes.
pub(crate) async fn lonely_server() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let visitors = Arc::new(AtomicUsize::new(0));
    let counted = visitors.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, visitors)
}
