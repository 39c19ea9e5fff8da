//! How long searches take, warm.

use std::{sync::Arc, time::Instant};

use aoc_core::{
    Event, EventIndex, EventStore, Filter, Outcome, Query,
    query::{BucketSize, Facet, PageMark},
};
use aoc_sinks::SegmentIndex;

use crate::Failure;

const RUNS: usize = 40;
const FACETS: [Facet; 4] = [Facet::Service, Facet::Operation, Facet::Result, Facet::Actor];

/// What is asked: some events to take words from, and where a deep page starts.
struct Asked {
    some: Vec<Event>,
    deep: Vec<PageMark>,
}

impl Asked {
    /// Another event for each run.
    fn event(&self, run: usize) -> &Event {
        &self.some[run * 7 % self.some.len()]
    }
}

/// Asks each question [`RUNS`] times, after a first time that is not counted.
pub(crate) async fn run(store: &Arc<dyn EventStore>, index: &Arc<SegmentIndex>) -> Result<(), Failure> {
    let asked = prepare(index).await?;
    println!("{:<44}{:>9}{:>9}{:>12}", "warm, milliseconds", "p50", "p95", "matching");
    for (name, question) in questions() {
        let filter = |run: usize| question(&asked, run);
        time(&format!("{name}, page"), async |run| {
            let query = Query { filter: filter(run), ..Query::default() };
            Ok(index.search(&query).await?.total)
        })
        .await?;
        time(&format!("{name}, facets"), async |run| {
            let counts = index.facets(&filter(run), &FACETS, 200).await?;
            Ok(counts[2].iter().map(|counted| counted.count).sum())
        })
        .await?;
        time(&format!("{name}, hourly timeline"), async |run| {
            let timeline = index.timeline(&filter(run), Some(BucketSize::Hour)).await?;
            Ok(timeline.buckets.iter().map(|bucket| bucket.count).sum())
        })
        .await?;
    }
    time("deep page by cursor", async |run| {
        let query = Query { after: Some(asked.deep[run % asked.deep.len()]), ..Query::default() };
        Ok(index.search(&query).await?.total)
    })
    .await?;
    time("one event by its id, with its record", async |run| {
        Ok(store.get(&asked.event(run).id).await?.len() as u64)
    })
    .await
}

type Question = fn(&Asked, usize) -> Filter;

fn questions() -> [(&'static str, Question); 8] {
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

async fn prepare(index: &Arc<SegmentIndex>) -> Result<Asked, Failure> {
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

async fn time(name: &str, ask: impl AsyncFn(usize) -> Result<u64, Failure>) -> Result<(), Failure> {
    let mut matching = ask(0).await?;
    let mut times = Vec::new();
    for run in 0..RUNS {
        let started = Instant::now();
        matching = matching.max(ask(run).await?);
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{name:<44}{:>9.2}{:>9.2}{matching:>12}", times[RUNS / 2], times[RUNS * 95 / 100]);
    Ok(())
}
