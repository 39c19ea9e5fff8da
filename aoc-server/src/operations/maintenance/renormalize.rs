//! Reading stored records again with the normalizers of this build.

use std::{sync::Arc, time::Instant};

use aoc_core::{Error, EventIndex, EventStore, Position, Result, store::Stored};

use super::{
    again::{Again, Normalizers, Outcome},
    place::Place,
    report::Renormalized,
    walk::{Walk, Walked},
};
use crate::{
    auth::{Caller, Permission},
    import::Stop,
    operations::Operations,
};

/// How to renormalise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renormalize {
    /// Whether to rewrite what reads otherwise today; else it is only told.
    pub apply: bool,
    /// The most events to read.
    pub limit: Option<u64>,
}

impl Operations {
    /// Normalises the whole log again, and tells (or rewrites) what reads otherwise today. Ids and dedupe keys stay.
    ///
    /// Rewriting keeps its place after each batch; the next run goes on from there. The index is rebuilt at the end.
    ///
    /// # Errors
    /// Those of the store and of the index.
    pub async fn renormalize(
        &self,
        caller: &Caller,
        request: Renormalize,
        stop: &Stop,
        mut watch: impl FnMut(Walked) + Send,
    ) -> Result<Renormalized> {
        caller.require(Permission::Manage)?;
        let started = Instant::now();
        let mut run = Run::begin(&self.store, request).await?;
        let outcome = run.work(stop, &mut watch).await;
        outcome?;
        run.finish(&*self.index, stop).await?;
        let mut report = run.place.report;
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }
}

struct Run {
    store: Arc<dyn EventStore>,
    apply: bool,
    place: Place,
    walk: Walk,
}

impl Run {
    async fn begin(store: &Arc<dyn EventStore>, request: Renormalize) -> Result<Self> {
        let mut place = Place::start();
        if request.apply {
            // Claims the right to write before anything is read.
            store.append(&[]).await?;
            place = Place::read(store).await?;
        }
        place.report.applied = request.apply;
        let walk = Walk::from(store, place.position).await?.at_most(request.limit);
        Ok(Self { store: store.clone(), apply: request.apply, place, walk })
    }

    /// The next batch is read while one is normalised.
    async fn work(&mut self, stop: &Stop, watch: &mut (impl FnMut(Walked) + Send)) -> Result<()> {
        let normalizers = Arc::new(Normalizers::default());
        let mut batch = self.walk.next().await?;
        while !stop.is_stopped() {
            let Some(last) = batch.last().map(|last| last.position) else { break };
            let (again, next) = tokio::try_join!(again(&normalizers, batch), self.walk.next())?;
            self.take(again, last).await?;
            watch(Walked { position: last, ..self.walk.walked });
            batch = next;
        }
        self.place.report.interrupted = !batch.is_empty() || !self.walk.is_at_end();
        Ok(())
    }

    async fn take(&mut self, batch: Vec<(Position, Again)>, last: Position) -> Result<()> {
        let mut report = self.place.report.clone();
        batch.iter().for_each(|(_, again)| report.add(again));
        if self.apply {
            self.rewrite(batch).await?;
        }
        (self.place.report, self.place.position) = (report, last);
        if self.apply { self.place.write(&self.store).await } else { Ok(()) }
    }

    /// Rewrites what changed. That the index has to be rebuilt is noted before.
    async fn rewrite(&mut self, batch: Vec<(Position, Again)>) -> Result<()> {
        let changed = batch.into_iter().filter_map(|(position, again)| match again.outcome {
            Outcome::Changed(event, _) => Some(Stored { position, event: *event }),
            _ => None,
        });
        let changed: Vec<Stored> = changed.collect();
        if changed.is_empty() {
            return Ok(());
        }
        if !self.place.rewrote {
            self.place.rewrote = true;
            self.place.write(&self.store).await?;
        }
        self.store.rewrite(&changed).await
    }

    /// Brings the index up to date. A run that was stopped leaves that to the one that goes on.
    async fn finish(&mut self, index: &dyn EventIndex, stop: &Stop) -> Result<()> {
        if !self.apply || stop.is_stopped() {
            return Ok(());
        }
        if self.place.rewrote {
            index.rebuild().await?;
            index.catch_up().await?;
        }
        if self.place.report.interrupted {
            self.place.rewrote = false;
            return self.place.write(&self.store).await;
        }
        Place::erase(&self.store).await
    }
}

/// How many events one thread normalises in one go.
const AT_ONCE: usize = 128;

/// Normalises events again, on threads that may block.
async fn again(normalizers: &Arc<Normalizers>, mut batch: Vec<Stored>) -> Result<Vec<(Position, Again)>> {
    let mut parts = Vec::new();
    while !batch.is_empty() {
        let rest = batch.split_off(batch.len().min(AT_ONCE));
        let (part, normalizers) = (std::mem::replace(&mut batch, rest), normalizers.clone());
        let one = move |stored: Stored| Ok((stored.position, normalizers.again(stored.event)?));
        parts
            .push(tokio::task::spawn_blocking(move || part.into_iter().map(one).collect::<Result<Vec<_>>>()));
    }
    let mut done = Vec::new();
    for part in parts {
        let part = part.await.map_err(|cause| Error::internal("a normalizer panicked").because(cause))?;
        done.extend(part?);
    }
    Ok(done)
}
