//! The same questions to both indexes and to the original, side by side.

use std::time::{Duration, Instant};

use aoc_core::{EventIndex, EventStore, Filter, Query, query::BucketSize};

use crate::{
    Failure,
    asked::{Asked, FACETS, prepare, questions},
    machine::cpu_seconds,
    original::Original,
    server::Server,
};

const RUNS: usize = 40;
/// The original is asked again until it has taken so long for one question.
const PATIENCE: Duration = Duration::from_secs(12);
const RUNS_OF_THE_ORIGINAL: usize = 3;

/// What is wanted of the events that match.
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    /// The newest, so many at most.
    Page(usize),
    /// How many they are.
    Count,
    /// How often each service, operation, result and actor occurs.
    Facets,
    /// How many they are in each hour.
    Timeline,
}

const ASKS: [(&str, Ask); 5] = [
    ("page of 50", Ask::Page(50)),
    ("count", Ask::Count),
    ("facets", Ask::Facets),
    ("timeline", Ask::Timeline),
    ("1,000 newest", Ask::Page(1_000)),
];

/// Who is asked.
pub(crate) struct Contest<'a> {
    pub(crate) server: &'a Server,
    pub(crate) store: &'a dyn EventStore,
    pub(crate) segments: &'a dyn EventIndex,
    pub(crate) blocks: &'a dyn EventIndex,
    pub(crate) original: &'a Original,
    /// The original is asked nothing any more from here on.
    pub(crate) until: Instant,
}

impl Contest<'_> {
    /// Prints a line for each question.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let asked = prepare(self.segments).await?;
        print_header();
        self.one(&asked).await?;
        self.deep(&asked).await?;
        for (what, ask) in ASKS {
            for (name, question) in questions() {
                let ours = async |index| {
                    self.time(RUNS, async |run| answer(index, ask, question(&asked, run)).await).await
                };
                let original =
                    self.of_original(async |run| self.original.ask(ask, &question(&asked, run)).await);
                let (segments, blocks) = (ours(self.segments).await?, ours(self.blocks).await?);
                print(&format!("{name}, {what}"), &segments, &blocks, original.await?.as_ref());
            }
        }
        self.apart(&asked).await
    }

    /// What four facets cost where each is a question of its own.
    async fn apart(&self, asked: &Asked) -> Result<(), Failure> {
        for (name, question) in [questions()[0], questions()[4]] {
            let ours = async |index| {
                self.time(RUNS, async |run| answer(index, Ask::Facets, question(asked, run)).await).await
            };
            let original =
                self.of_original(async |run| self.original.facets_apart(&question(asked, run)).await);
            let (segments, blocks) = (ours(self.segments).await?, ours(self.blocks).await?);
            print(&format!("{name}, facets by four"), &segments, &blocks, original.await?.as_ref());
        }
        Ok(())
    }

    async fn deep(&self, asked: &Asked) -> Result<(), Failure> {
        let mark = |run: usize| asked.deep[run % asked.deep.len()];
        let ours = async |index: &dyn EventIndex| {
            self.time(RUNS, async |run| {
                let query = Query { after: Some(mark(run)), ..Query::default() };
                Ok(index.search(&query).await?.items.len() as u64)
            })
            .await
        };
        let time = |run| aoc_core::Timestamp::from_ticks(mark(run).ticks).to_string();
        let original = self.of_original(async |run| self.original.page_before(&time(run)).await);
        let (segments, blocks) = (ours(self.segments).await?, ours(self.blocks).await?);
        print("deep page by cursor", &segments, &blocks, original.await?.as_ref());
        Ok(())
    }

    async fn one(&self, asked: &Asked) -> Result<(), Failure> {
        let id = |run| &asked.event(run).id;
        let ours = self.time(RUNS, async |run| Ok(self.store.get(id(run)).await?.len() as u64)).await?;
        let original = self.of_original(async |run| self.original.get(id(run)).await).await?;
        print("one event by its id, with its record", &ours, &ours, original.as_ref());
        Ok(())
    }

    async fn of_original(
        &self,
        ask: impl AsyncFn(usize) -> Result<u64, Failure>,
    ) -> Result<Option<Times>, Failure> {
        if Instant::now() > self.until {
            return Ok(None);
        }
        self.time(RUNS_OF_THE_ORIGINAL, ask).await.map(Some)
    }

    /// Asks once without counting, then so often, or until it takes too long; a first answer that took too long
    /// itself is the only one.
    async fn time(
        &self,
        runs: usize,
        ask: impl AsyncFn(usize) -> Result<u64, Failure>,
    ) -> Result<Times, Failure> {
        let begun = Instant::now();
        let mut cpu = self.cpu();
        let matching = ask(0).await?;
        let mut times = vec![begun.elapsed().as_secs_f64() * 1e3];
        if begun.elapsed() < PATIENCE / 2 {
            times.clear();
            cpu = self.cpu();
            while times.len() < runs && begun.elapsed() < PATIENCE {
                let started = Instant::now();
                ask(times.len()).await?;
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
        }
        let cpu = (self.cpu() - cpu) * 1e3 / times.len() as f64;
        times.sort_by(f64::total_cmp);
        Ok(Times { times, cpu, matching })
    }

    /// CPU seconds of both sides.
    fn cpu(&self) -> f64 {
        cpu_seconds() + self.server.cpu_seconds()
    }
}

async fn answer(index: &dyn EventIndex, ask: Ask, filter: Filter) -> Result<u64, Failure> {
    match ask {
        Ask::Page(most) => page(index, filter, most).await,
        Ask::Count => Ok(index.count(&filter).await?),
        Ask::Facets => Ok(index.facets(&filter, &FACETS, 200).await?.len() as u64),
        Ask::Timeline => Ok(index.timeline(&filter, Some(BucketSize::Hour)).await?.buckets.len() as u64),
    }
}

/// So many of the newest; more than one page holds by several.
async fn page(index: &dyn EventIndex, filter: Filter, most: usize) -> Result<u64, Failure> {
    let mut query = Query { filter, limit: most.min(Query::MOST), ..Query::default() };
    let mut given = 0;
    loop {
        let hits = index.search(&query).await?;
        given += hits.items.len();
        query.after = hits.next;
        if given >= most || query.after.is_none() {
            return Ok(given as u64);
        }
    }
}

/// How long the answers took, in milliseconds.
struct Times {
    /// Sorted.
    times: Vec<f64>,
    /// CPU of both sides for one answer.
    cpu: f64,
    matching: u64,
}

impl Times {
    fn median(&self) -> f64 {
        self.times[self.times.len() / 2]
    }

    fn p95(&self) -> f64 {
        self.times[self.times.len() * 95 / 100]
    }
}

fn print_header() {
    println!(
        "{:<40}|{:>9}{:>9}{:>8} |{:>9}{:>9}{:>8} |{:>10}{:>8}{:>3} |{:>8}{:>8} | answer",
        "milliseconds, warm",
        "segments",
        "p95",
        "CPU",
        "blocks",
        "p95",
        "CPU",
        "original",
        "CPU",
        "n",
        "× segm.",
        "× blocks"
    );
}

fn print(name: &str, segments: &Times, blocks: &Times, original: Option<&Times>) {
    let ours = |times: &Times| format!("{:>9.2}{:>9.2}{:>8.1}", times.median(), times.p95(), times.cpu);
    print!("{name:<40}|{} |{} |", ours(segments), ours(blocks));
    let Some(original) = original else {
        println!(" not asked | {} {}", segments.matching, blocks.matching);
        return;
    };
    let median = original.median();
    println!(
        "{median:>10.1}{:>8.0}{:>3} |{:>8.1}{:>8.1} | {} {} {}",
        original.cpu,
        original.times.len(),
        median / segments.median(),
        median / blocks.median(),
        segments.matching,
        blocks.matching,
        original.matching
    );
}
