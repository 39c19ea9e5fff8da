//! Three servers with the same data, of which they elect one to write to.

use std::time::{Duration, Instant};

use mongodb::bson::{Bson, Document, doc};
use tokio::time::sleep;

use super::{mongod::Databases, server::Server};

const NAME: &str = "aoc";
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// Three servers with the same data; taken down when it is dropped. They elect a primary within about three seconds
/// where the last one is gone.
#[derive(Debug)]
pub struct ReplicaSet {
    nodes: [Server; 3],
    databases: Databases,
}

impl ReplicaSet {
    /// Starts the servers; there is a primary and the others follow it when this is done.
    pub async fn start() -> Self {
        let node = || Server::start(&["--replSet", NAME]);
        let nodes = tokio::join!(node(), node(), node()).into();
        let set = Self { nodes, databases: Databases::default() };
        let answer = set.nodes[0].ask(doc! { "replSetInitiate": set.config() }).await;
        assert!(answer.is_some(), "the replica set is not initiated");
        set.wait_until_whole().await;
        set
    }

    fn config(&self) -> Document {
        let member = |(n, node): (i32, &Server)| Bson::from(doc! { "_id": n, "host": node.address() });
        let members: Vec<Bson> = (0..).zip(&self.nodes).map(member).collect();
        doc! {
            "_id": NAME,
            "members": members,
            "settings": { "electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500, "heartbeatTimeoutSecs": 2 },
        }
    }

    /// Where it is, all three; without a database.
    pub fn uri(&self) -> String {
        let hosts = self.nodes.each_ref().map(Server::address).join(",");
        format!("mongodb://{hosts}/?replicaSet={NAME}&retryWrites=true")
    }

    /// Where node `n` alone is; without a database.
    pub fn uri_of(&self, n: usize) -> String {
        format!("mongodb://{}/?directConnection=true", self.nodes[n].address())
    }

    /// The name of a database that no other test has.
    pub fn fresh_database(&self) -> String {
        self.databases.fresh()
    }

    /// Waits until there is a primary among the nodes that run, and gives its number. Of two that think so, the one
    /// that was elected later.
    pub async fn primary(&self) -> usize {
        let begin = Instant::now();
        loop {
            let [a, b, c] = self.nodes.each_ref().map(Server::election);
            let elections: [_; 3] = tokio::join!(a, b, c).into();
            let found = (0..3).filter(|n| elections[*n].is_some()).max_by_key(|n| elections[*n]);
            if let Some(n) = found {
                return n;
            }
            assert!(begin.elapsed() < PATIENCE, "there is no primary");
            sleep(PAUSE).await;
        }
    }

    /// Waits until the primary sees all three as primary or secondary.
    pub async fn wait_until_whole(&self) {
        let begin = Instant::now();
        loop {
            let primary = &self.nodes[self.primary().await];
            let status = primary.ask(doc! { "replSetGetStatus": 1 }).await;
            if status.as_ref().is_some_and(is_whole) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "the replica set is not whole: {status:?}");
            sleep(PAUSE).await;
        }
    }

    /// Kills node `n` with SIGKILL and waits for its end. Its data stay.
    pub fn kill(&self, n: usize) {
        self.nodes[n].kill();
    }

    /// Kills the primary with SIGKILL; gives its number. [`primary`](Self::primary) then waits for the next one.
    pub async fn kill_primary(&self) -> usize {
        let n = self.primary().await;
        self.kill(n);
        n
    }

    /// Starts node `n` again with its data on its port; kills it before where it runs. It takes connections when
    /// this is done, but may not have caught up: see [`wait_until_whole`](Self::wait_until_whole).
    pub async fn restart(&self, n: usize) {
        self.nodes[n].restart().await;
    }

    /// Halts node `n` with SIGSTOP: connections stay open, nothing is answered.
    pub fn stop_node(&self, n: usize) {
        self.nodes[n].stop();
    }

    /// Goes on after [`stop_node`](Self::stop_node).
    pub fn cont_node(&self, n: usize) {
        self.nodes[n].cont();
    }
}

/// Whether all members are primary (1) or secondary (2).
fn is_whole(status: &Document) -> bool {
    let members = status.get_array("members").unwrap();
    let states = members.iter().filter_map(Bson::as_document).map(|member| member.get_i32("state"));
    members.len() == 3 && states.into_iter().all(|state| matches!(state, Ok(1 | 2)))
}
