//! Which services a question is kept to.

use aoc_core::Filter;

use super::{
    catalogue::{ADMINISTRATIVE, ENTRA, NOISY, TOPICS, Topic},
    vocabulary::Vocabulary,
};

/// The services of a platform that a question names.
pub(super) fn platform(topic: Topic) -> Option<&'static [&'static str]> {
    let platforms = [
        Topic::Entra,
        Topic::Intune,
        Topic::Exchange,
        Topic::SharePoint,
        Topic::OneDrive,
        Topic::Teams,
        Topic::Compliance,
    ];
    let entry = TOPICS.iter().find(|entry| entry.topic == topic && platforms.contains(&topic));
    entry.map(|entry| entry.services)
}

/// Leaves out what a broad question seldom means, and says so.
pub(super) fn without_noise(filter: &mut Filter, known: &Vocabulary, notes: &mut Vec<String>) {
    let services: Vec<&str> = if known.services.is_empty() {
        ENTRA.iter().chain(&ADMINISTRATIVE).copied().collect()
    } else {
        let quiet = |service: &&str| !NOISY.contains(service);
        let services: Vec<&str> = known.services.iter().map(String::as_str).filter(quiet).collect();
        // Office 365 copies what Entra tells; where Entra is not collected, the copies are all there is.
        let copies = (!services.iter().any(|service| ENTRA.contains(service))).then_some("Directory");
        let copies = copies.filter(|copies| known.service(copies).is_some());
        services.into_iter().chain(copies).collect()
    };
    if services.is_empty() || services.len() == known.services.len() {
        return;
    }
    filter.service = unique(services);
    notes.push(
        "The question is broad: sign-ins and the daily work in SharePoint, OneDrive, Exchange and Teams were left \
         out, Office 365's own copies of directory changes, and what was asked of AOC; name them to have them."
            .to_owned(),
    );
}

pub(super) fn unique(list: Vec<&str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in list {
        if !found.iter().any(|other| other == text) {
            found.push(text.to_owned());
        }
    }
    found
}
