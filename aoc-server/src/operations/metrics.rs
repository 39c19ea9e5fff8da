//! The same figures for Prometheus, in its text form.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use aoc_core::{
    Result, Timestamp,
    ledger::{Proof, Stream},
    pipeline::{DELAY_BOUNDS, Histogram, Leadership, State},
    query::{Counted, Facet, Filter},
    store::Position,
};

use super::{
    Operations,
    gaps::Proofs,
    status::{report, soon},
    types::{FollowerReport, SourceHealth, SourceReport},
};
use crate::auth::{Caller, Permission};

impl Operations {
    /// All figures as the text form of Prometheus. Where the store does not answer soon, those that this process knows
    /// by itself.
    ///
    /// # Errors
    /// [`Forbidden`](aoc_core::ErrorKind::Forbidden) when the caller may not.
    pub async fn metrics(&self, caller: &Caller) -> Result<String> {
        caller.require(Permission::Read)?;
        let stored = soon(self.stored()).await;
        if let Err(error) = &stored {
            tracing::warn!(error = error.chain(), "figures of the store are left out");
        }
        let stored = stored.ok();
        let mut page = Page::default();
        page.family("aoc_build_info", "gauge", "Version of this program.");
        page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.family("aoc_store_up", "gauge", "Whether the store answers.");
        page.sample(&[], u64::from(stored.is_some()));
        let health = match &stored {
            Some(stored) => {
                stored.write(&mut page);
                stored.health.clone()
            }
            None => self
                .status()
                .await
                .map_or_else(SourceHealth::default, |status| report(status, None, &Proofs::default())),
        };
        if let Some(started) = health.started_at {
            page.family("aoc_start_time_seconds", "gauge", "When the loops were started.");
            page.sample(&[], seconds(started));
        }
        health.leadership.iter().for_each(|leadership| leader(&mut page, leadership));
        sources(&mut page, &health.sources);
        delays(&mut page, &health.sources);
        if let Some(stored) = &stored {
            ledger(&mut page, &stored.proofs);
        }
        followers(&mut page, &health.followers, stored.is_some());
        page.family(
            "aoc_webhook_notifications_total",
            "counter",
            "Notifications from outside, by what they did.",
        );
        for (outcome, count) in self.webhook.counts() {
            page.sample(&[("outcome", outcome)], count);
        }
        Ok(page.text)
    }

    /// What only the store can say.
    async fn stored(&self) -> Result<Stored> {
        let (head, indexed) = tokio::try_join!(self.store.head(), self.index.position())?;
        let services = self.index.facets(&Filter::default(), &[Facet::Service], 1_000).await?;
        let services = services.into_iter().flatten().collect();
        let health = self.source_health(&Caller::local()).await?;
        Ok(Stored { head, indexed, services, proofs: self.proofs().await?, health })
    }
}

/// Figures of the store.
struct Stored {
    head: Position,
    indexed: Position,
    services: Vec<Counted>,
    proofs: Arc<Proofs>,
    health: SourceHealth,
}

impl Stored {
    fn write(&self, page: &mut Page) {
        page.family("aoc_log_position", "gauge", "Position of the last event in the log.");
        page.sample(&[], self.head.0);
        page.family("aoc_index_position", "gauge", "Position up to which the index has read.");
        page.sample(&[], self.indexed.0);
        page.family("aoc_events", "gauge", "Events in the store by service.");
        for counted in &self.services {
            page.sample(&[("service", &counted.value)], counted.count);
        }
    }
}

fn leader(page: &mut Page, Leadership { leads, leader }: &Leadership) {
    page.family("aoc_leads", "gauge", "Whether this process collects.");
    page.sample(&[], u64::from(*leads));
    if let Some(leader) = leader {
        page.family("aoc_leader_token", "gauge", "Grows with every change of the lead.");
        page.sample(&[], leader.token);
    }
}

fn sources(page: &mut Page, sources: &[SourceReport]) {
    page.family(
        "aoc_source_up",
        "gauge",
        "Whether the last fetch went well; only where this process collects.",
    );
    for source in sources.iter().filter(|source| source.state != State::Standby) {
        page.sample(&[("source", &source.name)], u64::from(source.state == State::Ok));
    }
    page.family("aoc_source_records_total", "counter", "Records since the start, by what became of them.");
    for source in sources {
        let counts = source.counts;
        for (outcome, count) in [
            ("new", counts.new),
            ("revised", counts.revised),
            ("duplicate", counts.duplicates),
            ("unreadable", counts.unreadable),
        ] {
            page.sample(&[("source", &source.name), ("outcome", outcome)], count);
        }
    }
    page.family("aoc_source_last_success_seconds", "gauge", "When the source was last caught up.");
    for (source, time) in sources.iter().filter_map(|source| Some((source, source.last_success?))) {
        page.sample(&[("source", &source.name)], seconds(time));
    }
    page.family("aoc_source_watermark_seconds", "gauge", "The latest time of an event of the source.");
    for (source, time) in sources.iter().filter_map(|source| Some((source, source.watermark?))) {
        page.sample(&[("source", &source.name)], seconds(time));
    }
}

fn delays(page: &mut Page, sources: &[SourceReport]) {
    let mut all: BTreeMap<(&str, &str), Histogram> = BTreeMap::new();
    for (service, delays) in sources.iter().flat_map(|source| &source.delays) {
        for (part, histogram) in [("vendor", &delays.vendor), ("ours", &delays.ours)] {
            let sum = all.entry((service, part)).or_default();
            sum.seconds += histogram.seconds;
            sum.buckets.iter_mut().zip(histogram.buckets).for_each(|(sum, count)| *sum += count);
        }
    }
    let help = "From an event to its being available (vendor), and from there to the log (ours).";
    page.family("aoc_event_delay_seconds", "histogram", help);
    for ((service, part), histogram) in all {
        let labels = [("service", service), ("part", part)];
        let mut count = 0;
        let bounds = DELAY_BOUNDS.map(|bound| bound.to_string());
        let ends = bounds.iter().map(String::as_str).chain(["+Inf"]);
        for (end, bucket) in ends.zip(histogram.buckets) {
            count += bucket;
            page.part("_bucket", &[labels[0], labels[1], ("le", end)], count);
        }
        page.part("_sum", &labels, histogram.seconds);
        page.part("_count", &labels, count);
    }
}

fn ledger(page: &mut Page, proofs: &Proofs) {
    type Figure = fn(&Proof) -> Option<u64>;
    let families: [(&str, &str, Figure); 3] = [
        ("aoc_ledger_gaps", "Losses and holes that the ledger knows of.", |proof| Some(proof.serious_gaps())),
        ("aoc_ledger_complete_until_seconds", "Until when all is stored without a gap.", |proof| {
            proof.complete_until.map(seconds)
        }),
        ("aoc_ledger_sealed_until_seconds", "Until when all is sealed without a gap.", |proof| {
            proof.sealed_until.map(seconds)
        }),
    ];
    for (name, help, figure) in families {
        page.family(name, "gauge", help);
        for (Stream { source, tenant, content }, proof) in &proofs.streams {
            if let Some(value) = figure(proof) {
                page.sample(&[("source", source), ("tenant", tenant), ("content", content)], value);
            }
        }
    }
    page.family("aoc_ledger_unreadable_notes", "gauge", "Notes of the ledger that cannot be read.");
    page.sample(&[], proofs.unreadable as u64);
}

/// How a follower is doing is told only by who runs it: what stands by must not look like a failure.
fn followers(page: &mut Page, followers: &[FollowerReport], is_known: bool) {
    type Figure = fn(&FollowerReport) -> Option<u64>;
    let families: [(&str, &str, &str, Figure); 5] = [
        ("aoc_follower_up", "gauge", "Whether the last step went well; only where it runs.", |f| {
            (f.state != State::Standby).then_some(u64::from(f.state == State::Ok))
        }),
        (
            "aoc_follower_behind",
            "gauge",
            "Positions of the log not handed on yet; only where it runs.",
            |f| (f.state != State::Standby).then_some(f.behind),
        ),
        ("aoc_follower_delivered_total", "counter", "Events handed on since the start.", |f| {
            Some(f.delivered)
        }),
        ("aoc_follower_rejected_total", "counter", "Events refused for good since the start.", |f| {
            Some(f.rejected)
        }),
        (
            "aoc_follower_set_aside",
            "gauge",
            "Events refused and not delivered since; only where it runs.",
            |f| (f.state != State::Standby).then_some(f.set_aside),
        ),
    ];
    for (name, kind, help, figure) in families {
        if name == "aoc_follower_behind" && !is_known {
            continue;
        }
        page.family(name, kind, help);
        for follower in followers {
            if let Some(value) = figure(follower) {
                page.sample(&[("follower", &follower.name)], value);
            }
        }
    }
}

fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.instant().timestamp()).unwrap_or(0)
}

/// A page in the text form.
#[derive(Default)]
struct Page {
    text: String,
    family: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        name.clone_into(&mut self.family);
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: u64) {
        self.part("", labels, value);
    }

    /// A sample of a part of the family, such as the sum of a histogram.
    fn part(&mut self, part: &str, labels: &[(&str, &str)], value: u64) {
        let pairs: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.text, "{}{part}{labels} {value}", self.family);
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out() {
        let mut page = Page::default();
        page.family("x", "gauge", "X.");
        page.sample(&[("a", "q\"}\n\\evil")], 3);
        assert_eq!(page.text, "# HELP x X.\n# TYPE x gauge\nx{a=\"q\\\"}\\n\\\\evil\"} 3\n");
    }
}
