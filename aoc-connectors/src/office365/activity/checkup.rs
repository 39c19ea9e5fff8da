//! Asks the Management Activity API whether a content is subscribed to and can be listed.

use std::sync::Arc;

use aoc_core::{Finding, prelude::*};
use chrono::{SubsecRound, TimeDelta};

use super::client::Client;
use crate::microsoft::{
    Api, Failure,
    checkup::{Probe, doubtful, fine, wrong},
};

/// Asks for one content.
pub(crate) struct ContentProbe {
    pub(crate) client: Arc<Client>,
    pub(crate) content: &'static str,
}

#[async_trait]
impl Probe for ContentProbe {
    fn subject(&self) -> String {
        self.content.to_owned()
    }

    async fn ask(&self, api: &Api) -> Result<Finding, Failure> {
        let subscriptions = self.client.subscriptions().await?;
        let mine = subscriptions.into_iter().find(|one| one.content_type.eq_ignore_ascii_case(self.content));
        let doubtful = |sentence: &str, fix: &str| doubtful(self.content, sentence, fix);
        let Some(mine) = mine else {
            let fix =
                "nothing is to be done: the first fetch starts it; the first content may take up to 12 hours";
            return Ok(doubtful("there is no subscription for this content yet", fix));
        };
        if mine.status.is_some_and(|status| !status.eq_ignore_ascii_case("enabled")) {
            let fix =
                "enable unified auditing in the Purview portal; the next fetch starts the subscription again";
            return Ok(wrong(self.content, "the subscription is disabled", fix));
        }
        let now: Timestamp = api.clock().now().instant().trunc_subsecs(0).into();
        let day_ago: Timestamp = (now.instant() - TimeDelta::days(1)).into();
        Ok(match self.client.list(self.content, day_ago, now).await?.len() {
            0 => doubtful(
                "subscribed, but nothing became available within a day",
                "check that unified auditing is on in the Purview portal, if something should have happened",
            ),
            1 => fine(self.content, "subscribed; 1 content blob within a day"),
            blobs => fine(self.content, format!("subscribed; {blobs} content blobs within a day")),
        })
    }
}
