//! `aoc doctor`: why each source works or does not, and what would put it right.

use std::{process::ExitCode, time::Duration};

use aoc_core::{Bookmark, Error, ErrorKind, Feed, Finding, Result, Timestamp, Verdict};
use aoc_server::assemble::{Assembled, registry};
use clap::Args;
use futures::future::join_all;
use serde::Serialize;

use super::{Session, output, table::Table};

/// Signs in, looks what the token allows, asks each log for a little; changes nothing on the other side.
///
/// A line has `ok`, `look` (it works, but something should be looked at) or `broken`. The exit code is 3 where one is broken.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Only the sources of these names.
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
}

/// A finding about a source.
#[derive(Serialize)]
struct Line {
    source: String,
    #[serde(flatten)]
    finding: Finding,
}

/// How long one source may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Doctor {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let assembled = Assembled::of(&session.config()?, &registry()).await?;
        let feeds: Vec<(&str, &Feed)> = assembled.pipeline.feeds().collect();
        if let Some(unknown) = self.source.iter().find(|name| feeds.iter().all(|(other, _)| other != name)) {
            let names = feeds.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(Error::not_found(format!("no source `{unknown}`; there are: {names}")));
        }
        let chosen = |name: &str| self.source.is_empty() || self.source.iter().any(|source| source == name);
        let examined = feeds.into_iter().filter(|(name, _)| chosen(name)).map(examine);
        let lines: Vec<Line> = join_all(examined).await.into_iter().flatten().collect();
        if lines.is_empty() {
            return Err(Error::config(
                "there is no source; `docs/guide/connect-your-tenant.md` says how to add one",
            ));
        }
        if session.wants_json()? {
            lines.iter().try_for_each(output::print_json)?;
        } else {
            output::print(table(&lines).as_bytes())?;
        }
        let is_broken = lines.iter().any(|line| line.finding.verdict == Verdict::Broken);
        Ok(ExitCode::from(if is_broken { ErrorKind::Denied.meaning().exit } else { 0 }))
    }
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
        let fix = "look whether this machine reaches it (network, proxy), and try again";
        vec![Finding { fix: Some(fix.to_owned()), ..finding("answer", Verdict::Broken, sentence) }]
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
    Finding { fix, ..finding(subject, Verdict::Broken, sentence.to_owned()) }
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
