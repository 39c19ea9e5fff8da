//! Blobs as they are given.

use aoc_core::prelude::*;
use hyper::body::Bytes;

use super::given::Given;

/// A blob of Management Activity to be served.
#[derive(Clone, Debug)]
pub struct Blob {
    pub(super) content_type: String,
    pub(super) records: Vec<Given>,
    pub(super) raw: Option<Bytes>,
    pub(super) created: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
    pub(super) visible_at: Option<Timestamp>,
    pub(super) content_id: Option<String>,
}

impl Blob {
    /// A blob of a content type with these records, created now, to expire in seven days.
    pub fn new<R: Into<Given>>(
        content_type: impl Into<String>,
        records: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            content_type: content_type.into(),
            records: records.into_iter().map(Into::into).collect(),
            raw: None,
            created: None,
            expires: None,
            visible_at: None,
            content_id: None,
        }
    }

    /// Served as exactly these bytes, whatever its records are.
    #[must_use]
    pub fn raw(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw = Some(bytes.into().into());
        self
    }

    /// Created then: `contentCreated`, to the millisecond.
    #[must_use]
    pub fn created(mut self, at: Timestamp) -> Self {
        self.created = Some(at);
        self
    }

    /// Gone then: `contentExpiration`.
    #[must_use]
    pub fn expires(mut self, at: Timestamp) -> Self {
        self.expires = Some(at);
        self
    }

    /// Listed only from then on, although created before.
    #[must_use]
    pub fn visible_at(mut self, at: Timestamp) -> Self {
        self.visible_at = Some(at);
        self
    }

    /// With this content id; else one is made.
    #[must_use]
    pub fn content_id(mut self, id: impl Into<String>) -> Self {
        self.content_id = Some(id.into());
        self
    }
}
