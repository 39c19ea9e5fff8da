//! One password for everybody, one mailbox opened, its mail sent elsewhere.

use super::Story;
use crate::demo::tenant::activities::{RESET_PASSWORD, REVOKE_TOKENS};
use crate::demo::tenant::actor::Actor;
use crate::demo::tenant::changes::{Change, Target};
use crate::demo::tenant::clock::{Day, later};
use crate::demo::tenant::mailbox::Session;
use crate::demo::tenant::people::{Job, People, Person};
use crate::demo::tenant::places::{AUCKLAND, Place};
use crate::demo::tenant::sign_ins::{LOCKED, PORTALS, SCRIPT, SIGNED_IN, SignIn, WRONG_PASSWORD};
use crate::demo::tenant::{compliance, exchange};
use chrono::{DateTime, Utc};

const FAR: &str = "203.0.113.66";
const OWA: &str = "Client=OWA;Action=ViaProxy";

pub(super) fn tell(day: Day, people: &People) -> Story {
    let mut story = Story::new(
        day,
        "Password spray with one success",
        "One foreign address tries everybody, gets in as somebody in finance, and mail starts to flow \
         outside.",
        FAR,
    );
    let start = day.at(4, 12, &mut story.book.random);
    let victim = people.named("Viktor Salmhofer");
    let inside = spray(start, victim, people, &mut story);
    forward(later(inside, 5200, &mut story.book.random), victim, &mut story);
    read(later(inside, 5700, &mut story.book.random), victim, &mut story);
    clean_up(later(inside, 23_000, &mut story.book.random), victim, people, &mut story);
    story
}

/// Two rounds through the company; the second finds the password of the victim.
fn spray(start: DateTime<Utc>, victim: &Person, people: &People, story: &mut Story) -> DateTime<Utc> {
    let mut at = start;
    for round in 0..2 {
        for person in people.all().iter().filter(|person| !matches!(person.job, Job::Guest | Job::Partner)) {
            let pause = story.book.random.between(19, 47);
            at = later(at, pause, &mut story.book.random);
            let found = round == 1 && person.upn == victim.upn;
            let outcome = if found {
                &SIGNED_IN
            } else if round == 1 && story.book.random.chance(8) {
                &LOCKED
            } else {
                &WRONG_PASSWORD
            };
            let attempt = SignIn::new(at, person, Place::new(FAR, &AUCKLAND), PORTALS[2]).ended(outcome);
            let id = story.book.sign_in_seen_twice(&attempt.elsewhere("Other clients", SCRIPT));
            if found {
                story.key(id);
            }
        }
    }
    at
}

fn forward(at: DateTime<Utc>, victim: &Person, story: &mut Story) {
    let step = (
        "New-InboxRule",
        r"contoso.onmicrosoft.com/viktor.salmhofer\..",
        [
            ("AlwaysDeleteOutlookRulesBlob", "False"),
            ("Force", "False"),
            ("Name", ".."),
            ("SubjectOrBodyContainsWords", "invoice;payment;IBAN"),
            ("ForwardTo", "collector@parcel-desk.example"),
            ("DeleteMessage", "True"),
            ("StopProcessingRules", "True"),
        ],
    );
    let random = &mut story.book.random;
    let record = exchange::cmdlet(at, victim, FAR, (step.0, step.1, &step.2), random);
    let id = story.book.office(at, record);
    story.key(id);
    let then = later(at, 190, &mut story.book.random);
    let kind = ("Suspicious email forwarding activity", "High", "ThreatManagement");
    let record = compliance::alert(then, kind, &victim.upn, &mut story.book.random);
    let id = story.book.office(then, record);
    story.key(id);
}

fn read(start: DateTime<Utc>, victim: &Person, story: &mut Story) {
    let session = Session { owner: victim, address: FAR, client: OWA };
    for step in 0..9 {
        let at = later(start, step * 130, &mut story.book.random);
        let folder = if step % 3 == 2 { "\\Inbox\\Payments" } else { "\\Inbox" };
        let record = session.accessed(at, (folder, 24), &mut story.book.random);
        let id = story.book.office(at, record);
        if step == 0 {
            story.key(id);
        }
    }
    let at = later(start, 1500, &mut story.book.random);
    let record = session.send(at, "Changed bank details", &mut story.book.random);
    let id = story.book.office(at, record);
    story.key(id);
}

fn clean_up(at: DateTime<Utc>, victim: &Person, people: &People, story: &mut Story) {
    let security = people.named("Priya Ramanathan");
    let actor = Actor::person(security, security.home.site.office);
    let reset = Change::new(at, RESET_PASSWORD, &actor).on(Target::user(victim));
    let id = story.book.change_seen_twice(&reset);
    story.key(id);
    let then = later(at, 3, &mut story.book.random);
    story.book.change_seen_twice(&Change::new(then, REVOKE_TOKENS, &actor).on(Target::user(victim)));
    let then = later(at, 240, &mut story.book.random);
    let step = (
        "Remove-InboxRule",
        r"contoso.onmicrosoft.com/viktor.salmhofer\..",
        [("Identity", r"viktor.salmhofer\.."), ("Mailbox", "viktor.salmhofer@contoso.com")],
    );
    let office = security.home.site.office;
    let record = exchange::cmdlet(then, security, office, (step.0, step.1, &step.2), &mut story.book.random);
    story.book.office(then, record);
}
