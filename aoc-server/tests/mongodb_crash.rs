//! Three `aoc serve` processes over one replica set of three: the primary and the leader are killed while they collect, and
//! nothing is lost, nothing is there twice, and whoever takes over does so soon.
//!
//! `AOC_CRASH_RECORDS`, `AOC_CRASH_SECONDS`, `AOC_CRASH_KILLS` and `AOC_CRASH_SEED` make it larger or another.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests end there")]

mod served;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aoc_core::{
    Notebook, Secret,
    ledger::{Coverage, Stage},
    store::Stored,
    testkit::{random::Random, store::everything},
};
use aoc_sinks::{MongoStore, testkit::ReplicaSet};
use serde_json::Value;
use served::Served;
use tempfile::TempDir;

/// Longer than any takeover needs on a machine that does much else; what one needed is printed.
const PATIENCE: Duration = Duration::from_secs(60);

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_primaries_and_leaders_are_killed() {
    let (records, seconds) = (number("AOC_CRASH_RECORDS", 3_000), number("AOC_CRASH_SECONDS", 25));
    let mut random = Random::new(number("AOC_CRASH_SEED", 1) as u64);
    let mut house = House::new(&mut random, records, seconds).await;
    for _ in 0..number("AOC_CRASH_KILLS", 1) {
        house.live_for(&mut random).await;
        let killed = house.set.kill_primary().await;
        house.live_for(&mut random).await;
        house.set.restart(killed).await;
        house.set.wait_until_whole().await;
        house.kill_the_leader().await;
    }
    house.complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_slept_too_long_writes_nothing_it_should_not() {
    let mut random = Random::new(number("AOC_CRASH_SEED", 2) as u64);
    let mut house = House::new(&mut random, 2_000, 20).await;
    for _ in 0..2 {
        house.live_for(&mut random).await;
        let asleep = house.leader().await;
        let (before, begun) = (house.servers[asleep].leadership().await.unwrap(), Instant::now());
        house.servers[asleep].signal("STOP");
        let awake = house.other_leader(asleep, begun).await;
        // It has appended by now; then the old one wakes up in the middle of whatever it was at.
        tokio::time::sleep(Duration::from_secs(2)).await;
        house.servers[asleep].signal("CONT");
        house.stands_by(asleep).await;
        let after = house.servers[awake].leadership().await.unwrap();
        assert!(after.token > before.token && after.leads, "{before:?} {after:?}");
    }
    house.complete().await;
}

/// A tenant, a database, and those who collect.
struct House {
    served: Served,
    set: ReplicaSet,
    database: String,
    servers: Vec<Server>,
    changes: usize,
    begun: Instant,
    /// For so long more becomes visible.
    seconds: usize,
}

struct Server {
    place: TempDir,
    child: Child,
    address: String,
}

/// What a server says of the lead.
#[derive(Debug)]
struct Says {
    leads: bool,
    token: u64,
}

impl House {
    async fn new(random: &mut Random, records: usize, seconds: usize) -> Self {
        let (served, set) = tokio::join!(Served::new(random, records, seconds), ReplicaSet::start());
        let database = set.fresh_database();
        let begun = Instant::now();
        let mut house = Self { served, set, database, servers: Vec::new(), changes: 0, begun, seconds };
        for _ in 0..3 {
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join("aoc.toml"), house.toml()).unwrap();
            house.servers.push(Server::start(place).await);
        }
        house
    }

    fn toml(&self) -> String {
        let every =
            self.served.toml().replace("profile = \"contoso\"\n", "profile = \"contoso\"\nevery = \"1s\"\n");
        format!(
            "[store]\ntype = \"mongodb\"\nuri = \"{}\"\ndatabase = \"{}\"\n\
             [sinks.all]\ntype = \"jsonl\"\npath = \"all.jsonl\"\nfrom = \"beginning\"\n{every}",
            self.set.uri(),
            self.database
        )
    }

    async fn live_for(&self, random: &mut Random) {
        tokio::time::sleep(Duration::from_millis(2_000 + random.below(4_000) as u64)).await;
    }

    /// Who leads, once one does.
    async fn leader(&self) -> usize {
        self.other_leader(usize::MAX, Instant::now()).await
    }

    /// Who leads but for one, once one does.
    async fn other_leader(&self, but: usize, begun: Instant) -> usize {
        while begun.elapsed() < PATIENCE {
            for (index, server) in self.servers.iter().enumerate().filter(|(index, _)| *index != but) {
                if server.leadership().await.is_some_and(|says| says.leads) {
                    println!("{index} leads after {:.1} s", begun.elapsed().as_secs_f64());
                    return index;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nobody leads")
    }

    async fn stands_by(&mut self, index: usize) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.servers[index].leadership().await.is_some_and(|says| !says.leads) {
                self.changes += 1;
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it goes on leading")
    }

    async fn kill_the_leader(&mut self) {
        let leader = self.leader().await;
        let begun = Instant::now();
        let mut killed = self.servers.remove(leader);
        killed.child.kill().unwrap();
        killed.child.wait().unwrap();
        self.other_leader(usize::MAX, begun).await;
        let place = std::mem::replace(&mut killed.place, tempfile::tempdir().unwrap());
        self.servers.insert(leader, Server::start(place).await);
        self.changes += 1;
    }

    /// Lets it come to its end, and compares what is stored and what was delivered with what was served.
    async fn complete(mut self) {
        self.served.fake.clear_faults();
        // All is visible by then; and a day later all windows are looked at once more.
        tokio::time::sleep_until((self.begun + Duration::from_secs(self.seconds as u64 + 1)).into()).await;
        self.served.fake.advance(Duration::from_secs(25 * 3_600));
        let served = self.served.fake.served_ids(&self.served.tenant);
        let store = MongoStore::new(Secret::new(self.set.uri()), &self.database).unwrap();
        let begun = Instant::now();
        loop {
            let (stored, delivered) = (everything(&store).await, self.delivered());
            let everywhere =
                stored.len() >= served.len() && stored.iter().all(|one| delivered.contains(&one.event.id));
            if everywhere || begun.elapsed() > PATIENCE * 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        for server in &mut self.servers {
            server.stop().await;
        }
        let stored = everything(&store).await;
        assert_exact(&stored, &served);
        assert!(served.is_subset(&self.delivered()), "not everything was delivered");
        self.assert_in_order(&stored);
        self.assert_stored(&store).await;
    }

    /// The ids of all events that the sinks of all servers got.
    fn delivered(&self) -> BTreeSet<String> {
        self.servers.iter().flat_map(Server::delivered).collect()
    }

    /// Each server's sink got events in the order of the log; it begins again from where it was noted only when the lead
    /// changes.
    fn assert_in_order(&self, stored: &[Stored]) {
        let places: BTreeMap<&str, u64> =
            stored.iter().map(|stored| (stored.event.id.as_str(), stored.position.0)).collect();
        for server in &self.servers {
            let positions: Vec<u64> = server.delivered().iter().map(|id| places[id.as_str()]).collect();
            let again = positions.windows(2).filter(|pair| pair[1] <= pair[0]).count();
            // A failover of the database may make the same batch come again, too.
            assert!(
                again <= 4 * (self.changes + 2),
                "{again} times back, {} changes of the lead",
                self.changes
            );
        }
    }

    /// No window of the ledger is lost or half-done.
    async fn assert_stored(&self, store: &MongoStore) {
        for note in store.list("ledger/").await.unwrap() {
            let window: Coverage = serde_json::from_value(note.value).unwrap();
            assert!(matches!(window.stage, Stage::Stored | Stage::Sealed), "{}: {window:?}", note.key);
        }
    }
}

/// What is stored is what was served, each once.
fn assert_exact(stored: &[Stored], served: &BTreeSet<String>) {
    let mut ids = BTreeSet::new();
    for stored in stored {
        assert!(stored.event.revision_of.is_none(), "a revision: {}", stored.event.id);
        assert!(ids.insert(stored.event.id.clone()), "twice: {}", stored.event.id);
    }
    let missing: Vec<_> = served.difference(&ids).take(5).collect();
    let more: Vec<_> = ids.difference(served).take(5).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "{} served, {} stored; missing {missing:?}, too many {more:?}",
        served.len(),
        ids.len()
    );
    println!("{} events, each once", ids.len());
}

impl Server {
    async fn start(place: TempDir) -> Self {
        let log = fs::File::options().create(true).append(true).open(place.path().join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_aoc"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(place.path()).env_remove("AOC_LOG");
        let before = fs::read_to_string(place.path().join("log")).unwrap_or_default().len();
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut server = Self { place, child, address: String::new() };
        let begun = Instant::now();
        while server.address.is_empty() {
            assert!(begun.elapsed() < PATIENCE, "it does not start: {}", server.log());
            let log = server.log();
            let said = log[before..].split("listening on ").nth(1);
            server.address =
                said.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default().to_owned();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    fn log(&self) -> String {
        fs::read_to_string(self.place.path().join("log")).unwrap_or_default()
    }

    fn sink(&self) -> PathBuf {
        self.place.path().join("all.jsonl")
    }

    fn delivered(&self) -> Vec<String> {
        let text = fs::read_to_string(self.sink()).unwrap_or_default();
        let id = |line: &str| Some(serde_json::from_str::<Value>(line).ok()?["id"].as_str()?.to_owned());
        text.lines().filter_map(id).collect()
    }

    /// What it says; nothing where it does not answer.
    async fn leadership(&self) -> Option<Says> {
        let url = format!("{}/api/source-health", self.address);
        let asked = tokio::task::spawn_blocking(move || {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(2)))
                .build()
                .new_agent();
            agent.get(&url).call().ok()?.into_body().read_to_string().ok()
        });
        let health: Value = serde_json::from_str(&asked.await.ok()??).ok()?;
        let leadership = &health["leadership"];
        let token = leadership["leader"]["token"].as_u64().unwrap_or_default();
        Some(Says { leads: leadership["leads"].as_bool()?, token })
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    async fn stop(&mut self) {
        self.signal("TERM");
        for _ in 0..300 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the log of {}:\n{}", self.address, self.log());
        }
    }
}
