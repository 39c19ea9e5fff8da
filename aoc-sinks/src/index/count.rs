//! Counting what was found in segments: per value, per tag, over time.

use std::collections::{BTreeMap, HashMap};

use aoc_core::{
    Position, Timestamp,
    query::{Bucket, BucketSize, Facet},
};

use super::{
    answer::Found,
    bitmap::Bitmap,
    layout::Column,
    query::{actor_name, failure_number},
    segment::Segment,
};

/// The column of a facet that has one; all have but tags.
pub(crate) fn column_of(facet: Facet) -> Column {
    match facet {
        Facet::Service => Column::Service,
        Facet::Operation => Column::Operation,
        Facet::Result => Column::Result,
        Facet::Source => Column::Source,
        Facet::Tenant => Column::Tenant,
        Facet::Actor | Facet::Tag => Column::Actor,
    }
}

pub(crate) fn count_column(found: &Found, facet: Facet) -> HashMap<String, u64> {
    let column = column_of(facet);
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for (segment, set) in &found.segments {
        for (name, count) in segment.names(column).iter().zip(count_values(segment, set, column)) {
            let name = if column == Column::Actor { actor_name(name) } else { name };
            if count > 0 && !name.is_empty() {
                *counts.entry(name).or_default() += count;
            }
        }
    }
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// Per value of a column, how many events of the set have it.
fn count_values(segment: &Segment, set: &Bitmap, column: Column) -> Vec<u64> {
    let mut counts = vec![0_u64; segment.names(column).len()];
    let values = segment.column(column);
    let mut count = |value: &[u8; 2]| {
        if let Some(count) = counts.get_mut(usize::from(u16::from_le_bytes(*value))) {
            *count += 1;
        }
    };
    if set.is_full() {
        values.iter().for_each(count);
    } else {
        set.iter().filter_map(|event| values.get(event)).for_each(&mut count);
    }
    counts
}

pub(crate) fn count_tags_of(found: &Found, tags_of: &HashMap<Position, Vec<String>>) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for (segment, set) in &found.segments {
        let tagged = segment.all_positions().enumerate().filter(|(event, _)| set.contains(*event));
        for tag in tagged.filter_map(|(_, position)| tags_of.get(&position)).flatten() {
            *counts.entry(tag.clone()).or_default() += 1;
        }
    }
    counts
}

pub(crate) fn count_buckets(found: &Found, bucket: BucketSize) -> Vec<Bucket> {
    let mut counts: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (segment, set) in &found.segments {
        let failure = failure_number(segment);
        let results = segment.column(Column::Result);
        let ticks: Vec<i64> = segment.all_ticks().collect();
        // Events are in order of time: the bucket changes seldom.
        let (mut start, mut end, mut sums) = (0, i64::MIN, (0, 0));
        for event in set.iter() {
            if ticks[event] >= end {
                add(&mut counts, start, sums);
                start = bucket.floor(ticks[event]);
                (end, sums) = (bucket.next(start), (0, 0));
            }
            sums =
                (sums.0 + 1, sums.1 + u64::from(failure.is_some() && results.get(event) == failure.as_ref()));
        }
        add(&mut counts, start, sums);
    }
    let bucket = |(start, (count, failures))| Bucket { start: Timestamp::from_ticks(start), count, failures };
    counts.into_iter().map(bucket).collect()
}

fn add(counts: &mut BTreeMap<i64, (u64, u64)>, start: i64, sums: (u64, u64)) {
    if sums.0 > 0 {
        let sum = counts.entry(start).or_default();
        *sum = (sum.0 + sums.0, sum.1 + sums.1);
    }
}
