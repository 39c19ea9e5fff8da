//! What is proven complete, and what is known to be missing.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    Result, Timestamp,
    ledger::{self, Coverage, Gap, Proof, Range, Standing, Stream, segments},
    query::one_of,
};
use tokio::sync::Mutex;

use super::{
    Operations,
    types::{FindGaps, GapsAnswer, KnownGap, StreamReport, Stretch},
};
use crate::auth::{Caller, Permission};

/// The most stretches of a strip.
const MOST_STRETCHES: usize = 200;
/// How long figures may be old: whoever asks every second must not read the whole ledger each time.
const FRESH: Duration = Duration::from_secs(30);

impl Operations {
    /// What is proven complete and what is known to be missing, by source, tenant and content. What retention has
    /// forgotten is neither.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when the range ends before it starts; those of the store.
    pub async fn gaps(&self, caller: &Caller, request: &FindGaps) -> Result<GapsAnswer> {
        caller.require(Permission::Read)?;
        request.check()?;
        let (ledger, horizon) = tokio::try_join!(ledger::read(&*self.store), self.store.horizon())?;
        let range = Range { from: request.from.max(horizon), until: request.until };
        let now = Timestamp::now();
        let asked = ledger.streams.iter().filter(|(stream, _)| request.asks_for(stream));
        let report = |(stream, windows): (&Stream, &Vec<Coverage>)| {
            let proof = Proof::of(windows, range)?;
            let strip = if request.strip { strip(windows, &proof.gaps, range) } else { Vec::new() };
            Some(report(stream.clone(), proof, strip, now))
        };
        Ok(GapsAnswer {
            at: now,
            forgotten_before: horizon,
            streams: asked.filter_map(report).collect(),
            unreadable: ledger.unreadable,
        })
    }

    /// The proofs of all streams, at most half a minute old.
    pub(super) async fn proofs(&self) -> Result<Arc<Proofs>> {
        let mut known = self.proofs.0.lock().await;
        if let Some((at, proofs)) = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            tracing::trace!(age = ?at.elapsed(), "the ledger is not read again");
            return Ok(proofs.clone());
        }
        let (ledger, horizon) = tokio::try_join!(ledger::read(&*self.store), self.store.horizon())?;
        let range = Range { from: horizon, until: None };
        let streams = ledger.streams.into_iter();
        let streams = streams.filter_map(|(stream, windows)| Some((stream, Proof::of(&windows, range)?)));
        let proofs = Arc::new(Proofs { streams: streams.collect(), unreadable: ledger.unreadable.len() });
        *known = Some((Instant::now(), proofs.clone()));
        Ok(proofs)
    }
}

/// What was read of the ledger last, and when.
#[derive(Default)]
pub(super) struct KnownProofs(Mutex<Option<(Instant, Arc<Proofs>)>>);

/// What is proven of each stream.
pub(super) struct Proofs {
    pub(super) streams: BTreeMap<Stream, Proof>,
    /// How many notes cannot be read.
    pub(super) unreadable: usize,
}

impl Proofs {
    /// The proofs of what a loop brings, which is named as its source, or as source and content.
    pub(super) fn of_loop(&self, name: &str) -> impl Iterator<Item = &Proof> {
        let is_its = move |stream: &Stream| {
            let rest = name.strip_prefix(stream.source.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/') == Some(&stream.content))
        };
        self.streams.iter().filter(move |(stream, _)| is_its(stream)).map(|(_, proof)| proof)
    }
}

impl FindGaps {
    fn asks_for(&self, stream: &Stream) -> bool {
        one_of(&self.source, &stream.source)
            && one_of(&self.tenant, &stream.tenant)
            && one_of(&self.content, &stream.content)
    }
}

fn report(stream: Stream, proof: Proof, strip: Vec<Stretch>, now: Timestamp) -> StreamReport {
    let sentence = sentence(&proof);
    let Stream { source, tenant, content } = stream;
    let Proof { first, complete_until, sealed_until, stored_until, windows, blobs, events, digest, gaps } =
        proof;
    let gaps = gaps.into_iter().map(|gap| known_gap(gap, now)).collect();
    StreamReport {
        source,
        tenant,
        content,
        sentence,
        first,
        complete_until,
        sealed_until,
        stored_until,
        windows,
        blobs,
        events,
        digest,
        gaps,
        strip,
    }
}

fn known_gap(gap: Gap, now: Timestamp) -> KnownGap {
    let age_seconds = (now.instant() - gap.until.instant()).num_seconds().max(0).cast_unsigned();
    let Gap { from, until, kind, reason, items } = gap;
    KnownGap { from, until, kind, reason, items, age_seconds }
}

/// What is proven, for people.
fn sentence(proof: &Proof) -> String {
    let serious = proof.serious_gaps();
    let pending = proof.gaps.len() as u64 - serious;
    let complete = match proof.complete_until {
        Some(until) => {
            let (from, before) = (second_after(proof.first), second_before(until));
            let (from, until) = if from < before { (from, before) } else { (proof.first, until) };
            format!("complete from {from} until {until}")
        }
        None => format!("not complete from its start at {} on", proof.first),
    };
    let behind =
        proof.stored_until.filter(|until| proof.complete_until.is_none_or(|complete| complete < *until));
    let mut parts = Vec::new();
    if serious > 0 {
        parts.push(counted(serious, "gap"));
    }
    parts.push(complete);
    if let Some(until) = behind {
        parts.push(format!("stored, with gaps, until {}", second_before(until)));
    }
    if pending > 0 {
        parts.push(format!("{} under way", counted(pending, "stretch")));
    }
    let mut held = vec![counted(proof.windows.total(), "window")];
    if proof.blobs > 0 {
        held.extend([counted(proof.blobs, "blob"), counted(proof.events, "record")]);
    }
    format!("{}: {}", parts.join("; "), held.join(", "))
}

/// The whole second that is not after a time.
fn second_before(time: Timestamp) -> Timestamp {
    Timestamp::new(time.instant(), 0)
}

/// The whole second that is not before a time: no sentence claims more than is proven.
fn second_after(time: Timestamp) -> Timestamp {
    let before = second_before(time);
    if before == time { before } else { Timestamp::new(before.instant() + chrono::TimeDelta::seconds(1), 0) }
}

/// `1 window`, `1,204 blobs`, `2 stretches`.
fn counted(count: u64, noun: &str) -> String {
    let digits = count.to_string();
    let mut number = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    let ending = match count {
        1 => "",
        _ if noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{number} {noun}{ending}")
}

/// What holds when, in few stretches: where there would be too many, of each part of the range the worst.
fn strip(windows: &[Coverage], gaps: &[Gap], range: Range) -> Vec<Stretch> {
    let within = segments(windows).into_iter().filter(|segment| range.meets(segment.from, segment.until));
    let clipped = within.map(|segment| Stretch {
        from: range.from.map_or(segment.from, |from| segment.from.max(from)),
        until: range.until.map_or(segment.until, |until| segment.until.min(until)),
        standing: segment.standing,
    });
    // A stretch that is stored but for a blob is no better than one that is lost.
    let losses: Vec<&Gap> = gaps.iter().filter(|gap| !gap.items.is_empty()).collect();
    let all = joined(clipped.flat_map(|stretch| with_losses(stretch, &losses)));
    if all.len() <= MOST_STRETCHES { all } else { joined(worst_of_parts(&all)) }
}

/// A stretch, divided where losses begin and end.
fn with_losses(stretch: Stretch, losses: &[&Gap]) -> Vec<Stretch> {
    let meets = |gap: &&&Gap| gap.from < stretch.until && stretch.from < gap.until;
    let losses: Vec<&&Gap> = losses.iter().filter(meets).collect();
    let mut edges: Vec<Timestamp> = losses.iter().flat_map(|gap| [gap.from, gap.until]).collect();
    edges.retain(|edge| stretch.from < *edge && *edge < stretch.until);
    edges.extend([stretch.from, stretch.until]);
    edges.sort_unstable();
    let part = |pair: &[Timestamp]| {
        let lost = losses.iter().any(|gap| gap.from <= pair[0] && pair[0] < gap.until);
        let standing = if lost { Standing::Lost } else { stretch.standing };
        Stretch { from: pair[0], until: pair[1], standing }
    };
    edges.windows(2).filter(|pair| pair[0] < pair[1]).map(part).collect()
}

/// The range in so many equal parts, each with the worst that touches it.
fn worst_of_parts(all: &[Stretch]) -> Vec<Stretch> {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Vec::new() };
    let (start, length) = (first.from.ticks(), i128::from(last.until.ticks() - first.from.ticks()));
    let edge = |part: usize| {
        let offset = length * part as i128 / MOST_STRETCHES as i128;
        Timestamp::from_ticks(start + i64::try_from(offset).unwrap_or(0))
    };
    let worst = |part: usize| {
        let (from, until) = (edge(part), edge(part + 1));
        let touching = &all[all.partition_point(|stretch| stretch.until <= from)..];
        let standings = touching.iter().take_while(|stretch| stretch.from < until).map(|s| s.standing);
        standings.max().map(|standing| Stretch { from, until, standing })
    };
    (0..MOST_STRETCHES).filter_map(worst).collect()
}

/// Neighbours of one standing as one.
fn joined(stretches: impl IntoIterator<Item = Stretch>) -> Vec<Stretch> {
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if last.standing == stretch.standing => last.until = stretch.until,
            _ => joined.push(stretch),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use aoc_core::ledger::{Item, Stage};

    use super::*;

    fn window(from: i64, until: i64, stage: Stage) -> Coverage {
        let at = |minutes: i64| Timestamp::from_ticks(minutes * 600_000_000);
        Coverage {
            content: "c".into(),
            tenant: "t".into(),
            from: at(from),
            until: at(until),
            stage,
            items: vec![Item { id: format!("b{from}"), events: 700, hash: None, lost: None }],
        }
    }

    fn said(windows: &[Coverage]) -> String {
        sentence(&Proof::of(windows, Range::default()).unwrap())
    }

    #[test]
    fn a_sentence_says_what_is_proven() {
        let whole: Vec<Coverage> = (0..3).map(|at| window(at, at + 1, Stage::Sealed)).collect();
        let expected = "complete from 1970-01-01T00:00:00Z until 1970-01-01T00:03:00Z: 3 windows, 3 blobs, 2,100 records";
        assert_eq!(said(&whole), expected);
        let torn = [whole[0].clone(), whole[2].clone(), window(3, 4, Stage::Listed)];
        let expected = "1 gap; complete from 1970-01-01T00:00:00Z until 1970-01-01T00:01:00Z; \
            stored, with gaps, until 1970-01-01T00:03:00Z; 1 stretch under way: 3 windows, 3 blobs, 2,100 records";
        assert_eq!(said(&torn), expected);
        let mut odd = whole.clone();
        odd[0].from = Timestamp::parse("1970-01-01T00:00:00.0000001Z").unwrap();
        odd[2].until = Timestamp::parse("1970-01-01T00:02:59.999999999Z").unwrap();
        let narrower = said(&odd);
        assert!(
            narrower.starts_with("complete from 1970-01-01T00:00:01Z until 1970-01-01T00:02:59Z:"),
            "{narrower}"
        );
        let nothing = said(&[window(0, 1, Stage::Lost("expired".into()))]);
        assert!(
            nothing.starts_with("1 gap; not complete from its start at 1970-01-01T00:00:00Z on"),
            "{nothing}"
        );
    }

    #[test]
    fn a_long_strip_has_few_stretches_and_hides_no_loss() {
        let stage = |at: i64| if at % 2 == 0 { Stage::Sealed } else { Stage::Stored };
        let mut windows: Vec<Coverage> = (0..5_000).map(|at| window(at, at + 1, stage(at))).collect();
        windows[3_333].stage = Stage::Lost("expired".into());
        windows[4_444].items[0].lost = Some("gone".into());
        let gaps = Proof::of(&windows, Range::default()).unwrap().gaps;
        let strip = strip(&windows, &gaps, Range::default());
        assert!(strip.len() <= 200, "{}", strip.len());
        assert_eq!((strip[0].from, strip[strip.len() - 1].until), (windows[0].from, windows[4_999].until));
        assert!(strip.windows(2).all(|pair| pair[0].until == pair[1].from));
        assert_eq!(strip.iter().filter(|stretch| stretch.standing == Standing::Lost).count(), 2);
    }
}
