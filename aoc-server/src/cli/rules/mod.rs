//! `aoc rules`.

mod backtest;
mod check;
mod list;
mod records;
mod tree;
mod why_not;

use std::{path::Path, process::ExitCode, sync::Arc};

use aoc_core::{Error, ErrorKind, MemoryStore, Result};
use aoc_server::{
    Operations,
    assemble::{Assembled, registry},
    config::AlertsConfig,
    rules::{Keeper, Known, read_paths},
};
use clap::{Args, Subcommand};

use super::Session;

/// Lists alert rules, checks them, and tries them on what is stored and on files.
#[derive(Args)]
#[command(flatten_help = true)]
pub(crate) struct Rules {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Lists all rules: of files, stored, and those that come with AOC.
    List,
    /// Reads rules, says what is wrong with them, and runs the tests that stand with them.
    ///
    /// The exit code is 0 when all of them can be used and do what their tests say.
    Check(check::Check),
    /// Says of each record of files whether rules find it, in order.
    ///
    /// A rule that looks at events one by one finds a record that it looks for; one that counts finds those that its
    /// alerts name. `--format json` prints a line {"id", "matched"} for each record, also for those that cannot be read.
    Test(records::Test),
    /// Says what rules would have found in what is stored.
    Backtest(backtest::Backtest),
    /// Says of a rule and an event why the one did or did not find the other.
    WhyNot(why_not::WhyNot),
}

impl Rules {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        match self.work {
            Work::List => list::run(session).await,
            Work::Check(check) => check.run(session),
            Work::Test(test) => test.run(session),
            Work::Backtest(backtest) => backtest.run(session).await,
            Work::WhyNot(why_not) => why_not.run(session).await,
        }
    }
}

/// What can be done with what is stored; where nothing is, with the rules alone.
async fn operations(session: &Session) -> Result<Arc<Operations>> {
    let config = session.config()?;
    match Assembled::to_read(&config, &registry()).await {
        Ok(assembled) => Ok(assembled.at_rest()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let store = Arc::new(MemoryStore::new());
            let rules = Keeper::new(AlertsConfig::of(&config)?, store.clone());
            Ok(Arc::new(Operations::new(store.clone(), store).ruled_by(rules)))
        }
        Err(error) => Err(error),
    }
}

/// The rules of files of which every rule can be used.
fn rules_of(paths: &[std::path::PathBuf], config: &AlertsConfig) -> Result<Known> {
    let known = read_paths(paths, &config.placeholders).known;
    match known.refused.first() {
        Some(refused) => Err(Error::invalid(refused.sentence()).at("--rule")),
        None => Ok(known),
    }
}

/// Whether `--rule` names a file, else it is an id.
fn is_file(rule: &str) -> bool {
    Path::new(rule).exists() || rule.contains(std::path::MAIN_SEPARATOR)
}
