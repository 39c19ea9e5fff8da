//! `aoc sinks`.

use std::process::ExitCode;

use aoc_core::{Error, ErrorKind, Position, Result};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    operations::sinks::{RejectedEvents, ReplayFrom, ReplaySink, SinkList},
};
use clap::{Args, Subcommand};

use super::{Session, output, table::Table};

/// Says how far sinks have come, and has them deliver again.
#[derive(Args)]
#[command(flatten_help = true)]
pub(crate) struct Sinks {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Says how far each sink has come, and how many events its receiver refused for good.
    List(List),
    /// Has a sink deliver events again: whoever runs it does so when it is started, or soon.
    ///
    /// Where a server holds the database, ask it: POST /api/sinks/NAME/replay.
    Replay(Replay),
}

#[derive(Args)]
struct List {
    /// Lists the events that the receiver of this sink refused for good, instead.
    #[arg(long, value_name = "NAME")]
    rejected: Option<String>,
}

#[derive(Args)]
struct Replay {
    /// Name of the sink in the configuration.
    name: String,
    /// From where on: a position, behind which all is delivered again, or a time or date (UTC), since which it was
    /// stored; 0 is the beginning. Only with --only-rejected it may be left out.
    #[arg(long, value_name = "TIME|POSITION", required_unless_present = "only_rejected")]
    from: Option<String>,
    /// Only events that the receiver refused for good.
    #[arg(long)]
    only_rejected: bool,
}

impl Sinks {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let assembled = Assembled::to_read(&session.config()?, &registry()).await?;
        match self.work {
            Work::List(list) => list.run(&assembled, json).await?,
            Work::Replay(replay) => replay.run(&assembled, json).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, assembled: &Assembled, json: bool) -> Result<()> {
        let (operations, caller) = (assembled.at_rest(), Caller::local());
        let Some(name) = self.rejected else {
            let list = operations.sinks_list(&caller).await?;
            return match json {
                true => list.items.iter().try_for_each(output::print_json),
                false => output::print(text(&list).as_bytes()),
            };
        };
        let mut after = None::<Position>;
        loop {
            let page = operations.sink_rejected(&caller, &name, after).await?;
            let Some(last) = page.items.last() else { return Ok(()) };
            after = Some(last.position);
            match json {
                true => page.items.iter().try_for_each(output::print_json)?,
                false => output::print(rejected_text(&page).as_bytes())?,
            }
        }
    }
}

impl Replay {
    async fn run(self, assembled: &Assembled, json: bool) -> Result<()> {
        let Self { name, from, only_rejected } = self;
        let request = ReplaySink { from: from.map(ReplayFrom::Time), only_rejected };
        let asked = assembled.at_rest().sink_replay(&Caller::local(), &name, &request).await;
        let asked = asked.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => Error::unavailable(format!("{error}: POST /api/sinks/{name}/replay")),
            _ => error,
        })?;
        if json {
            return output::print_json(&asked);
        }
        let what = if only_rejected { "refused events" } else { "events of the log" };
        let text = format!(
            "{}: what is behind position {} will be delivered again, at most {} {what}\n",
            output::plain(&name),
            asked.from.0,
            asked.events
        );
        output::print(text.as_bytes())
    }
}

fn text(list: &SinkList) -> String {
    let mut table = Table::new(&["SINK", "TYPE", "POSITION", "BEHIND", "SECONDS", "SET ASIDE"], 2);
    for report in &list.items {
        let position = report.position.map_or_else(|| "never ran".to_owned(), |Position(at)| at.to_string());
        table.row([
            report.sink.name.clone(),
            report.sink.r#type.clone(),
            position,
            report.behind.to_string(),
            report.lag_seconds.to_string(),
            report.set_aside.to_string(),
        ]);
    }
    table.text()
}

fn rejected_text(page: &RejectedEvents) -> String {
    let mut table = Table::new(&["POSITION", "EVENT", "WHY", "WHAT"], usize::MAX);
    for event in &page.items {
        let id = event.id.clone().unwrap_or_else(|| "(gone)".to_owned());
        let summary = event.summary.clone().unwrap_or_default();
        table.row([event.position.0.to_string(), id, event.reason.clone(), summary]);
    }
    table.text()
}
