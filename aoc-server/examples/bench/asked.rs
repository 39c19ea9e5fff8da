//! What searches are measured with.

use aoc_core::{
    Event, EventIndex, Filter, Outcome, Query,
    query::{Facet, PageMark},
};

use crate::Failure;

pub(crate) const FACETS: [Facet; 4] = [Facet::Service, Facet::Operation, Facet::Result, Facet::Actor];

/// What is asked: some events to take words from, and where a deep page starts.
pub(crate) struct Asked {
    some: Vec<Event>,
    pub(crate) deep: Vec<PageMark>,
}

impl Asked {
    /// Another event for each run.
    pub(crate) fn event(&self, run: usize) -> &Event {
        &self.some[run * 7 % self.some.len()]
    }
}

/// A question, another one for each run.
pub(crate) type Question = fn(&Asked, usize) -> Filter;

pub(crate) fn questions() -> [(&'static str, Question); 8] {
    [
        ("everything", |_, _| Filter::default()),
        ("service, result and a week", |asked, run| {
            let end = asked.event(run).timestamp;
            let start = (end.instant() - chrono::TimeDelta::days(7)).into();
            let service = vec![asked.event(run).service.clone()];
            Filter {
                service,
                result: vec![Outcome::Success],
                start: Some(start),
                end: Some(end),
                ..Filter::default()
            }
        }),
        ("actor contains `jo`", |_, _| Filter { actor: Some("jo".into()), ..Filter::default() }),
        ("rare GUID", |asked, run| words(&asked.event(run).id)),
        ("common word", |_, run| words(["mailbox", "contoso", "success", "exchange"][run % 4])),
        ("substring", |_, run| words(&format!("top-{:02x}", run * 5 % 256))),
        ("two words", |asked, run| {
            let actor = asked.event(run).actor_name().unwrap_or("user").to_owned();
            words(&format!("mailbox {}", actor.split('@').next().unwrap_or_default()))
        }),
        ("quoted phrase", |asked, run| words(&format!("\"{}\"", asked.event(run).operation))),
    ]
}

fn words(text: &str) -> Filter {
    Filter { search: text.into(), ..Filter::default() }
}

/// Takes from the index what to ask for.
pub(crate) async fn prepare(index: &dyn EventIndex) -> Result<Asked, Failure> {
    let newest = index.search(&Query { limit: Query::MOST, ..Query::default() }).await?;
    let (first, until) = (newest.next.ok_or("too few events")?, newest.next.ok_or("too few events")?.until);
    let oldest = index.timeline(&Filter::default(), None).await?;
    let oldest = oldest.buckets.first().ok_or("no events")?.start.ticks();
    let (mut some, mut deep) = (Vec::new(), Vec::new());
    for part in 1..10 {
        let ticks = oldest + (first.ticks - oldest) / 10 * part;
        let mark = PageMark { ticks, position: until, until };
        let page = index.search(&Query { after: Some(mark), ..Query::default() }).await?;
        some.extend(page.items.into_iter().map(|stored| stored.event));
        deep.push(mark);
    }
    Ok(Asked { some, deep })
}
