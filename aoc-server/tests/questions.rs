//! The question set: what administrators ask over the invented tenant, the plans that are right, and the events that
//! answer. Which events are meant is told by each question's own data, not by the reader of questions.

#![allow(clippy::unwrap_used, reason = "tests end there")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aoc_core::{
    Event, EventIndex, EventLog, MemoryStore, Outcome, Pipeline, Query, SearchText, Timestamp,
    query::{Facet, Filter},
};
use aoc_llm::analyst::{Group, Intent, Order, Plan, Vocabulary, plan};
use aoc_server::demo::{feed, tenant};
use chrono::{FixedOffset, NaiveDateTime};
use serde::Deserialize;

#[path = "questions/real.rs"]
mod real;

const NOW: &str = "2026-11-20T11:30:00Z";
const WEEKS: u32 = 6;
/// The share of plans that must be right, in percent.
const RIGHT: usize = 95;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    ask: String,
    intent: Intent,
    /// Local times; an empty start is as far back as there are events.
    range: [String; 2],
    /// Empty: nobody.
    actor: Option<String>,
    search: Option<Vec<String>>,
    service: Option<Vec<String>>,
    result: Option<Vec<Outcome>>,
    group_by: Option<Group>,
    limit: Option<usize>,
    order: Option<Order>,
    note: Option<String>,
    events: Option<Meant>,
    #[serde(default = "all")]
    precision: f64,
    #[serde(default = "all")]
    recall: f64,
}

fn all() -> f64 {
    1.0
}

/// Which events answer a question, beside its range.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Meant {
    operation: Vec<String>,
    service: Vec<String>,
    not_service: Vec<String>,
    result: Vec<Outcome>,
    actor: String,
    says: Vec<String>,
}

impl Meant {
    fn is(&self, event: &Event, text: &str) -> bool {
        let named = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => event.operation.starts_with(start),
            None => event.operation == *pattern,
        };
        let actor = format!("{:?} {:?}", event.actor_display, event.actor_upn).to_lowercase();
        (self.operation.is_empty() || self.operation.iter().any(named))
            && (self.service.is_empty() || self.service.contains(&event.service))
            && !self.not_service.contains(&event.service)
            && (self.result.is_empty() || self.result.contains(&event.result))
            && actor.contains(&self.actor.to_lowercase())
            && self.says.iter().all(|said| text.contains(&said.to_lowercase()))
    }
}

impl Question {
    fn range(&self) -> (Option<Timestamp>, Timestamp) {
        let time = |text: &str| {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
            Timestamp::from(local.and_local_timezone(vienna()).unwrap().to_utc())
        };
        let [start, end] = &self.range;
        ((!start.is_empty()).then(|| time(start)), time(end))
    }

    /// What is wrong with the plan.
    fn wrong(&self, plan: &Plan) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |name: &str, is_right: bool, got: String| {
            if !is_right {
                wrong.push(format!("{name} is {got}"));
            }
        };
        let stated = |list: &Option<Vec<String>>, got: &[String]| {
            list.as_ref().is_none_or(|list| sorted(list) == sorted(got))
        };
        let (filter, got) = (&plan.filter, plan.range.clone());
        expect("intent", plan.intent == self.intent, format!("{:?}", plan.intent));
        expect("range", (got.start, got.end) == self.range(), format!("{:?}..{}", got.start, got.end));
        let actor = filter.actor.clone().unwrap_or_default();
        expect("actor", self.actor.as_ref().is_none_or(|wanted| *wanted == actor), actor);
        let parts = filter.search.parts().to_vec();
        expect("search", stated(&self.search, &parts), format!("{parts:?}"));
        expect("service", stated(&self.service, &filter.service), format!("{:?}", filter.service));
        let result = self.result.as_ref().is_none_or(|wanted| *wanted == filter.result);
        expect("result", result, format!("{:?}", filter.result));
        let group = self.group_by.is_none_or(|wanted| plan.group_by == Some(wanted));
        expect("group_by", group, format!("{:?}", plan.group_by));
        expect("limit", self.limit.is_none_or(|wanted| wanted == plan.limit), plan.limit.to_string());
        expect("order", self.order.is_none_or(|wanted| wanted == plan.order), format!("{:?}", plan.order));
        let noted = self.note.as_ref().is_none_or(|note| plan.notes.iter().any(|other| other.contains(note)));
        expect("notes", noted, format!("{:?}", plan.notes));
        wrong
    }
}

fn sorted(list: &[String]) -> BTreeSet<String> {
    list.iter().map(|text| text.to_lowercase()).collect()
}

fn vienna() -> FixedOffset {
    FixedOffset::east_opt(3600).unwrap()
}

fn questions() -> Vec<Question> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/questions");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path| toml::from_str::<Set>(&fs::read_to_string(path).unwrap()).unwrap().question;
    paths.into_iter().flat_map(read).collect()
}

async fn contoso() -> MemoryStore {
    let store = MemoryStore::new();
    let records = tenant::records(Timestamp::parse(NOW).unwrap().instant(), WEEKS);
    let running = Pipeline::new(store.clone()).source("contoso", feed(records).unwrap()).start();
    running.fetch_now("contoso").await.unwrap();
    running.stop().await.unwrap();
    store
}

/// What a caller knows of the store: its facets.
async fn vocabulary(store: &MemoryStore) -> Vocabulary {
    let facets = [Facet::Service, Facet::Operation, Facet::Actor];
    let found = store.facets(&Filter::default(), &facets, 200).await.unwrap();
    let mut names = found.into_iter().map(|values| values.into_iter().map(|one| one.value).collect());
    let mut next = || names.next().unwrap();
    Vocabulary { services: next(), operations: next(), actors: next() }
}

async fn every_event(store: &MemoryStore) -> Vec<(Event, String)> {
    let mut events = Vec::new();
    let mut after = aoc_core::Position::default();
    loop {
        let page = store.read_after(after, 5_000).await.unwrap();
        let Some(last) = page.last() else { return events };
        after = last.position;
        events.extend(page.into_iter().map(|stored| {
            let text = serde_json::to_string(&stored.event).unwrap().to_lowercase();
            (stored.event, text)
        }));
    }
}

async fn found(store: &MemoryStore, plan: &Plan) -> BTreeSet<String> {
    let mut query = Query { filter: plan.whole_filter(), limit: Query::MOST, after: None };
    let mut ids = BTreeSet::new();
    loop {
        let hits = store.search(&query).await.unwrap();
        ids.extend(hits.items.into_iter().map(|stored| stored.event.dedupe_key.to_string()));
        query.after = hits.next;
        if query.after.is_none() {
            return ids;
        }
    }
}

/// What is wrong with what was found.
fn compare(
    question: &Question,
    meant: &Meant,
    found: &BTreeSet<String>,
    events: &[(Event, String)],
) -> Vec<String> {
    let (start, end) = question.range();
    let wanted: BTreeSet<String> = events
        .iter()
        .filter(|(event, _)| start.is_none_or(|start| event.timestamp >= start) && event.timestamp < end)
        .filter(|(event, text)| meant.is(event, text))
        .map(|(event, _)| event.dedupe_key.to_string())
        .collect();
    let both = found.intersection(&wanted).count();
    let share = |of: usize| if of == 0 { 1.0 } else { both as f64 / of as f64 };
    let (recall, precision) = (share(wanted.len()), share(found.len()));
    let numbers = format!("{both} of {} meant, {} found", wanted.len(), found.len());
    let mut wrong = Vec::new();
    if recall < question.recall {
        wrong.push(format!("recall {recall:.2} ({numbers})"));
    }
    if precision < question.precision {
        wrong.push(format!("precision {precision:.2} ({numbers})"));
    }
    wrong
}

#[tokio::test]
async fn questions_of_administrators_become_the_right_plans_and_find_the_right_events() {
    let store = contoso().await;
    let (known, events, questions) = (vocabulary(&store).await, every_event(&store).await, questions());
    assert!(questions.len() >= 240);
    let now = Timestamp::parse(NOW).unwrap();
    let (mut misses, mut wrong_plans, mut with_events, mut wrong_events, mut answered) =
        (Vec::new(), 0, 0, 0, 0);
    for question in &questions {
        let plan = plan(&question.ask, now, vienna(), &known);
        plan.check().unwrap();
        let mut wrong = question.wrong(&plan);
        wrong_plans += usize::from(!wrong.is_empty());
        if let Some(meant) = &question.events {
            let found = found(&store, &plan).await;
            answered += usize::from(!found.is_empty());
            let off = compare(question, meant, &found, &events);
            with_events += 1;
            wrong_events += usize::from(!off.is_empty());
            wrong.extend(off);
        }
        if !wrong.is_empty() {
            misses.push(format!("{:?}\n    {}\n    {:?}", question.ask, wrong.join("; "), plan.filter));
        }
    }
    let right = questions.len() - wrong_plans;
    println!("{right} of {} plans are right", questions.len());
    println!("{} of {with_events} find the right events, {answered} find any", with_events - wrong_events);
    println!("{}", misses.join("\n"));
    assert!(right * 100 >= questions.len() * RIGHT, "too few plans are right:\n{}", misses.join("\n"));
    assert!(
        (with_events - wrong_events) * 100 >= with_events * RIGHT,
        "too few events:\n{}",
        misses.join("\n")
    );
}

#[tokio::test]
async fn most_people_of_the_tenant_are_found_without_knowing_its_names() {
    let (store, now) = (contoso().await, Timestamp::parse(NOW).unwrap());
    let plan = plan("What did Carla Valadares do this week?", now, vienna(), &Vocabulary::default());
    let hits = store.search(&Query { filter: plan.whole_filter(), ..Query::new() }).await.unwrap();
    assert!(hits.total > 0 && plan.filter.search == SearchText::default(), "{plan:?}");
}
