//! Random filters whose texts are taken out of events.

use super::{
    super::random::Random,
    Generator,
    words::{MEMBERS, ODD, PLAIN, SERVICES, SOURCES, TAGS, TENANTS},
};
use crate::{
    Event, Filter, Outcome, SearchText, Timestamp,
    text::{each_value, guids},
};

impl Generator {
    /// A filter with one to four members, most of them taken from one of the events.
    pub fn filter(&mut self, events: &[Event]) -> Filter {
        let mut filter = Filter::default();
        let random = &mut self.random;
        if random.per_mille(20) {
            return filter;
        }
        let Some(like) = random.maybe(events) else { return filter };
        for _ in 0..1 + random.below(4).min(random.below(4)) {
            match random.below(16) {
                0 => filter.service = names(random, &like.service, SERVICES),
                1 => filter.operation = operations(random, &like.operation),
                2 => filter.result = vec![like.result, *random.pick(&Outcome::ALL)],
                3 => filter.source = names(random, &like.source, SOURCES),
                4 => filter.tenant = names(random, &like.tenant, TENANTS),
                5 => filter.actor = actor(random, like),
                6 => filter.start = Some(time(random, events)),
                7 => filter.end = Some(time(random, events)),
                8 => filter.include_tags = tags(random),
                9 => filter.exclude_tags = tags(random),
                _ => filter.search = SearchText::new(search(random, like, events)),
            }
        }
        filter
    }

    /// A text to search for, mostly taken from one of the events.
    pub fn search_text(&mut self, events: &[Event]) -> SearchText {
        let like = self.random.maybe(events);
        SearchText::new(like.map_or(String::new(), |like| search(&mut self.random, like, events)))
    }
}

/// One to three names, the event's among them mostly, in any case.
fn names(random: &mut Random, own: &str, others: &[&str]) -> Vec<String> {
    let own = if random.per_mille(850) { own } else { "there is none of this name" };
    let mut names = vec![recase(random, own)];
    for _ in 0..random.below(3) {
        names.push((*random.pick(others)).to_owned());
    }
    names
}

/// Operations, some with `*` in place of a piece.
fn operations(random: &mut Random, own: &str) -> Vec<String> {
    let piece = substring(random, own, 8);
    let pattern = match random.below(5) {
        0 => own.to_owned(),
        1 => format!("{}*", own.chars().take(1 + random.below(6)).collect::<String>()),
        2 => format!("*{piece}*"),
        3 => format!("*{}", own.chars().skip(random.below(6)).collect::<String>()),
        _ => own.replacen(&piece, "*", 1),
    };
    let mut asked = vec![recase(random, &pattern)];
    if random.per_mille(200) {
        asked.push("Update*".to_owned());
    }
    asked
}

fn actor(random: &mut Random, like: &Event) -> Option<String> {
    let names = [like.actor_display.as_deref(), like.actor_upn.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let piece = substring(random, random.clone().maybe(&names).unwrap_or(&"nobody"), 6);
    Some(recase(random, &piece))
}

/// The time of an event, or one tick beside it.
fn time(random: &mut Random, events: &[Event]) -> Timestamp {
    let at = random.maybe(events).map_or(0, |event| event.timestamp.ticks());
    Timestamp::from_ticks(at + [-1, 0, 0, 1, 36_000_000_000][random.below(5)])
}

fn tags(random: &mut Random) -> Vec<String> {
    let count = 1 + usize::from(random.per_mille(200));
    let mut tags: Vec<String> = (0..count).map(|_| (*random.pick(TAGS)).to_owned()).collect();
    if random.per_mille(50) {
        tags.push("no event has this".into());
    }
    tags
}

/// One to three parts, mostly of the same event.
fn search(random: &mut Random, like: &Event, events: &[Event]) -> String {
    let count = 1 + random.below(3).min(random.below(3));
    let parts = (0..count).map(|_| {
        let of = if random.per_mille(800) { like } else { random.clone().maybe(events).unwrap_or(like) };
        let part = part(random, of);
        recase(random, &part)
    });
    parts.collect::<Vec<_>>().join(*random.clone().pick(&[" ", "  ", "\t", "\u{a0}"]))
}

fn part(random: &mut Random, event: &Event) -> String {
    let mut values = Vec::new();
    each_value(event, &mut |value| values.push(value.to_owned()));
    let value = random.maybe(&values).cloned().unwrap_or_default();
    let piece = match random.below(20) {
        0..=5 => substring(random, &value, 12),
        6..=7 => substring(random, &value, 40),
        8 => substring(random, &value, 1),
        9 => value.clone(),
        10..=13 => around_guid(random, &values),
        14 => (*random.pick(MEMBERS)).to_owned(),
        15 => (*random.pick(ODD)).to_owned(),
        16 => (*random.pick(PLAIN)).to_owned(),
        17 => (*random
            .pick(&["{", "}", "[", "],", ";", "()", "<", ">", "|", "\":\"", "_", "-", "%", "*", "\\"]))
        .to_owned(),
        18 => format!("{value}{}", random.clone().maybe(&values).map_or("", String::as_str)),
        _ => "zzqxj".to_owned(),
    };
    quote(random, &piece)
}

/// A phrase with blanks is quoted mostly; a quote itself cannot be searched for.
fn quote(random: &mut Random, piece: &str) -> String {
    let piece = piece.split('"').max_by_key(|piece| piece.len()).unwrap_or_default();
    if piece.contains(char::is_whitespace) && random.per_mille(800) {
        return format!("\"{piece}\"");
    }
    piece.to_owned()
}

/// The head, the middle or the tail of a GUID, or what reaches over its borders.
fn around_guid(random: &mut Random, values: &[String]) -> String {
    let with: Vec<&String> = values.iter().filter(|value| guids(value).next().is_some()).collect();
    let Some(value) = random.maybe(&with) else { return "0f1e2d3c".to_owned() };
    let ranges: Vec<_> = guids(value).collect();
    let Some(guid) = random.maybe(&ranges).cloned() else { return String::new() };
    let (before, after) = (&value[..guid.start], &value[guid.end..]);
    let (inner, cut) = (&value[guid], 1 + random.below(35));
    match random.below(6) {
        0 => inner.to_owned(),
        1 | 2 => inner[..cut].to_owned(),
        3 => inner[cut..].to_owned(),
        4 => format!("{}{}", tail(before, 1 + random.below(4)), &inner[..cut]),
        _ => format!("{}{}", &inner[cut..], after.chars().take(1 + random.below(4)).collect::<String>()),
    }
}

fn tail(text: &str, count: usize) -> String {
    let skip = text.chars().count().saturating_sub(count);
    text.chars().skip(skip).collect()
}

fn substring(random: &mut Random, text: &str, most: usize) -> String {
    let length = text.chars().count();
    let start = random.below(length);
    text.chars().skip(start).take(1 + random.below(most)).collect()
}

/// The same text in another case, sometimes.
fn recase(random: &mut Random, text: &str) -> String {
    match random.below(6) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        _ => text.to_owned(),
    }
}
