//! Appending: the leader's part.

use std::collections::HashMap;

use aoc_core::{prelude::*, store::Added};
use mongodb::bson::{Document, RawDocumentBuf, doc};

use super::{
    Shared,
    adopt::{Original, Owner, as_it_was, free, index_ids, owners},
    command::{Update, ask, failed, is_duplicate, update_all},
    connection::{Connection, LOG, read_log},
    document,
    known::{New, Recent, decide},
    number,
};

/// How often an append begins anew, because something of an earlier one was in its way.
const TRIES: usize = 6;

/// What the one who appends knows of the log. It holds only for the token it was read under.
#[derive(Default)]
pub(super) struct Writer {
    /// What the log's document said; nothing where an append was begun and not ended.
    place: Option<Place>,
    recent: Recent,
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
            // What an earlier append has left is put in order, also where nothing comes.
            let place = self.take_place(connection, token).await?;
            is_current(connection, &place).await?;
            self.place = Some(place);
            return Ok(Vec::new());
        }
        for _ in 0..TRIES {
            let place = self.take_place(connection, token).await?;
            let (mut plan, added) = Plan::of(connection, &place, &mut self.recent, events).await?;
            if place.adopting {
                index_ids(connection).await?;
                plan.adopts = owners(connection, &plan.new).await?;
            }
            if let Some(place) = plan.carry_out(connection, place, &mut self.recent).await? {
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
            let (mut plan, added) = Plan::of(connection, &place, &mut self.recent, &events).await?;
            plan.adopts = given(&place, &found_free, &added);
            if let Some(place) = plan.carry_out(connection, place, &mut self.recent).await? {
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
            None => {
                self.recent = Recent::default();
                begin(connection, token).await
            }
        }
    }

    /// Something of the log has changed that is known here.
    pub(super) fn forget_place(&mut self) {
        self.place = None;
        self.recent = Recent::default();
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
    sweep(connection, log.attempt, log.head()).await?;
    Ok(Place {
        token,
        attempt: log.attempt,
        head: log.head(),
        seed: log.seed.cast_unsigned(),
        sources: log.sources,
        adopting: log.adopting,
    })
}

/// Removes what is behind the head and was put there by an earlier attempt: none of that can become visible any more.
/// Attempts are counted for all tokens together, so a sweep that arrives late finds nothing of those who came after it.
async fn sweep(connection: &Connection, attempt: i64, head: Position) -> Result<()> {
    let behind = doc! { "position": { "$gt": number(head) }, "attempt": { "$lt": attempt } };
    let mut theirs = behind.clone();
    theirs.insert("adopted", true);
    ask(connection.events.update_many(theirs, as_it_was())).await?;
    let mut ours = behind;
    ours.insert("adopted", doc! { "$ne": true });
    ask(connection.events.delete_many(ours)).await.map(drop)
}

/// What an append will do.
struct Plan {
    new: Vec<New>,
    /// Documents of the original's that are of these events: by index of the new ones.
    adopts: HashMap<usize, Owner>,
}

impl Plan {
    async fn of(
        connection: &Connection,
        place: &Place,
        recent: &mut Recent,
        events: &[Event],
    ) -> Result<(Self, Vec<Added>)> {
        let (new, added) = decide(connection, (place.head, place.seed), recent, events).await?;
        Ok((Self { new, adopts: HashMap::new() }, added))
    }

    /// Inserts what is new and moves the head over it; nothing when something of an earlier append was in the way.
    async fn carry_out(
        self,
        connection: &Connection,
        mut place: Place,
        recent: &mut Recent,
    ) -> Result<Option<Place>> {
        if self.new.is_empty() {
            // What is known may have been so once only.
            is_current(connection, &place).await?;
            return Ok(Some(place));
        }
        // First, so that it is done whoever adopts them in the end.
        let put_right = self.adopts.values().flat_map(|owner| owner.put_right.iter().cloned()).collect();
        update_all(&connection.database, "events", put_right).await?;
        let (mut inserts, mut updates) = (Vec::new(), Vec::new());
        let hand = (place.token, place.attempt);
        for (index, New { event, print, .. }) in self.new.iter().enumerate() {
            let at = Position(place.head.0 + 1 + index as u64);
            match self.adopts.get(&index) {
                Some(owner) => updates.push(owner.adopt(event, at, hand, *print)?),
                None => inserts.push(document::write(event, at, hand, *print)?),
            }
        }
        if !insert(connection, &inserts).await? || !take_over(connection, updates).await? {
            return Ok(None);
        }
        let head = Position(place.head.0 + self.new.len() as u64);
        let mut sources: Vec<&str> = self.new.iter().map(|new| new.event.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.retain(|source| !place.sources.iter().any(|known| known == source));
        move_head(connection, &place, head, &sources).await?;
        place.sources.extend(sources.into_iter().map(str::to_owned));
        place.head = head;
        self.new.iter().for_each(|new| recent.add(new.key, new.print));
        Ok(Some(place))
    }
}

/// The log's document, if it still is as it was read.
fn ours(place: &Place) -> Document {
    doc! { "_id": LOG, "token": place.token, "attempt": place.attempt, "head": number(place.head) }
}

/// Whether the log is as it is known here: another process may lead, or an older copy have been put back.
async fn is_current(connection: &Connection, place: &Place) -> Result<()> {
    let found = ask(connection.log.find_one(ours(place)).projection(doc! { "_id": 1 })).await?;
    found.map(drop).ok_or_else(lost)
}

/// Moves the head, which makes all before it visible at once.
async fn move_head(connection: &Connection, place: &Place, head: Position, sources: &[&str]) -> Result<()> {
    let ours = ours(place);
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
