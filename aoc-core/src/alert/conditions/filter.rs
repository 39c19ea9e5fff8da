//! A filter that is asked about every event.

use super::{quoted, saw};
use crate::{
    Filter, Outcome,
    alert::{
        detect::{Step, View},
        glob::Glob,
    },
    fold,
};

/// A filter, folded once. It means what [`Filter::matches`] means, but for tags.
pub(super) struct FilterTest {
    filter: Filter,
    service: Vec<String>,
    source: Vec<String>,
    tenant: Vec<String>,
    names: Vec<String>,
    patterns: Vec<Glob>,
    actor: String,
}

impl FilterTest {
    pub(super) fn of(filter: &Filter) -> Self {
        let (patterns, names): (Vec<String>, Vec<String>) =
            folded(&filter.operation).into_iter().partition(|name| name.contains('*'));
        Self {
            service: folded(&filter.service),
            source: folded(&filter.source),
            tenant: folded(&filter.tenant),
            names,
            patterns: patterns.iter().map(|pattern| Glob::stars(pattern)).collect(),
            actor: filter.actor.as_deref().map(fold).unwrap_or_default().into_owned(),
            filter: filter.clone(),
        }
    }

    pub(super) fn matches(&self, view: &View<'_>) -> bool {
        let event = view.event;
        self.is_operation(view)
            && one_of(&self.service, view.service())
            && (self.filter.result.is_empty() || self.filter.result.contains(&event.result))
            && one_of_folded(&self.source, &event.source)
            && one_of_folded(&self.tenant, &event.tenant)
            && self.is_in_time(view)
            && self.is_actor(view)
            && self.filter.search.matches(event)
    }

    fn is_operation(&self, view: &View<'_>) -> bool {
        self.filter.operation.is_empty()
            || self.names.iter().any(|name| name == view.operation())
            || self.patterns.iter().any(|pattern| pattern.matches(view.operation()))
    }

    fn is_in_time(&self, view: &View<'_>) -> bool {
        let time = view.event.timestamp.ticks();
        self.filter.start.is_none_or(|start| start.ticks() <= time)
            && self.filter.end.is_none_or(|end| time < end.ticks())
    }

    fn is_actor(&self, view: &View<'_>) -> bool {
        let names = [&view.event.actor_display, &view.event.actor_upn];
        self.actor.is_empty() || names.into_iter().flatten().any(|name| fold(name).contains(&self.actor))
    }

    /// A step for each member that restricts.
    pub(super) fn explain(&self, view: &View<'_>) -> Vec<Step> {
        let (filter, event) = (&self.filter, view.event);
        let mut steps = Vec::new();
        let mut list = |name: &str, asked: &[String], holds: bool, has: &str| {
            if !asked.is_empty() {
                steps.push(Step::leaf(format!("{name} is {}", one_or_more(asked)), holds, saw([has])));
            }
        };
        let results: Vec<String> = filter.result.iter().map(|result| result.as_str().to_owned()).collect();
        list("service", &filter.service, one_of(&self.service, view.service()), &event.service);
        list("operation", &filter.operation, self.is_operation(view), &event.operation);
        list("result", &results, filter.result.contains(&event.result), Outcome::as_str(event.result));
        list("source", &filter.source, one_of_folded(&self.source, &event.source), &event.source);
        list("tenant", &filter.tenant, one_of_folded(&self.tenant, &event.tenant), &event.tenant);
        steps.extend(self.explain_others(view));
        steps
    }

    fn explain_others(&self, view: &View<'_>) -> Vec<Step> {
        let (filter, event) = (&self.filter, view.event);
        let mut steps = Vec::new();
        if !self.actor.is_empty() {
            let names = [&event.actor_display, &event.actor_upn].into_iter().flatten();
            let condition = format!("actor contains {}", quoted(&[&self.actor]));
            steps.push(Step::leaf(condition, self.is_actor(view), saw(names)));
        }
        if filter.start.is_some() || filter.end.is_some() {
            let edge = |word: &str, time: Option<crate::Timestamp>| {
                time.map(|time| format!(" {word} {time}")).unwrap_or_default()
            };
            let condition = format!("time is{}{}", edge("from", filter.start), edge("before", filter.end));
            steps.push(Step::leaf(condition, self.is_in_time(view), saw([event.timestamp.to_string()])));
        }
        if !filter.search.is_empty() {
            let condition = format!("search finds {}", quoted(&[filter.search.as_str()]));
            steps.push(Step::leaf(condition, filter.search.matches(event), Vec::new()));
        }
        steps
    }
}

fn folded(names: &[String]) -> Vec<String> {
    names.iter().map(|name| fold(name).into_owned()).collect()
}

fn one_of(asked: &[String], folded: &str) -> bool {
    asked.is_empty() || asked.iter().any(|name| name == folded)
}

fn one_of_folded(asked: &[String], name: &str) -> bool {
    asked.is_empty() || one_of(asked, &fold(name))
}

fn one_or_more(asked: &[String]) -> String {
    if asked.len() == 1 { quoted(asked) } else { format!("one of {}", quoted(asked)) }
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::testkit::events::Generator;

    #[test]
    fn a_folded_filter_means_what_filters_mean() {
        let mut generator = Generator::new(11);
        let events = generator.events(300);
        let mut found = 0;
        for _ in 0..500 {
            let mut filter = generator.filter(&events);
            (filter.include_tags, filter.exclude_tags) = Default::default();
            let test = FilterTest::of(&filter);
            for event in &events {
                let expected = filter.matches(event);
                found += usize::from(expected);
                assert_eq!(test.matches(&View::plain(event)), expected, "{filter:?} {event:?}");
                assert_eq!(test.explain(&View::plain(event)).iter().all(|step| step.holds), expected);
            }
        }
        assert!(found > 100, "{found}");
    }
}
