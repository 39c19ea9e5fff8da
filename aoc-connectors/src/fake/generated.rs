//! Blobs that are made while they are sent, so that millions of events need no memory.

use std::{sync::Arc, time::Duration};

use aoc_core::prelude::*;
use hyper::body::Bytes;

use super::clock::ticks_of;

/// Blobs of Management Activity that are made while they are sent: the same seed makes the same records.
///
/// Each record is about 1,000 bytes and has an id of its own; [`id`](Self::id) tells it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Such as `Audit.SharePoint`.
    pub content_type: String,
    /// How many blobs.
    pub blobs: u64,
    /// How many records in each.
    pub events_per_blob: u64,
    /// When the first blob was created; without it, so that the last one has just been.
    pub first: Option<Timestamp>,
    /// How long after a blob the next was created.
    pub every: Duration,
    /// What tells the ids of one set from those of another.
    pub seed: u32,
}

impl Generated {
    /// So many blobs of `Audit.SharePoint` with so many records, one a second, up to now.
    pub fn new(blobs: u64, events_per_blob: u64) -> Self {
        Self {
            content_type: "Audit.SharePoint".to_owned(),
            blobs,
            events_per_blob,
            first: None,
            every: Duration::from_secs(1),
            seed: 1,
        }
    }

    /// The id of a record.
    pub fn id(&self, blob: u64, event: u64) -> String {
        let (high, low) = ((blob >> 32) & 0xffff, blob & 0xffff_ffff);
        let (group, rest) = (event >> 16 & 0xffff, event & 0xffff);
        format!(
            "{:08x}-{high:04x}-4{:03x}-8{:03x}-{low:08x}{rest:04x}",
            self.seed,
            group & 0xfff,
            group >> 12
        )
    }

    pub(super) fn every_ticks(&self) -> i64 {
        ticks_of(self.every).max(10_000)
    }
}

/// A set of generated blobs of one tenant, with its times fixed.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) made: Generated,
    pub(super) first: i64,
    template: Template,
}

/// A record, rendered once, with the places of what differs.
#[derive(Debug)]
struct Template {
    text: Vec<u8>,
    id: usize,
    time: usize,
    user: usize,
}

const ID: &str = "00000000-0000-0000-0000-000000000000";
const TIME: &str = "2000-01-01T00:00:00";
const USER: &str = "000000@fake";

impl Template {
    fn new(tenant: &str) -> Self {
        let site = "https://contoso.sharepoint.com/sites/Finance";
        let text = format!(
            concat!(
                r#"{{"CreationTime":"{}","Id":"{}","Operation":"FileAccessed","OrganizationId":"{}","RecordType":6,"#,
                r#""UserKey":"i:0h.f|membership|1003200087654321@live.com","UserType":0,"Version":1,"#,
                r#""Workload":"SharePoint","ClientIP":"203.0.113.17","UserId":"user{}.example.com","#,
                r#""AuthenticationType":"OAuth","CorrelationId":"7bd8a5a1-1020-2000-8e6e-6f6fcd0a3c11","#,
                r#""EventSource":"SharePoint","IsManagedDevice":false,"ItemType":"File","#,
                r#""ListId":"3b8c6f36-2d0e-4a06-9c0f-7a3f0a3c8f11","ListItemUniqueId":"8f5e0b0e-6f0e-4e7b-8c1c-0e7c4f2c9a11","#,
                r#""Platform":"WinDesktop","Site":"c3d4e5f6-1111-4222-8333-444455556666","#,
                r#""UserAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Edg/140.0","#,
                r#""WebId":"11112222-3333-4444-8555-666677778888","SourceFileExtension":"xlsx","#,
                r#""SiteUrl":"{}/","SourceFileName":"Forecast.xlsx","#,
                r#""SourceRelativeUrl":"Shared Documents/Reports","ObjectId":"{}/Shared Documents/Reports/Forecast.xlsx"}}"#
            ),
            TIME, ID, tenant, USER, site, site
        );
        let place = |what: &str| text.find(what).unwrap_or(0);
        Self { id: place(ID), time: place(TIME), user: place(USER), text: text.into_bytes() }
    }
}

impl Set {
    pub(super) fn new(made: Generated, tenant: &str, now: i64) -> Self {
        let span = made.every_ticks().saturating_mul(i64::try_from(made.blobs).unwrap_or(i64::MAX));
        let first = made.first.map_or(now.saturating_sub(span), Timestamp::ticks);
        Self { first: first - first.rem_euclid(10_000), template: Template::new(tenant), made }
    }

    pub(super) fn created(&self, blob: u64) -> i64 {
        self.first
            .saturating_add(self.made.every_ticks().saturating_mul(i64::try_from(blob).unwrap_or(i64::MAX)))
    }

    /// The first blob that was created then or later.
    pub(super) fn first_since(&self, ticks: i64) -> u64 {
        let behind = ticks.saturating_sub(self.first).max(0);
        let every = self.made.every_ticks();
        u64::try_from(behind / every + i64::from(behind % every > 0)).unwrap_or(0)
    }

    fn render(&self, blob: u64, event: u64, time: &str, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.template.text);
        let mut put = |at: usize, text: &str| {
            out[start + at..start + at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(self.template.id, &self.made.id(blob, event));
        put(self.template.time, time);
        put(self.template.user, &format!("{:06}", (blob * 7 + event) % 1_000));
    }
}

/// A blob while it is sent: pieces of about 64 KiB.
pub(super) struct GeneratedBlob {
    set: Arc<Set>,
    blob: u64,
    time: String,
    next: u64,
}

const PIECE: usize = 64 * 1024;

impl GeneratedBlob {
    pub(super) fn new(set: Arc<Set>, blob: u64) -> Self {
        let hour_before = set.created(blob) - 3_600 * super::clock::SECOND;
        let time = Timestamp::from_ticks(hour_before).instant().format("%Y-%m-%dT%H:%M:%S").to_string();
        Self { set, blob, time, next: 0 }
    }

    /// How long the whole blob is.
    pub(super) fn len(&self) -> usize {
        let events = usize::try_from(self.set.made.events_per_blob).unwrap_or(usize::MAX);
        let commas = events.saturating_sub(1);
        self.set.template.text.len().saturating_mul(events).saturating_add(commas + 2)
    }
}

impl Iterator for GeneratedBlob {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let events = self.set.made.events_per_blob;
        if self.next > events {
            return None;
        }
        let mut piece = Vec::with_capacity(PIECE + 2_048);
        if self.next == 0 {
            piece.push(b'[');
        }
        while self.next < events && piece.len() < PIECE {
            if self.next > 0 {
                piece.push(b',');
            }
            self.set.render(self.blob, self.next, &self.time, &mut piece);
            self.next += 1;
        }
        if self.next == events {
            piece.push(b']');
            self.next += 1;
        }
        Some(piece.into())
    }
}
