//! The filters of the commands that look at events.

use aoc_core::{Error, Outcome, Result, Timestamp, config::Span, query::Filter};
use aoc_server::operations::read_time;
use clap::{Args, builder::PossibleValuesParser};

/// Which events. A list means one of these; options may be repeated.
#[derive(Args)]
pub(crate) struct Filters {
    /// Service, such as Exchange or UserManagement.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    service: Vec<String>,
    /// Operation, case ignored; `*` stands for any characters.
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,
    /// How it ended.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Outcome::ALL.map(Outcome::as_str)))]
    result: Vec<String>,
    /// Component type that events came from, such as office365_activity.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    source: Vec<String>,
    /// Tenant id.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    tenant: Vec<String>,
    /// Part of the actor's name.
    #[arg(long, value_name = "PART")]
    actor: Option<String>,
    /// Of the last while, such as 24h or 7d.
    #[arg(long, value_name = "SPAN", conflicts_with = "start")]
    since: Option<Span>,
    /// Not before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    start: Option<Timestamp>,
    /// Before this time or date (UTC).
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    end: Option<Timestamp>,
    /// Only events with all of these tags.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    include_tags: Vec<String>,
    /// Only events with none of these tags.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    exclude_tags: Vec<String>,
    /// Text: every word must occur somewhere in the event; "…" keeps blanks together.
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
}

impl Filters {
    /// As the operations take them.
    pub(crate) fn filter(self) -> Result<Filter> {
        let outcome = |text: &String| Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        Ok(Filter {
            result: self.result.iter().filter_map(outcome).collect(),
            start: self.since.map(ago).transpose()?.or(self.start),
            search: self.text.join(" ").into(),
            service: self.service,
            operation: self.operation,
            source: self.source,
            tenant: self.tenant,
            actor: self.actor,
            end: self.end,
            include_tags: self.include_tags,
            exclude_tags: self.exclude_tags,
        })
    }
}

fn ago(span: Span) -> Result<Timestamp> {
    let span = chrono::TimeDelta::from_std(span.duration()).ok();
    let time = span.and_then(|span| chrono::Utc::now().checked_sub_signed(span));
    time.map(Timestamp::from).ok_or_else(|| Error::invalid("--since: too long ago"))
}
