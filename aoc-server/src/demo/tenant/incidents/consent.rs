//! Applications that ask for too much, and one whose name is an attack.

use super::Story;
use crate::demo::tenant::access;
use crate::demo::tenant::activities::{ADD_APPLICATION, DISABLE_PRINCIPAL, REMOVE_GRANT};
use crate::demo::tenant::actor::Actor;
use crate::demo::tenant::changes::{Change, Target};
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::mailbox::Session;
use crate::demo::tenant::office365::with;
use crate::demo::tenant::people::{App, People};
use chrono::{DateTime, Utc};
use serde_json::json;

const APP: &str = "Contoso Mail Helper";
const SCOPE: &str = "offline_access User.Read Mail.ReadWrite Mail.Send Files.ReadWrite.All Contacts.Read";
/// The name an attacker gave to an application; whoever shows it unescaped runs it.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "Consent to a malicious application",
        "Three people agree to an application that looks like ours, and it reads their mail the same hour.",
        "\"Contoso Mail Helper\"",
    );
    let start = day.at(9, 26, &mut story.book.random);
    for (index, name) in ["Beatriz Amaro", "Noah Castellan", "Grace Pemberton"].iter().enumerate() {
        let pause = 700 * index as i64;
        let at = later(start, pause, &mut story.book.random);
        agree(at, name, people, &mut story);
    }
    remove(later(start, 12_600, &mut story.book.random), people, &mut story);
    story
}

fn agree(at: DateTime<Utc>, name: &str, people: &People, story: &mut Story) {
    let person = people.named(name);
    let actor = Actor::person(person, person.home.site.office);
    let changes = access::consent(at, (person, &actor), (APP, SCOPE), &mut story.book);
    for change in &changes {
        let id = story.book.change_seen_twice(change);
        if change.activity.name == "Consent to application" {
            story.key(id);
        }
    }
    let app = App::named(APP);
    let session =
        Session { owner: person, address: "203.0.113.201", client: "Client=REST;Client=RESTSystem;;" };
    for step in 0..6 {
        let then = later(at, 420 + 75 * step, &mut story.book.random);
        let record = session.accessed(then, ("\\Inbox", 30), &mut story.book.random);
        let by_app = json!({"AppId": app.id, "ClientAppId": app.id, "ClientAppName": APP});
        let id = story.book.office(then, with(record, by_app));
        if step == 0 {
            story.key(id);
        }
    }
}

fn remove(at: DateTime<Utc>, people: &People, story: &mut Story) {
    let security = people.named("Emil Kovarik");
    let actor = Actor::person(security, security.home.site.office);
    let disabled = Target::new("ServicePrincipal", APP)
        .set("AccountEnabled", json!([true]), json!([false]))
        .now("Included Updated Properties", "AccountEnabled");
    let id = story.book.change_seen_twice(&Change::new(at, DISABLE_PRINCIPAL, &actor).on(disabled));
    story.key(id);
    let then = later(at, 41, &mut story.book.random);
    let grant = Target::new("ServicePrincipal", "Microsoft Graph")
        .set("DelegatedPermissionGrant.Scope", SCOPE.into(), serde_json::Value::Null)
        .set("ServicePrincipal.DisplayName", APP.into(), serde_json::Value::Null);
    story.book.change_seen_twice(&Change::new(then, REMOVE_GRANT, &actor).on(grant));
}

pub(super) fn tell_markup(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "An application whose name is markup",
        "A guest registers an application with a script for a name; a page that shows it must show it as \
         text.",
        "onerror",
    );
    let guest = people.named("Marcus Thiele");
    let actor = Actor::person(guest, &guest.home.address);
    let at = day.at(16, 44, &mut story.book.random);
    let target = Target::new("Application", MARKUP)
        .set("DisplayName", json!([]), json!([MARKUP]))
        .set("AvailableToOtherTenants", json!([]), json!([true]))
        .now("Included Updated Properties", "DisplayName, AvailableToOtherTenants");
    let id = story.book.change_seen_twice(&Change::new(at, ADD_APPLICATION, &actor).on(target));
    story.key(id);
    let then = later(at, 160, &mut story.book.random);
    for change in access::consent(then, (guest, &actor), (MARKUP, "User.Read"), &mut story.book) {
        let id = story.book.change_seen_twice(&change);
        story.key(id);
    }
    story
}
