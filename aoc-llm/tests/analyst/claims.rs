//! What becomes of what a model claims.

use std::sync::Arc;

use aoc_llm::analyst::{
    Names, Options,
    Status::{self, Corrected, Removed, Verified},
};

use crate::world::{Parrot, all_of_yesterday, analyst, answer_of, events};

/// The three deeds are e1 (role), e2 (reset, failed), e3 (update by Lee); e4 to e43 are files that Max accessed.
async fn check(claim: (&str, &[&str]), status: Status, text: &str) {
    let (answer, _) = answer_of(&events(), Parrot::of(&[claim])).await;
    let said: Vec<_> = answer.claims.iter().filter(|claim| claim.status != Status::Stored).collect();
    assert_eq!(said.len(), 1, "{claim:?}");
    assert_eq!((said[0].status, said[0].text.as_str()), (status, text), "{claim:?}: {:?}", said[0].reason);
    assert_eq!(answer.llm_used, status != Removed);
    // One sentence is no answer: the store's overview stays.
    assert!(answer.answer.contains("Most frequent operations"), "{}", answer.answer);
}

#[tokio::test]
async fn claims_that_the_events_prove_stay() {
    for (text, events) in [
        ("Kim Lee added lee@contoso.com to the role Global Administrator at 09:12.", &["e1"][..]),
        ("lee@contoso.com was assigned Global Administrator by kim@contoso.com on 2026-11-19.", &["e1"]),
        ("From 203.0.113.7, Kim Lee performed Add member to role on lee@contoso.com.", &["e1"]),
        ("Kim Lee failed to reset the password of max@contoso.com at 2026-11-19T10:00:00Z.", &["e2"]),
        ("Lee Ott changed JobTitle of max@contoso.com from Clerk to Manager on 19 November 2026.", &["e3"]),
        ("Max Roth accessed the file plan.docx.", &["e4", "e5"]),
        ("Max Roth accessed plan.docx in 40 events.", &["e4"]),
        ("There were 43 events.", &["e1"]),
    ] {
        check((text, events), Verified, text).await;
    }
}

#[tokio::test]
async fn claims_that_are_half_wrong_are_corrected() {
    for (text, events, corrected) in [
        (
            "Max Roth accessed plan.docx in 4000 events.",
            &["e4"][..],
            "Max Roth accessed plan.docx in 40 events.",
        ),
        ("There were seven events by Kim Lee.", &["e1"], "There were 2 events by Kim Lee."),
        (
            "Kim Lee reset the password of max@contoso.com.",
            &["e2"],
            "Kim Lee reset the password of max@contoso.com (failed).",
        ),
        (
            "Lee Ott performed Update user on max@contoso.com.",
            &["e3", "e1"],
            "Lee Ott performed Update user on max@contoso.com.",
        ),
        ("**Max Roth** accessed plan.docx (e4, e5).", &["e4"], "Max Roth accessed plan.docx."),
    ] {
        let status = if text.starts_with("**") { Verified } else { Corrected };
        check((text, events), status, corrected).await;
    }
}

#[tokio::test]
async fn claims_that_nothing_proves_are_removed() {
    for (text, events) in [
        ("Kim Lee added lee@contoso.com to the role Global Administrator.", &["e99"][..]),
        ("Kim Lee added lee@contoso.com to the role Global Administrator.", &[]),
        ("Kim Lee added lee@contoso.com to the role Global Administrator.", &["e3"]),
        ("Kim Lee added mallory@contoso.com to the role Global Administrator.", &["e1"]),
        ("Kim Lee added lee@contoso.com to the role Global Administrator at 09:13.", &["e1"]),
        ("Kim Lee added lee@contoso.com to the role Global Administrator on 2026-11-18.", &["e1"]),
        ("Kim Lee added lee@contoso.com to the role Global Administrator from 203.0.113.8.", &["e1"]),
        ("lee@contoso.com added Kim Lee to the role Global Administrator.", &["e1"]),
        ("Kim Lee was added to the role Global Administrator by lee@contoso.com.", &["e1"]),
        ("Kim Lee never added lee@contoso.com to the role Global Administrator.", &["e1"]),
        ("Kim Lee deleted lee@contoso.com.", &["e1"]),
        ("Kim Lee successfully reset the password of max@contoso.com.", &["e2"]),
        ("Lee Ott changed JobTitle of max@contoso.com from Manager to Clerk.", &["e3"]),
        ("Lee Ott changed JobTitle of max@contoso.com to Clerk.", &["e3"]),
        ("Kim Lee reset the password of max@contoso.com at 09:12.", &["e1", "e2"]),
        ("Kim Lee performed Update user on max@contoso.com.", &["e1", "e2", "e3"]),
        ("The account of Kim Lee is compromised.", &["e1"]),
        ("All events are harmless.", &["e1"]),
        ("Kim Lee added lee@contoso.com, see https://evil.example/x.", &["e1"]),
        ("Kim Lee", &["e1"]),
        ("There were 43 events and 12 failures.", &["e1"]),
        ("Kim Lee made 7 attempts.", &["e1"]),
        ("", &["e1"]),
    ] {
        check((text, events), Removed, "").await;
    }
}

#[tokio::test]
async fn counts_over_more_events_than_were_looked_at_are_the_indexes() {
    let mut many = events();
    for n in 0..1_000 {
        many.push(crate::world::event(
            &format!("mail{n}"),
            "2026-11-19T20:00:00Z",
            "Exchange",
            "MailItemsAccessed",
        ));
    }
    let model = Parrot::of(&[
        ("There were 5 events of MailItemsAccessed.", &[]),
        ("5 failures happened.", &[]),
        ("Kim Lee performed MailItemsAccessed in 1000 events.", &[]),
    ]);
    let (answer, _) = answer_of(&many, model).await;
    let said: Vec<_> = answer.claims.iter().filter(|claim| claim.status != Status::Stored).collect();
    assert_eq!(said[0].text, "There were 1000 events of MailItemsAccessed.");
    assert_eq!(said[1].text, "1 failures happened.");
    assert_eq!(said[2].status, Removed);
    assert!(said[..2].iter().all(|claim| claim.status == Corrected && !claim.events.is_empty()));
}

#[tokio::test]
async fn the_name_of_a_property_does_not_prove_a_deed() {
    let mut one = crate::world::event("off", "2026-11-19T09:00:00Z", "UserManagement", "Disable account");
    one.changes =
        vec![crate::world::change("AccountEnabled", serde_json::json!(true), serde_json::json!(false))];
    let model = Parrot::of(&[
        ("Kim Lee enabled the account of lee@contoso.com.", &["e1"]),
        ("Kim Lee disabled the account of lee@contoso.com.", &["e1"]),
        // Disabling is no change of whatever it may change.
        ("Kim Lee changed AccountEnabled of lee@contoso.com from true to false.", &["e1"]),
    ]);
    let (answer, _) = answer_of(&[one], model).await;
    let statuses: Vec<Status> =
        answer.claims.iter().map(|claim| claim.status).filter(|status| *status != Status::Stored).collect();
    assert_eq!(statuses, [Removed, Verified, Removed]);
}

/// What sentences are shuffled of.
const PARTS: [&str; 41] = [
    "Kim Lee",
    "İlk",
    "ẞtraße",
    "ſ",
    "\u{212a}im",
    "added",
    "reset",
    "the",
    "role",
    "“",
    "\"",
    "'s",
    "’s",
    "e1",
    "(e1)",
    "12",
    "09:12",
    "2026-11-19",
    "events",
    "by",
    "to",
    "from",
    "…",
    "👩‍💻",
    "a\u{301}",
    "\u{200b}",
    ".",
    ",",
    "-",
    "/",
    "@",
    "ﬁle",
    "plan.docx",
    "𝔎im",
    "Max Roth",
    "failed",
    "19 November",
    "[1]",
    "%",
    "ΐ",
    "lee@contoso.com",
];

/// Whatever a model says, and whatever names records hold: nothing panics, also where folding changes the length of a text.
#[tokio::test]
async fn every_shuffle_of_names_and_signs_is_checked() {
    let mut all = events();
    for (at, one) in all.iter_mut().take(3).enumerate() {
        one.target_displays = vec![format!("İ{}ẞ ﬁ", PARTS[at]), "ſ \u{212a}im İİ".into()];
        one.actor_display = Some(format!("İlk ΐ{at}"));
    }
    let mut seed = 1_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for names in [Names::Real, Names::Pseudonyms] {
        for _ in 0..60 {
            let texts: Vec<String> = (0..30)
                .map(|_| {
                    let count = 1 + next(9);
                    let blank = if next(3) == 0 { "" } else { " " };
                    (0..count).map(|_| PARTS[next(PARTS.len())]).collect::<Vec<_>>().join(blank)
                })
                .collect();
            let claims: Vec<(&str, &[&str])> =
                texts.iter().map(|text| (text.as_str(), &["e1", "e2", "e3"][..])).collect();
            let options = Options { names, ..Options::default() };
            let analyst = analyst(&all).await.model(Arc::new(Parrot::of(&claims))).options(options);
            analyst.ask(&all_of_yesterday()).await.unwrap();
        }
    }
}
