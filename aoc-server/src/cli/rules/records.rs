//! `aoc rules test`.

use std::{path::PathBuf, process::ExitCode};

use aoc_core::{Result, json_line};
use aoc_server::{config::AlertsConfig, import::each_record, rules::RecordMatcher};
use clap::Args;
use serde::Serialize;

use super::rules_of;
use crate::cli::{Session, incomplete, output, table::Table};

#[derive(Args)]
pub(super) struct Test {
    /// File or folder of rules; a record is matched when any of them that is enabled finds it.
    #[arg(long = "rule", value_name = "FILE", required = true)]
    rules: Vec<PathBuf>,
    /// Files and folders of records in any shape that `aoc import` reads; `-` is standard input.
    #[arg(required = true, value_name = "RECORDS")]
    records: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    matched: bool,
}

impl Test {
    pub(super) fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let config = AlertsConfig::of(&session.config()?)?;
        let known = rules_of(&self.rules, &config)?;
        let mut matcher = RecordMatcher::new(&known.rules, config.lateness.duration())?;
        let failures = each_record(&self.records, |record| matcher.look(record));
        match json {
            true => output::print(&lines(matcher)?)?,
            false => output::print(text(matcher).as_bytes())?,
        }
        for failure in &failures {
            eprintln!("error: {}: {}", output::plain(&failure.path), output::plain(&failure.error));
        }
        Ok(if failures.is_empty() { ExitCode::SUCCESS } else { incomplete() })
    }
}

fn lines(matcher: RecordMatcher) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for (id, matched) in matcher.finish() {
        all.extend(json_line(&Line { id: &id, matched })?);
    }
    Ok(all)
}

fn text(matcher: RecordMatcher) -> String {
    let mut table = Table::new(&["MATCHED", "RECORD"], usize::MAX);
    let (mut count, mut all) = (0_u64, 0_u64);
    for (id, matched) in matcher.finish() {
        all += 1;
        if matched {
            count += 1;
            table.row(["yes".to_owned(), id]);
        }
    }
    format!("{}{count} of {all} records are matched\n", table.text_uncut())
}
