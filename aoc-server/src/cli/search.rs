//! `aoc search`.

use std::process::ExitCode;

use aoc_core::{Error, Event, Query, Result};
use aoc_server::{
    Caller,
    assemble::{Assembled, registry},
    operations::types::SearchEvents,
};
use clap::Args;

use super::{Session, filters::Filters, output, table::Table};

/// Searches the events, newest first.
///
/// `--format json` prints one event per line, as the API gives it.
#[derive(Args)]
pub(crate) struct Search {
    /// How many events at most; 0 means all.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    filters: Filters,
}

impl Search {
    pub(crate) async fn run(self, session: &Session) -> Result<ExitCode> {
        let json = session.wants_json()?;
        let operations = Assembled::to_read(&session.config()?, &registry()).await?.at_rest();
        let limit = if self.limit == 0 { usize::MAX } else { self.limit };
        let mut request = SearchEvents { filter: self.filters.filter()?, ..SearchEvents::default() };
        let mut table =
            Table::new(&["TIME", "SERVICE", "RESULT", "ACTOR", "OPERATION", "TARGET"], usize::MAX);
        let mut shown = 0;
        loop {
            request.page_size = (limit - shown).min(Query::MOST);
            let page = operations.search(&Caller::local(), request.clone()).await?;
            shown += page.items.len();
            for listed in page.items {
                match json {
                    true => output::print_json(&listed)?,
                    false => table.row(row(&listed.event)),
                }
            }
            request.cursor = page.next_cursor.as_deref().map(str::parse).transpose().map_err(bug)?;
            if request.cursor.is_none() || shown >= limit {
                if !json {
                    conclude(&table, shown, page.total)?;
                }
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

fn conclude(table: &Table, shown: usize, total: u64) -> Result<()> {
    if shown > 0 {
        output::print(table.text().as_bytes())?;
    }
    match total {
        0 => eprintln!("no events"),
        1 => eprintln!("1 event"),
        _ if shown as u64 == total => eprintln!("{total} events"),
        _ => eprintln!("{shown} of {total} events; --limit shows more"),
    }
    Ok(())
}

fn row(event: &Event) -> [String; 6] {
    let seconds = event.timestamp.to_string();
    [
        seconds.get(..19).unwrap_or(&seconds).replace('T', " "),
        event.service.clone(),
        event.result.as_str().to_owned(),
        event.actor_name().unwrap_or("–").to_owned(),
        event.operation.clone(),
        event.target_displays.first().cloned().unwrap_or_default(),
    ]
}

fn bug(cause: Error) -> Error {
    Error::internal("a cursor that cannot be read").because(cause)
}
