//! The book the day is written into.

use super::DemoRecord;
use super::changes::Change;
use super::intune::DeviceAction;
use super::random::Random;
use super::sign_ins::SignIn;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;

/// Collects records and holds the chance that shapes them.
pub(super) struct Recorder {
    pub(super) random: Random,
    pub(super) records: Vec<DemoRecord>,
}

impl Recorder {
    /// An empty book whose chance starts from these words.
    pub(super) fn of(words: &[&str]) -> Self {
        Self { random: Random::of(words), records: Vec::new() }
    }

    /// Writes down a change as Graph reports it, and for most changes as the Management Activity API does
    /// too.
    pub(super) fn change(&mut self, change: &Change) {
        if self.random.chance(55) {
            self.change_seen_twice(change);
        } else {
            self.change_seen_once(change);
        }
    }

    /// Writes down a change as Graph reports it; gives back the record's id.
    pub(super) fn change_seen_once(&mut self, change: &Change) -> String {
        let record = change.as_directory_audit(&mut self.random);
        self.push("entra_audit", change.at, record)
    }

    /// Writes down a change as both interfaces report it; gives back the id of Graph's record.
    pub(super) fn change_seen_twice(&mut self, change: &Change) -> String {
        if change.activity.service == "Core Directory" {
            let twin = change.as_activity(&mut self.random);
            self.office(change.at, twin);
        }
        self.change_seen_once(change)
    }

    /// Writes down a sign-in as Graph reports it; gives back the record's id.
    pub(super) fn sign_in(&mut self, sign_in: &SignIn) -> String {
        let record = sign_in.as_graph(&mut self.random);
        self.push("entra_sign_ins", sign_in.at, record)
    }

    /// Writes down a sign-in as both interfaces report it; gives back the id of Graph's record.
    pub(super) fn sign_in_seen_twice(&mut self, sign_in: &SignIn) -> String {
        let twin = sign_in.as_activity(&mut self.random);
        self.office(sign_in.at, twin);
        self.sign_in(sign_in)
    }

    /// Writes down an action in Intune; gives back the record's id.
    pub(super) fn device(&mut self, action: &DeviceAction) -> String {
        let record = action.as_audit_event(&mut self.random);
        self.push("intune_audit", action.at, record)
    }

    /// Writes down a record of the Management Activity API, whose times are whole seconds; gives back its id.
    pub(super) fn office(&mut self, at: DateTime<Utc>, record: Value) -> String {
        self.push("office365_activity", at.trunc_subsecs(0), record)
    }

    fn push(&mut self, source: &'static str, time: DateTime<Utc>, record: Value) -> String {
        let id = record["id"].as_str().or_else(|| record["Id"].as_str()).unwrap_or_default().to_owned();
        self.records.push(DemoRecord { source, time, record });
        id
    }
}
