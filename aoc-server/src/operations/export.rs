//! Exporting a search, page by page, so that any number of events needs little memory.

use std::sync::Arc;

use aoc_core::{
    Error, Event, Query, Result, json_line,
    query::{Filter, PageMark},
};
use futures::stream::{BoxStream, StreamExt, TryStreamExt};

use super::{Operations, types::ExportFormat};
use crate::auth::{Caller, Permission};

/// An export under way.
pub struct Exported {
    /// How many events it will hold.
    pub total: u64,
    /// Its content, in pieces. A piece that is an error is the last one.
    pub content: BoxStream<'static, Result<Vec<u8>>>,
}

/// The columns of the CSV form.
const COLUMNS: [&str; 17] = [
    "timestamp",
    "service",
    "operation",
    "result",
    "actor_display",
    "actor_upn",
    "actor_type",
    "actor_ip",
    "target_displays",
    "display_summary",
    "tenant",
    "source",
    "id",
    "correlation_id",
    "tags",
    "available_at",
    "ingested_at",
];

impl Operations {
    /// All events of a filter, newest first, in one of the forms. Events stored meanwhile are left out.
    ///
    /// # Errors
    /// Those of the index at the first page; those of later pages are in the content.
    pub async fn export(
        self: &Arc<Self>,
        caller: &Caller,
        filter: Filter,
        format: ExportFormat,
    ) -> Result<Exported> {
        caller.require(Permission::Read)?;
        filter.check()?;
        let first = Query { filter, limit: Query::MOST, after: None };
        let hits = self.index.search(&first).await?;
        let head = first_piece(&hits.items.iter().map(|s| s.event.clone()).collect::<Vec<_>>(), format)?;
        let rest = self.clone().later_pieces(first.filter, hits.next, format);
        let content = futures::stream::once(async { Ok(head) }).chain(rest).boxed();
        Ok(Exported { total: hits.total, content })
    }

    fn later_pieces(
        self: Arc<Self>,
        filter: Filter,
        next: Option<PageMark>,
        format: ExportFormat,
    ) -> BoxStream<'static, Result<Vec<u8>>> {
        let query = Query { filter, limit: Query::MOST, after: next };
        let pages = futures::stream::try_unfold((self, query), |(operations, mut query)| async {
            if query.after.is_none() {
                return Ok::<_, Error>(None);
            }
            let hits = operations.index.search(&query).await?;
            query.after = hits.next;
            let events: Vec<Event> = hits.items.into_iter().map(|stored| stored.event).collect();
            Ok(Some((events, (operations, query))))
        });
        pages.and_then(move |events| async move { piece(&events, format) }).boxed()
    }
}

fn first_piece(events: &[Event], format: ExportFormat) -> Result<Vec<u8>> {
    let mut head = match format {
        ExportFormat::Ndjson => Vec::new(),
        ExportFormat::Csv => rows(std::iter::once(COLUMNS.map(str::to_owned)))?,
    };
    head.extend(piece(events, format)?);
    Ok(head)
}

fn piece(events: &[Event], format: ExportFormat) -> Result<Vec<u8>> {
    match format {
        ExportFormat::Ndjson => lines(events),
        ExportFormat::Csv => rows(events.iter().map(row)),
    }
}

fn lines(events: &[Event]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for event in events {
        text.extend(json_line(event)?);
    }
    Ok(text)
}

fn rows(rows: impl Iterator<Item = [String; COLUMNS.len()]>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row.iter().map(|cell| harmless(cell)))
            .map_err(|cause| Error::internal("a row cannot be written").because(cause))?;
    }
    writer.into_inner().map_err(|cause| Error::internal(cause.error()))
}

fn row(event: &Event) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |time: Option<aoc_core::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let kind = serde_json::to_value(event.actor_type).ok();
    [
        event.timestamp.to_string(),
        event.service.clone(),
        event.operation.clone(),
        event.result.as_str().to_owned(),
        text(&event.actor_display),
        text(&event.actor_upn),
        kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        text(&event.actor_ip),
        event.target_displays.join("; "),
        event.display_summary.clone(),
        event.tenant.clone(),
        event.source.clone(),
        event.id.clone(),
        text(&event.correlation_id),
        event.tags.iter().cloned().collect::<Vec<_>>().join("; "),
        time(event.available_at),
        time(event.ingested_at),
    ]
}

/// A cell that no spreadsheet takes for a formula: names in audit records are an attacker's to choose.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "x@example.com", "2026-01-01"] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
