//! What every record of the Management Activity API begins with.

use super::clock::activity_time;
use super::people::{Person, TENANT};
use super::random::Random;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What happened, where, and who did it.
pub(super) struct Envelope<'a> {
    record_type: u32,
    operation: &'a str,
    workload: &'a str,
    user: String,
    key: String,
    user_type: u8,
}

impl<'a> Envelope<'a> {
    /// A record of this type; nobody did it yet.
    pub(super) fn new(record_type: u32, operation: &'a str, workload: &'a str) -> Self {
        Self { record_type, operation, workload, user: String::new(), key: String::new(), user_type: 0 }
    }

    /// The user as the record writes it.
    pub(super) fn user(mut self, user: &str, key: &str, user_type: u8) -> Self {
        (self.user, self.key, self.user_type) = (user.to_owned(), key.to_owned(), user_type);
        self
    }

    /// A person as Exchange knows people, by the older id.
    pub(super) fn person(self, person: &Person, user_type: u8) -> Self {
        self.user(&person.upn, &person.puid, user_type)
    }
}

/// The members that every record has.
pub(super) fn envelope(at: DateTime<Utc>, head: &Envelope<'_>, random: &mut Random) -> Value {
    json!({
        "CreationTime": activity_time(at),
        "Id": random.guid(),
        "Operation": head.operation,
        "OrganizationId": TENANT,
        "RecordType": head.record_type,
        "UserKey": head.key,
        "UserType": head.user_type,
        "Version": 1,
        "Workload": head.workload,
        "UserId": head.user,
    })
}

/// Adds members to a record.
pub(super) fn with(mut record: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (record.as_object_mut(), more) {
        members.extend(more);
    }
    record
}

/// A list of names and values as cmdlets and extended properties have it.
pub(super) fn named_values(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
}
