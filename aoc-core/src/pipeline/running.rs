//! What runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};

use super::{
    ingest::{Fetched, Nudge},
    is_of,
    leading::SharedCrew,
    no_source,
    status::{Board, Counts, Status},
};
use crate::{Doorbell, Error, Result, Timestamp, store::EventStore};

/// How long loops may take to finish what they are at.
const FINISH: Duration = Duration::from_secs(10);
/// How long giving up the lead may take; it runs out by itself.
const RESIGN: Duration = Duration::from_secs(5);

/// What runs. Dropping it stops the loops at once; [`stop`](Running::stop) lets them finish what they are at.
pub struct Running {
    /// What runs in every process.
    pub(super) tasks: JoinSet<()>,
    /// What runs where this process leads.
    pub(super) crew: SharedCrew,
    /// The names of the sources' loops, whether they run here or not.
    pub(super) names: BTreeSet<String>,
    pub(super) doorbells: Vec<(String, Arc<dyn Doorbell>)>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) board: Board,
    pub(super) store: Arc<dyn EventStore>,
}

impl Running {
    /// Fetches from a source now, until it has no more, and says what came.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such source,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when another process leads; else what the fetch said, the first of
    /// its contents that failed.
    pub async fn fetch_now(&self, source: &str) -> Result<Counts> {
        sum(self.fetch(Some(source), None)?.await)
    }

    /// Fetches from a source what happened since a time; its bookmark stays where it is.
    ///
    /// # Errors
    /// As [`fetch_now`](Self::fetch_now).
    pub async fn fetch_since(&self, source: &str, since: Timestamp) -> Result<Counts> {
        sum(self.fetch(Some(source), Some(since))?.await)
    }

    /// Fetches from one source or all of them, side by side, and says of each (where it has several contents, of each
    /// of these) what came. The future does not borrow: fetching goes on while others ask. Where another process leads,
    /// each is [`Unavailable`](crate::ErrorKind::Unavailable).
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such source.
    pub fn fetch(
        &self,
        source: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<impl Future<Output = BTreeMap<String, Result<Fetched>>> + Send + use<>> {
        let of_source = |name: &str| source.is_none_or(|source| is_of(name, source));
        let chosen: Vec<_> = self.names.iter().filter(|name| of_source(name)).collect();
        if let (Some(source), true) = (source, chosen.is_empty()) {
            return Err(no_source(source, self.names.iter()));
        }
        let mut asked = JoinSet::new();
        for name in chosen {
            let nudges = self.nudges_of(name);
            let name = name.clone();
            asked.spawn(async move {
                let fetched = match nudges {
                    Ok(nudges) => ask(&name, &nudges, since).await,
                    Err(error) => Err(error),
                };
                (name, fetched)
            });
        }
        Ok(async move {
            let mut all = BTreeMap::new();
            while let Some(done) = asked.join_next().await {
                all.extend(done.ok());
            }
            all
        })
    }

    /// How to ask the loop of this name.
    fn nudges_of(&self, name: &str) -> Result<mpsc::Sender<Nudge>> {
        self.crew.lock().nudges.get(name).cloned().ok_or_else(|| self.stands_by())
    }

    fn stands_by(&self) -> Error {
        Error::unavailable(match self.status().leadership.leader {
            Some(leader) => format!(
                "this process stands by; {} leads and collects: ask it, or wait until the lead changes",
                leader.name
            ),
            None => "this process stands by, and nobody leads: wait until somebody does".to_owned(),
        })
    }

    /// Hands a notification to the sources; each that it is for fetches soon. Says how many these are. Where another
    /// process leads, its next round finds what is new.
    pub fn ring(&self, notification: &serde_json::Value) -> usize {
        let rung = self.doorbells.iter().filter(|(_, doorbell)| doorbell.rings(notification));
        rung.map(|(source, _)| self.nudge(source)).count()
    }

    /// Makes a source fetch soon. Where many nudges wait already, one more changes nothing.
    fn nudge(&self, source: &str) {
        for (name, nudges) in &self.crew.lock().nudges {
            if name.split('/').next() == Some(source) {
                let _ = nudges.try_send(Nudge { since: None, answer: None });
            }
        }
    }

    /// What all loops do.
    pub fn status(&self) -> Status {
        self.board.read()
    }

    /// Lets every loop finish what it is at, and waits for it, ten seconds at most. Then gives the lead up.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when a loop panicked.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.send_replace(true);
        // What is cut off here is fetched or delivered again after the next start.
        let ended = timeout(FINISH, self.all_ended()).await.unwrap_or(Ok(()));
        self.abort();
        self.resign().await;
        ended
    }

    async fn all_ended(&mut self) -> Result<()> {
        // First those that might start others.
        all_ended(&mut self.tasks).await?;
        all_ended(&mut self.crew.take().tasks).await
    }

    fn abort(&mut self) {
        self.tasks.abort_all();
        self.crew.lock().tasks.abort_all();
    }

    async fn resign(&self) {
        match timeout(RESIGN, self.store.resign()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = error.chain(), "the lead could not be given up"),
            Err(_) => tracing::warn!(seconds = RESIGN.as_secs(), "the lead could not be given up in time"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.abort();
    }
}

async fn all_ended(tasks: &mut JoinSet<()>) -> Result<()> {
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|cause| Error::internal("a loop panicked").because(cause))?;
    }
    Ok(())
}

/// Asks one loop to fetch.
async fn ask(name: &str, nudges: &mpsc::Sender<Nudge>, since: Option<Timestamp>) -> Result<Fetched> {
    let gone = || Error::unavailable(format!("the source {name} has stopped"));
    let (answer, answered) = oneshot::channel();
    nudges.send(Nudge { since, answer: Some(answer) }).await.map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

fn sum(fetched: BTreeMap<String, Result<Fetched>>) -> Result<Counts> {
    let mut counts = Counts::default();
    for of_one in fetched.into_values() {
        counts += of_one?.counts;
    }
    Ok(counts)
}
