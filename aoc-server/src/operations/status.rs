//! How sources and followers are doing.

use std::{collections::BTreeMap, future::Future, time::Duration};

use aoc_core::{
    Error, Result, Status, Timestamp,
    ledger::Proof,
    pipeline::{FollowerStatus, SourceStatus, State, position_of},
    store::Position,
};

use super::{
    Operations,
    gaps::Proofs,
    types::{FollowerReport, SourceHealth, SourceReport},
};
use crate::auth::{Caller, Permission};

impl Operations {
    /// How all sources and followers are doing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn source_health(&self, caller: &Caller) -> Result<SourceHealth> {
        caller.require(Permission::Read)?;
        let Some(mut status) = self.status().await else {
            self.store.head().await?;
            return Ok(SourceHealth::default());
        };
        let stored = async {
            self.add_positions(&mut status.followers).await?;
            Ok((self.store.head().await?, self.proofs().await?))
        };
        let (head, proofs) = soon(stored).await?;
        Ok(report(status, Some(head), &proofs))
    }

    /// How far the leader's followers have come stands in the notebook.
    async fn add_positions(&self, followers: &mut BTreeMap<String, FollowerStatus>) -> Result<()> {
        for (name, status) in followers.iter_mut().filter(|(_, status)| status.state == State::Standby) {
            status.position = position_of(&*self.store, name).await?.unwrap_or(status.position);
        }
        Ok(())
    }

    /// What all loops do; nothing when none run.
    pub(super) async fn status(&self) -> Option<Status> {
        self.running.read().await.as_ref().map(aoc_core::Running::status)
    }
}

/// How long what is asked of the store may take: whoever watches us does not wait for long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Waits for the store, but not for long.
pub(super) async fn soon<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    answered.unwrap_or_else(|_| Err(Error::unavailable("the store does not answer in time")))
}

/// How all loops are doing; without the head of the log no follower is behind.
pub(super) fn report(status: Status, head: Option<Position>, proofs: &Proofs) -> SourceHealth {
    SourceHealth {
        started_at: Some(status.started_at),
        sources: status.sources.into_iter().map(|named| source_report(named, proofs)).collect(),
        followers: status.followers.into_iter().map(|named| follower_report(named, head)).collect(),
        leadership: Some(status.leadership),
    }
}

fn source_report((name, status): (String, SourceStatus), proofs: &Proofs) -> SourceReport {
    let since = |time: Timestamp| (Timestamp::now().instant() - time.instant()).num_seconds();
    // `None` comes before any time: where one tenant has no such time, there is none for all.
    let complete_until = proofs.of_loop(&name).map(|proof| proof.complete_until).min().flatten();
    let known_gaps = proofs.of_loop(&name).map(Proof::serious_gaps).sum();
    SourceReport {
        known_gaps,
        complete_until,
        warnings: status.warnings,
        delays: status.delays,
        name,
        state: status.state,
        last_success: status.last_success,
        last_error: status.last_error,
        watermark: status.latest_event,
        lag_seconds: status.latest_event.map(since),
        counts: status.counts,
    }
}

fn follower_report((name, status): (String, FollowerStatus), head: Option<Position>) -> FollowerReport {
    FollowerReport {
        name,
        state: status.state,
        position: status.position,
        behind: head.unwrap_or(status.position).0.saturating_sub(status.position.0),
        last_error: status.last_error,
        delivered: status.delivered,
        rejected: status.rejected,
        set_aside: status.set_aside,
    }
}
