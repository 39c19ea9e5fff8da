//! Appending: the leader's part.

use std::collections::HashMap;

use aoc_core::{
    prelude::*,
    store::{Added, Known, recognise},
};
use futures::TryStreamExt;
use mongodb::bson::{Bson, RawDocumentBuf, doc};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{
    Shared,
    adopt::{Original, Owner, as_it_was, free, owners},
    command::{Update, ask, failed, is_duplicate, update_all},
    connection::{Connection, LOG, read_log},
    document, number,
};

/// How often an append begins anew, because something of an earlier one was in its way.
const TRIES: usize = 6;
/// Of so many keys it is asked at once whether they are known.
const KEYS: usize = 2_000;

/// What the one who appends knows of the log. It holds only for the token it was read under.
#[derive(Default)]
pub(super) struct Writer {
    /// What the log's document said; nothing where an append was begun and not ended.
    place: Option<Place>,
}

#[derive(Clone)]
struct Place {
    token: i64,
    attempt: i64,
    head: Position,
    seed: u64,
    sources: Vec<String>,
    adopting: bool,
}

impl Writer {
    /// Appends the events that are not known.
    pub(super) async fn append(
        &mut self,
        shared: &Shared,
        token: i64,
        events: &[Event],
    ) -> Result<Vec<Added>> {
        let connection = shared.connection().await?;
        if events.is_empty() {
            return shared.check(token).await.map(|()| Vec::new());
        }
        for _ in 0..TRIES {
            let place = match self.place.take().filter(|place| place.token == token) {
                Some(place) => place,
                None => begin(connection, token).await?,
            };
            let (mut plan, added) = Plan::of(connection, &place, events).await?;
            if place.adopting {
                plan.adopts = owners(connection, &plan.new).await?;
            }
            if let Some(place) = plan.carry_out(connection, place).await? {
                shared.see_head(place.head);
                self.place = Some(place);
                return Ok(added);
            }
        }
        Err(in_the_way())
    }

    /// Gives documents of the original's the places of their events, in this order, and says what became of each. Those
    /// that have a place by now are left out.
    pub(super) async fn adopt(
        &mut self,
        shared: &Shared,
        token: i64,
        found: &[Original],
    ) -> Result<Vec<Option<Added>>> {
        let connection = shared.connection().await?;
        for _ in 0..TRIES {
            let place = self.take_place(connection, token).await?;
            let free = free(connection, place.head, found).await?;
            let found_free: Vec<&Original> = found.iter().filter(|original| original.is_in(&free)).collect();
            let events: Vec<Event> = found_free.iter().map(|original| original.event.clone()).collect();
            let (mut plan, added) = Plan::of(connection, &place, &events).await?;
            plan.adopts = given(&place, &found_free, &added);
            if let Some(place) = plan.carry_out(connection, place).await? {
                shared.see_head(place.head);
                self.place = Some(place);
                let mut added = added.into_iter();
                return Ok(found
                    .iter()
                    .map(|one| if one.is_in(&free) { added.next() } else { None })
                    .collect());
            }
        }
        Err(in_the_way())
    }

    /// What is known of the log. If what follows is cut off half-way, the next one finds nothing here and puts things
    /// in order first.
    async fn take_place(&mut self, connection: &Connection, token: i64) -> Result<Place> {
        match self.place.take().filter(|place| place.token == token) {
            Some(place) => Ok(place),
            None => begin(connection, token).await,
        }
    }

    /// Something of the log has changed that is known here.
    pub(super) fn forget_place(&mut self) {
        self.place = None;
    }
}

fn in_the_way() -> Error {
    Error::unavailable("what an earlier append left is in the way")
}

/// The owners of those that are new, by their index among the new ones.
fn given(place: &Place, found: &[&Original], added: &[Added]) -> HashMap<usize, Owner> {
    let owner = |(original, added): (&&Original, &Added)| match added {
        Added::New(at) | Added::Revision(at) => {
            Some((usize::try_from(at.0 - place.head.0 - 1).ok()?, original.owner.clone()))
        }
        Added::Duplicate => None,
    };
    found.iter().zip(added).filter_map(owner).collect()
}

/// Nobody appends by this token any more.
pub(super) fn lost() -> Error {
    Error::unavailable("another process leads and appends now")
}

/// Puts in order what an earlier append has left. No move of the head that is still under way can succeed afterwards,
/// because each names its attempt; what is behind the head then is nobody's.
async fn begin(connection: &Connection, token: i64) -> Result<Place> {
    let ours = doc! { "_id": LOG, "token": token };
    let next = connection.log.find_one_and_update(ours, doc! { "$inc": { "attempt": 1_i64 } });
    let after = next.return_document(mongodb::options::ReturnDocument::After);
    let log = read_log(ask(after).await?.ok_or_else(lost)?)?;
    sweep(connection, token, log.head()).await?;
    Ok(Place {
        token,
        attempt: log.attempt,
        head: log.head(),
        seed: log.seed.cast_unsigned(),
        sources: log.sources,
        adopting: log.adopting,
    })
}

/// Removes what is behind the head and was put there by this token or an older one. What a newer one put there stays:
/// then this one is of the past.
async fn sweep(connection: &Connection, token: i64, head: Position) -> Result<()> {
    let behind = doc! { "position": { "$gt": number(head) }, "token": { "$lte": token } };
    let mut theirs = behind.clone();
    theirs.insert("adopted", true);
    ask(connection.events.update_many(theirs, as_it_was())).await?;
    let mut ours = behind;
    ours.insert("adopted", doc! { "$ne": true });
    ask(connection.events.delete_many(ours)).await.map(drop)
}

/// What is stored under a key: the print of its raw record.
type Prints = HashMap<[u8; 16], i64>;

/// What an append will do.
struct Plan {
    new: Vec<(Event, i64)>,
    /// Documents of the original's that are of these events: by index of the new ones.
    adopts: HashMap<usize, Owner>,
}

impl Plan {
    async fn of(connection: &Connection, place: &Place, events: &[Event]) -> Result<(Self, Vec<Added>)> {
        let prints = known(connection, place, events).await?;
        let odd = odd_ones(events, &prints, place.seed);
        let stored =
            if odd.is_empty() { Stored::default() } else { Stored::of(connection, place, &odd).await? };
        let mut deciding = Deciding { place, prints, stored, new: Vec::new(), keys: HashMap::new() };
        let added = events.iter().map(|event| deciding.decide(event)).collect::<Result<_>>()?;
        Ok((Self { new: deciding.new, adopts: HashMap::new() }, added))
    }

    /// Inserts what is new and moves the head over it; nothing when something of an earlier append was in the way.
    async fn carry_out(self, connection: &Connection, mut place: Place) -> Result<Option<Place>> {
        if self.new.is_empty() {
            return Ok(Some(place));
        }
        // First, so that it is done whoever adopts them in the end.
        let put_right = self.adopts.values().flat_map(|owner| owner.put_right.iter().cloned()).collect();
        update_all(&connection.database, "events", put_right).await?;
        let (mut inserts, mut updates) = (Vec::new(), Vec::new());
        for (index, (event, print)) in self.new.iter().enumerate() {
            let at = Position(place.head.0 + 1 + index as u64);
            match self.adopts.get(&index) {
                Some(owner) => updates.push(owner.adopt(event, at, place.token, *print)?),
                None => inserts.push(document::write(event, at, place.token, *print)?),
            }
        }
        if !insert(connection, &inserts).await? || !take_over(connection, updates).await? {
            return Ok(None);
        }
        let head = Position(place.head.0 + self.new.len() as u64);
        let mut sources: Vec<&str> = self.new.iter().map(|(event, _)| event.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.retain(|source| !place.sources.iter().any(|known| known == source));
        move_head(connection, &place, head, &sources).await?;
        place.sources.extend(sources.into_iter().map(str::to_owned));
        place.head = head;
        Ok(Some(place))
    }
}

/// Moves the head, which makes all before it visible at once.
async fn move_head(connection: &Connection, place: &Place, head: Position, sources: &[&str]) -> Result<()> {
    let ours = doc! { "_id": LOG, "token": place.token, "attempt": place.attempt };
    let mut change = doc! { "$set": { "head": number(head) } };
    if !sources.is_empty() {
        change.insert("$addToSet", doc! { "sources": { "$each": sources } });
    }
    let moved = ask(connection.log.update_one(ours, change)).await?;
    if moved.matched_count == 1 { Ok(()) } else { Err(lost()) }
}

/// `false` when a position or a key was taken.
async fn insert(connection: &Connection, documents: &[RawDocumentBuf]) -> Result<bool> {
    if documents.is_empty() {
        return Ok(true);
    }
    let inserting = connection.events.insert_many(documents).ordered(false);
    match tokio::time::timeout(std::time::Duration::from_secs(120), inserting.into_future()).await {
        Err(_) => Err(Error::unavailable("MongoDB does not answer")),
        Ok(Err(cause)) if is_duplicate(&cause) => Ok(false),
        Ok(done) => done.map(|_| true).map_err(failed),
    }
}

/// `false` when a document of the original's was no longer what it was.
async fn take_over(connection: &Connection, updates: Vec<Update>) -> Result<bool> {
    let count = updates.len() as u64;
    Ok(count == 0 || update_all(&connection.database, "events", updates).await? == count)
}

/// The prints of those keys that are known.
async fn known(connection: &Connection, place: &Place, events: &[Event]) -> Result<Prints> {
    let mut prints = Prints::new();
    for part in events.chunks(KEYS) {
        let keys: Vec<Bson> = part.iter().map(|event| document::digest(&event.dedupe_key)).collect();
        let filter = doc! { "key": { "$in": keys }, "position": { "$lte": number(place.head) } };
        let wanted = doc! { "_id": 0, "key": 1, "print": 1 };
        let batch = u32::try_from(KEYS).unwrap_or(u32::MAX);
        let mut cursor = ask(connection.events.find(filter).projection(wanted).batch_size(batch)).await?;
        while let Some(raw) = cursor.try_next().await.map_err(failed)? {
            let (Ok(key), Ok(print)) = (raw.get_binary("key"), raw.get_i64("print")) else { continue };
            if let Ok(key) = <[u8; 16]>::try_from(key.bytes) {
                prints.insert(key, print);
            }
        }
    }
    Ok(prints)
}

fn print_of(event: &Event, seed: u64) -> i64 {
    xxh3_64_with_seed(event.raw.text().as_bytes(), seed).cast_signed()
}

/// Those whose key is known under another print, or comes twice in the batch under two: what is stored must be looked at.
fn odd_ones<'a>(events: &'a [Event], prints: &Prints, seed: u64) -> Vec<&'a Event> {
    let mut first = HashMap::new();
    let mut is_odd = |event: &&Event| {
        let (key, print) = (event.dedupe_key.digest(), print_of(event, seed));
        *prints.get(&key).unwrap_or_else(|| first.entry(key).or_insert(print)) != print
    };
    events.iter().filter(|event| is_odd(event)).collect()
}

/// Stored events, by key and by alias.
#[derive(Default)]
struct Stored {
    by_key: HashMap<[u8; 16], Event>,
    by_alias: HashMap<[u8; 16], Event>,
}

impl Stored {
    /// All that may say whether these are known.
    async fn of(connection: &Connection, place: &Place, odd: &[&Event]) -> Result<Self> {
        let mut stored = Self::default();
        for part in odd.chunks(KEYS / 4) {
            let (mut keys, mut aliases) = (Vec::new(), Vec::new());
            for event in part {
                let revision = (*event).clone().into_revision();
                keys.extend([document::digest(&event.dedupe_key), document::digest(&revision.dedupe_key)]);
                aliases.push(document::digest(&revision.alias()));
            }
            let one = doc! { "$or": [{ "key": { "$in": keys } }, { "alias": { "$in": aliases } }] };
            let filter = doc! { "$and": [one, { "position": { "$lte": number(place.head) } }] };
            let mut cursor = ask(connection.events.find(filter)).await?;
            while let Some(raw) = cursor.try_next().await.map_err(failed)? {
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
struct Deciding<'a> {
    place: &'a Place,
    prints: Prints,
    stored: Stored,
    new: Vec<(Event, i64)>,
    /// Keys and aliases of the new ones.
    keys: HashMap<[u8; 16], usize>,
}

impl Deciding<'_> {
    fn decide(&mut self, event: &Event) -> Result<Added> {
        let (key, print) = (event.dedupe_key.digest(), print_of(event, self.place.seed));
        let here = self.keys.get(&key).map(|index| self.new[*index].1);
        match self.prints.get(&key).copied().or(here) {
            None => return Ok(Added::New(self.add(event.clone(), print))),
            Some(known) if known == print => return Ok(Added::Duplicate),
            Some(_) => {}
        }
        match recognise(event, |key| Ok(self.find(&key.digest())))? {
            Known::Revision(revision) => Ok(Added::Revision(self.add(*revision, print))),
            Known::Repeat => Ok(Added::Duplicate),
            Known::New => Err(Error::internal("an event is known and cannot be found")),
        }
    }

    fn find(&self, digest: &[u8; 16]) -> Option<Event> {
        let here = self.keys.get(digest).map(|index| &self.new[*index].0);
        here.or_else(|| self.stored.by_key.get(digest)).or_else(|| self.stored.by_alias.get(digest)).cloned()
    }

    fn add(&mut self, event: Event, print: i64) -> Position {
        let index = self.new.len();
        self.keys.insert(event.dedupe_key.digest(), index);
        if event.revision_of.is_some() {
            self.keys.insert(event.alias().digest(), index);
        }
        self.new.push((event, print));
        Position(self.place.head.0 + 1 + index as u64)
    }
}
