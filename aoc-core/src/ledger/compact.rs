//! Keeping the ledger small: what is sealed and old is told by the day.

use std::{collections::HashSet, ops::Range};

use super::{
    Coverage, Item, Ledger, Stage, Stream,
    manifest::{Manifest, is_summary, runs, stored_ids, stored_items, summary_name},
};
use crate::{Result, Timestamp, store::Note};

/// The notes to write so that sealed windows that end before a time are told by the day (UTC): each unbroken run of them
/// becomes one window whose stored items are summed up in one item. A window that lost an item stands alone and keeps it,
/// unless another window stored it; windows that are not sealed are kept as they are. With a `horizon`, windows that end by it
/// are erased, as the events they speak of were.
///
/// What a [`Proof`](super::Proof) says stays the same, but for the number of windows, and for what is forgotten.
/// Doing it again changes nothing. The notes of one stream come together; they are to be written in one step.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) when a window has no JSON.
pub fn compact(ledger: &Ledger, before: Timestamp, horizon: Option<Timestamp>) -> Result<Vec<Vec<Note>>> {
    let streams = ledger.streams.iter();
    let notes = streams.map(|(stream, windows)| of_stream(stream, windows, before, horizon));
    let notes: Vec<Vec<Note>> = notes.collect::<Result<_>>()?;
    Ok(notes.into_iter().filter(|notes| !notes.is_empty()).collect())
}

fn of_stream(
    stream: &Stream,
    windows: &[Coverage],
    before: Timestamp,
    horizon: Option<Timestamp>,
) -> Result<Vec<Note>> {
    let (forgotten, kept): (Vec<_>, Vec<_>) =
        windows.iter().cloned().partition(|window| horizon.is_some_and(|horizon| window.until <= horizon));
    let mut notes: Vec<Note> = forgotten.iter().map(|window| erased(stream, window)).collect();
    for (run, merged) in merged_runs(&kept, before) {
        if run.len() == 1 && merged == kept[run.start] {
            continue;
        }
        let note = Note::new(merged.note(&stream.source), &merged)?;
        let erased = kept[run].iter().map(|window| erased(stream, window));
        notes.extend(erased.filter(|other| other.key != note.key));
        notes.push(note);
    }
    Ok(notes)
}

fn erased(stream: &Stream, window: &Coverage) -> Note {
    Note { key: window.note(&stream.source), value: serde_json::Value::Null }
}

/// The runs that are old, and what each becomes.
fn merged_runs(windows: &[Coverage], before: Timestamp) -> Vec<(Range<usize>, Coverage)> {
    let (items, stored) = (stored_items(windows), stored_ids(windows));
    let is_old = |window: &Coverage| window.stage == Stage::Sealed && window.until <= before;
    let mut runs = runs(windows, &stored);
    runs.retain(|run| windows[run.clone()].iter().all(is_old));
    leave_shared(&mut runs, windows);
    let merge = |run: Range<usize>| {
        let of_run = &windows[run.clone()];
        let mut merged = of_run[0].clone();
        merged.until = of_run.iter().map(|window| window.until).max().unwrap_or(merged.until);
        let held: Vec<&Item> = run.clone().flat_map(|place| items[place].iter().copied()).collect();
        let is_lost = |item: &&Item| item.lost.is_some() && !stored.contains(item.id.as_str());
        let lost = of_run.iter().flat_map(|window| &window.items).filter(is_lost).cloned();
        merged.items = summary(&held).into_iter().chain(lost).collect();
        (run, merged)
    };
    runs.into_iter().map(merge).collect()
}

/// Leaves runs alone that have an item in common with a window that stays as it is: summed up, nobody could tell any more
/// that the two are one.
fn leave_shared(runs: &mut Vec<Range<usize>>, windows: &[Coverage]) {
    loop {
        let merged: HashSet<usize> = runs.iter().cloned().flatten().collect();
        let others = windows.iter().enumerate().filter(|(place, _)| !merged.contains(place));
        let kept: HashSet<&str> =
            others.flat_map(|(_, window)| &window.items).map(|item| item.id.as_str()).collect();
        let before = runs.len();
        runs.retain(|run| {
            let mut items = windows[run.clone()].iter().flat_map(|window| &window.items);
            !items.any(|item| !is_summary(item) && kept.contains(item.id.as_str()))
        });
        if runs.len() == before {
            return;
        }
    }
}

fn summary(items: &[&Item]) -> Option<Item> {
    match items {
        [] => None,
        [one] if is_summary(one) => Some((*one).clone()),
        _ => {
            let Manifest { blobs, events, digest } = Manifest::of(items);
            Some(Item { id: summary_name(blobs), events, hash: Some(digest), lost: None })
        }
    }
}
