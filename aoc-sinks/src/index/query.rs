//! Answering a filter from one segment.

use std::collections::HashSet;

use aoc_core::{Filter, Outcome, Position, query::one_of, text};

use super::{
    bitmap::Bitmap,
    layout::{ACTOR_DIVIDER, Column},
    segment::Segment,
    words::{GLUE, OVERLAP, guids_from, is_separator, parse_guid},
};

/// What is asked of every segment.
pub(crate) struct Scope {
    pub(crate) filter: Filter,
    /// Times from here, in ticks.
    pub(crate) from: i64,
    /// Times before this.
    pub(crate) before: i64,
    /// Positions up to this.
    pub(crate) until: Position,
    /// Events with all the tags asked for; `None` when none is asked for.
    pub(crate) tagged: Option<HashSet<Position>>,
    /// Events with a tag that is ruled out.
    pub(crate) ruled_out: HashSet<Position>,
}

/// Which events of a segment match.
pub(crate) struct Matched {
    /// These do.
    pub(crate) sure: Bitmap,
    /// These have the words; whether they match is found by reading them.
    pub(crate) unsure: Bitmap,
}

impl Scope {
    /// The events of the segment that match.
    pub(crate) fn matched(&self, segment: &Segment) -> Matched {
        let length = segment.len();
        let mut set = Bitmap::range(length, segment.first_from(self.from), segment.first_from(self.before));
        for column in [
            Column::Service,
            Column::Operation,
            Column::Result,
            Column::Source,
            Column::Tenant,
            Column::Actor,
        ] {
            self.keep_column(segment, column, &mut set);
        }
        if segment.all_positions().any(|position| position > self.until) {
            keep_positions(segment, &mut set, |position| *position <= self.until);
        }
        if let Some(tagged) = &self.tagged {
            keep_positions(segment, &mut set, |position| tagged.contains(position));
        }
        if !self.ruled_out.is_empty() {
            keep_positions(segment, &mut set, |position| !self.ruled_out.contains(position));
        }
        let mut unsure = set.clone();
        for part in self.filter.search.parts() {
            let (sure, mut maybe) = find(segment, part);
            set.and(&sure);
            maybe.or(&sure);
            unsure.and(&maybe);
        }
        unsure.and_not(&set);
        Matched { sure: set, unsure }
    }

    fn keep_column(&self, segment: &Segment, column: Column, set: &mut Bitmap) {
        let names = segment.names(column);
        let allowed: Vec<bool> = names.iter().map(|name| self.allows(column, name)).collect();
        if allowed.iter().all(|allowed| *allowed) || set.is_empty() {
            return;
        }
        let values = segment.column(column);
        let allows =
            |value: [u8; 2]| allowed.get(usize::from(u16::from_le_bytes(value))).copied().unwrap_or_default();
        set.and(&Bitmap::of(segment.len(), |event| values.get(event).is_some_and(|value| allows(*value))));
    }

    fn allows(&self, column: Column, name: &str) -> bool {
        let filter = &self.filter;
        match column {
            Column::Service => one_of(&filter.service, name),
            Column::Operation => filter.matches_operation(name),
            Column::Result => {
                filter.result.is_empty() || filter.result.iter().any(|result| result.as_str() == name)
            }
            Column::Source => one_of(&filter.source, name),
            Column::Tenant => one_of(&filter.tenant, name),
            Column::Actor => {
                let (display, upn) = name.split_once(ACTOR_DIVIDER).unwrap_or((name, ""));
                filter.matches_actor(Some(display), Some(upn))
            }
        }
    }
}

/// The name that an actor is counted under: the display name, else the user principal name.
pub(crate) fn actor_name(names: &str) -> &str {
    let (display, upn) = names.split_once(ACTOR_DIVIDER).unwrap_or((names, ""));
    if display.is_empty() { upn } else { display }
}

/// Which number the result `failure` has in a segment.
pub(crate) fn failure_number(segment: &Segment) -> Option<[u8; 2]> {
    let at = segment.names(Column::Result).iter().position(|name| name == Outcome::Failure.as_str())?;
    u16::try_from(at).ok().map(u16::to_le_bytes)
}

fn keep_positions(segment: &Segment, set: &mut Bitmap, keep: impl Fn(&Position) -> bool) {
    let mut kept = Bitmap::none(segment.len());
    segment.all_positions().enumerate().filter(|(_, p)| keep(p)).for_each(|(event, _)| kept.insert(event));
    set.and(&kept);
}

/// The events in which a part surely occurs, and those in which it may.
fn find(segment: &Segment, part: &str) -> (Bitmap, Bitmap) {
    let mut sure = Bitmap::none(segment.len());
    // Control characters divide and mark words in the list, so none is in a word itself.
    if !part.contains(char::is_control) {
        add_containing(segment, part, &mut sure);
    }
    let guids: Vec<_> = text::guids(part).collect();
    let is_guid = guids.first().is_some_and(|guid| guid.len() == part.len());
    if guids.is_empty() || is_guid {
        add_guids(segment, part, &mut sure);
    }
    let cut = part.contains(is_separator) || part.len() > OVERLAP || !guids.is_empty();
    let maybe = match () {
        () if is_guid => Bitmap::none(segment.len()),
        () if cut => with_all_tokens(segment, part),
        () => spanning_a_guid(segment, part),
    };
    (sure, maybe)
}

/// Adds the events of all words that contain the text. (A word that contains a part is a stretch of a value
/// without a GUID, so the part occurs there.)
fn add_containing(segment: &Segment, part: &str, set: &mut Bitmap) {
    let words = segment.section(super::layout::Section::Words);
    let finder = memchr::memmem::Finder::new(part);
    let (mut at, mut word) = (0, 0);
    let mut visited = 0_usize;
    while let Some(skip) = words.get(at..).and_then(|rest| finder.find(rest)) {
        word = word_at(segment, word, at + skip);
        segment.add_postings(set, segment.word_postings(word));
        at = segment.word_start(word + 1).max(at + skip + 1);
        visited += 1;
        if visited.is_multiple_of(256) && set.is_full() {
            return;
        }
    }
}

/// The word that holds a byte of the words; not before `low`.
fn word_at(segment: &Segment, mut low: usize, byte: usize) -> usize {
    let (mut step, last) = (1, segment.word_count());
    while low + step < last && segment.word_start(low + step) <= byte {
        low += step;
        step *= 2;
    }
    let mut high = (low + step).min(last);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if segment.word_start(middle) <= byte { low = middle } else { high = middle }
    }
    low
}

/// Adds the events of all GUIDs that the text is or begins.
fn add_guids(segment: &Segment, part: &str, set: &mut Bitmap) {
    let Some((low, high)) = guids_from(part) else { return };
    let (mut from, mut until) = (0, segment.guid_count());
    while from < until {
        let middle = from + (until - from) / 2;
        if segment.guid(middle) < low { from = middle + 1 } else { until = middle }
    }
    for guid in from..segment.guid_count() {
        if segment.guid(guid) > high || (guid % 256 == 255 && set.is_full()) {
            return;
        }
        segment.add_postings(set, segment.guid_postings(guid));
    }
}

/// Where the end of a text may be the head of a GUID that what is before it is glued to.
fn guid_heads(part: &str) -> impl Iterator<Item = usize> + '_ {
    let starts = part.char_indices().skip(1).map(|(at, _)| at);
    starts.filter(|at| !part.as_bytes()[at - 1].is_ascii_alphanumeric() && guids_from(&part[*at..]).is_some())
}

/// Events in which the part may occur so that it ends inside a GUID.
fn spanning_a_guid(segment: &Segment, part: &str) -> Bitmap {
    let mut all = Bitmap::none(segment.len());
    for at in guid_heads(part) {
        let mut with_head = Bitmap::none(segment.len());
        add_guids(segment, &part[at..], &mut with_head);
        let mut with_word = Bitmap::none(segment.len());
        if !with_head.is_empty() {
            add_containing(segment, &format!("{}{GLUE}", &part[..at]), &mut with_word);
        }
        with_head.and(&with_word);
        all.or(&with_head);
    }
    all
}

/// Events that hold every token of the part.
fn with_all_tokens(segment: &Segment, part: &str) -> Bitmap {
    let mut all = Bitmap::range(segment.len(), 0, segment.len());
    let mut keep = |set: &Bitmap| all.and(set);
    let mut from = 0;
    for guid in text::guids(part) {
        with_words(segment, &part[from..guid.start], false, &mut keep);
        keep(&with_guid(segment, &part[guid.clone()]));
        from = guid.end;
    }
    with_words(segment, &part[from..], true, &mut keep);
    all
}

fn with_guid(segment: &Segment, guid: &str) -> Bitmap {
    debug_assert!(guids_from(guid).is_some_and(|(low, _)| low == parse_guid(guid)));
    let mut set = Bitmap::none(segment.len());
    add_guids(segment, guid, &mut set);
    // In the value it may have letters on either side; then it is a part of a word.
    add_containing(segment, guid, &mut set);
    set
}

/// Hands over the events of each word of a text; the last word may go on, also as a GUID, if `open`.
fn with_words(segment: &Segment, text: &str, open: bool, keep: &mut dyn FnMut(&Bitmap)) {
    let mut separators: HashSet<char> =
        text.chars().filter(|c| is_separator(*c) && !c.is_control()).collect();
    for separator in separators.drain() {
        let mut set = Bitmap::none(segment.len());
        add_containing(segment, separator.encode_utf8(&mut [0; 4]), &mut set);
        keep(&set);
    }
    let mut words = text.split(is_separator).peekable();
    while let Some(word) = words.next() {
        if !word.is_empty() {
            keep(&with_word(segment, word, open && words.peek().is_none()));
        }
    }
}

fn with_word(segment: &Segment, word: &str, open: bool) -> Bitmap {
    let mut set = Bitmap::none(segment.len());
    let head = |text: &str| text[..text.floor_char_boundary(OVERLAP)].to_owned();
    add_containing(segment, &head(word), &mut set);
    if open {
        add_guids(segment, word, &mut set);
        guid_heads(word).for_each(|at| add_containing(segment, &head(&word[..at]), &mut set));
    }
    set
}
