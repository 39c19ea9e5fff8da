//! Subscriptions: looked up first, started once.

use std::time::Duration;

use aoc_core::prelude::*;
use tokio::{sync::Mutex, time::Instant};

use super::client::Client;

/// What is known of the subscription of one content.
#[derive(Default)]
pub(super) struct Subscription {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    enabled: bool,
    started: Option<Instant>,
}

/// How long to wait before it is started again.
const COOL_DOWN: Duration = Duration::from_secs(15 * 60);
/// How soon to look whether a subscription that was started has become known.
const SOON: Duration = Duration::from_secs(60);

impl Subscription {
    /// Makes sure that there is one.
    ///
    /// # Errors
    /// Those of the API; [`Unavailable`](ErrorKind::Unavailable) while a new one is not known yet.
    pub(super) async fn ensure(&self, client: &Client, content: &str) -> Result<()> {
        let mut state = self.state.lock().await;
        if state.enabled {
            return Ok(());
        }
        let mine = client
            .subscriptions()
            .await?
            .into_iter()
            .find(|one| one.content_type.eq_ignore_ascii_case(content));
        let enabled =
            |status: Option<String>| status.is_none_or(|status| status.eq_ignore_ascii_case("enabled"));
        if mine.is_some_and(|mine| enabled(mine.status)) {
            state.enabled = true;
            return Ok(());
        }
        if state.started.is_some_and(|started| started.elapsed() < COOL_DOWN) {
            let message = format!(
                "the subscription for {content} was started and is not known yet; content may take hours"
            );
            return Err(Error::unavailable(message).wait(SOON));
        }
        state.started = Some(Instant::now());
        match client.start(content).await {
            Ok(()) => {}
            // It is enabled already.
            Err(failure) if failure.code == "AF20024" => {}
            Err(failure) => return Err(failure.into()),
        }
        state.enabled = true;
        Ok(())
    }

    /// The API says that there is none, or that it is disabled.
    pub(super) async fn missing(&self) {
        self.state.lock().await.enabled = false;
    }
}
