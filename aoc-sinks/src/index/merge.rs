//! Merging segments into a larger one.

use aoc_core::Result;

use super::{
    bitmap::{Bitmap, MOST},
    builder::{Columns, Output},
    layout::COLUMNS,
    postings,
    segment::Segment,
};

/// One segment of all the events of several; together at most [`super::bitmap::MOST`].
pub(crate) fn merge(parts: &[&Segment]) -> Result<Segment> {
    let numbers = number_anew(parts);
    let columns = merge_columns(parts, &numbers);
    let mut out = Output::new(columns.ticks.len());
    let counts: Vec<usize> = parts.iter().map(|part| part.word_count()).collect();
    let mut list = Vec::new();
    merge_sorted(
        &counts,
        |part, at| parts[part].word(at),
        |at| {
            list.clear();
            for (part, word) in at {
                add(parts[*part], parts[*part].word_postings(*word), &numbers[*part], &mut list);
            }
            sort(&mut list);
            let (part, word) = at[0];
            out.word(parts[part].word(word), &list);
        },
    );
    let counts: Vec<usize> = parts.iter().map(|part| part.guid_count()).collect();
    merge_sorted(
        &counts,
        |part, at| parts[part].guid(at),
        |at| {
            list.clear();
            for (part, guid) in at {
                add(parts[*part], parts[*part].guid_postings(*guid), &numbers[*part], &mut list);
            }
            sort(&mut list);
            let (part, guid) = at[0];
            out.guid(parts[part].guid(guid), &list);
        },
    );
    out.finish(columns)
}

fn add(part: &Segment, reference: u32, numbers: &[u16], list: &mut Vec<u16>) {
    postings::collect(reference, part.postings(), part.len(), list, |event| {
        // Only damaged postings name an event that is not there.
        numbers.get(event).copied().unwrap_or_default()
    });
}

/// Sorts numbers, each once; long lists by way of a set.
fn sort(numbers: &mut Vec<u16>) {
    if numbers.len() < 1_000 {
        return numbers.sort_unstable();
    }
    let mut set = Bitmap::none(MOST);
    numbers.iter().for_each(|number| set.insert(usize::from(*number)));
    numbers.clear();
    numbers.extend(set.iter().map(|number| number as u16));
}

/// Per part, the new number of each of its events.
fn number_anew(parts: &[&Segment]) -> Vec<Vec<u16>> {
    let mut all: Vec<(i64, u64, usize, usize)> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        all.extend((0..part.len()).map(|event| (part.ticks(event), part.position(event).0, i, event)));
    }
    all.sort_unstable();
    let mut numbers: Vec<Vec<u16>> = parts.iter().map(|part| vec![0; part.len()]).collect();
    for (number, (_, _, part, event)) in all.into_iter().enumerate() {
        numbers[part][event] = number as u16;
    }
    numbers
}

fn merge_columns(parts: &[&Segment], numbers: &[Vec<u16>]) -> Columns {
    let total = parts.iter().map(|part| part.len()).sum();
    let mut columns = Columns::default();
    columns.ticks.resize(total, 0);
    columns.positions.resize(total, Default::default());
    for (part, numbers) in parts.iter().zip(numbers) {
        for (event, number) in numbers.iter().enumerate() {
            columns.ticks[usize::from(*number)] = part.ticks(event);
            columns.positions[usize::from(*number)] = part.position(event);
        }
    }
    for (column, merged) in COLUMNS.iter().zip(&mut columns.columns) {
        merged.numbers.resize(total, 0);
        for (part, numbers) in parts.iter().zip(numbers) {
            let names: Vec<u16> = part.names(*column).iter().map(|name| merged.number(name)).collect();
            for (number, value) in numbers.iter().zip(part.column(*column)) {
                let old = usize::from(u16::from_le_bytes(*value));
                merged.numbers[usize::from(*number)] = names.get(old).copied().unwrap_or_default();
            }
        }
    }
    columns
}

/// Walks several sorted lists at once, and hands over each distinct item with the places (list, index) it is at.
fn merge_sorted<T: Ord>(
    counts: &[usize],
    item: impl Fn(usize, usize) -> T,
    mut visit: impl FnMut(&[(usize, usize)]),
) {
    let mut heads: Vec<usize> = vec![0; counts.len()];
    let mut items: Vec<Option<T>> =
        (0..counts.len()).map(|list| (counts[list] > 0).then(|| item(list, 0))).collect();
    let mut places = Vec::new();
    while let Some(least) = items.iter().flatten().min() {
        places.clear();
        places.extend(
            (0..counts.len())
                .filter(|list| items[*list].as_ref() == Some(least))
                .map(|list| (list, heads[list])),
        );
        visit(&places);
        for (list, _) in &places {
            heads[*list] += 1;
            items[*list] = (heads[*list] < counts[*list]).then(|| item(*list, heads[*list]));
        }
    }
}
