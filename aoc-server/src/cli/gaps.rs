//! `aoc gaps`.

use std::process::ExitCode;

use aoc_core::{Error, Result, Timestamp, config::Span};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    operations::{
        read_time,
        types::{FindGaps, GapsAnswer, KnownGap, StreamReport},
    },
};
use clap::Args;

use super::{Session, incomplete, output, table::Table};

/// Says what is proven complete, and what is known to be missing.
///
/// `--format json` prints one stream per line, as the API gives it. The exit code is 1 when something is lost, when there is
/// a hole, when a configured source has not collected anything or has not gone on, or when a note of the ledger cannot be
/// read; work under way is no fault.
#[derive(Args)]
pub(crate) struct Gaps {
    /// Source, by its name in the configuration.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    source: Vec<String>,
    /// Tenant id.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    tenant: Vec<String>,
    /// Part of a source, such as Audit.Exchange.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    content: Vec<String>,
    /// Of the last while, such as 24h or 7d.
    #[arg(long, value_name = "SPAN", conflicts_with = "from")]
    since: Option<Span>,
    /// Not before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    from: Option<Timestamp>,
    /// Before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    until: Option<Timestamp>,
}

impl Gaps {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let operations = Assembled::to_read(&session.config()?, &registry()).await?.at_rest();
        let request = FindGaps {
            from: self.since.map(ago).transpose()?.or(self.from),
            source: self.source,
            tenant: self.tenant,
            content: self.content,
            until: self.until,
            strip: false,
        };
        let answer = operations.gaps(&Caller::local(), &request).await?;
        match json {
            true => answer.streams.iter().try_for_each(output::print_json)?,
            false => output::print(text(&answer).as_bytes())?,
        }
        conclude(&answer);
        Ok(if answer.is_whole() { ExitCode::SUCCESS } else { incomplete() })
    }
}

fn conclude(answer: &GapsAnswer) {
    for note in &answer.unreadable {
        eprintln!(
            "a note of the ledger cannot be read: {}: {}",
            output::plain(&note.key),
            output::plain(&note.reason)
        );
    }
    for name in &answer.uncollected {
        eprintln!("{}: nothing was collected yet; `aoc doctor` finds out why", output::plain(name));
    }
    if let Some(time) = answer.forgotten_before {
        eprintln!("events before {time} are forgotten by retention, and so is what was proven of them");
    }
    if answer.streams.is_empty() && answer.uncollected.is_empty() {
        eprintln!("the ledger has nothing here: no source has proven anything of it");
    }
}

fn text(answer: &GapsAnswer) -> String {
    if answer.streams.is_empty() {
        return String::new();
    }
    let mut streams = Table::new(&["SOURCE", "CONTENT", "TENANT", "WHAT IS PROVEN"], usize::MAX);
    let mut gaps = Table::new(&["GAP", "FROM", "UNTIL", "SOURCE", "CONTENT", "TENANT", "WHY"], usize::MAX);
    let mut count = 0;
    for stream in &answer.streams {
        streams.row([&stream.source, &stream.content, &stream.tenant, &stream.sentence].map(Clone::clone));
        for gap in &stream.gaps {
            gaps.row(row(stream, gap));
            count += 1;
        }
    }
    let more: u64 = answer.streams.iter().map(|stream| stream.more_gaps).sum();
    // The sentences are what is asked for: they are never cut.
    let mut text = streams.text_uncut();
    if count > 0 {
        text.push_str(&format!("\n{}", gaps.text_uncut()));
    }
    if more > 0 {
        text.push_str(&format!("and {more} more gaps\n"));
    }
    text
}

fn row(stream: &StreamReport, gap: &KnownGap) -> [String; 7] {
    let age = format!("{} (ended {} ago)", gap.reason, span(gap.age_seconds));
    let why = match (gap.kind.is_serious(), gap.items.len()) {
        (false, _) => age,
        (true, 0) => gap.reason.clone(),
        (true, 1) => format!("{}: blob {}", gap.reason, gap.items[0]),
        (true, count) => {
            let more = if gap.more_items > 0 { ", …" } else { "" };
            let count = count as u64 + gap.more_items;
            format!("{}: {count} blobs: {}{more}", gap.reason, gap.items.join(", "))
        }
    };
    let (source, content, tenant) = (stream.source.clone(), stream.content.clone(), stream.tenant.clone());
    [gap.kind.as_str().to_owned(), gap.from.to_string(), gap.until.to_string(), source, content, tenant, why]
}

/// The time that is so long ago.
fn ago(span: Span) -> Result<Timestamp> {
    let span = chrono::TimeDelta::from_std(span.duration()).ok();
    let time = span.and_then(|span| chrono::Utc::now().checked_sub_signed(span));
    time.map(Timestamp::from).ok_or_else(|| Error::invalid("--since: too long ago"))
}

/// `40 s`, `12 min`, `5 h`, `3 d`.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
