//! The keys by which blocks are found: those that a block has, and those that a filter needs.
//!
//! Of a word only some grams of six bytes are keys: of three neighbours the one with the least hash. Eight bytes in a
//! row have one whatever stands around them, so a text of eight bytes without separators has a key that every word
//! with that text has, too. All grams of three would be as many keys, and nearly every block has nearly all of them.
//! GUIDs are keys by their first eight digits; whole names of services, operations, results, sources and tenants are
//! keys.

use std::ops::Range;

use aoc_core::{Filter, fold, text};
use xxhash_rust::xxh3::xxh3_64;

use crate::index::{
    layout::{COLUMNS, Column},
    query::guid_heads,
    segment::Segment,
    words::{GLUE, guids_from, is_separator},
};

const GRAM: usize = 6;
const NEIGHBOURS: usize = 3;
const GUID_LENGTH: usize = 36;
/// So many digits of a GUID are its key. (A shorter head may as well be a text that is too short for a gram.)
const HEAD: usize = 8;
/// More names than this are not looked up one by one.
const MOST_NAMES: usize = 16;

/// What blocks are found by; keys of one kind are apart from those of others.
pub(super) type Key = i64;

/// What a block must have: all keys of one of these lists.
pub(super) type Need = Vec<Vec<Key>>;

/// The keys of a block.
pub(super) fn of_segment(segment: &Segment) -> Vec<Key> {
    let mut keys = Vec::new();
    for word in (0..segment.word_count()).map(|word| segment.word(word)) {
        let word = std::str::from_utf8(word).unwrap_or_default();
        let word = word.trim_matches(GLUE);
        // A phrase's words are there by themselves.
        if word.len() >= GRAM && !word.contains(is_separator) {
            of_word(word, &mut keys);
        }
    }
    keys.extend((0..segment.guid_count()).map(|guid| guid_key(segment.guid(guid))));
    for column in COLUMNS.into_iter().filter(|column| *column != Column::Actor) {
        keys.extend(segment.names(column).iter().map(|name| name_key(column, name)));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a block must have so that an event of it can match.
pub(super) fn of_filter(filter: &Filter) -> Vec<Need> {
    let mut needs: Vec<Need> = filter.search.parts().iter().map(|part| of_part(part)).collect();
    let results: Vec<String> = filter.result.iter().map(|result| result.as_str().to_owned()).collect();
    let is_pattern = filter.operation.iter().any(|operation| operation.contains('*'));
    let operations: &[String] = if is_pattern { &[] } else { &filter.operation };
    for (column, names) in [
        (Column::Service, &filter.service[..]),
        (Column::Operation, operations),
        (Column::Result, &results),
        (Column::Source, &filter.source),
        (Column::Tenant, &filter.tenant),
    ] {
        if names.len() <= MOST_NAMES {
            needs.push(names.iter().map(|name| vec![name_key(column, name)]).collect());
        }
    }
    // A list without keys asks for nothing, and nor does none at all.
    needs.retain(|need| !need.is_empty() && need.iter().all(|keys| !keys.is_empty()));
    needs
}

/// The part is text up to where a GUID may begin in it; behind that nothing is asked for but the GUID.
fn of_part(part: &str) -> Need {
    let whole = text::guids(part).next();
    let at_start = match &whole {
        Some(guid) if guid.start == 0 => Some(&part[guid.clone()]),
        _ => guids_from(part).map(|_| part),
    };
    let heads = guid_heads(part).chain(whole.iter().map(|guid| guid.start));
    let cut = heads.filter(|at| *at > 0).min().unwrap_or(part.len());
    let mut need = vec![of_text(&part[..cut])];
    if let Some(guid) = whole.filter(|guid| guid.start == cut) {
        need = with_guid(part, guid);
    }
    need.extend(at_start.map(|head| head_key(head).into_iter().collect()));
    need
}

/// What looks like a GUID is a part of a word where letters stand beside it in the value.
fn with_guid(part: &str, guid: Range<usize>) -> Need {
    let mut keys = of_text(&part[..guid.start]);
    keys.extend(head_key(&part[guid.clone()]));
    vec![keys, of_text(&part[..guid.start + GUID_LENGTH])]
}

fn of_text(text: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    text.split(is_separator).for_each(|word| of_word(word, &mut keys));
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn of_word(word: &str, keys: &mut Vec<Key>) {
    let hashes: Vec<u32> = word.as_bytes().windows(GRAM).map(|gram| xxh3_64(gram) as u32).collect();
    let mut last = None;
    for least in hashes.windows(NEIGHBOURS).filter_map(|neighbours| neighbours.iter().min()) {
        if last != Some(least) {
            keys.push(i64::from(*least));
        }
        last = Some(least);
    }
}

fn tagged(kind: i64, value: u32) -> Key {
    (kind << 32) | i64::from(value)
}

fn guid_key(guid: u128) -> Key {
    tagged(1, (guid >> 96) as u32)
}

fn head_key(head: &str) -> Option<Key> {
    u32::from_str_radix(head.get(..HEAD)?, 16).ok().map(|head| tagged(1, head))
}

fn name_key(column: Column, name: &str) -> Key {
    tagged(2 + column as i64, xxh3_64(fold(name).as_bytes()) as u32)
}

#[cfg(test)]
mod tests {
    use aoc_core::{Event, Position, Timestamp, store::Stored};

    use super::*;
    use crate::index::builder::build;

    const GUID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    fn has_all(value: &str, part: &str) -> bool {
        let mut event = Event::new("badge", "1", Timestamp::from_ticks(0));
        event.display_summary = value.to_owned();
        let keys = of_segment(&build(&[Stored { position: Position(1), event }]).unwrap());
        let has = |key: &Key| keys.binary_search(key).is_ok();
        let filter = Filter { search: part.into(), ..Filter::default() };
        of_filter(&filter).iter().all(|need| need.iter().any(|list| list.iter().all(has)))
    }

    #[test]
    fn every_part_of_a_value_is_found_by_its_keys() {
        for value in [
            format!("directory_{GUID}_alexander.wilber@contoso.com, {GUID}; x{GUID}"),
            format!("{GUID}-abcdef01-abcdef012 {GUID}{GUID} deadbeef-0000 ünïcödé-ßtraße"),
            "0123456789abcdef".repeat(20),
        ] {
            let folded = fold(&value).into_owned();
            for (start, _) in folded.char_indices().step_by(3) {
                for end in folded.char_indices().map(|(at, _)| at).filter(|end| *end > start).take(50) {
                    let part = &folded[start..end];
                    if !part.trim().is_empty() && text::occurs(part, &folded) {
                        assert!(
                            has_all(&value, &format!("\"{part}\"").replace("\"\"", "")),
                            "{part} in {value}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_mostly_not_found() {
        assert!(!has_all("alexander.wilber@contoso.com", "alexandra.wilber"));
        assert!(!has_all(GUID, "0f1f2d3c-4b") && has_all(GUID, "0f1e2d3c-4b"));
        assert!(!has_all(GUID, "1f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"));
    }
}
