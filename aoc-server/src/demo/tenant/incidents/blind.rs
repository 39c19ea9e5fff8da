//! Forty minutes without a record of Office 365.

use super::Story;
use crate::demo::tenant::activities::PRINCIPAL_CREDENTIALS;
use crate::demo::tenant::actor::Actor;
use crate::demo::tenant::changes::{Change, Target};
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::exchange;
use crate::demo::tenant::people::{People, Person};
use crate::demo::tenant::places::Place;
use crate::demo::tenant::random::guid_of;
use crate::demo::tenant::sign_ins::{ADMIN_PORTALS, SignIn};
use chrono::{DateTime, Utc};
use serde_json::json;

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "Audit logging off for forty minutes",
        "The partner's account switches the audit log off and on again; only the directory saw what \
         happened between.",
        "UnifiedAuditLogIngestionEnabled",
    );
    let partner = people.named("Declan Byrne");
    let address = partner.home.address.as_str();
    let at = day.at(13, 4, &mut story.book.random);
    let sign_in = SignIn::new(at, partner, Place::new(address, partner.home.site), ADMIN_PORTALS[2]);
    let id = story.book.sign_in_seen_twice(&sign_in);
    story.key(id);
    let (off, on) = (later(at, 95, &mut story.book.random), later(at, 95 + 2400, &mut story.book.random));
    switch(off, partner, "False", &mut story);
    unseen(later(off, 780, &mut story.book.random), partner, &mut story);
    switch(on, partner, "True", &mut story);
    story.silence = Some((later(off, 1, &mut story.book.random), on));
    story
}

fn switch(at: DateTime<Utc>, partner: &Person, enabled: &str, story: &mut Story) {
    let parameters = [("UnifiedAuditLogIngestionEnabled", enabled)];
    let step =
        ("Set-AdminAuditLogConfig", r"contoso.onmicrosoft.com\Admin Audit Log Settings", &parameters[..]);
    let record = exchange::cmdlet(at, partner, &partner.home.address, step, &mut story.book.random);
    let id = story.book.office(at, record);
    story.key(id);
}

/// A key for the backup application, made while nobody of Office 365 writes.
fn unseen(at: DateTime<Utc>, partner: &Person, story: &mut Story) {
    let id = guid_of("key", "sync");
    let description = format!("[KeyIdentifier={id},KeyType=Password,KeyUsage=Verify,DisplayName=sync]");
    let target = Target::new("ServicePrincipal", "Contoso Backup")
        .set("KeyDescription", json!([]), json!([description]))
        .now("Included Updated Properties", "KeyDescription");
    let actor = Actor::person(partner, &partner.home.address);
    let id = story.book.change_seen_once(&Change::new(at, PRINCIPAL_CREDENTIALS, &actor).on(target));
    story.key(id);
}
