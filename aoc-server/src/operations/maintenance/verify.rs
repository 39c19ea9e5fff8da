//! Proving that a store is whole: the log, the notes, and the index that follows.

use std::time::Instant;

use aoc_core::{Position, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    examine::{Index, Log, notes},
    samples::Samples,
    walk::{Walk, Walked},
};
use crate::{
    auth::{Caller, Permission},
    operations::Operations,
};

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// One line per check.
    pub lines: Vec<Line>,
    /// Events read.
    pub events: u64,
    /// Up to here.
    pub head: Position,
    /// How long it took.
    pub seconds: f64,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// What came out.
    pub standing: Standing,
    /// What was checked.
    pub check: String,
    /// What was found.
    pub found: String,
    /// What to do, where it is wrong or could not be checked.
    pub remedy: Option<String>,
}

/// What came out of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// All is well.
    Ok,
    /// It is not as it should be.
    Wrong,
    /// It could not be checked now.
    Unknown,
}

impl Verified {
    /// Whether every check was made and found all well.
    pub fn is_ok(&self) -> bool {
        self.lines.iter().all(|line| line.standing == Standing::Ok)
    }
}

impl Line {
    /// `wrong` with what to do where there is any fault, else `ok`.
    pub(super) fn of(check: &str, faults: u64, found: String, remedy: &str) -> Self {
        let standing = if faults == 0 { Standing::Ok } else { Standing::Wrong };
        let remedy = (faults > 0).then(|| remedy.to_owned());
        Self { standing, check: check.to_owned(), found, remedy }
    }

    pub(super) fn unknown(check: &str, found: String, remedy: &str) -> Self {
        Self { standing: Standing::Unknown, check: check.to_owned(), found, remedy: Some(remedy.to_owned()) }
    }
}

impl Operations {
    /// Reads the whole store, and says whether the log, the notes and the index are as they should be. Changes nothing,
    /// and works beside a program that writes: it compares up to where the log ends when it begins.
    ///
    /// Keeps 20 to 40 bytes in memory for each event of the log.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn verify(&self, caller: &Caller, mut watch: impl FnMut(Walked) + Send) -> Result<Verified> {
        caller.require(Permission::Manage)?;
        let started = Instant::now();
        let index = Index::ask(&*self.store, &*self.index).await?;
        let head = index.head();
        let mut walk = Walk::to(&self.store, Position::default(), head);
        let (mut log, mut samples) = (Log::up_to(head, self.store.horizon().await?), Samples::of(head));
        loop {
            let batch = walk.next().await?;
            if batch.is_empty() {
                break;
            }
            for stored in batch {
                log.add(&stored);
                samples.offer(stored);
            }
            watch(walk.walked);
        }
        let mut lines = log.lines();
        lines.push(samples.by_key(&*self.store).await?);
        lines.extend(notes(&*self.store).await?);
        lines.extend(index.compare(&*self.store, &log).await?);
        lines.push(samples.by_search(&*self.index, &log).await?);
        let seconds = started.elapsed().as_secs_f64();
        Ok(Verified { lines, events: walk.walked.events, head, seconds })
    }
}
