//! The components of the examples, held by the suites that AOC's own are held by.

#![allow(clippy::unwrap_used, reason = "tests end there")]
#![allow(missing_docs, reason = "the programs are modules here")]

#[allow(dead_code, unreachable_pub)]
#[path = "../custom_sink.rs"]
mod custom_sink;
#[allow(dead_code, unreachable_pub)]
#[path = "../custom_source.rs"]
mod custom_source;

use std::{fs, path::PathBuf, sync::Arc};

use aoc_core::{
    prelude::*,
    testkit::{fleet, sink::Receiver, source::Spring},
};
use tempfile::TempDir;

/// A file of 2,500 lines, so that a fetch needs three pages.
struct CsvSpring(TempDir);

impl CsvSpring {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines: String =
            (0..2_500).map(|n| format!("2026-01-05T09:00:00Z,Kim,Entered,Door {n}\n")).collect();
        fs::write(folder.path().join("badges.csv"), lines).unwrap();
        Self(folder)
    }
}

impl Spring for CsvSpring {
    fn source(&self) -> Arc<dyn Source> {
        let path = self.0.path().join("badges.csv").to_string_lossy().into_owned();
        Arc::new(custom_source::Lines { path })
    }
}

mod csv_file {
    aoc_core::suite!(source, || async { super::CsvSpring::new() });
}

/// A file, and in its place a folder while it is to refuse.
struct FileReceiver(TempDir);

impl FileReceiver {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("events.ndjson")
    }
}

#[async_trait]
impl Receiver for FileReceiver {
    fn sink(&self) -> Arc<dyn Sink> {
        Arc::new(custom_sink::JsonFile { path: self.path().to_string_lossy().into_owned() })
    }

    async fn arrived(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path()).unwrap_or_default();
        text.lines().map(|line| RawJson::parse(line).unwrap().read::<Event>().unwrap().id).collect()
    }

    async fn refuse(&self, kind: Option<ErrorKind>) -> bool {
        let aside = self.0.path().join("aside");
        if self.path().is_dir() {
            fs::remove_dir(self.path()).unwrap();
            let _ = fs::rename(&aside, self.path());
        }
        if kind == Some(ErrorKind::Unavailable) {
            let _ = fs::rename(self.path(), &aside);
            fs::create_dir(self.path()).unwrap();
        }
        matches!(kind, None | Some(ErrorKind::Unavailable))
    }
}

mod json_file {
    aoc_core::suite!(sink, || async { super::FileReceiver::new() });
}

#[tokio::test]
async fn the_fleet_has_no_fault() {
    let mut registry = Registry::new();
    registry.add::<custom_source::CsvFile>().add::<custom_sink::JsonFile>();
    fleet::check(&registry, &[]).await;
}

#[tokio::test]
async fn the_configurations_become_pipelines() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["quickstart.toml", "production.toml"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let mut config = aoc_core::config::Config::read(&text, name, std::iter::empty()).unwrap();
        aoc_server::assemble::complete(&mut config).unwrap();
        let registry = aoc_server::assemble::registry();
        aoc_server::assemble::Assembled::of(&config, &registry).await.unwrap();
    }
}
