//! Which of the events that come are known.

use std::collections::{HashMap, VecDeque};

use aoc_core::{
    prelude::*,
    store::{Added, Known, recognise},
};
use futures::TryStreamExt;
use mongodb::bson::{Binary, Bson, RawDocumentBuf, doc, spec::BinarySubtype};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{command::ask, connection::Connection, document, number};

/// Of so many keys it is asked at once whether they are known.
const KEYS: usize = 2_000;
/// So many keys are remembered, about 15 MB: sources look at what is known again and again for a day.
const RECENT: usize = 200_000;

/// The digest of a key.
type Digest = [u8; 16];
/// What is stored under a key: the print of its raw record.
type Prints = HashMap<Digest, i64>;

/// An event that is to be appended.
pub(super) struct New {
    pub(super) event: Event,
    pub(super) key: Digest,
    pub(super) print: i64,
}

/// Keys that are known to be stored, with their prints. Holds only as long as nobody else appends or removes.
#[derive(Default)]
pub(super) struct Recent {
    prints: Prints,
    order: VecDeque<Digest>,
}

impl Recent {
    pub(super) fn add(&mut self, key: Digest, print: i64) {
        if self.prints.insert(key, print).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > RECENT {
            let oldest = self.order.pop_front();
            oldest.map(|oldest| self.prints.remove(&oldest));
        }
    }
}

/// Decides of events, in order, whether they are known: those that are new, and what becomes of each.
pub(super) async fn decide(
    connection: &Connection,
    (head, seed): (Position, u64),
    recent: &mut Recent,
    events: &[Event],
) -> Result<(Vec<New>, Vec<Added>)> {
    let print = |event: &Event| xxh3_64_with_seed(event.raw.text().as_bytes(), seed).cast_signed();
    let marks: Vec<(Digest, i64)> =
        events.iter().map(|event| (event.dedupe_key.digest(), print(event))).collect();
    let prints = known(connection, head, recent, &marks).await?;
    let odd = odd_ones(events, &marks, &prints);
    let stored = if odd.is_empty() { Stored::default() } else { Stored::of(connection, head, &odd).await? };
    let mut deciding = Deciding { head, prints, stored, new: Vec::new(), keys: HashMap::new() };
    let decided = events.iter().zip(marks).map(|(event, marks)| deciding.decide(event, marks));
    let added = decided.collect::<Result<_>>()?;
    Ok((deciding.new, added))
}

/// The prints of those keys that are known.
async fn known(
    connection: &Connection,
    head: Position,
    recent: &mut Recent,
    marks: &[(Digest, i64)],
) -> Result<Prints> {
    let mut prints = Prints::new();
    let mut asked = Vec::new();
    for (key, _) in marks {
        match recent.prints.get(key) {
            Some(print) => drop(prints.insert(*key, *print)),
            None => asked.push(Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: key.to_vec() })),
        }
    }
    for part in asked.chunks(KEYS) {
        let filter = doc! { "key": { "$in": part }, "position": { "$lte": number(head) } };
        let wanted = doc! { "_id": 0, "key": 1, "print": 1 };
        let batch = u32::try_from(KEYS).unwrap_or(u32::MAX);
        let mut cursor = ask(connection.events.find(filter).projection(wanted).batch_size(batch)).await?;
        while let Some(raw) = ask(cursor.try_next()).await? {
            let (Ok(key), Some(print)) = (raw.get_binary("key"), document::whole(&raw, "print")) else {
                continue;
            };
            if let Ok(key) = Digest::try_from(key.bytes) {
                prints.insert(key, print);
                recent.add(key, print);
            }
        }
    }
    Ok(prints)
}

/// Those whose key is known under another print, or comes twice in the batch under two: what is stored must be looked
/// at.
fn odd_ones<'a>(events: &'a [Event], marks: &[(Digest, i64)], prints: &Prints) -> Vec<&'a Event> {
    let mut first = HashMap::new();
    let mut is_odd = |(key, print): &(Digest, i64)| {
        prints.get(key).unwrap_or_else(|| first.entry(*key).or_insert(*print)) != print
    };
    events.iter().zip(marks).filter(|(_, marks)| is_odd(marks)).map(|(event, _)| event).collect()
}

/// Stored events, by key and by alias.
#[derive(Default)]
struct Stored {
    by_key: HashMap<Digest, Event>,
    by_alias: HashMap<Digest, Event>,
}

impl Stored {
    /// All that may say whether these are known.
    async fn of(connection: &Connection, head: Position, odd: &[&Event]) -> Result<Self> {
        let mut stored = Self::default();
        for part in odd.chunks(KEYS / 4) {
            let (mut keys, mut aliases) = (Vec::new(), Vec::new());
            for event in part {
                let revision = (*event).clone().into_revision();
                keys.extend([document::digest(&event.dedupe_key), document::digest(&revision.dedupe_key)]);
                aliases.push(document::digest(&revision.alias()));
            }
            let one = doc! { "$or": [{ "key": { "$in": keys } }, { "alias": { "$in": aliases } }] };
            let filter = doc! { "$and": [one, { "position": { "$lte": number(head) } }] };
            let mut cursor = ask(connection.events.find(filter)).await?;
            while let Some(raw) = ask(cursor.try_next()).await? {
                stored.add(&raw)?;
            }
        }
        Ok(stored)
    }

    fn add(&mut self, raw: &RawDocumentBuf) -> Result<()> {
        let event = document::read(raw)?.event;
        let digest = |name: &str| raw.get_binary(name).ok().and_then(|digest| digest.bytes.try_into().ok());
        if let Some(alias) = digest("alias") {
            self.by_alias.insert(alias, event.clone());
        }
        if let Some(key) = digest("key") {
            self.by_key.insert(key, event);
        }
        Ok(())
    }
}

/// Decides of each event of a batch, in order, whether it is known.
struct Deciding {
    head: Position,
    prints: Prints,
    stored: Stored,
    new: Vec<New>,
    /// Keys and aliases of the new ones.
    keys: HashMap<Digest, usize>,
}

impl Deciding {
    fn decide(&mut self, event: &Event, (key, print): (Digest, i64)) -> Result<Added> {
        let here = self.keys.get(&key).map(|index| self.new[*index].print);
        match self.prints.get(&key).copied().or(here) {
            None => return Ok(Added::New(self.add(event.clone(), print))),
            Some(known) if known == print => return Ok(Added::Duplicate),
            Some(_) => {}
        }
        match recognise(event, |key| Ok(self.find(&key.digest())))? {
            Known::Revision(revision) => Ok(Added::Revision(self.add(*revision, print))),
            Known::Repeat => Ok(Added::Duplicate),
            // It was there a moment ago, and has been forgotten.
            Known::New => Ok(Added::New(self.add(event.clone(), print))),
        }
    }

    fn find(&self, digest: &Digest) -> Option<Event> {
        let here = self.keys.get(digest).map(|index| &self.new[*index].event);
        here.or_else(|| self.stored.by_key.get(digest)).or_else(|| self.stored.by_alias.get(digest)).cloned()
    }

    fn add(&mut self, event: Event, print: i64) -> Position {
        let index = self.new.len();
        let key = event.dedupe_key.digest();
        self.keys.insert(key, index);
        if event.revision_of.is_some() {
            self.keys.insert(event.alias().digest(), index);
        }
        self.new.push(New { event, key, print });
        Position(self.head.0 + 1 + index as u64)
    }
}
