//! A helpdesk account makes itself the master of the tenant for half an hour.

use super::Story;
use crate::demo::tenant::access::{policy_state, role_change};
use crate::demo::tenant::activities::{ADD_TO_ROLE, APP_SECRETS, PRINCIPAL_CREDENTIALS, REMOVE_FROM_ROLE};
use crate::demo::tenant::actor::Actor;
use crate::demo::tenant::changes::{Change, Target};
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::people::{People, Person};
use crate::demo::tenant::places::{Place, VIENNA};
use crate::demo::tenant::random::guid_of;
use crate::demo::tenant::sign_ins::{ADMIN_PORTALS, POLICIES, SignIn};
use chrono::{DateTime, Utc};
use serde_json::json;

/// An address nobody of the staff uses at any other time.
const ADDRESS: &str = "192.0.2.213";
const ROLE: &str = "Global Administrator";

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "Self-made Global Administrator on a Sunday night",
        "At 03:12 a helpdesk account takes the highest role, opens a policy, leaves a key behind and \
         closes the door.",
        "\"Global Administrator\"",
    );
    let desk = people.named("Felix Marbach");
    let random = &mut story.book.random;
    let at = day.at(3, 12, random);
    let moments = [-220, 0, 360, 540, 545, 1500, 1620].map(|seconds| later(at, seconds, random));
    let sign_in = SignIn::new(moments[0], desk, Place::new(ADDRESS, &VIENNA), ADMIN_PORTALS[0]);
    let id = story.book.sign_in_seen_twice(&sign_in.elsewhere("Browser", "Mozilla/5.0 (X11; Linux x86_64)"));
    story.key(id);
    let steps = steps(desk, &moments);
    for step in &steps {
        let id = story.book.change_seen_twice(step);
        story.key(id);
    }
    story
}

/// The key that stays behind.
fn key(kind: &'static str) -> Target {
    let id = guid_of("key", kind);
    let description = format!("[KeyIdentifier={id},KeyType=Password,KeyUsage=Verify,DisplayName=tmp]");
    Target::new(kind, "Contoso Backup")
        .set("KeyDescription", json!([]), json!([description]))
        .now("Included Updated Properties", "KeyDescription")
}

fn steps(desk: &Person, moments: &[DateTime<Utc>; 7]) -> [Change; 6] {
    let actor = Actor::person(desk, ADDRESS);
    let policy = POLICIES[0];
    [
        role_change(moments[1], &actor, ADD_TO_ROLE, (desk, ROLE)),
        policy_state(moments[2], &actor, policy, ("enabled", "disabled")),
        Change::new(moments[3], APP_SECRETS, &actor).on(key("Application")),
        Change::new(moments[4], PRINCIPAL_CREDENTIALS, &actor).on(key("ServicePrincipal")),
        policy_state(moments[5], &actor, policy, ("disabled", "enabled")),
        role_change(moments[6], &actor, REMOVE_FROM_ROLE, (desk, ROLE)),
    ]
}
