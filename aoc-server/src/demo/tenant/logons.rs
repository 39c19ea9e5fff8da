//! Everybody signs in, some with a wrong password.

use super::clock::{Day, later};
use super::people::{Job, People, Person};
use super::places::Place;
use super::recorder::Recorder;
use super::sign_ins::{
    ADMIN_PORTALS, BLOCKED, EXPIRED, LOCKED, MFA_ASKED, MFA_DENIED, NO_CONSENT, Outcome, PORTALS, Portal,
    SIGNED_IN, SignIn, WITH_MFA, WRONG_PASSWORD,
};
use chrono::{DateTime, Utc};

/// Writes down the sign-ins of a day.
pub(super) fn record(day: Day, people: &People, book: &mut Recorder) {
    for person in people.all() {
        for _ in 0..times(day, person, book) {
            attempt(day, person, book);
        }
    }
    for _ in 0..day.busy(3, &mut book.random) {
        legacy(day, people.colleague(&mut book.random), book);
    }
    on_call(day, people, book);
}

fn times(day: Day, person: &Person, book: &mut Recorder) -> usize {
    if day.is_weekend() {
        return usize::from(book.random.chance(18));
    }
    let usual = if person.job == Job::Guest { 10 } else { 30 };
    day.busy(usual, &mut book.random) / 10
}

fn attempt(day: Day, person: &Person, book: &mut Recorder) {
    let at = day.at_work(person, &mut book.random);
    let place = person.place(&mut book.random);
    let portal = portal_of(person, book);
    match book.random.below(100) {
        0..=3 => mistyped(at, person, &place, portal, book),
        4..=5 => {
            note(SignIn::new(at, person, place.clone(), portal).ended(&MFA_ASKED), book);
            let then = later(at, 25, &mut book.random);
            note(SignIn::new(then, person, place, portal), book);
        }
        6 => note(SignIn::new(at, person, place, portal).ended(rare(book)), book),
        7..=40 => note(SignIn::new(at, person, place, portal).ended(&SIGNED_IN), book),
        _ => note(SignIn::new(at, person, place, portal).ended(&WITH_MFA), book),
    }
}

fn mistyped(at: DateTime<Utc>, person: &Person, place: &Place, portal: Portal, book: &mut Recorder) {
    let times = book.random.between(1, 3);
    for attempt in 0..times {
        let then = later(at, attempt * 14, &mut book.random);
        note(SignIn::new(then, person, place.clone(), portal).ended(&WRONG_PASSWORD), book);
    }
    let then = later(at, times * 14 + 20, &mut book.random);
    let outcome = if times == 3 && book.random.chance(30) { &LOCKED } else { &WITH_MFA };
    note(SignIn::new(then, person, place.clone(), portal).ended(outcome), book);
}

fn rare(book: &mut Recorder) -> &'static Outcome {
    const RARE: [&Outcome; 4] = [&EXPIRED, &NO_CONSENT, &MFA_DENIED, &BLOCKED];
    RARE[book.random.below(RARE.len())]
}

fn legacy(day: Day, person: &Person, book: &mut Recorder) {
    let at = day.at_work(person, &mut book.random);
    let client = *book.random.pick(&["IMAP4", "Authenticated SMTP", "Exchange ActiveSync"]);
    let outcome = if client == "Exchange ActiveSync" { &SIGNED_IN } else { &BLOCKED };
    let attempt = SignIn::new(at, person, person.home.clone(), PORTALS[2]).ended(outcome);
    book.sign_in(&attempt.elsewhere(client, "BAV2ROPC"));
}

/// One administrator is on call every night and looks in now and then.
fn on_call(day: Day, people: &People, book: &mut Recorder) {
    let person = people.one_of(&[Job::Identity, Job::Messaging, Job::Endpoint], &mut book.random);
    for _ in 0..book.random.below(4) {
        let at = day.at_night(&mut book.random);
        note(SignIn::new(at, person, person.home.clone(), ADMIN_PORTALS[0]), book);
    }
}

fn portal_of(person: &Person, book: &mut Recorder) -> Portal {
    let is_admin = matches!(
        person.job,
        Job::Identity | Job::Messaging | Job::Endpoint | Job::Security | Job::Helpdesk | Job::Partner
    );
    if is_admin && book.random.chance(45) {
        *book.random.pick(&ADMIN_PORTALS)
    } else {
        *book.random.pick(&PORTALS)
    }
}

fn note(attempt: SignIn<'_>, book: &mut Recorder) {
    if book.random.chance(25) {
        book.sign_in_seen_twice(&attempt);
    } else {
        book.sign_in(&attempt);
    }
}
