//! Answering a filter from one segment.

use std::{collections::HashSet, ops::Range};

use aoc_core::{Filter, Outcome, Position, query::one_of, text};

use super::{
    bitmap::Bitmap,
    layout::{Column, Section, split_names},
    segment::Segment,
    words::{GLUE, OVERLAP, guids_from, is_separator},
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
            if unsure.is_empty() {
                break;
            }
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

    pub(crate) fn allows(&self, column: Column, name: &str) -> bool {
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
                let (display, upn) = split_names(name);
                filter.matches_actor(Some(display), Some(upn))
            }
        }
    }
}

/// The name that an actor is counted under: the display name, else the user principal name.
pub(crate) fn actor_name(names: &str) -> &str {
    let (display, upn) = split_names(names);
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
/// without a GUID, so the part occurs there.) A text with line breaks at its ends finds words that begin or
/// end with it.
fn add_containing(segment: &Segment, part: &str, set: &mut Bitmap) {
    let words = segment.section(Section::Words);
    let finder = memchr::memmem::Finder::new(part);
    // The line break before a word belongs to the word before it.
    let lead = usize::from(part.starts_with(EDGE));
    let (mut at, mut word) = (0, 0);
    let mut visited = 0_usize;
    while let Some(skip) = words.get(at..).and_then(|rest| finder.find(rest)) {
        word = word_at(segment, word, at + skip + lead);
        segment.add_postings(set, segment.word_postings(word));
        at = (segment.word_start(word + 1) - lead).max(at + skip + 1);
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
pub(crate) fn guid_heads(part: &str) -> impl Iterator<Item = usize> + '_ {
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

/// What stands on either side of a word in the list of words.
const EDGE: char = '\n';

/// Events that hold every token of the part: its words, with the ends that they have in it, its separators,
/// its GUIDs.
fn with_all_tokens(segment: &Segment, part: &str) -> Bitmap {
    let mut all = Bitmap::range(segment.len(), 0, segment.len());
    let mut from = 0;
    for guid in text::guids(part) {
        with_words(segment, part, from..guid.start, &mut all);
        all.and(&with_guid(segment, &part[guid.clone()]));
        from = guid.end;
    }
    with_words(segment, part, from..part.len(), &mut all);
    all
}

fn with_guid(segment: &Segment, guid: &str) -> Bitmap {
    let mut set = Bitmap::none(segment.len());
    add_guids(segment, guid, &mut set);
    // In the value it may have letters on either side; then it is a part of a word.
    add_containing(segment, guid, &mut set);
    set
}

/// Keeps the events that hold the words and separators of a stretch of the part between GUIDs.
fn with_words(segment: &Segment, part: &str, stretch: Range<usize>, all: &mut Bitmap) {
    let separators: HashSet<char> =
        part[stretch.clone()].chars().filter(|c| is_separator(*c) && !c.is_control()).collect();
    for separator in separators {
        let mut set = Bitmap::none(segment.len());
        add_containing(segment, separator.encode_utf8(&mut [0; 4]), &mut set);
        all.and(&set);
    }
    let mut start = stretch.start;
    for word in part[stretch.clone()].split(is_separator) {
        let end = start + word.len();
        if !word.is_empty() {
            // Before and behind the part the word may go on; at a GUID it may be glued to it, or be one word with
            // what only looks like one; elsewhere it ends where it ends in the part.
            let before = start > stretch.start;
            let behind = end < stretch.end;
            all.and(&with_word(segment, word, before, behind, end == part.len()));
        }
        start = end + part[end..].chars().next().map_or(0, char::len_utf8);
    }
}

/// The events of words that start (`before`) and end (`behind`) as this one; behind an `open` end there may be
/// a GUID that begins in it.
fn with_word(segment: &Segment, word: &str, before: bool, behind: bool, open: bool) -> Bitmap {
    let mut set = Bitmap::none(segment.len());
    let head = &word[..word.floor_char_boundary(OVERLAP)];
    let edge = |is: bool| if is { "\n" } else { "" };
    // Of a long word only its pieces are kept, which have other ends.
    let (before, behind) = (before && head == word, behind && head == word);
    add_containing(segment, &format!("{}{head}{}", edge(before), edge(behind)), &mut set);
    if open {
        add_guids(segment, word, &mut set);
        let stems = guid_heads(word).map(|at| &word[..word[..at].floor_char_boundary(OVERLAP)]);
        stems.for_each(|stem| add_containing(segment, stem, &mut set));
    }
    set
}
