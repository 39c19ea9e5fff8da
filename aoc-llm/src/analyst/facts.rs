//! What the store says about a plan: counts over all of its events, and some events one by one.

use std::collections::{HashMap, HashSet};

use aoc_core::{
    Event, EventIndex, Filter, Outcome, Result,
    alert::{ALERT_SERVICE, AUDIT_SERVICE},
    query::{Counted, Facet, Timeline},
};

use super::{
    Group, Intent, Order, Plan,
    answer::Counts,
    catalogue::{ADMINISTRATIVE, ENTRA},
    oldest::{newest, oldest},
    sample::Strata,
};

/// How many values of a facet are asked for, to know which are rare.
const VALUES: usize = 500;
/// How many values of a facet an answer names.
const NAMED: usize = 50;
/// An operation is rare that makes up no more than one of so many events.
const RARE: u64 = 50;
/// How many rare operations are searched for.
const RARE_NAMES: usize = 20;
/// How many events are read to count what no index counts.
const READ: usize = 5_000;
/// How many groups are searched for, to have an event that stands for them.
const SHOWN: usize = 20;
/// How many events are read to find one from before.
const EARLIER: usize = 50;

/// What the store says.
pub(super) struct Facts {
    pub(super) counts: Counts,
    /// AOC's own services whose events were left out.
    pub(super) own: Vec<Counted>,
    /// The events that are looked at, oldest first.
    pub(super) events: Vec<Event>,
    /// How many others there are.
    pub(super) left_out: u64,
    /// The values that `who` and `which` ask for, with how many events were read to count them, if not all.
    pub(super) groups: (Vec<Counted>, Option<u64>),
    /// Events that stand for groups which the others do not hold.
    pub(super) examples: Vec<Event>,
    /// Where no event matches: the last one before that would.
    pub(super) before: Option<Event>,
    /// The events along time, for `when`.
    pub(super) timeline: Option<Timeline>,
}

/// Asks the index about a plan; `most` events are looked at one by one.
pub(super) async fn gather(index: &dyn EventIndex, plan: &Plan, most: usize) -> Result<Facts> {
    let mut filter = plan.whole_filter();
    let mut counts = counted(index, &filter).await?;
    let own = own_of(plan, &counts);
    if !own.is_empty() {
        let others = counts.service.iter().map(|one| one.value.clone());
        filter.service = others.filter(|service| own.iter().all(|one| one.value != *service)).collect();
        counts = if filter.service.is_empty() { Counts::default() } else { counted(index, &filter).await? };
    }
    let total = counts.total;
    let events = match total {
        0 => Vec::new(),
        _ => events(index, (plan, &filter), &counts, most).await?,
    };
    let groups = if total > 0 { groups(index, (plan, &filter), total).await? } else { (Vec::new(), None) };
    let examples = examples(index, (plan, &filter), &groups.0, &events).await?;
    let before = if total == 0 { before(index, plan).await? } else { None };
    let timeline = match plan.intent {
        Intent::When if total > 0 => Some(index.timeline(&filter, None).await?),
        _ => None,
    };
    for list in [&mut counts.service, &mut counts.operation, &mut counts.actor] {
        list.truncate(NAMED);
    }
    let left_out = total.saturating_sub(events.len() as u64);
    Ok(Facts { counts, own, events, left_out, groups, examples, before, timeline })
}

async fn counted(index: &dyn EventIndex, filter: &Filter) -> Result<Counts> {
    let facets = [Facet::Service, Facet::Operation, Facet::Result, Facet::Actor];
    let mut lists = index.facets(filter, &facets, VALUES).await?.into_iter();
    let total = index.count(filter).await?;
    let mut list = || lists.next().unwrap_or_default();
    Ok(Counts { total, service: list(), operation: list(), result: list(), actor: list() })
}

/// AOC's own services whose events are left out, with how many these are. A question about somebody becomes an event that names
/// them, and must not be found by the next one; an alert about a deed is not the deed. They are there where a plan names their
/// service, or finds nothing but them by its operations.
fn own_of(plan: &Plan, counts: &Counts) -> Vec<Counted> {
    let is_deed = !plan.filter.operation.is_empty();
    let is_own = |one: &&Counted| one.value == AUDIT_SERVICE || (is_deed && one.value == ALERT_SERVICE);
    let own: Vec<Counted> = counts.service.iter().filter(is_own).cloned().collect();
    let is_all = is_deed && own.iter().map(|one| one.count).sum::<u64>() == counts.total;
    if is_all || !plan.filter.service.is_empty() { Vec::new() } else { own }
}

/// The last event before the time of a plan that finds nothing.
async fn before(index: &dyn EventIndex, plan: &Plan) -> Result<Option<Event>> {
    if plan.range.start.is_none() {
        return Ok(None);
    }
    let earlier = Filter { start: None, ..plan.whole_filter() };
    let is_named = !plan.filter.service.is_empty();
    let found = newest(index, &earlier, if is_named { 1 } else { EARLIER }).await?;
    Ok(found.into_iter().find(|event| is_named || event.service != AUDIT_SERVICE))
}

async fn events(
    index: &dyn EventIndex,
    (plan, filter): (&Plan, &Filter),
    counts: &Counts,
    most: usize,
) -> Result<Vec<Event>> {
    let ordered = |mut events: Vec<Event>| {
        events.reverse();
        events
    };
    match (plan.intent, plan.order) {
        _ if counts.total <= most as u64 => newest(index, filter, most).await.map(ordered),
        (Intent::First, _) => oldest(index, filter, plan.limit.min(most)).await,
        (Intent::Last, _) => newest(index, filter, plan.limit.min(most)).await.map(ordered),
        _ => Ok(strata(index, (plan, filter), counts, most).await?.choose(most)),
    }
}

async fn strata(
    index: &dyn EventIndex,
    (plan, filter): (&Plan, &Filter),
    counts: &Counts,
    most: usize,
) -> Result<Strata> {
    let mut strata = Strata::default();
    let failures = Filter { result: vec![Outcome::Failure], ..filter.clone() };
    if counts.of(Outcome::Failure) > 0 {
        strata.failures = newest(index, &failures, most).await?;
    }
    let is_admin =
        |one: &&Counted| ENTRA.contains(&one.value.as_str()) || ADMINISTRATIVE.contains(&one.value.as_str());
    let service: Vec<String> = counts.service.iter().filter(is_admin).map(|one| one.value.clone()).collect();
    if !service.is_empty() {
        strata.admin = newest(index, &Filter { service, ..filter.clone() }, most).await?;
    }
    let operation = rare(counts);
    if !operation.is_empty() {
        strata.rare = newest(index, &Filter { operation, ..filter.clone() }, most).await?;
    }
    strata.rest = match plan.order {
        Order::Newest => newest(index, filter, most).await?,
        Order::Oldest => oldest(index, filter, most).await?,
    };
    Ok(strata)
}

/// The rarest operations; patterns are none.
fn rare(counts: &Counts) -> Vec<String> {
    let is_rare = |one: &&Counted| one.count.saturating_mul(RARE) <= counts.total && !one.value.contains('*');
    counts.operation.iter().rev().filter(is_rare).take(RARE_NAMES).map(|one| one.value.clone()).collect()
}

async fn groups(
    index: &dyn EventIndex,
    (plan, filter): (&Plan, &Filter),
    total: u64,
) -> Result<(Vec<Counted>, Option<u64>)> {
    let group = match plan.intent {
        Intent::Who => Group::Actor,
        Intent::Which => plan.group_by.unwrap_or(Group::Operation),
        Intent::Count if plan.group_by.is_some() => plan.group_by.unwrap_or(Group::Operation),
        _ => return Ok((Vec::new(), None)),
    };
    if total == 0 {
        return Ok((Vec::new(), None));
    }
    if let Some(facet) = group.facet() {
        let counted = index.facets(filter, &[facet], plan.limit).await?;
        return Ok((counted.into_iter().next().unwrap_or_default(), None));
    }
    let events = newest(index, filter, READ).await?;
    let mut count: HashMap<String, u64> = HashMap::new();
    // What was searched for is known.
    let is_searched =
        |value: &String| plan.filter.search.parts().iter().any(|part| *part == aoc_core::fold(value));
    for value in events.iter().flat_map(|event| group.values(event)).filter(|value| !is_searched(value)) {
        *count.entry(value).or_default() += 1;
    }
    let mut counted: Vec<_> = count.into_iter().map(|(value, count)| Counted { value, count }).collect();
    counted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counted.truncate(plan.limit);
    let read = events.len() as u64;
    Ok((counted, Some(read).filter(|read| *read < total)))
}

/// An event for each of the first groups that no event stands for yet.
async fn examples(
    index: &dyn EventIndex,
    (plan, filter): (&Plan, &Filter),
    groups: &[Counted],
    events: &[Event],
) -> Result<Vec<Event>> {
    let group = plan.group_by.unwrap_or(Group::Actor);
    let known: HashSet<String> = events.iter().flat_map(|event| group.values(event)).collect();
    let mut found = Vec::new();
    for one in groups.iter().take(SHOWN).filter(|one| !known.contains(&one.value)) {
        let Some(within) = narrowed(filter, group, &one.value) else { continue };
        let is = |event: &Event| filter.matches(event) && group.values(event).contains(&one.value);
        found.extend(newest(index, &within, 5).await?.into_iter().find(is));
    }
    Ok(found)
}

/// The filter for one group only.
fn narrowed(filter: &Filter, group: Group, value: &str) -> Option<Filter> {
    let one = || vec![value.to_owned()];
    let filter = filter.clone();
    Some(match group {
        Group::Service => Filter { service: one(), ..filter },
        Group::Operation if !value.contains('*') => Filter { operation: one(), ..filter },
        Group::Actor => Filter { actor: Some(value.to_owned()), ..filter },
        Group::Source => Filter { source: one(), ..filter },
        Group::Tenant => Filter { tenant: one(), ..filter },
        _ => return None,
    })
}
