//! `aoc check`.

use std::{path::Path, process::ExitCode};

use aoc_core::{Error, Result, config::Config};
use aoc_server::{
    assemble::{Assembled, DEFAULT_FILE, environment_not_used_yet, environment_remarks, explained, registry},
    config::{AlertsConfig, AskConfig},
    rules::{Known, Origin, RulesFound},
};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{
    Session, output,
    probe::{Part, Parts},
    table::Table,
};

/// Checks the configuration: builds every part, opens the store for reading, and says what was found.
///
/// The exit code is 0 when all is well.
#[derive(Args)]
pub(crate) struct Check {
    /// Also asks every source, sink and language model whether the other side is there and lets us in.
    #[arg(long)]
    online: bool,
}

/// What is known about one part.
#[derive(Serialize)]
struct Line {
    part: String,
    ok: bool,
    detail: String,
    #[serde(skip)]
    exit: u8,
}

impl Check {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let lines = match session.config() {
            Ok(config) => self.lines(session, &config).await,
            Err(error) => vec![Line::of("configuration", Err(error))],
        };
        if session.wants_json()? {
            lines.iter().try_for_each(output::print_json)?;
        } else {
            let mut table = Table::new(&["PART", "", "FOUND"], usize::MAX);
            for Line { part, ok, detail, .. } in &lines {
                let word = if *ok { "ok" } else { "error" };
                table.row([part.clone(), word.to_owned(), detail.clone()]);
            }
            output::print(table.text_uncut().as_bytes())?;
        }
        Ok(ExitCode::from(lines.iter().map(|line| line.exit).max().unwrap_or(0)))
    }

    async fn lines(&self, session: &Session, config: &Config) -> Vec<Line> {
        let parts = Parts::default();
        let assembled = match Assembled::of(config, &parts.watching(&registry())).await {
            Ok(assembled) => assembled,
            Err(error) => return vec![Line::of("configuration", Err(error))],
        };
        let read = session.file.as_deref().map(Path::display).map(|path| path.to_string());
        let usual = Path::new(DEFAULT_FILE).exists().then(|| DEFAULT_FILE.to_owned());
        let from = read.or(usual).unwrap_or_else(|| "built-in defaults".to_owned());
        let mut lines = vec![
            Line::of("configuration", Ok(from)),
            Line::of("store", found(config, &assembled).await),
            Line::of("index", Ok(indexed(config))),
        ];
        for (path, part) in names(config).zip(parts.take()) {
            let found = match path.as_str() {
                "llm" => model(config),
                path => word(config, &format!("{path}.type")),
            };
            lines.push(Line::of(
                &path,
                self.look_at(part).await.map(|()| found).map_err(|error| explained(config, &path, error)),
            ));
        }
        if !has_model(config) {
            let is_enabled = assembled.asking.is_enabled();
            let found =
                if is_enabled { "none; the store alone answers questions" } else { "asking is switched off" };
            lines.push(Line::of("llm", Ok(found.to_owned())));
        }
        lines.push(Line::of("alerts", alerts(assembled.rules.config())));
        let unused = environment_not_used_yet();
        if !unused.is_empty() {
            let names = format!("no part of this build uses {} yet", unused.join(", "));
            lines.push(Line::of("environment", Ok(names)));
        }
        let remarks = environment_remarks(config).into_iter();
        lines.extend(remarks.map(|remark| Line::of("environment", Ok(remark))));
        lines.push(Line::of("server", Ok(format!("will listen on {}", assembled.server.listen))));
        lines
    }

    async fn look_at(&self, part: Part) -> Result<()> {
        match part {
            Part::Broken(error) => Err(error),
            part if self.online => part.probe().await,
            _ => Ok(()),
        }
    }
}

impl Line {
    fn of(part: &str, found: Result<String>) -> Self {
        let (ok, exit) = match &found {
            Ok(_) => (true, 0),
            Err(error) => (false, error.kind().meaning().exit),
        };
        let detail = found.unwrap_or_else(|error: Error| error.chain());
        Self { part: part.to_owned(), ok, detail, exit }
    }
}

/// `sources.a`, `sources.b`, …, `sinks.a`, …, `llm` in the order in which they are built.
pub(super) fn names(config: &Config) -> impl Iterator<Item = String> {
    let named = ["sources", "sinks"].into_iter().flat_map(|section| {
        let tables = config.get(section).and_then(Value::as_object);
        tables.into_iter().flat_map(|tables| tables.keys()).map(move |name| format!("{section}.{name}"))
    });
    named.chain(has_model(config).then(|| "llm".to_owned()))
}

/// Whether a language model is built.
fn has_model(config: &Config) -> bool {
    config.get("llm.type").is_some() && AskConfig::of(config).is_ok_and(|asking| asking.enabled)
}

/// The language model: type, name and host. Of its address no more, which may hold what nobody is to see.
fn model(config: &Config) -> String {
    let profile = format!("profiles.{}", word(config, "llm.profile"));
    let setting = |key: &str| {
        let mut said = ["llm", &profile].into_iter().map(|table| word(config, &format!("{table}.{key}")));
        said.find(|said| !said.is_empty())
    };
    let name = setting("deployment").map(|name| format!("deployment {name}"));
    let name = name.or_else(|| setting("model").map(|name| format!("model {name}"))).unwrap_or_default();
    let host = setting("base_url").map_or_else(|| "api.openai.com".to_owned(), |url| host(&url).to_owned());
    format!("{}, {name} at {host}", word(config, "llm.type"))
}

fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    place.rsplit_once('@').map_or(place, |(_, place)| place)
}

fn word(config: &Config, path: &str) -> String {
    config.get(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What the store holds; one that is not there yet is not made by looking.
async fn found(config: &Config, assembled: &Assembled) -> Result<String> {
    let (component, path) = (word(config, "store.type"), word(config, "store.path"));
    if !path.is_empty() && !Path::new(&path).exists() {
        return Ok(format!("{component}, {path} is not there yet; the first event makes it"));
    }
    let head = assembled.store.head().await?;
    let place = if path.is_empty() { String::new() } else { format!(", {path}") };
    Ok(match head.0 {
        0 => format!("{component}{place}: holds no events"),
        last => format!("{component}{place}: the last event is at position {last}"),
    })
}

/// How many rules stand in files and come with AOC; the first of those that cannot be used is an error.
fn alerts(config: &AlertsConfig) -> Result<String> {
    let Known { rules, refused } = RulesFound::configured(config).known;
    if let Some(first) = refused.first() {
        let more = match refused.len() {
            1 => String::new(),
            count => format!("; and {} more, `aoc rules check` tells all", count - 1),
        };
        return Err(Error::invalid(format!("a rule cannot be used: {}{more}", first.sentence())));
    }
    let of = |origin: Origin| rules.iter().filter(|rule| rule.origin == origin).count();
    let off = if config.enabled { "" } else { ", and none makes alerts: `enabled` is false" };
    Ok(format!("{} rules of files, {} that come with AOC{off}", of(Origin::File), of(Origin::Starter)))
}

fn indexed(config: &Config) -> String {
    let (component, path) = (word(config, "index.type"), word(config, "index.path"));
    if path.is_empty() { component } else { format!("{component}, {path}") }
}
