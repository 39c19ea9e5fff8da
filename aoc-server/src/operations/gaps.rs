//! What is proven complete, and what is known to be missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
    sync::Arc,
    time::{Duration, Instant},
};

use aoc_core::{
    Error, Result, Timestamp,
    ledger::{self, Coverage, Gap, GapKind, Ledger, Proof, Range, Standing, Stream, Unreadable, segments},
    query::one_of,
};
use tokio::sync::Mutex;

use super::{
    Operations,
    expected::{Duties, Expected, end_of},
    types::{FindGaps, GapsAnswer, KnownGap, StreamReport, Stretch},
};
use crate::{
    auth::{Caller, Permission},
    words::did_you_mean,
};

/// The most stretches of a strip.
const MOST_STRETCHES: usize = 200;
/// The most gaps of a stream, and names of blobs of a gap, that an answer lists.
const MOST_LISTED: usize = 1_000;
/// How long figures may be old: whoever asks every second must not read the whole ledger each time.
const FRESH: Duration = Duration::from_secs(30);
/// How long an answer may be old, for the same reason.
const FRESH_ENOUGH: Duration = Duration::from_secs(3);

impl Operations {
    /// What is proven complete and what is known to be missing, by source, tenant and content. What retention has
    /// forgotten is neither.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) when the range ends before it starts, or a source is neither configured
    /// nor in the ledger; those of the store.
    pub async fn gaps(&self, caller: &Caller, request: &FindGaps) -> Result<GapsAnswer> {
        caller.require(Permission::Read)?;
        request.check()?;
        let known = self.known_ledger().await?;
        let KnownLedger { ledger, horizon, at } = &*known;
        self.check_names(request, ledger)?;
        let range = Range { from: request.from.max(*horizon), until: request.until };
        let duties = self.duties(&known);
        let asked = ledger.streams.iter().filter(|(stream, _)| request.asks_for(stream));
        let report = |(stream, windows): (&Stream, &Vec<Coverage>)| {
            let proof = duties.proof(stream, windows, range)?;
            let strip = if request.strip { strip(windows, &proof.gaps, range) } else { Vec::new() };
            let ends = end_of(windows).filter(|_| proof.windows.total() == 0);
            let sentence = sentence(&proof, ends, duties.is_retired(stream));
            Some(report(stream.clone(), proof, sentence, strip, *at))
        };
        let streams: Vec<StreamReport> = asked.filter_map(report).collect();
        let uncollected = self.uncollected(request, ledger, streams.is_empty());
        let unreadable = ledger.unreadable.clone();
        Ok(GapsAnswer { at: *at, forgotten_before: *horizon, streams, uncollected, unreadable })
    }

    /// The proofs of all streams, at most half a minute old.
    pub(super) async fn proofs(&self) -> Result<Arc<Proofs>> {
        let mut known = self.proofs.proofs.lock().await;
        if let Some((at, proofs)) = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            tracing::trace!(age = ?at.elapsed(), "the ledger is not read again");
            return Ok(proofs.clone());
        }
        let ledger = self.known_ledger().await?;
        let (range, duties) = (Range { from: ledger.horizon, until: None }, self.duties(&ledger));
        let streams = ledger.ledger.streams.iter();
        let proof = |(stream, windows): (&Stream, &Vec<Coverage>)| {
            Some((stream.clone(), duties.proof(stream, windows, range)?))
        };
        let streams = streams.filter_map(proof).collect();
        let proofs = Arc::new(Proofs { streams, unreadable: ledger.ledger.unreadable.len() });
        *known = Some((Instant::now(), proofs.clone()));
        Ok(proofs)
    }

    /// The ledger, at most some seconds old.
    async fn known_ledger(&self) -> Result<Arc<KnownLedger>> {
        let mut known = self.proofs.ledger.lock().await;
        if let Some((_, ledger)) = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH_ENOUGH) {
            return Ok(ledger.clone());
        }
        let at = Timestamp::now();
        let (ledger, horizon) = tokio::try_join!(ledger::read(&*self.store), self.store.horizon())?;
        let ledger = Arc::new(KnownLedger { ledger, horizon, at });
        *known = Some((Instant::now(), ledger.clone()));
        Ok(ledger)
    }

    fn duties(&self, known: &KnownLedger) -> Duties<'_> {
        let newest = known.ledger.streams.values().filter_map(|windows| end_of(windows)).max();
        Duties { expected: self.expected.as_deref(), newest, horizon: known.horizon, now: known.at }
    }

    /// A name that nobody has is a mistake, and no proof that nothing is missing.
    fn check_names(&self, request: &FindGaps, ledger: &Ledger) -> Result<()> {
        let configured = self.expected.iter().flatten().map(|expected| expected.source.as_str());
        let collected = ledger.streams.keys().map(|stream| stream.source.as_str());
        let names: BTreeSet<&str> = configured.chain(collected).collect();
        let is_known = |name: &String| {
            let in_a_note = |note: &Unreadable| note.key.starts_with(&format!("ledger/{name}/"));
            names.iter().any(|other| one_of(slice::from_ref(name), other))
                || ledger.unreadable.iter().any(in_a_note)
        };
        let Some(unknown) = request.source.iter().find(|name| !is_known(name)) else { return Ok(()) };
        let names: Vec<&str> = names.into_iter().collect();
        let there = match names.is_empty() {
            true => "none is configured".to_owned(),
            false => format!("there are: {}", names.join(", ")),
        };
        let hint = did_you_mean(unknown, &names);
        Err(Error::invalid(format!("source: no source `{unknown}`{hint}; {there}")))
    }

    /// The configured sources that keep a ledger and have nothing in it. Their tenants are not known yet; so where one is
    /// asked for that has streams, they are not what is asked for.
    fn uncollected(&self, request: &FindGaps, ledger: &Ledger, nothing_found: bool) -> Vec<String> {
        if !request.tenant.is_empty() && !nothing_found {
            return Vec::new();
        }
        let asked = self.expected.iter().flatten().filter(|expected| {
            expected.keeps_ledger
                && one_of(&request.source, &expected.source)
                && (expected.content.is_empty() || one_of(&request.content, &expected.content))
        });
        let nothing = asked.filter(|expected| !ledger.streams.keys().any(|stream| expected.brings(stream)));
        nothing.map(Expected::name).collect()
    }
}

/// What was read of the ledger last, and when.
#[derive(Default)]
pub(super) struct KnownProofs {
    ledger: Mutex<Option<(Instant, Arc<KnownLedger>)>>,
    proofs: Mutex<Option<(Instant, Arc<Proofs>)>>,
}

/// The ledger at one time.
struct KnownLedger {
    ledger: Ledger,
    horizon: Option<Timestamp>,
    at: Timestamp,
}

/// What is proven of each stream.
#[derive(Default)]
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

fn report(
    stream: Stream,
    proof: Proof,
    sentence: String,
    strip: Vec<Stretch>,
    now: Timestamp,
) -> StreamReport {
    let Stream { source, tenant, content } = stream;
    let Proof { first, complete_until, sealed_until, stored_until, windows, blobs, events, digest, gaps } =
        proof;
    let all = gaps.len();
    let gaps: Vec<KnownGap> = most_serious(gaps).into_iter().map(|gap| known_gap(gap, now)).collect();
    let more_gaps = (all - gaps.len()) as u64;
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
        more_gaps,
        strip,
    }
}

/// As many gaps as an answer lists, in order of time; where there are more, losses and holes come first.
fn most_serious(mut gaps: Vec<Gap>) -> Vec<Gap> {
    if gaps.len() > MOST_LISTED {
        gaps.sort_by_key(|gap| !gap.kind.is_serious());
        gaps.truncate(MOST_LISTED);
        gaps.sort_by_key(|gap| (gap.from, gap.until));
    }
    gaps
}

fn known_gap(gap: Gap, now: Timestamp) -> KnownGap {
    let age_seconds = (now.instant() - gap.until.instant()).num_seconds().max(0).cast_unsigned();
    let Gap { from, until, kind, reason, mut items } = gap;
    let more_items = items.len().saturating_sub(MOST_LISTED) as u64;
    items.truncate(MOST_LISTED);
    KnownGap { from, until, kind, reason, items, more_items, age_seconds }
}

/// What is proven, for people. `ends` is where the stream ends that has no window here.
fn sentence(proof: &Proof, ends: Option<Timestamp>, is_retired: bool) -> String {
    let retired = if is_retired { "; it is not configured any more" } else { "" };
    let Some(ends) = ends else { return sentence_of_windows(proof) + retired };
    let gaps = match proof.serious_gaps() {
        0 => String::new(),
        count => format!("{}; ", counted(count, "gap")),
    };
    let (first, ends) = (second_after(proof.first), second_before(ends));
    format!("{gaps}nothing of this time was asked for: the stream goes from {first} until {ends}{retired}")
}

fn sentence_of_windows(proof: &Proof) -> String {
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
    // Beside the windows nothing is known but that it is missing.
    let (first, last) = (windows.iter().map(|window| window.from).min(), end_of(windows));
    let beside = |gap: &&Gap| {
        gap.kind == GapKind::Missing
            && (last <= Some(gap.from) || first.is_some_and(|first| gap.until <= first))
    };
    let beside = gaps.iter().filter(beside);
    let beside = beside.map(|gap| Stretch { from: gap.from, until: gap.until, standing: Standing::Missing });
    let clipped = clipped.chain(beside);
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
        sentence(&Proof::of(windows, Range::default()).unwrap(), None, false)
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
