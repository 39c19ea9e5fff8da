//! Logs of Microsoft Graph: pages of records, asked for by the time at which things happened.

mod earliest;
mod failures;
mod page;
mod place;
mod source;
mod start;

use std::{sync::Arc, time::Duration};

use aoc_core::{config::Span, prelude::*};
use chrono::TimeDelta;

use self::{failures::Failures, source::GraphSource};
use super::{
    Account, Budget, Hub, Rules, Service,
    checkup::{Examination, LogProbe, Probe},
};

/// A log of Graph: everything in which it differs from the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    /// The path below the base.
    pub(crate) path: &'static str,
    /// The member by which it is filtered; the others answer another one with an error.
    pub(crate) time: &'static str,
    /// Whether it can be sorted by that member.
    pub(crate) sorts: bool,
    /// How many records a page is asked to hold; nothing where that is not documented.
    pub(crate) top: Option<u32>,
    /// A further condition of the filter.
    pub(crate) condition: Option<&'static str>,
    /// Whether a page's link to itself is the end, as this service gives links although nothing follows.
    pub(crate) ends_with_own_link: bool,
    /// What its requests are counted by.
    pub(crate) budget: Budget,
    /// How long its records are kept at most.
    pub(crate) reach: TimeDelta,
    /// How long a tenant without a licence keeps them, where it has any.
    pub(crate) unlicensed: Option<TimeDelta>,
}

impl Endpoint {
    /// The query for what happened between two times, both included.
    fn query(&self, from: Timestamp, until: Timestamp) -> String {
        let (from, until) = (milliseconds(from), milliseconds(until));
        let mut filter = format!("{0} ge {from} and {0} le {until}", self.time);
        if let Some(condition) = self.condition {
            filter.push_str(" and ");
            filter.push_str(condition);
        }
        let mut query = format!("{}?$filter={}", self.path, encode(&filter));
        if self.sorts {
            query.push_str(&format!("&$orderby={}%20asc", self.time));
        }
        if let Some(top) = self.top {
            query.push_str(&format!("&$top={top}"));
        }
        query
    }

    fn rules(&self, overlap: TimeDelta) -> Rules {
        // What is read a last time must not be forgotten by then.
        let settle = overlap.min(self.reach - TimeDelta::days(1));
        Rules { reach: self.reach, settle, long: TimeDelta::days(1) }
    }
}

/// A feed of logs of one tenant, each with the name of its content (empty where there is but one).
pub(crate) struct Logs<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) account: Account,
    pub(crate) logs: Vec<(&'static str, Endpoint)>,
    pub(crate) overlap: Option<Span>,
    /// The application permissions it needs; of each row one is enough.
    pub(crate) permissions: Vec<&'static [&'static str]>,
}

impl Logs<'_> {
    /// Builds the feed. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub(crate) fn feed(self, normalizer: impl Normalizer + 'static) -> Result<Feed> {
        let api = |budget| self.hub.api(&self.account, Service::Graph, budget);
        let source = |(content, endpoint): &(&str, Endpoint)| {
            let source = GraphSource {
                api: api(endpoint.budget)?,
                endpoint: *endpoint,
                tenant: self.account.tenant_id.clone(),
                content: (*content).to_owned(),
                overlap: self.overlap.map_or(OVERLAP, Span::duration),
                failed: Failures::default(),
                strayed: Failures::default(),
            };
            Ok(((*content).to_owned(), Arc::new(source) as Arc<dyn Source>))
        };
        let sources = self.logs.iter().map(source).collect::<Result<_>>()?;
        let probe = |(content, endpoint): &(&str, Endpoint)| {
            let (name, endpoint) = (if content.is_empty() { "log" } else { content }, *endpoint);
            let query = Box::new(move |from, until| endpoint.query(from, until));
            Arc::new(LogProbe { name: name.to_owned(), query }) as Arc<dyn Probe>
        };
        let probes = self.logs.iter().map(probe).collect();
        let budget = self.logs.first().map_or(Budget::Other, |(_, endpoint)| endpoint.budget);
        let (api, account, permissions) = (api(budget)?, self.account.clone(), self.permissions.clone());
        let checkup = Examination { account, api, permissions, probes };
        Ok(Feed::of(sources, normalizer).with_checkup(Arc::new(checkup)))
    }
}

/// How long after its end a window is read a last time, where nothing else is said.
const OVERLAP: Duration = Duration::from_secs(86_400);

/// A time in whole milliseconds, or the next one: not all logs read more digits.
fn milliseconds(time: Timestamp) -> Timestamp {
    let cut = Timestamp::new(time.instant(), 3);
    if cut < time { Timestamp::new(cut.instant() + TimeDelta::milliseconds(1), 3) } else { time }
}

/// Blanks and plus signs of a filter would be read as others.
fn encode(filter: &str) -> String {
    filter.replace('%', "%25").replace('+', "%2B").replace(' ', "%20").replace('#', "%23").replace('&', "%26")
}
