//! What a question is about: services and operations.

use aoc_core::Filter;

use super::{
    catalogue::{ALONE, COPIES, DEEDS, Entry, TOPICS, Topic, Verb},
    language::{Language, Role},
    scope::{platform, unique},
    vocabulary::Vocabulary,
    words::Words,
};

/// What is asked about, as far as its words say.
#[derive(Debug, Default)]
pub(super) struct Subject {
    topics: Vec<Topic>,
    left_out: Vec<Topic>,
    verbs: Vec<Verb>,
    /// Deeds that are left out.
    undone: Vec<Verb>,
    /// Kinds of actors: `by guests`.
    actors: Vec<Topic>,
}

/// What a question names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Named {
    /// Nothing.
    #[default]
    Nothing,
    /// Only people, or applications that act.
    Person,
    /// Something else as well.
    Thing,
}

/// Topics that tell what kind of thing a name is of.
const THINGS: [Topic; 9] = [
    Topic::App,
    Topic::Device,
    Topic::File,
    Topic::Group,
    Topic::Mail,
    Topic::Policy,
    Topic::Role,
    Topic::Team,
    Topic::User,
];

/// Operations for a topic whose services do not occur, where Office 365 has copies of them.
fn copies(entry: &Entry, known: &Vocabulary) -> Option<&'static [&'static str]> {
    let occurs = entry.services.iter().any(|service| known.service(service).is_some());
    let has_copies = !occurs && known.service("Directory").is_some();
    COPIES.iter().find(|(topic, _)| has_copies && *topic == entry.topic).map(|(_, operations)| *operations)
}

/// Topics that can be kinds of actors.
const ACTORS: [Topic; 3] = [Topic::App, Topic::Guest, Topic::User];

/// Whether one of the words before, as many as `near`, leaves out what is at `at`.
fn is_left_out(words: &Words, language: &Language, at: usize, near: usize) -> bool {
    (at.saturating_sub(near)..at).any(|place| {
        let is_result = place.checked_sub(1).is_some_and(|before| {
            words.longest(language.results, before).is_some_and(|(count, _)| count > 1)
        });
        let mut said = language.negations.iter().map(|phrase| words.said(phrase, place));
        !is_result && said.any(|count| count > 0 && place + count <= at)
    })
}

impl Subject {
    /// Reads topics and verbs from the words that are not taken.
    pub(super) fn read(words: &Words, language: &Language) -> Self {
        let mut subject = Self::default();
        for (at, topic) in words.all(language.topics) {
            let by = at.start.checked_sub(1).and_then(|before| words.longest(language.roles, before));
            let is_actor = by.is_some_and(|(_, role)| role == Role::Actor) && ACTORS.contains(&topic);
            let list = if is_actor {
                &mut subject.actors
            } else if is_left_out(words, language, at.start, 2) {
                &mut subject.left_out
            } else {
                &mut subject.topics
            };
            if !list.contains(&topic) {
                list.push(topic);
            }
        }
        for (at, verb) in words.all(language.verbs) {
            let list = match is_left_out(words, language, at.start, 1) {
                true => &mut subject.undone,
                false => &mut subject.verbs,
            };
            if !list.contains(&verb) {
                list.push(verb);
            }
        }
        subject
    }

    /// Whether sign-ins or the like are asked for, which belong to whom they are of.
    pub(super) fn is_of_actors(&self) -> bool {
        let deeds = [Topic::SignIn, Topic::SentAs, Topic::Mfa];
        self.topics.iter().any(|topic| deeds.contains(topic)) || self.verbs.contains(&Verb::Download)
    }

    /// Whether nothing is known of what the question is about.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.left_out.is_empty() && self.verbs.is_empty()
    }

    /// A role was named.
    pub(super) fn add_role(&mut self) {
        let about_roles = [Topic::Role, Topic::Elevation];
        if !self.topics.iter().any(|topic| about_roles.contains(topic)) {
            self.topics.push(Topic::Role);
        }
    }

    /// A file was named.
    pub(super) fn add_file(&mut self) {
        if self.topics.is_empty() && self.verbs.contains(&Verb::Read) {
            self.topics.push(Topic::File);
        }
    }

    /// Whether only those who act are asked for, whatever they did: `most active users`.
    pub(super) fn is_anybody(&self) -> bool {
        self.topics == [Topic::User] && self.verbs.is_empty() && self.left_out.is_empty()
    }

    /// Whether something is asked to have been done.
    pub(super) fn has_deed(&self) -> bool {
        !self.verbs.is_empty()
    }

    /// Whether the topics only say what kind of thing a name is of: `device CON-1`, `the user Ana`.
    pub(super) fn is_kind_of(&self, named: Named) -> bool {
        let kinds: &[Topic] = match named {
            Named::Nothing => return false,
            Named::Person if self.verbs.is_empty() => &[Topic::User, Topic::App],
            Named::Person => &[Topic::User],
            Named::Thing => &THINGS,
        };
        let has_deeds =
            self.topics.iter().any(|topic| !self.deeds(*topic).is_empty()) || !self.alone().is_empty();
        !has_deeds && self.left_out.is_empty() && self.topics.iter().all(|topic| kinds.contains(topic))
    }

    /// Fills services and operations of the filter, and words to search for.
    pub(super) fn fill(&self, filter: &mut Filter, known: &Vocabulary, notes: &mut Vec<String>) {
        let topics = self.effective();
        let mut operations: Vec<&str> = Vec::new();
        let mut services: Vec<&str> = Vec::new();
        let (platforms, things): (Vec<Topic>, Vec<Topic>) =
            topics.into_iter().partition(|topic| platform(*topic).is_some());
        let mut is_known = false;
        for topic in &things {
            let deeds = self.deeds(*topic);
            let entry = TOPICS.iter().find(|entry| entry.topic == *topic);
            if !deeds.is_empty() {
                operations.extend(deeds);
                is_known = true;
            } else if let Some(entry) = entry {
                is_known |= self.add_whole(entry, (&mut services, &mut operations), known, notes);
            }
        }
        if !is_known || things.is_empty() {
            operations.extend(self.alone());
        }
        self.narrow(&platforms, &mut services, &operations);
        self.leave_out(&mut services, &operations, known, notes);
        filter.service = unique(services);
        filter.operation = unique(operations);
        if things.contains(&Topic::Forwarding) {
            filter.search = "forward".into();
        }
    }

    /// Notes what no filter can say.
    pub(super) fn note_unsaid(&self, notes: &mut Vec<String>) {
        if !self.undone.is_empty() {
            notes.push(
                "A filter cannot leave out deeds: the words after \"not\" were not understood.".to_owned(),
            );
        }
        if self.actors.iter().any(|kind| *kind != Topic::User) {
            notes.push("A filter cannot tell kinds of actors: events by anybody were taken.".to_owned());
        }
    }

    /// All that is known about a topic when no verb makes it narrower.
    fn add_whole<'a>(
        &self,
        entry: &'a Entry,
        (services, operations): (&mut Vec<&'a str>, &mut Vec<&'a str>),
        known: &Vocabulary,
        notes: &mut Vec<String>,
    ) -> bool {
        if entry.topic == Topic::Alert && known.service(aoc_core::alert::ALERT_SERVICE).is_some() {
            services.push(aoc_core::alert::ALERT_SERVICE);
            notes.push(
                "AOC's own alerts were taken; Microsoft's are the operation AlertTriggered.".to_owned(),
            );
            return true;
        }
        // A verb that says all by itself: what was wiped can only be a device.
        if entry.operations.is_empty() && !self.alone().is_empty() {
            return false;
        }
        if let Some(copies) = copies(entry, known) {
            operations.extend(copies);
            notes.push("Entra's own records are not collected: Office 365's copies were taken.".to_owned());
            return true;
        }
        services.extend(entry.services);
        operations.extend(entry.operations);
        true
    }

    /// Topics without those that only say again what another says more exactly.
    fn effective(&self) -> Vec<Topic> {
        let has = |topic: Topic| self.topics.contains(&topic);
        let is_weak = |topic: &Topic| match topic {
            Topic::User => {
                let beside = |other: &Topic| *other != Topic::User;
                let is_thing = |other: &Topic| beside(other) && platform(*other).is_none();
                self.topics.iter().any(is_thing)
                    || (self.deeds(Topic::User).is_empty() && self.topics.iter().any(beside))
            }
            Topic::Group => has(Topic::Membership) || has(Topic::GroupOwner),
            Topic::Teams => has(Topic::Team) || has(Topic::Channel),
            Topic::Team => has(Topic::Channel),
            Topic::Membership => has(Topic::Role) || has(Topic::Team),
            Topic::Policy => has(Topic::ConditionalAccess) || has(Topic::DevicePolicy),
            Topic::App => has(Topic::AppSecret) || has(Topic::Consent) || has(Topic::Role),
            Topic::Mail | Topic::Exchange => {
                [Topic::InboxRule, Topic::SentAs, Topic::HardDelete, Topic::Forwarding, Topic::TransportRule]
                    .into_iter()
                    .chain([Topic::MailboxPermission])
                    .any(has)
            }
            Topic::Device => has(Topic::BitLocker) || has(Topic::DevicePolicy) || has(Topic::Mfa),
            Topic::Compliance => has(Topic::ComplianceSearch) || has(Topic::Dlp) || has(Topic::Retention),
            Topic::Role => has(Topic::Elevation),
            Topic::File => has(Topic::AnonymousLink) || has(Topic::Sharing),
            Topic::Sharing => has(Topic::AnonymousLink),
            Topic::Intune => has(Topic::DevicePolicy),
            _ => false,
        };
        let mut topics: Vec<Topic> = self.topics.iter().copied().filter(|topic| !is_weak(topic)).collect();
        if has(Topic::Intune) && has(Topic::Policy) && !has(Topic::ConditionalAccess) {
            topics.retain(|topic| !matches!(topic, Topic::Intune | Topic::Policy));
            topics.push(Topic::DevicePolicy);
        }
        if has(Topic::Intune) && topics.contains(&Topic::App) {
            topics.retain(|topic| *topic != Topic::App);
            topics.push(Topic::MobileApp);
        }
        topics
    }

    fn deeds(&self, topic: Topic) -> Vec<&'static str> {
        let fits = |verbs: &[Verb]| self.verbs.iter().any(|verb| verbs.contains(verb));
        let of_topic = DEEDS.iter().filter(|(of, verbs, _)| *of == topic && fits(verbs));
        of_topic.flat_map(|(_, _, operations)| operations.iter().copied()).collect()
    }

    fn alone(&self) -> Vec<&'static str> {
        let of_verbs = ALONE.iter().filter(|(verb, _)| self.verbs.contains(verb));
        of_verbs.flat_map(|(_, operations)| operations.iter().copied()).collect()
    }

    /// Keeps to the platforms that were named.
    fn narrow<'a>(&self, platforms: &[Topic], services: &mut Vec<&'a str>, operations: &[&str]) {
        let named: Vec<&'static str> =
            platforms.iter().filter_map(|topic| platform(*topic)).flatten().copied().collect();
        if named.is_empty() {
            return;
        }
        let narrower: Vec<&'a str> =
            services.iter().copied().filter(|service| named.contains(service)).collect();
        let is_entra_only = platforms == [Topic::Entra] && !operations.is_empty() && services.is_empty();
        if !narrower.is_empty() {
            *services = narrower;
        } else if !is_entra_only {
            *services = named;
        }
    }

    /// `everything but sign-ins`: the services that remain.
    fn leave_out<'a>(
        &'a self,
        services: &mut Vec<&'a str>,
        operations: &[&str],
        known: &'a Vocabulary,
        notes: &mut Vec<String>,
    ) {
        let left_out: Vec<&str> = TOPICS
            .iter()
            .filter(|entry| self.left_out.contains(&entry.topic))
            .flat_map(|entry| entry.services.iter().copied())
            .collect();
        if self.left_out.is_empty() {
            return;
        }
        if services.is_empty() && operations.is_empty() {
            services.extend(known.services.iter().map(String::as_str));
        }
        services.retain(|service| !left_out.contains(service));
        if left_out.is_empty() || (services.is_empty() && operations.is_empty()) {
            notes.push(
                "A filter cannot leave that out: the words after \"not\" were not understood.".to_owned(),
            );
        } else if !services.is_empty() {
            notes.push(format!("Left out as asked: {}.", left_out.join(", ")));
        }
    }
}
