//! Tools about alerts and rules.

use aoc_core::{
    Alert, Result, Severity, Timestamp,
    alert::{ALERT_SERVICE, ALERT_SOURCE, why_not::WhyNot},
    query::Filter,
};
use futures::future::BoxFuture;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Entry, Told, schema_of, schema_of_both};
use crate::{
    auth::Caller,
    mcp::arguments::{Page, read, read_both},
    operations::{
        Operations,
        types::{EventPage, SearchEvents},
    },
};

/// How many pages are looked through for alerts that are asked for.
const MOST_PAGES: usize = 20;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::looking::<AlertPage>(
            "list_alerts",
            "List alerts",
            schema_of_both::<WhichAlerts, Page>(),
            list,
        )
        .saying(
            "Lists the alerts that rules made, newest first, with why, and the keys of the events that made them, which \
             `get_event` takes. A page may have fewer than asked for and still have one behind it.",
        ),
        Entry::looking::<WhyNot>("why_not", "Ask a rule about an event", schema_of::<AskWhyNot>(), why_not).saying(
            "Says what each condition of an alert rule sees in an event, and what else decides: why there is an alert, or none.",
        ),
    ]
}

/// Which alerts.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct WhichAlerts {
    /// At least so bad.
    severity: Option<Severity>,
    /// Of this rule, by its id.
    rule: Option<String>,
    /// Part of the actor's display name or user principal name.
    actor: Option<String>,
    /// Of what happened not before this time.
    start: Option<Timestamp>,
    /// Of what happened before this time.
    end: Option<Timestamp>,
}

impl WhichAlerts {
    fn are(&self, alert: &Alert) -> bool {
        self.severity.is_none_or(|least| alert.severity >= least)
            && self.rule.as_ref().is_none_or(|rule| *rule == alert.rule)
    }

    fn filter(&self) -> Filter {
        Filter {
            service: vec![ALERT_SERVICE.to_owned()],
            source: vec![ALERT_SOURCE.to_owned()],
            actor: self.actor.clone(),
            start: self.start,
            end: self.end,
            ..Filter::default()
        }
    }
}

/// A page of alerts.
#[derive(Serialize, JsonSchema)]
struct AlertPage {
    /// The alerts, newest first.
    items: Vec<ListedAlert>,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
}

/// An alert, and who did what it is about.
#[derive(Serialize, JsonSchema)]
struct ListedAlert {
    /// The key of the alert, which is an event itself.
    dedupe_key: String,
    /// When it happened.
    timestamp: Timestamp,
    /// The tenant.
    tenant: String,
    /// Who did it.
    actor_display: Option<String>,
    /// Who did it, by user principal name.
    actor_upn: Option<String>,
    /// What it was done to.
    target_displays: Vec<String>,
    /// What happened.
    display_summary: String,
    /// The alert.
    alert: Alert,
}

fn list<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let (which, page) = read_both::<WhichAlerts, Page>(given)?;
        page.check()?;
        let cursor = page.cursor.as_deref().map(str::parse).transpose()?;
        let mut request =
            SearchEvents { filter: which.filter(), page_size: page.page_size, cursor, raw: true };
        for _ in 0..MOST_PAGES {
            let found = operations.search(caller, request.clone()).await?;
            let page = alerts_of(found, &which);
            let count = page.items.len();
            if count == 0 && page.next_cursor.is_some() {
                request.cursor = page.next_cursor.as_deref().map(str::parse).transpose()?;
                continue;
            }
            let told = told(&page);
            if request.page_size == 1 || told.as_ref().is_ok_and(|told| told.shows_all("items", count)) {
                return told;
            }
            request.page_size /= 2;
        }
        told(&AlertPage { items: Vec::new(), next_cursor: request.cursor.map(|mark| mark.to_string()) })
    })
}

fn told(page: &AlertPage) -> Result<Told> {
    let end = if page.next_cursor.is_some() { "; `next_cursor` leads on" } else { "; there are no more" };
    Told::new(format!("{} alerts{end}.", page.items.len()), page)
}

/// Those of a page that are alerts and asked for: changes of rules stand among them.
fn alerts_of(found: EventPage, which: &WhichAlerts) -> AlertPage {
    let events = found.items.into_iter().map(|listed| listed.event);
    let listed = events.filter_map(|event| {
        let alert = Alert::of(&event).filter(|alert| which.are(alert))?;
        Some(ListedAlert {
            dedupe_key: event.dedupe_key.to_string(),
            timestamp: event.timestamp,
            tenant: event.tenant,
            actor_display: event.actor_display,
            actor_upn: event.actor_upn,
            target_displays: event.target_displays,
            display_summary: event.display_summary,
            alert,
        })
    });
    AlertPage { items: listed.collect(), next_cursor: found.next_cursor }
}

/// A rule and an event.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskWhyNot {
    /// The id of the rule, as alerts carry it in `rule`.
    rule: String,
    /// The `id` or the `dedupe_key` of the event.
    event_id: String,
}

fn why_not<'a>(
    operations: &'a Operations,
    caller: &'a Caller,
    given: JsonObject,
) -> BoxFuture<'a, Result<Told>> {
    Box::pin(async move {
        let AskWhyNot { rule, event_id } = read(given)?;
        let answer = operations.why_not(caller, &rule, &event_id).await?;
        let sentence = if answer.matches {
            "The rule looks for this event."
        } else {
            "The rule does not look for this event."
        };
        Told::new(sentence, &answer)
    })
}
