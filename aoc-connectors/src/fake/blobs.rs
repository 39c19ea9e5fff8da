//! The feed of Management Activity: subscriptions and blobs.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use aoc_core::prelude::*;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::{
    blob::Blob,
    clock::DAY,
    generated::{Generated, GeneratedBlob, Set},
    given::Given,
    reply::Body,
};

/// The content types there are.
pub const CONTENT_TYPES: [&str; 5] =
    ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All"];

/// Where a blob stands in the listing: when it was created, in which set, which one there.
pub(super) type Place = (i64, u64, u64);

/// A blob as it is listed.
pub(super) struct Listed {
    pub(super) place: Place,
    pub(super) content_type: String,
    pub(super) content_id: String,
    pub(super) created: i64,
    pub(super) expires: i64,
}

struct Stored {
    content_type: String,
    content_id: String,
    expires: i64,
    visible_at: i64,
    ids: Vec<String>,
    body: Bytes,
}

/// What a subscription is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Enabled(Value),
    Stopped,
    Disabled,
}

#[derive(Default)]
pub(super) struct Feed {
    subscriptions: BTreeMap<String, State>,
    stored: BTreeMap<Place, Stored>,
    by_id: HashMap<String, Place>,
    sets: Vec<Arc<Set>>,
    added: u64,
}

/// What is asked for by its content id.
pub(super) enum Found {
    Body(Body),
    Expired,
    Unknown,
}

const LIFE: i64 = 7 * DAY;

impl Feed {
    pub(super) fn add(&mut self, blob: Blob, now: i64) -> String {
        self.added += 1;
        let created = blob.created.map_or(now, Timestamp::ticks);
        let created = created - created.rem_euclid(10_000);
        let place = (created, 0, self.added);
        let content_id = blob.content_id.unwrap_or_else(|| content_id("b", self.added, &blob.content_type));
        let texts: Vec<&[u8]> = blob.records.iter().map(|record| record.text().as_ref()).collect();
        let body = blob.raw.unwrap_or_else(|| [b"[", texts.join(&b","[..]).as_slice(), b"]"].concat().into());
        let stored = Stored {
            content_type: blob.content_type,
            content_id: content_id.clone(),
            expires: blob.expires.map_or(created + LIFE, Timestamp::ticks),
            visible_at: blob.visible_at.map_or(created, Timestamp::ticks),
            ids: blob.records.iter().filter_map(Given::own_id).collect(),
            body,
        };
        self.by_id.insert(content_id.clone(), place);
        self.stored.insert(place, stored);
        content_id
    }

    pub(super) fn generate(&mut self, generated: Generated, tenant: &str, now: i64) {
        self.sets.push(Arc::new(Set::new(generated, tenant, now)));
    }

    pub(super) fn subscribe(&mut self, content_type: &str) {
        self.set_state(content_type, State::Enabled(Value::Null));
    }

    pub(super) fn disable(&mut self, content_type: &str) {
        self.set_state(content_type, State::Disabled);
    }

    pub(super) fn set_state(&mut self, content_type: &str, state: State) {
        self.subscriptions.insert(content_type.to_owned(), state);
    }

    pub(super) fn state(&self, content_type: &str) -> Option<&State> {
        self.subscriptions.get(content_type)
    }

    /// The array of `/subscriptions/list`.
    pub(super) fn subscriptions(&self, with_status: bool) -> Value {
        let row = |(content_type, state): (&String, &State)| {
            let (status, webhook) = match state {
                State::Enabled(webhook) => ("enabled", webhook.clone()),
                State::Stopped | State::Disabled => ("disabled", Value::Null),
            };
            let mut row = json!({"contentType": content_type, "status": status, "webhook": webhook});
            if let (false, Some(row)) = (with_status, row.as_object_mut()) {
                row.remove("status");
            }
            row
        };
        self.subscriptions.iter().map(row).collect()
    }

    /// Blobs created from `from` to before `to`, behind a place; one more than `size` where there are more.
    pub(super) fn list(
        &self,
        content_type: &str,
        window: (i64, i64),
        after: Option<Place>,
        size: usize,
        now: i64,
    ) -> Vec<Listed> {
        let (from, to) = window;
        let from = from.max(now - LIFE * 4);
        let behind = |place: &Place| after.is_none_or(|after| *place > after);
        let start = after.map_or((from, 0, 0), |after| after.max((from, 0, 0)));
        let fits = |stored: &Stored| {
            stored.content_type == content_type && stored.visible_at <= now && stored.expires > now
        };
        let stored = self.stored.range(start..).take_while(|(place, _)| place.0 < to);
        let stored = stored.filter(|(place, stored)| behind(place) && fits(stored));
        let mut listed: Vec<Listed> =
            stored.take(size + 1).map(|(place, stored)| row(*place, stored)).collect();
        for (number, set) in (1..).zip(&self.sets).filter(|(_, set)| set.made.content_type == content_type) {
            let since = set.first_since(start.0.max(now - LIFE + 1));
            let places = (since..set.made.blobs).map(|blob| (set.created(blob), number, blob));
            let places =
                places.take_while(|place| place.0 < to && place.0 <= now).filter(behind).take(size + 1);
            listed.extend(places.map(|place| generated_row(place, content_type)));
        }
        listed.sort_by_key(|row| row.place);
        listed.truncate(size + 1);
        listed
    }

    /// The blob with this content id.
    pub(super) fn find(&self, content_id: &str, now: i64) -> Found {
        if let Some(stored) = self.by_id.get(content_id).and_then(|place| self.stored.get(place)) {
            return match stored.visible_at <= now {
                _ if stored.expires <= now => Found::Expired,
                true => Found::Body(Body::Bytes(stored.body.clone())),
                false => Found::Unknown,
            };
        }
        let Some((set, blob)) = self.find_generated(content_id) else { return Found::Unknown };
        match set.created(blob) {
            created if created + LIFE <= now => Found::Expired,
            created if created > now => Found::Unknown,
            _ => Found::Body(body_of(GeneratedBlob::new(set.clone(), blob))),
        }
    }

    fn find_generated(&self, content_id: &str) -> Option<(&Arc<Set>, u64)> {
        let mut parts = content_id.split('$');
        let set: usize = parts.next()?.strip_prefix('g')?.parse().ok()?;
        let set = self.sets.get(set.checked_sub(1)?)?;
        let blob: u64 = parts.next()?.parse().ok()?;
        (blob < set.made.blobs).then_some((set, blob))
    }

    /// Calls with the id of each record of blobs that are listed now.
    pub(super) fn each_id(&self, now: i64, take: &mut impl FnMut(&str)) {
        for content_type in CONTENT_TYPES {
            self.each_id_of(content_type, now, take);
        }
    }

    pub(super) fn each_id_of(&self, content_type: &str, now: i64, take: &mut impl FnMut(&str)) {
        let served = |stored: &&Stored| {
            stored.content_type == content_type && stored.visible_at <= now && stored.expires > now
        };
        for id in self.stored.values().filter(served).flat_map(|stored| &stored.ids) {
            take(id);
        }
        for set in self.sets.iter().filter(|set| set.made.content_type == content_type) {
            let listed = |blob: &u64| (now - LIFE + 1..=now).contains(&set.created(*blob));
            for blob in (0..set.made.blobs).filter(listed) {
                (0..set.made.events_per_blob).for_each(|event| take(&set.made.id(blob, event)));
            }
        }
    }
}

/// Small blobs go out in one piece, which is faster.
fn body_of(blob: GeneratedBlob) -> Body {
    const SMALL: usize = 256 * 1024;
    let length = blob.len();
    if length > SMALL {
        return Body::Generated(blob);
    }
    let mut whole = Vec::with_capacity(length);
    blob.for_each(|piece| whole.extend_from_slice(&piece));
    Body::Bytes(whole.into())
}

fn content_id(set: &str, number: u64, content_type: &str) -> String {
    let name = content_type.replace('.', "_");
    format!("{set}${number:09}$20150523$na0001$audit_{}${name}", name.to_lowercase())
}

fn row(place: Place, stored: &Stored) -> Listed {
    Listed {
        place,
        content_type: stored.content_type.clone(),
        content_id: stored.content_id.clone(),
        created: place.0,
        expires: stored.expires,
    }
}

fn generated_row(place: Place, content_type: &str) -> Listed {
    let (created, set, blob) = place;
    Listed {
        place,
        content_type: content_type.to_owned(),
        content_id: content_id(&format!("g{set}"), blob, content_type),
        created,
        expires: created + LIFE,
    }
}
