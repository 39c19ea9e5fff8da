//! Windows that overlap, laid side by side: what holds when.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coverage, Stage};
use crate::Timestamp;

/// What is known of a stretch, whatever windows say it. What was stored by one window is not lost because another
/// could not have it; what is lost is not pending because somebody tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All of it is stored and nothing can be added any more.
    Sealed,
    /// All of it is stored.
    Stored,
    /// It was listed, or fetched, and is not stored yet.
    Open,
    /// No window covers it.
    Missing,
    /// It cannot be had any more.
    Lost,
}

/// From when (inclusive) until when (exclusive); what is left out restricts nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Inclusive start.
    pub from: Option<Timestamp>,
    /// Exclusive end.
    pub until: Option<Timestamp>,
}

/// A stretch of a timeline on which one thing holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub until: Timestamp,
    /// What holds.
    pub standing: Standing,
    /// The windows that say so, by their place in the list; none where nothing is known, or all is well.
    pub(super) windows: BTreeSet<usize>,
}

impl Range {
    /// Whether a stretch has a part in it.
    pub fn meets(self, from: Timestamp, until: Timestamp) -> bool {
        self.from.is_none_or(|start| until > start) && self.until.is_none_or(|end| from < end)
    }

    /// The part of a stretch that is in it.
    pub(super) fn clip(self, mut segment: Segment) -> Option<Segment> {
        if !self.meets(segment.from, segment.until) {
            return None;
        }
        segment.from = self.from.map_or(segment.from, |start| segment.from.max(start));
        segment.until = self.until.map_or(segment.until, |end| segment.until.min(end));
        (segment.from < segment.until).then_some(segment)
    }
}

/// The windows of one stream, laid side by side: the segments touch, do not overlap, and reach from the first start to
/// the last end. Windows without length say nothing.
pub fn segments(windows: &[Coverage]) -> Vec<Segment> {
    let mut edges: Vec<(Timestamp, bool, usize)> = Vec::with_capacity(windows.len() * 2);
    for (place, window) in windows.iter().enumerate().filter(|(_, window)| window.from < window.until) {
        edges.push((window.from, true, place));
        edges.push((window.until, false, place));
    }
    edges.sort_unstable();
    let mut open = Covering::default();
    let mut segments: Vec<Segment> = Vec::new();
    let mut since = None;
    for (time, begins, place) in edges {
        if let Some(from) = since.filter(|from| *from < time) {
            push(&mut segments, windows, open.segment(from, time));
        }
        open.change(&windows[place].stage, place, begins);
        since = Some(time);
    }
    segments
}

/// Adds a segment, or lengthens the last one where the same holds for the same reason.
fn push(segments: &mut Vec<Segment>, windows: &[Coverage], next: Segment) {
    let stage = |segment: &Segment| segment.windows.first().map(|place| &windows[*place].stage);
    match segments.last_mut() {
        Some(last) if last.standing == next.standing && stage(last) == stage(&next) => {
            last.until = next.until;
            last.windows.extend(next.windows);
        }
        _ => segments.push(next),
    }
}

/// The windows that cover the present place.
#[derive(Default)]
struct Covering {
    sealed: usize,
    stored: usize,
    lost: BTreeSet<usize>,
    pending: BTreeSet<usize>,
}

impl Covering {
    fn change(&mut self, stage: &Stage, place: usize, begins: bool) {
        let count = |count: &mut usize| *count = if begins { *count + 1 } else { *count - 1 };
        let places = |places: &mut BTreeSet<usize>| {
            if begins {
                places.insert(place)
            } else {
                places.remove(&place)
            };
        };
        match stage {
            Stage::Sealed => count(&mut self.sealed),
            Stage::Stored => count(&mut self.stored),
            Stage::Lost(_) => places(&mut self.lost),
            Stage::Listed | Stage::Fetched => places(&mut self.pending),
        }
    }

    fn segment(&self, from: Timestamp, until: Timestamp) -> Segment {
        let (standing, windows) = match () {
            () if self.sealed > 0 => (Standing::Sealed, BTreeSet::new()),
            () if self.stored > 0 => (Standing::Stored, BTreeSet::new()),
            () if !self.lost.is_empty() => (Standing::Lost, self.lost.clone()),
            () if !self.pending.is_empty() => (Standing::Open, self.pending.clone()),
            () => (Standing::Missing, BTreeSet::new()),
        };
        Segment { from, until, standing, windows }
    }
}
