//! Building segments: from events, and from smaller segments.

use std::hash::BuildHasher;

use aoc_core::{Event, Position, Result, store::Stored};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    layout::{COLUMNS, Column, MAGIC, SECTIONS, TABLE, join_names},
    postings,
    segment::Segment,
    words::{Term, each_term},
};

/// Indexes events; at most [`super::bitmap::MOST`].
pub(crate) fn build(events: &[Stored]) -> Result<Segment> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|i| (events[*i].event.timestamp.ticks(), events[*i].position));
    let mut terms = Terms::default();
    let mut columns = Columns::default();
    for (number, i) in order.iter().enumerate() {
        let Stored { position, event } = &events[*i];
        columns.push(*position, event);
        terms.push(number as u16, event);
    }
    terms.write(columns)
}

/// The values of every event.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) ticks: Vec<i64>,
    pub(crate) positions: Vec<Position>,
    pub(crate) columns: [Names; COLUMNS.len()],
}

/// The values of one column: names, each once, and which of them every event has.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) numbers: Vec<u16>,
    names: Vec<String>,
    known: HashMap<String, u16>,
}

impl Names {
    /// The number of a name.
    pub(crate) fn number(&mut self, name: &str) -> u16 {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let number = self.names.len() as u16;
        self.names.push(name.to_owned());
        self.known.insert(name.to_owned(), number);
        number
    }

    fn push(&mut self, name: &str) {
        let number = self.number(name);
        self.numbers.push(number);
    }
}

impl Columns {
    fn push(&mut self, position: Position, event: &Event) {
        self.ticks.push(event.timestamp.ticks());
        self.positions.push(position);
        for (column, names) in COLUMNS.iter().zip(&mut self.columns) {
            match column {
                Column::Service => names.push(&event.service),
                Column::Operation => names.push(&event.operation),
                Column::Result => names.push(event.result.as_str()),
                Column::Source => names.push(&event.source),
                Column::Tenant => names.push(&event.tenant),
                Column::Actor => names.push(&actor(event)),
            }
        }
    }
}

fn actor(event: &Event) -> String {
    join_names(
        event.actor_display.as_deref().unwrap_or_default(),
        event.actor_upn.as_deref().unwrap_or_default(),
    )
}

/// The terms of a batch of events, each once, with the events that hold them.
#[derive(Default)]
struct Terms {
    hasher: DefaultHashBuilder,
    /// All words, one after the other.
    text: String,
    table: HashTable<u32>,
    words: Vec<Entry>,
    guids: HashMap<u128, u32>,
    guid_entries: Vec<Entry>,
    /// Events of terms that have more than one: (number before in the chain + 1, event).
    chain: Vec<(u32, u16)>,
}

struct Entry {
    start: u32,
    end: u32,
    /// Last event that holds it, and the chain of those before it.
    last: u16,
    chain: u32,
}

impl Terms {
    fn push(&mut self, number: u16, event: &Event) {
        each_term(event, &mut |term| match term {
            Term::Word(word) => self.push_word(number, word),
            Term::Guid(guid) => self.push_guid(number, guid),
        });
    }

    fn push_word(&mut self, number: u16, word: &str) {
        let Self { hasher, text, table, words, chain, .. } = self;
        let of = |entry: u32, text: &str, words: &[Entry]| -> u64 {
            let Entry { start, end, .. } = words[entry as usize];
            hasher.hash_one(&text.as_bytes()[start as usize..end as usize])
        };
        let hash = hasher.hash_one(word.as_bytes());
        let same = |entry: &u32| {
            let Entry { start, end, .. } = words[*entry as usize];
            &text.as_bytes()[start as usize..end as usize] == word.as_bytes()
        };
        match table.find(hash, same) {
            Some(entry) => words[*entry as usize].add(number, chain),
            None => {
                let (start, entry) = (text.len() as u32, words.len() as u32);
                text.push_str(word);
                words.push(Entry { start, end: text.len() as u32, last: number, chain: 0 });
                table.insert_unique(hash, entry, |entry| of(*entry, text, words));
            }
        }
    }

    fn push_guid(&mut self, number: u16, guid: u128) {
        let next = self.guid_entries.len() as u32;
        let entry = *self.guids.entry(guid).or_insert(next);
        match self.guid_entries.get_mut(entry as usize) {
            Some(known) => known.add(number, &mut self.chain),
            None => self.guid_entries.push(Entry { start: 0, end: 0, last: number, chain: 0 }),
        }
    }

    fn word(&self, entry: &Entry) -> &str {
        &self.text[entry.start as usize..entry.end as usize]
    }

    fn write(self, columns: Columns) -> Result<Segment> {
        let mut out = Output::new(columns.ticks.len());
        let mut sorted: Vec<&Entry> = self.words.iter().collect();
        sorted.sort_unstable_by_key(|entry| self.word(entry));
        let mut numbers = Vec::new();
        for entry in sorted {
            entry.numbers(&self.chain, &mut numbers);
            out.word(self.word(entry).as_bytes(), &numbers);
        }
        let mut guids: Vec<(u128, u32)> = self.guids.iter().map(|(guid, entry)| (*guid, *entry)).collect();
        guids.sort_unstable();
        for (guid, entry) in guids {
            self.guid_entries[entry as usize].numbers(&self.chain, &mut numbers);
            out.guid(guid, &numbers);
        }
        out.finish(columns)
    }
}

impl Entry {
    fn add(&mut self, number: u16, chain: &mut Vec<(u32, u16)>) {
        if self.last != number {
            chain.push((self.chain, self.last));
            self.chain = chain.len() as u32;
            self.last = number;
        }
    }

    /// The events, in order.
    fn numbers(&self, chain: &[(u32, u16)], out: &mut Vec<u16>) {
        out.clear();
        out.push(self.last);
        let mut link = self.chain;
        while let Some((before, number)) = link.checked_sub(1).and_then(|at| chain.get(at as usize)) {
            out.push(*number);
            link = *before;
        }
        out.reverse();
    }
}

/// The sections of a segment while it is written.
pub(crate) struct Output {
    events: usize,
    words: Vec<u8>,
    word_starts: Vec<u8>,
    word_postings: Vec<u8>,
    guids: Vec<u8>,
    guid_postings: Vec<u8>,
    postings: Vec<u8>,
}

impl Output {
    pub(crate) fn new(events: usize) -> Self {
        let words = vec![b'\n'];
        Self {
            events,
            words,
            word_starts: Vec::new(),
            word_postings: Vec::new(),
            guids: Vec::new(),
            guid_postings: Vec::new(),
            postings: Vec::new(),
        }
    }

    /// Adds the next word in order, with the events that hold it.
    pub(crate) fn word(&mut self, word: &[u8], numbers: &[u16]) {
        self.word_starts.extend((self.words.len() as u32).to_le_bytes());
        self.words.extend_from_slice(word);
        self.words.push(b'\n');
        let reference = postings::write(numbers, self.events, &mut self.postings);
        self.word_postings.extend(reference.to_le_bytes());
    }

    /// Adds the next GUID in order, with the events that hold it.
    pub(crate) fn guid(&mut self, guid: u128, numbers: &[u16]) {
        self.guids.extend(guid.to_le_bytes());
        let reference = postings::write(numbers, self.events, &mut self.postings);
        self.guid_postings.extend(reference.to_le_bytes());
    }

    pub(crate) fn finish(mut self, columns: Columns) -> Result<Segment> {
        self.word_starts.extend((self.words.len() as u32).to_le_bytes());
        let ticks = columns.ticks.iter().flat_map(|ticks| ticks.to_le_bytes()).collect();
        let positions = columns.positions.iter().flat_map(|position| position.0.to_le_bytes()).collect();
        let numbers = columns.columns.iter().flat_map(|c| &c.numbers).flat_map(|n| n.to_le_bytes()).collect();
        let mut names = Vec::new();
        for column in &columns.columns {
            names.extend((column.names.len() as u32).to_le_bytes());
            for name in &column.names {
                names.extend((name.len() as u32).to_le_bytes());
                names.extend_from_slice(name.as_bytes());
            }
        }
        let sections: [Vec<u8>; SECTIONS] = [
            ticks,
            positions,
            numbers,
            names,
            self.words,
            self.word_starts,
            self.word_postings,
            self.guids,
            self.guid_postings,
            self.postings,
        ];
        Segment::in_memory(assemble(self.events, &sections))
    }
}

/// The sections behind their table, and the checksum behind them.
fn assemble(events: usize, sections: &[Vec<u8>; SECTIONS]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend((events as u32).to_le_bytes());
    bytes.extend((SECTIONS as u32).to_le_bytes());
    let mut start = TABLE + SECTIONS * 16;
    for section in sections {
        bytes.extend((start as u64).to_le_bytes());
        bytes.extend((section.len() as u64).to_le_bytes());
        start = (start + section.len()).next_multiple_of(8);
    }
    for section in sections {
        bytes.extend_from_slice(section);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let sum = xxh3_64(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}
