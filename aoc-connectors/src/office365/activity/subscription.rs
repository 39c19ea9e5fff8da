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
    started: Option<Started>,
    /// What the API said last that was missing.
    missing: Option<Told>,
}

/// When it was started, and what came of it.
struct Started {
    at: Instant,
    refused: Option<Told>,
}

/// An error that is told again.
struct Told(ErrorKind, String);

impl Told {
    fn of(error: &Error) -> Self {
        Self(error.kind(), error.to_string())
    }

    fn again(&self) -> Error {
        Error::new(self.0, &self.1)
    }
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
        let all = client.subscriptions().await?;
        let mine = all.into_iter().find(|one| one.content_type.eq_ignore_ascii_case(content));
        let is_enabled = |status: &Option<String>| {
            status.as_ref().is_none_or(|status| status.eq_ignore_ascii_case("enabled"))
        };
        // Where the status is not told, what the listing said counts.
        let says_so = mine.is_some_and(|mine| {
            is_enabled(&mine.status) && (mine.status.is_some() || state.missing.is_none())
        });
        if says_so {
            (state.enabled, state.missing) = (true, None);
            return Ok(());
        }
        if let Some(started) = state.started.as_ref().filter(|started| started.at.elapsed() < COOL_DOWN) {
            return Err(state.why_not(started, content));
        }
        let refused = client.start(content).await.err().filter(|failure| failure.code != "AF20024");
        if let Some(failure) = refused {
            // A start that was not let through was none; the list tells whether it was.
            let refused = Some(Told::of(&failure.error));
            let counts = !matches!(failure.error.kind(), ErrorKind::RateLimited | ErrorKind::Unavailable);
            state.started = counts.then(|| Started { at: Instant::now(), refused });
            return Err(failure.into());
        }
        state.started = Some(Started { at: Instant::now(), refused: None });
        (state.enabled, state.missing) = (true, None);
        Ok(())
    }

    /// The API says that there is none, or that it is disabled.
    pub(super) async fn missing(&self, why: Error) {
        let mut state = self.state.lock().await;
        (state.enabled, state.missing) = (false, Some(Told::of(&why)));
    }
}

impl State {
    fn why_not(&self, started: &Started, content: &str) -> Error {
        if let Some(refused) = &started.refused {
            return refused.again();
        }
        match &self.missing {
            Some(disabled) if disabled.0 == ErrorKind::Denied => disabled.again(),
            _ => Error::unavailable(format!(
                "the subscription for {content} was started and is not known yet; content may take hours"
            ))
            .wait(SOON),
        }
    }
}
