//! What the ledger should have: the streams of configured sources go on until now, all others end where they end.

use std::time::Duration;

use aoc_core::{
    Timestamp,
    ledger::{Coverage, Gap, GapKind, Proof, Range, Stream, Windows},
};
use chrono::TimeDelta;

/// What a configured source is expected to prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The source's name in configuration.
    pub source: String,
    /// The content that one of its loops brings; empty where there is but one loop.
    pub content: String,
    /// Whether it keeps a ledger at all.
    pub keeps_ledger: bool,
    /// How often it is asked.
    pub every: Duration,
}

impl Expected {
    /// Whether a stream is its.
    pub(super) fn brings(&self, stream: &Stream) -> bool {
        self.source == stream.source && (self.content.is_empty() || self.content == stream.content)
    }

    /// The name of the loop, such as `office365/Audit.Exchange`.
    pub(super) fn name(&self) -> String {
        if self.content.is_empty() {
            self.source.clone()
        } else {
            format!("{}/{}", self.source, self.content)
        }
    }
}

/// A stream that is so far behind is not only slow: windows wait for what is late, and a source may be tried again.
const USUALLY_BEHIND: TimeDelta = TimeDelta::hours(2);
const NOT_GONE_ON: &str = "no window covers it: the stream ends there";
const NOT_BEGUN: &str = "no window covers it: the stream begins later";

/// Until when streams should reach.
pub(super) struct Duties<'a> {
    /// Nothing where nobody knows what is configured: then streams should reach as far as the one that reaches farthest.
    pub(super) expected: Option<&'a [Expected]>,
    /// The latest end of a window of any stream.
    pub(super) newest: Option<Timestamp>,
    pub(super) horizon: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Duties<'_> {
    /// Whether nobody goes on with a stream.
    pub(super) fn is_retired(&self, stream: &Stream) -> bool {
        self.expected.is_some_and(|all| !all.iter().any(|expected| expected.brings(stream)))
    }

    /// What is proven of a stream within a range, what should be there and is not among the gaps; nothing where retention
    /// has forgotten all of it and nobody goes on with it.
    pub(super) fn proof(&self, stream: &Stream, windows: &[Coverage], range: Range) -> Option<Proof> {
        let first = windows.iter().map(|window| window.from).min()?;
        let last = end_of(windows)?;
        let missing = self.not_gone_on(stream, last).into_iter().chain(not_begun(first, range));
        let missing: Vec<Gap> = missing.filter_map(|gap| clipped(gap, range)).collect();
        let is_forgotten = missing.is_empty() && self.horizon.is_some_and(|horizon| last <= horizon);
        let proof = Proof::of(windows, range).or_else(|| (!is_forgotten).then(|| empty(first)));
        proof.map(|mut proof| {
            proof.gaps.extend(missing);
            proof
        })
    }

    /// From the last window of a stream until when it should reach, where that is long.
    fn not_gone_on(&self, stream: &Stream, last: Timestamp) -> Option<Gap> {
        let (due, behind) = match self.expected {
            None => (self.newest?, USUALLY_BEHIND),
            Some(all) => {
                let rounds = all.iter().filter(|expected| expected.brings(stream));
                let every = rounds.map(|expected| expected.every).min()?;
                let rounds = TimeDelta::from_std(every.saturating_mul(2)).unwrap_or(TimeDelta::MAX);
                (self.now, rounds.max(USUALLY_BEHIND))
            }
        };
        (due.instant() - last.instant() > behind).then(|| missing(last, due, NOT_GONE_ON))
    }
}

/// The latest end of these windows.
pub(super) fn end_of(windows: &[Coverage]) -> Option<Timestamp> {
    windows.iter().map(|window| window.until).max()
}

/// All of a range that ends before the stream begins.
fn not_begun(first: Timestamp, range: Range) -> Option<Gap> {
    let (from, until) = (range.from?, range.until?);
    (until <= first).then(|| missing(from, until, NOT_BEGUN))
}

fn missing(from: Timestamp, until: Timestamp, reason: &str) -> Gap {
    Gap { from, until, kind: GapKind::Missing, reason: reason.to_owned(), items: Vec::new() }
}

/// The part of a gap that is in a range.
fn clipped(mut gap: Gap, range: Range) -> Option<Gap> {
    gap.from = range.from.map_or(gap.from, |from| gap.from.max(from));
    gap.until = range.until.map_or(gap.until, |until| gap.until.min(until));
    (gap.from < gap.until).then_some(gap)
}

/// What is proven where no window has a part in the range.
fn empty(first: Timestamp) -> Proof {
    Proof {
        first,
        complete_until: None,
        sealed_until: None,
        stored_until: None,
        windows: Windows::default(),
        blobs: 0,
        events: 0,
        digest: String::new(),
        gaps: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use aoc_core::ledger::Stage;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_ticks(hour * 36_000_000_000)
    }

    fn stream(content: &str) -> Stream {
        Stream { source: "s".into(), tenant: "t".into(), content: content.into() }
    }

    fn windows(hours: std::ops::Range<i64>) -> Vec<Coverage> {
        let window = |hour| Coverage {
            content: "c".into(),
            tenant: "t".into(),
            from: at(hour),
            until: at(hour + 1),
            stage: Stage::Stored,
            items: Vec::new(),
        };
        hours.map(window).collect()
    }

    fn expected(every: u64) -> [Expected; 1] {
        let every = Duration::from_secs(every);
        [Expected { source: "s".into(), content: "c".into(), keeps_ledger: true, every }]
    }

    /// The gaps of a stream that has hours 10 to 20, as hours.
    fn gaps(expected: Option<&[Expected]>, content: &str, range: (i64, i64)) -> Option<Vec<(i64, i64)>> {
        let duties = Duties { expected, newest: Some(at(30)), horizon: None, now: at(40) };
        let range = Range { from: Some(at(range.0)), until: Some(at(range.1)) };
        let hour = |time: Timestamp| time.ticks() / 36_000_000_000;
        let proof = duties.proof(&stream(content), &windows(10..20), range)?;
        Some(proof.gaps.into_iter().map(|gap| (hour(gap.from), hour(gap.until))).collect())
    }

    #[test]
    fn a_stream_should_reach_until_now_where_its_source_is_configured() {
        let often = &expected(300)[..];
        for (range, gap) in
            [((0, 50), (20, 40)), ((15, 30), (20, 30)), ((25, 30), (25, 30)), ((2, 7), (2, 7))]
        {
            assert_eq!(gaps(Some(often), "c", range), Some(vec![gap]), "{range:?}");
        }
        for range in [(12, 18), (41, 50)] {
            assert_eq!(gaps(Some(often), "c", range), Some(vec![]), "{range:?}");
        }
        assert_eq!(gaps(Some(&expected(86_400)[..]), "c", (0, 50)), Some(vec![]), "it is asked once a day");
        assert_eq!(gaps(Some(often), "other", (25, 30)), Some(vec![]), "nobody goes on with it");
        assert_eq!(gaps(None, "c", (0, 50)), Some(vec![(20, 30)]), "others are there");
    }

    #[test]
    fn what_retention_has_forgotten_is_told_only_where_it_should_go_on() {
        let (often, range) = (expected(300), Range { from: Some(at(25)), until: None });
        for (expected, told) in [(&often[..], true), (&[], false)] {
            let duties =
                Duties { expected: Some(expected), newest: Some(at(30)), horizon: Some(at(25)), now: at(40) };
            let proof = duties.proof(&stream("c"), &windows(10..20), range);
            assert_eq!(proof.map(|proof| proof.serious_gaps()), told.then_some(1));
        }
    }
}
