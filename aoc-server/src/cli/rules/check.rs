//! `aoc rules check`.

use std::{path::PathBuf, process::ExitCode};

use aoc_core::Result;
use aoc_server::{
    config::AlertsConfig,
    rules::{KnownRule, Refused, RulesFound, Tried, read_paths},
};
use clap::Args;
use serde::Serialize;

use crate::cli::{Session, incomplete, output, table::Table};

#[derive(Args)]
pub(super) struct Check {
    /// Files and folders of rules; without any, those of the configuration and those that come with AOC.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// What is known about one rule.
#[derive(Serialize)]
struct Line {
    file: String,
    rule: Option<String>,
    ok: bool,
    tests: usize,
    detail: String,
}

impl Check {
    pub(super) fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let config = AlertsConfig::of(&session.config()?)?;
        let found = match self.paths.is_empty() {
            true => RulesFound::configured(&config),
            false => read_paths(&self.paths, &config.placeholders),
        };
        let tried = found.try_all(&config);
        let mut lines: Vec<Line> = found.known.refused.iter().map(Line::refused).collect();
        lines.extend(found.known.rules.iter().map(|rule| Line::of(rule, &tried)));
        match json {
            true => lines.iter().try_for_each(output::print_json)?,
            false => output::print(text(&lines).as_bytes())?,
        }
        if lines.is_empty() {
            eprintln!("there are no rules");
        }
        Ok(if lines.iter().all(|line| line.ok) { ExitCode::SUCCESS } else { incomplete() })
    }
}

impl Line {
    fn refused(refused: &Refused) -> Self {
        let Refused { file, id, title, reason, .. } = refused.clone();
        Self { file, rule: id.or(title), ok: false, tests: 0, detail: reason }
    }

    fn of(rule: &KnownRule, tried: &[Tried]) -> Self {
        let own = tried.iter().filter(|test| test.rule == rule.detection.id && test.file == rule.file);
        let (fine, wrong): (Vec<&Tried>, Vec<&Tried>) = own.partition(|test| test.is_ok());
        let sentence = |Tried { test, expected, found, .. }: &&Tried| {
            format!("{test}: expected {expected} alerts, its records make {found}")
        };
        Self {
            file: rule.file.clone(),
            rule: Some(rule.detection.id.clone()),
            ok: wrong.is_empty(),
            tests: fine.len() + wrong.len(),
            detail: wrong.iter().map(sentence).collect::<Vec<_>>().join("; "),
        }
    }
}

fn text(lines: &[Line]) -> String {
    let mut table = Table::new(&["", "FILE", "RULE", "TESTS", "FOUND"], usize::MAX);
    for Line { file, rule, ok, tests, detail } in lines {
        let word = if *ok { "ok" } else { "error" };
        let rule = rule.clone().unwrap_or_default();
        table.row([word.to_owned(), file.clone(), rule, tests.to_string(), detail.clone()]);
    }
    // Reasons are what is asked for: they are never cut.
    table.text_uncut()
}
