//! `aoc demo`.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use aoc_connectors::{FakeMicrosoft, microsoft::Hub};
use aoc_core::{Error, Result, config::Config};
use aoc_server::{
    Operations, ServerConfig,
    assemble::{self, Assembled},
    demo::{self, tenant},
    server,
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use tokio::net::TcpListener;

use super::{
    serve::{until_stopped, warn_if_open},
    signals::Signals,
};

/// Shows AOC with the audit logs of an invented company.
///
/// Its last week is collected live from a fake Microsoft on this machine, through the ordinary sources, into a store in a
/// temporary folder, which is removed at the end.
#[derive(Args)]
pub(crate) struct Demo {
    /// Address to listen on; a free port is taken where this one is not free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// How many weeks of records.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=52))]
    weeks: u32,
    /// Keeps the store in this folder instead of a temporary one; a folder with another store is refused.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let (started, signals) = (Instant::now(), Signals::listen()?);
        let temporary = tempfile::Builder::new().prefix("aoc-demo-").tempdir();
        let temporary =
            temporary.map_err(|cause| Error::unavailable("cannot make a folder").because(cause))?;
        let folder = self.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
        claim(&folder)?;
        eprintln!("inventing {} weeks of Contoso's audit logs …", self.weeks);
        let now = chrono::Utc::now();
        let demonstration = fill(&folder, now, self.weeks).await?;
        let listener = self.listener().await?;
        let address = listener.local_addr().unwrap_or(self.listen);
        let took = started.elapsed().as_secs_f64();
        print_welcome(reachable(address), demonstration.events, took, &tenant::incidents(now, self.weeks));
        let config = ServerConfig { listen: address, ..ServerConfig::default() };
        warn_if_open(&config);
        until_stopped(listener, demonstration.operations.clone(), &config, signals).await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn listener(&self) -> Result<TcpListener> {
        let wanted = ServerConfig { listen: self.listen, ..ServerConfig::default() };
        match server::listen(&wanted).await {
            Ok(listener) => Ok(listener),
            Err(_) => {
                let free = SocketAddr::new(self.listen.ip(), 0);
                server::listen(&ServerConfig { listen: free, ..wanted }).await
            }
        }
    }
}

/// Lies beside a store that a demonstration made.
const MARK: &str = "made-by-aoc-demo.txt";

/// Makes the folder; one with a store that no demonstration made is refused, as invented events must not get into it.
fn claim(folder: &Path) -> Result<()> {
    let mark = folder.join(MARK);
    if folder.join("aoc.db").exists() && !mark.exists() {
        let message =
            "there is a database in this folder, and `aoc demo` did not make it; choose another folder";
        return Err(Error::invalid(message).at(folder.display()).at("--keep"));
    }
    let words = "The events of aoc.db are invented: `aoc demo --keep` made it.\n";
    let made = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(mark, words));
    made.map_err(|cause| {
        Error::unavailable("cannot write into the folder").at(folder.display()).because(cause)
    })
}

/// An address that a browser of this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}

/// Collects Contoso's last week from a fake Microsoft, as any tenant's, and the weeks before through the ordinary
/// pipeline; leaves both running. The fake serves what the future brings, too.
async fn fill(folder: &Path, now: DateTime<Utc>, weeks: u32) -> Result<Demonstration> {
    let (older, recent) = tenant::records(now + AHEAD, weeks + 1)
        .into_iter()
        .filter(|record| record.time > now - TimeDelta::weeks(weeks.into()))
        .partition(|record| record.time < now - demo::KEPT);
    let (microsoft, contoso) = demo::microsoft(recent).await?;
    let registry = assemble::registry_on(&Hub::unlimited());
    let assembled =
        Assembled::of(&configuration(folder, &demo::configuration(&microsoft, &contoso))?, &registry).await?;
    assembled.take_up().await?;
    let (store, index, rules, asking) = (assembled.store, assembled.index, assembled.rules, assembled.asking);
    store.head().await?;
    let running = assembled.pipeline.source("contoso", demo::feed(older)?).start();
    for fetched in running.fetch(None, None)?.await.into_values() {
        fetched?;
    }
    let events = running.status().sources.values().map(|source| source.counts.new).sum();
    index.catch_up().await?;
    let operations = Operations::new(store, index);
    Ok(Demonstration {
        _microsoft: microsoft,
        operations: Arc::new(operations.with(running).ruled_by(rules).asked(asking).audited()),
        events,
    })
}

/// What is shown.
struct Demonstration {
    /// Serves as long as this lives.
    _microsoft: FakeMicrosoft,
    operations: Arc<Operations>,
    events: u64,
}

/// How much of the future is invented beforehand.
const AHEAD: TimeDelta = TimeDelta::weeks(1);

/// These sources over a store in this folder; neither a file nor the environment has a say.
fn configuration(folder: &Path, sources: &str) -> Result<Config> {
    let mut config = Config::read(sources, "demo", std::iter::empty())?;
    config.set_default("store", "path", folder.join("aoc.db").to_string_lossy().into_owned());
    assemble::complete(&mut config)?;
    Ok(config)
}

/// Prints where the page is, and three things to try.
fn print_welcome(address: SocketAddr, count: u64, seconds: f64, incidents: &[tenant::Incident]) {
    eprintln!("{count} events are ready after {seconds:.1} s\n");
    println!("http://{address}/\n");
    println!("Three things to try:");
    for (number, incident) in (1..).zip(incidents.iter().rev().take(3)) {
        let search = form_urlencoded::byte_serialize(incident.search.as_bytes()).collect::<String>();
        println!("  {number}. {}: {}", incident.title, incident.hint);
        println!("     http://{address}/?search={search}");
    }
    println!("\nCtrl-C ends it.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_store_that_a_demonstration_made_is_filled() {
        let place = tempfile::tempdir().unwrap();
        let (own, other) = (place.path().join("a/own"), place.path().join("other"));
        claim(&own).unwrap();
        std::fs::write(own.join("aoc.db"), "").unwrap();
        claim(&own).unwrap();
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("aoc.db"), "").unwrap();
        let refused = claim(&other).unwrap_err().to_string();
        assert!(
            refused.starts_with("--keep: ") && refused.contains("`aoc demo` did not make it"),
            "{refused}"
        );
        assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1, "it is left as it was");
    }

    #[test]
    fn an_address_that_means_every_one_is_shown_as_this_machine_s() {
        for (listened, shown) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:80", "10.0.0.1:80")]
        {
            assert_eq!(reachable(listened.parse().unwrap()).to_string(), shown);
        }
    }
}
