//! One process of `mongod`, whatever it serves as.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::watchdog::Watchdog;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a port of 127.0.0.1, with a folder of its own.
#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    watchdog: Mutex<Watchdog>,
    answers: AtomicBool,
    folder: TempDir,
}

impl Server {
    /// Starts a server on a free port, with more arguments than all servers have.
    pub(super) async fn start(more: &[&str]) -> Self {
        for _ in 0..10 {
            let server = Self::new(free_port(), more);
            match server.run().await {
                Ok(()) => return server,
                Err(log) => assert!(is_port_taken(&log), "mongod does not start:\n{log}"),
            }
        }
        panic!("mongod found no free port");
    }

    fn new(port: u16, more: &[&str]) -> Self {
        let folder = TempDir::with_prefix("aoc-mongod-").unwrap();
        let mut arguments: Vec<String> = ["--bind_ip", "127.0.0.1", "--nounixsocket", "--quiet"]
            .into_iter()
            .chain(["--wiredTigerCacheSizeGB", "0.25"])
            .chain(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect();
        arguments.extend(["--port".to_owned(), port.to_string()]);
        arguments.extend(["--dbpath".to_owned(), folder.path().to_str().unwrap().to_owned()]);
        let watchdog = Mutex::new(Watchdog::new(folder.path(), &program(), &arguments));
        Self { port, watchdog, answers: AtomicBool::new(false), folder }
    }

    /// Starts it again on its port; something else may have that for a moment.
    pub(super) async fn restart(&self) {
        self.kill();
        for _ in 0..50 {
            let Err(log) = self.run().await else { return };
            assert!(is_port_taken(&log), "mongod does not start again:\n{log}");
            sleep(Duration::from_millis(200)).await;
        }
        panic!("another process has port {} of mongod", self.port);
    }

    /// Starts the process and waits until it takes connections; gives its log where it does not.
    async fn run(&self) -> Result<(), String> {
        let log = self.folder.path().join("log");
        let _ = fs::remove_file(&log);
        let process = self.watchdog().start();
        let begin = Instant::now();
        loop {
            let over = has_ended(process) || begin.elapsed() > PATIENCE;
            let text = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
            if text.contains(r#""msg":"Waiting for connections""#) {
                self.answers.store(true, Ordering::SeqCst);
                return Ok(());
            }
            if over {
                self.kill();
                return Err(text);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) fn kill(&self) {
        self.answers.store(false, Ordering::SeqCst);
        self.watchdog().kill();
    }

    pub(super) fn stop(&self) {
        self.answers.store(false, Ordering::SeqCst);
        self.watchdog().signal("STOP");
    }

    pub(super) fn cont(&self) {
        self.watchdog().signal("CONT");
        self.answers.store(true, Ordering::SeqCst);
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends a command to this server alone; none where it does not answer within moments.
    pub(super) async fn ask(&self, command: Document) -> Option<Document> {
        if !self.answers.load(Ordering::SeqCst) {
            return None;
        }
        let times = "serverSelectionTimeoutMS=2000&connectTimeoutMS=2000";
        let uri = format!("mongodb://{}/?directConnection=true&{times}", self.address());
        let client = Client::with_uri_str(uri).await.unwrap();
        let answer = timeout(Duration::from_secs(10), client.database("admin").run_command(command)).await;
        answer.ok()?.ok()
    }

    /// The election by which this server is the primary, later ones greater; none where it is not.
    pub(super) async fn election(&self) -> Option<[u8; 12]> {
        let hello = self.ask(doc! { "hello": 1 }).await?;
        let is_primary = hello.get_bool("isWritablePrimary").unwrap_or(false);
        is_primary.then(|| hello.get_object_id("electionId").unwrap().bytes())
    }

    fn watchdog(&self) -> MutexGuard<'_, Watchdog> {
        self.watchdog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn is_port_taken(log: &str) -> bool {
    log.contains("Address already in use")
}

/// Whether a process is gone or waits to be collected; known on Linux only, elsewhere patience ends the wait.
fn has_ended(process: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{process}/stat"));
    cfg!(target_os = "linux") && text.map_or(true, |text| text.contains(") Z "))
}

/// The program: `AOC_MONGOD`, or the one that `.ci/mongod` fetched, or one in `PATH`.
fn program() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/mongod/bin/mongod");
    let named = env::var_os("AOC_MONGOD").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).map(|folder| folder.join("mongod"));
    let found = named.into_iter().chain([fetched]).chain(in_path).find(|program| program.is_file());
    found.expect("there is no mongod; run `.ci/mongod`, which fetches it")
}
