//! The calls of the Management Activity API.

use std::collections::HashSet;

use aoc_core::{
    http::{Answer, Method, Url},
    prelude::*,
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::microsoft::{Api, Failure};

/// The API of one tenant.
pub(crate) struct Client {
    pub(crate) api: Api,
    /// The tenant's id, which is also the publisher every call must name.
    pub(crate) tenant: String,
}

/// A blob of records as a listing names it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Listed {
    pub(super) content_id: String,
    pub(super) content_uri: String,
    pub(super) content_created: String,
}

/// A subscription as the list of them names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscribed {
    #[serde(default)]
    pub(super) content_type: String,
    /// It may be missing.
    pub(super) status: Option<String>,
}

/// How large a page of a listing may be.
const MOST_OF_LISTING: usize = 64 << 20;
/// How many times as long as until it begins it may take until its end.
const MOST_PATIENCE: u32 = 3;
/// So many pages in a row without a blob that was not listed before have no end.
const MOST_BARREN_PAGES: usize = 50;

impl Client {
    pub(super) async fn subscriptions(&self) -> Result<Vec<Subscribed>, Failure> {
        let answer = self.api.get(self.feed("subscriptions/list", "")?).await?;
        Ok(read(&self.whole(answer).await?)?)
    }

    /// All of a list. One that comes byte by byte is not waited for.
    async fn whole(&self, answer: Answer) -> Result<Vec<u8>, Failure> {
        match timeout(self.api.patience() * MOST_PATIENCE, answer.bytes(MOST_OF_LISTING)).await {
            Ok(bytes) => Ok(bytes?),
            Err(_) => Err(self.api.late()),
        }
    }

    pub(super) async fn start(&self, content: &str) -> Result<(), Failure> {
        let url = self.feed("subscriptions/start", &format!("contentType={content}"))?;
        self.api.ask(Method::POST, url, None).await.map(drop)
    }

    /// All blobs that became available between two times, the second excluded, in order.
    pub(super) async fn list(
        &self,
        content: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Listed>, Failure> {
        let query =
            format!("contentType={content}&startTime={}&endTime={}", whole(from, false), whole(until, true));
        let mut url = self.feed("subscriptions/content", &query)?;
        let (mut listed, mut links, mut barren) = (Vec::new(), HashSet::from([url.to_string()]), 0);
        let mut known: HashSet<String> = HashSet::new();
        loop {
            let answer = self.api.get(url).await?;
            let next = ["nextpageuri", "nextpageurl"].iter().find_map(|name| answer.header(name));
            let next = next.map(str::trim).filter(|next| !next.is_empty()).map(str::to_owned);
            let before = listed.len();
            for mut row in read::<Vec<Listed>>(&self.whole(answer).await?)? {
                if row.content_id.is_empty() {
                    row.content_id.clone_from(&row.content_uri);
                }
                if known.insert(row.content_id.clone()) {
                    listed.push(row);
                }
            }
            let Some(next) = next else { return Ok(listed) };
            barren = if listed.len() > before { 0 } else { barren + 1 };
            url = self.link(&next)?;
            if !links.insert(url.to_string()) || barren > MOST_BARREN_PAGES {
                return Err(Error::unavailable("the pages of a listing lead in a circle").into());
            }
        }
    }

    /// The address behind a link, if it leads to this API; every call must name the publisher.
    pub(super) fn link(&self, link: &str) -> Result<Url> {
        let url = self.api.base().follow(link)?;
        if url.query().is_some_and(|query| query.to_lowercase().contains("publisheridentifier=")) {
            return Ok(url);
        }
        let sign = if url.query().is_some() { '&' } else { '?' };
        // The id of a blob holds signs that must stay as they are.
        self.api.base().follow(&format!("{link}{sign}PublisherIdentifier={}", self.tenant))
    }

    fn feed(&self, path: &str, query: &str) -> Result<Url> {
        let tenant = &self.tenant;
        let sign = if query.is_empty() { "" } else { "&" };
        self.api.base().join(&format!(
            "api/v1.0/{tenant}/activity/feed/{path}?{query}{sign}PublisherIdentifier={tenant}"
        ))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|cause| {
        Error::unavailable("Management Activity sent a list that cannot be read").because(cause)
    })
}

/// A time in whole seconds, as the API reads it; the end of a window is rounded up.
fn whole(time: Timestamp, up: bool) -> String {
    let instant = time.instant();
    let up = up && instant.timestamp_subsec_nanos() > 0;
    let instant = instant + chrono::TimeDelta::seconds(i64::from(up));
    instant.format("%Y-%m-%dT%H:%M:%S").to_string()
}
