//! What the windows of a stream prove together, and where they do not.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Coverage, Stage,
    manifest::{Manifest, runs, stored_ids, stored_items},
    sweep::{Range, Segment, Standing, segments},
};
use crate::Timestamp;

/// What is proven of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// The start of the first window: before it, nothing was ever asked.
    pub first: Timestamp,
    /// From the first start until here all is stored, without a gap; nothing where the first window is not.
    pub complete_until: Option<Timestamp>,
    /// From the first start until here all is sealed, without a gap: nothing can be added to it any more.
    pub sealed_until: Option<Timestamp>,
    /// The latest end of what is stored, whatever is missing before.
    pub stored_until: Option<Timestamp>,
    /// How many windows there are; those older than forty days are told by the day.
    pub windows: Windows,
    /// How many blobs are stored.
    pub blobs: u64,
    /// How many records they hold.
    pub events: u64,
    /// SHA-256 over the names, records and digests of the blobs, in order; empty where there are none. Sealed windows
    /// that are summed up keep it.
    pub digest: String,
    /// What is not stored, in order of time.
    pub gaps: Vec<Gap>,
}

/// How many windows have come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Windows {
    /// Listed only.
    pub listed: u64,
    /// Fetched, not stored yet.
    pub fetched: u64,
    /// Lost.
    pub lost: u64,
    /// Stored.
    pub stored: u64,
    /// Sealed.
    pub sealed: u64,
}

/// A stretch, or some of its blobs, of which the store does not have everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub until: Timestamp,
    /// What is wrong.
    pub kind: GapKind,
    /// Why, in words.
    pub reason: String,
    /// The blobs that are lost, where it is blobs and not all of the stretch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// What is wrong with a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// It cannot be had any more.
    Lost,
    /// No window covers it: nobody asked.
    Missing,
    /// It is under way: listed or fetched, not stored yet.
    Incomplete,
}

impl GapKind {
    /// Whether it is a loss or a hole, and not only work under way.
    pub fn is_serious(self) -> bool {
        self != Self::Incomplete
    }

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Missing => "missing",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Windows {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.listed + self.fetched + self.lost + self.stored + self.sealed
    }

    fn of(windows: &[&Coverage]) -> Self {
        let mut counts = Self::default();
        for window in windows {
            *match window.stage {
                Stage::Listed => &mut counts.listed,
                Stage::Fetched => &mut counts.fetched,
                Stage::Lost(_) => &mut counts.lost,
                Stage::Stored => &mut counts.stored,
                Stage::Sealed => &mut counts.sealed,
            } += 1;
        }
        counts
    }
}

impl Proof {
    /// What the windows of one stream prove within a range, in whatever order they come; nothing where the stream has
    /// no part in the range.
    ///
    /// Windows and blobs are those of windows that have a part in the range; a blob that several windows name counts
    /// once, and is lost only where none of them stored it.
    pub fn of(windows: &[Coverage], range: Range) -> Option<Self> {
        let mut windows = windows.to_vec();
        windows.sort_by_key(|window| (window.from, window.until));
        let segments: Vec<Segment> =
            segments(&windows).into_iter().filter_map(|segment| range.clip(segment)).collect();
        let first = segments.first()?.from;
        let meets = |window: &&Coverage| range.meets(window.from, window.until);
        let Manifest { blobs, events, digest } = manifest(&windows, range);
        let mut proof = Self {
            first,
            complete_until: None,
            sealed_until: run(&segments, |standing| standing == Standing::Sealed),
            stored_until: segments.iter().rev().find(|s| is_stored(s.standing)).map(|s| s.until),
            windows: Windows::of(&windows.iter().filter(meets).collect::<Vec<_>>()),
            blobs,
            events,
            digest,
            gaps: gaps(&windows, &segments, range),
        };
        let broken = proof.gaps.iter().map(|gap| gap.from).min();
        let cut =
            |until: Timestamp| Some(broken.map_or(until, |at| until.min(at))).filter(|until| *until > first);
        proof.complete_until = run(&segments, is_stored).and_then(cut);
        proof.sealed_until = proof.sealed_until.and_then(cut);
        Some(proof)
    }

    /// How many gaps are losses or holes; what is only under way does not count.
    pub fn serious_gaps(&self) -> u64 {
        self.gaps.iter().filter(|gap| gap.kind.is_serious()).count() as u64
    }
}

fn is_stored(standing: Standing) -> bool {
    matches!(standing, Standing::Stored | Standing::Sealed)
}

/// The end of the segments at the beginning of which this holds.
fn run(segments: &[Segment], holds: impl Fn(Standing) -> bool) -> Option<Timestamp> {
    segments.iter().take_while(|segment| holds(segment.standing)).last().map(|segment| segment.until)
}

fn manifest(windows: &[Coverage], range: Range) -> Manifest {
    let items = stored_items(windows);
    let meets = |place: &usize| range.meets(windows[*place].from, windows[*place].until);
    let of_run = |run: std::ops::Range<usize>| {
        let items: Vec<_> = run.filter(meets).flat_map(|place| items[place].iter().copied()).collect();
        Manifest::of(&items)
    };
    Manifest::sum(runs(windows, &stored_ids(windows)).into_iter().map(of_run))
}

fn gaps(windows: &[Coverage], segments: &[Segment], range: Range) -> Vec<Gap> {
    let stored = stored_ids(windows);
    let open = segments.iter().filter(|segment| !is_stored(segment.standing));
    let mut gaps: Vec<Gap> = open.map(|segment| gap_of(segment, windows, &stored)).collect();
    let told = gaps.iter().flat_map(|gap| gap.items.clone()).collect();
    gaps.extend(lost_items(windows, range, &stored, told));
    gaps.sort_by(|a, b| (a.from, a.until, a.kind, &a.reason).cmp(&(b.from, b.until, b.kind, &b.reason)));
    gaps
}

fn gap_of(segment: &Segment, windows: &[Coverage], stored: &HashSet<&str>) -> Gap {
    let of_it = || segment.windows.iter().map(|place| &windows[*place]);
    let (kind, reason) = match (segment.standing, of_it().next().map(|window| &window.stage)) {
        (Standing::Lost, Some(Stage::Lost(reason))) => (GapKind::Lost, reason.clone()),
        (Standing::Open, Some(Stage::Listed)) => (GapKind::Incomplete, "listed, not fetched yet".to_owned()),
        (Standing::Open, _) => (GapKind::Incomplete, "fetched, not stored yet".to_owned()),
        _ => (GapKind::Missing, "no window covers it".to_owned()),
    };
    let items = of_it().filter(|_| kind == GapKind::Lost).flat_map(|window| &window.items);
    let lost = items.filter(|item| item.lost.is_some() && !stored.contains(item.id.as_str()));
    let items: BTreeSet<String> = lost.map(|item| item.id.clone()).collect();
    Gap { from: segment.from, until: segment.until, kind, reason, items: items.into_iter().collect() }
}

/// Items that no window stored, by window and reason; those that were told with a lost stretch are left out.
fn lost_items(
    windows: &[Coverage],
    range: Range,
    stored: &HashSet<&str>,
    mut told: HashSet<String>,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for window in windows.iter().filter(|window| range.meets(window.from, window.until)) {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for item in &window.items {
            let Some(reason) = item.lost.as_deref().filter(|_| !stored.contains(item.id.as_str())) else {
                continue;
            };
            if told.insert(item.id.clone()) {
                reasons.entry(reason).or_default().push(item.id.clone());
            }
        }
        gaps.extend(reasons.into_iter().map(|(reason, items)| Gap {
            from: range.from.map_or(window.from, |from| window.from.max(from)),
            until: range.until.map_or(window.until, |until| window.until.min(until)),
            kind: GapKind::Lost,
            reason: reason.to_owned(),
            items,
        }));
    }
    gaps
}
