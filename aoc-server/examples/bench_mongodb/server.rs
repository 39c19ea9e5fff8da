//! A MongoDB server of the bench's own, and what is used of it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
};
use tempfile::TempDir;

use crate::{
    Failure,
    machine::{cpu_seconds, cpu_seconds_of},
};

/// Kills the server when its input ends, which it does when the bench is gone, however that ended.
const SHELL: &str = r#""$@" >/dev/null 2>&1 & echo $!; read -r _; kill -9 $!; wait"#;
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a temporary folder; both are gone when it is dropped.
pub(crate) struct Server {
    shell: Child,
    process: String,
    port: u16,
    more: &'static str,
    folder: TempDir,
    admin: mongodb::Database,
}

/// What a database takes on disk, in bytes.
pub(crate) struct Sizes {
    /// Uncompressed documents.
    pub(crate) documents: f64,
    pub(crate) storage: f64,
    pub(crate) indexes: f64,
}

impl Server {
    /// Starts it with 2 GB of cache, alone or as the only member of a replica set.
    pub(crate) async fn start(is_replica_set: bool) -> Result<Self, Failure> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/mongod/bin/mongod");
        let program = std::env::var_os("AOC_MONGOD").map_or(program, Into::into);
        let folder = TempDir::with_prefix("aoc-bench-")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("sh");
        command.args(["-c", SHELL, "sh"]).arg(program).arg("--dbpath").arg(folder.path());
        command.args(["--bind_ip", "127.0.0.1", "--port", &port.to_string(), "--nounixsocket", "--quiet"]);
        command.args(["--wiredTigerCacheSizeGB", "2"]);
        if is_replica_set {
            command.args(["--replSet", "bench"]);
        }
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut process = String::new();
        BufReader::new(shell.stdout.take().ok_or("no output")?).read_line(&mut process)?;
        let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        let admin = Client::with_uri_str(uri).await?.database("admin");
        let more = if is_replica_set { "/?replicaSet=bench" } else { "" };
        let server = Self { shell, process: process.trim().into(), port, more, folder, admin };
        server.wait(doc! { "ping": 1 }, |_| true).await?;
        if is_replica_set {
            let member = doc! { "_id": 0, "host": format!("127.0.0.1:{port}") };
            let config = doc! { "_id": "bench", "members": [member] };
            server.admin.run_command(doc! { "replSetInitiate": config }).await?;
            server
                .wait(doc! { "hello": 1 }, |told| told.get_bool("isWritablePrimary").unwrap_or(false))
                .await?;
        }
        Ok(server)
    }

    async fn wait(&self, command: Document, is_ready: fn(&Document) -> bool) -> Result<(), Failure> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.admin.run_command(command.clone()).await.is_ok_and(|told| is_ready(&told)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("mongod does not start".into())
    }

    pub(crate) fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}{}", self.port, self.more)
    }

    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        Ok(Client::with_uri_str(self.uri()).await?)
    }

    /// CPU seconds so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds_of(&self.process)
    }

    /// Memory of the process, in MiB.
    pub(crate) fn memory_mib(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
    }

    /// Bytes received and sent so far.
    async fn wire(&self) -> Result<(f64, f64), Failure> {
        let status = self.admin.run_command(doc! { "serverStatus": 1 }).await?;
        let network = status.get_document("network")?;
        Ok((number(network, "physicalBytesIn"), number(network, "physicalBytesOut")))
    }

    /// What a database takes, once all is written to disk.
    pub(crate) async fn sizes(&self, database: &str) -> Result<Sizes, Failure> {
        self.admin.run_command(doc! { "fsync": 1 }).await?;
        let database = self.client().await?.database(database);
        let stats = database.run_command(doc! { "dbStats": 1 }).await?;
        let size = |name| number(&stats, name);
        Ok(Sizes { documents: size("dataSize"), storage: size("storageSize"), indexes: size("indexSize") })
    }

    /// The indexes of a collection with their bytes.
    pub(crate) async fn indexes(&self, database: &str, name: &str) -> Result<Vec<(String, f64)>, Failure> {
        let database = self.client().await?.database(database);
        let stats = database.run_command(doc! { "collStats": name }).await?;
        let sizes = stats.get_document("indexSizes")?;
        Ok(sizes.keys().map(|index| (index.clone(), number(sizes, index))).collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

fn number(document: &Document, name: &str) -> f64 {
    match document.get(name) {
        Some(Bson::Int32(number)) => f64::from(*number),
        Some(Bson::Int64(number)) => *number as f64,
        Some(Bson::Double(number)) => *number,
        _ => 0.0,
    }
}

/// What something takes of client, server and the network between them.
pub(crate) struct Meter<'a> {
    server: &'a Server,
    client_cpu: f64,
    server_cpu: f64,
    wire: (f64, f64),
    wall: Instant,
}

impl<'a> Meter<'a> {
    pub(crate) async fn start(server: &'a Server) -> Result<Self, Failure> {
        let wire = server.wire().await?;
        let (client_cpu, server_cpu) = (cpu_seconds(), server.cpu_seconds());
        Ok(Self { server, client_cpu, server_cpu, wire, wall: Instant::now() })
    }

    /// Prints what it took, per event.
    pub(crate) async fn print(self, name: &str, events: u64) -> Result<(), Failure> {
        let seconds = self.wall.elapsed().as_secs_f64();
        let events = events.max(1) as f64;
        let client = (cpu_seconds() - self.client_cpu) * 1e6 / events;
        let server = (self.server.cpu_seconds() - self.server_cpu) * 1e6 / events;
        let wire = self.server.wire().await?;
        let (received, sent) = ((wire.0 - self.wire.0) / events, (wire.1 - self.wire.1) / events);
        println!(
            "{name:<46}{client:>8.1}{server:>8.1}{:>8.1}{:>9.0}{received:>9.0}{sent:>9.0}",
            client + server,
            events / seconds
        );
        Ok(())
    }

    pub(crate) fn print_header() {
        println!(
            "{:<46}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}",
            "per event: CPU µs, bytes on the wire",
            "client",
            "server",
            "both",
            "events/s",
            "sent",
            "received"
        );
    }
}
