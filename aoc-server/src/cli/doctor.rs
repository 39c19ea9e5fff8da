//! `aoc doctor`: why each source, and the language model, works or does not, and what would put it right.

use std::{process::ExitCode, time::Duration};

use aoc_core::{Bookmark, Error, ErrorKind, Feed, Finding, Result, Timestamp, Verdict, config::Config};
use aoc_server::assemble::{Assembled, explained, registry};
use clap::Args;
use futures::future::join_all;
use serde::Serialize;

use super::{
    Session,
    check::names,
    output,
    probe::{Part, Parts},
    table::Table,
};

/// Signs in, looks what the token allows, asks each log for a little, and the language model for a word; changes nothing
/// on the other side.
///
/// A line has `ok`, `look` (it works, but something should be looked at) or `broken`. The exit code is 3 where one is broken.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Only this source, by its name among the sources, or by one of its contents; may be repeated. The language model is
    /// not asked then.
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
}

/// A finding about a source, or `llm`.
#[derive(Serialize)]
struct Line {
    source: String,
    #[serde(flatten)]
    finding: Finding,
}

/// What to do where nothing answers.
const REACH: &str = "look whether this machine reaches it (network, proxy), and try again";
/// How long one source may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Doctor {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let config = session.config()?;
        let parts = Parts::default();
        // One that is wrong must not hide the others.
        Assembled::of(&config, &parts.watching(&registry())).await?;
        let paths: Vec<String> = names(&config).collect();
        let parts = parts.take();
        let named = paths.iter().zip(&parts);
        let sources: Vec<(&str, &Part)> =
            named.filter_map(|(path, part)| Some((path.strip_prefix("sources.")?, part))).collect();
        let model = paths.iter().zip(&parts).find(|(path, _)| *path == "llm").map(|(_, part)| part);
        let model = model.filter(|_| self.source.is_empty());
        let chosen = if sources.is_empty() && model.is_some() { Vec::new() } else { self.chosen(sources)? };
        let examined = chosen.into_iter().map(async |(name, part)| match part {
            Part::Source(feed) => examine((name, feed)).await,
            Part::Sink(_) | Part::Model(_) => Vec::new(),
            Part::Broken(error) => vec![unbuildable(&config, name, (&format!("sources.{name}"), error))],
        });
        let mut lines: Vec<Line> = join_all(examined).await.into_iter().flatten().collect();
        if let Some(model) = model {
            lines.push(examine_model(&config, model).await);
        }
        if json {
            lines.iter().try_for_each(output::print_json)?;
        } else {
            output::print(table(&lines).as_bytes())?;
        }
        let is_broken = lines.iter().any(|line| line.finding.verdict == Verdict::Broken);
        Ok(ExitCode::from(if is_broken { ErrorKind::Denied.meaning().exit } else { 0 }))
    }

    /// The sources that are to be looked at. One that is named with a content, as `aoc fetch` takes it, is looked at as a
    /// whole.
    fn chosen<'a>(&self, sources: Vec<(&'a str, &'a Part)>) -> Result<Vec<(&'a str, &'a Part)>> {
        if sources.is_empty() {
            let message = "there is no source; `docs/guide/connect-your-tenant.md` says how to add one";
            return Err(Error::config(message));
        }
        let is_meant = |wanted: &str, (name, part): &(&str, &Part)| match wanted.strip_prefix(name) {
            Some("") => true,
            Some(rest) => rest.strip_prefix('/').is_some_and(|content| part.may_have(content)),
            None => false,
        };
        if let Some(unknown) =
            self.source.iter().find(|wanted| !sources.iter().any(|one| is_meant(wanted, one)))
        {
            let names = sources.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(Error::not_found(format!("no source `{unknown}`; there are: {names}")));
        }
        let is_chosen = |one: &(&str, &Part)| {
            self.source.is_empty() || self.source.iter().any(|wanted| is_meant(wanted, one))
        };
        Ok(sources.into_iter().filter(is_chosen).collect())
    }
}

/// What is wrong with something that cannot even be built.
fn unbuildable(config: &Config, name: &str, (path, error): (&str, &Error)) -> Line {
    let error = explained(config, path, Error::new(error.kind(), error.to_string()));
    let finding = broken("configuration", &error);
    let fix = finding.fix.or_else(|| Some("correct its table in the configuration".to_owned()));
    Line { source: name.to_owned(), finding: Finding { fix, ..finding } }
}

async fn examine_model(config: &Config, model: &Part) -> Line {
    if let Part::Broken(error) = model {
        return unbuildable(config, "llm", ("llm", error));
    }
    let finding = match model.probe().await {
        Ok(()) => finding("answer", Verdict::Fine, "it answers".to_owned()),
        Err(error) => {
            let finding = broken("answer", &error);
            Finding { fix: finding.fix.or_else(|| Some(REACH.to_owned())), ..finding }
        }
    };
    Line { source: "llm".to_owned(), finding }
}

async fn examine((name, feed): (&str, &Feed)) -> Vec<Line> {
    let examined = async {
        match &feed.checkup {
            Some(checkup) => checkup.examine().await,
            None => probe(feed).await,
        }
    };
    let late = |_| {
        let sentence = format!("no answer within {} s", PATIENCE.as_secs());
        vec![Finding { fix: Some(REACH.to_owned()), ..finding("answer", Verdict::Broken, sentence) }]
    };
    let findings = tokio::time::timeout(PATIENCE, examined).await.unwrap_or_else(late);
    findings.into_iter().map(|finding| Line { source: name.to_owned(), finding }).collect()
}

/// A source without a checkup of its own is asked for what happened since now.
async fn probe(feed: &Feed) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (content, source) in &feed.sources {
        let subject = if content.is_empty() { "answer" } else { content };
        findings.push(match source.fetch(&Bookmark::Since(Timestamp::now())).await {
            Ok(_) => finding(subject, Verdict::Fine, "it answers".to_owned()),
            Err(error) => broken(subject, &error),
        });
    }
    findings
}

/// What would put an error right stands behind the first semicolon.
fn broken(subject: &str, error: &Error) -> Finding {
    let text = error.to_string();
    let (sentence, fix) = text.split_once("; ").map_or((&*text, None), |(what, fix)| (what, Some(fix)));
    let fix = fix.map(str::to_owned);
    let cause = error.chain().strip_prefix(&text).unwrap_or_default().to_owned();
    Finding { fix, ..finding(subject, Verdict::Broken, format!("{sentence}{cause}")) }
}

fn finding(subject: &str, verdict: Verdict, sentence: String) -> Finding {
    Finding { subject: subject.to_owned(), verdict, sentence, fix: None }
}

fn table(lines: &[Line]) -> String {
    let mut table = Table::new(&["SOURCE", "LOOKED AT", "", "FOUND"], usize::MAX);
    for Line { source, finding } in lines {
        let word = match finding.verdict {
            Verdict::Fine => "ok",
            Verdict::Doubtful => "look",
            Verdict::Broken => "broken",
        };
        let found = match &finding.fix {
            Some(fix) => format!("{}; {fix}", finding.sentence),
            None => finding.sentence.clone(),
        };
        table.row([source.clone(), finding.subject.clone(), word.to_owned(), found]);
    }
    table.text_uncut()
}
