//! One rule on its way along the log: what it matches, counts, tells and keeps quiet about.

mod known;
mod places;
mod sentence;

use std::{sync::Arc, time::Duration};

pub(super) use self::places::groups;
use self::{known::Known, places::places, sentence::sentence};

use super::{
    detect::{Detection, View},
    quiet::{Hush, Told, entity_of, short_hash},
    windows::{Found, GroupKey, Memory, Spot},
};
use crate::{Alert, Event, Key};

/// What a rule makes of an event.
#[derive(Debug)]
pub(crate) enum Look {
    /// Not one of its events.
    Nothing,
    /// One of its events, and no alert.
    Hit,
    /// One of its events, while it keeps quiet.
    Quiet,
    /// Alerts: one for each group that is complete.
    Alerts(Vec<Alert>),
}

/// A rule and what it remembers.
///
/// Whether there is an alert is decided by what was stored within the rule's window before the event, and by the alerts
/// about that. One that begins anew is shown the same by [`review`](Self::review) and [`recall`](Self::recall), and then
/// decides alike.
pub(crate) struct Watcher {
    detection: Arc<Detection>,
    memory: Option<Memory>,
    hush: Option<Hush>,
    known: Known,
}

/// Units of 100 ns.
pub(crate) fn ticks(time: Duration) -> i64 {
    i64::try_from(time.as_nanos() / 100).unwrap_or(i64::MAX)
}

/// For how long after a rule's event was stored it counts, beside the lateness. Zero where it remembers nothing.
pub(crate) fn reach(rule: &Detection) -> Duration {
    let within = rule.window.as_ref().map_or(Duration::ZERO, |window| window.within);
    within.max(quiet_time(rule))
}

fn quiet_time(rule: &Detection) -> Duration {
    match (&rule.quiet, &rule.window) {
        (Some(quiet), _) => quiet.time,
        (None, Some(window)) => window.within,
        (None, None) => Duration::ZERO,
    }
}

impl Watcher {
    /// Without anything remembered.
    pub(crate) fn new(detection: Arc<Detection>, lateness: Duration) -> Self {
        let keep = |time: Duration| ticks(time.saturating_add(lateness));
        let quiet = quiet_time(&detection);
        Self {
            memory: detection
                .window
                .as_ref()
                .map(|window| Memory::new(&detection.id, window, keep(window.within))),
            hush: (!quiet.is_zero()).then(|| Hush::new(ticks(quiet), keep(quiet))),
            known: Known::new(keep(reach(&detection))),
            detection,
        }
    }

    pub(crate) fn detection(&self) -> &Arc<Detection> {
        &self.detection
    }

    /// The same with a rule that counts alike.
    pub(crate) fn now(self, detection: Arc<Detection>) -> Self {
        Self { detection, ..self }
    }

    /// Looks at an event that was stored at these ticks.
    pub(crate) fn look(&mut self, view: &View<'_>, stored: i64) -> Look {
        let Some(counted) = self.note(view, stored) else { return Look::Nothing };
        let time = view.event.timestamp.ticks();
        let (mut look, mut alerts, several) = (Look::Hit, Vec::new(), counted.len() > 1);
        for (group, spot) in counted {
            let subject = subject_of(&view.event.dedupe_key, group.as_ref().filter(|_| several));
            let entity = self.entity(view, group.as_ref());
            let about = self.quiet_about(entity.as_deref());
            if self.hush.as_ref().is_some_and(|hush| hush.is_quiet(&about, time, stored)) {
                look = Look::Quiet;
                continue;
            }
            let Some(found) = self.find(group.as_ref(), spot, &view.event.dedupe_key) else { continue };
            if let Some(hush) = &mut self.hush {
                hush.tell(&subject, Told { entity: about, time, stored });
            }
            alerts.push(Alert { subject, ..self.alert(view, group.as_ref(), entity, found) });
        }
        if alerts.is_empty() { look } else { Look::Alerts(alerts) }
    }

    /// Takes note of an event whose alerts, where it made any, are in the log.
    pub(crate) fn review(&mut self, view: &View<'_>, stored: i64) {
        self.note(view, stored);
    }

    /// Takes note of an alert of this rule that is in the log.
    pub(crate) fn recall(&mut self, alert: &Alert, event: &Event) {
        let about = self.quiet_about(alert.entity.as_deref());
        let Some(hush) = &mut self.hush else { return };
        let time = event.timestamp.ticks();
        // One whose event was not seen is of one that was stored before what is remembered, or of another time of the rule.
        let stored = self.known.stored(&Key::from(cause_of(&alert.subject).to_owned()));
        let at_most = event.ingested_at.map_or(time, |stored| time.min(stored.ticks()));
        hush.tell(&alert.subject, Told { entity: about, time, stored: stored.unwrap_or(at_most) });
    }

    /// How many events and alerts it remembers.
    pub(crate) fn remembers(&self) -> usize {
        self.memory.as_ref().map_or(0, Memory::len) + self.hush.as_ref().map_or(0, Hush::len)
    }

    /// Remembers an event where it is one of the rule's. Says in which groups it counts; `None` where it is none, or known.
    fn note(&mut self, view: &View<'_>, stored: i64) -> Option<Vec<(Option<GroupKey>, Spot)>> {
        let event = view.event;
        let parts: Vec<usize> = (0..self.detection.parts.len())
            .filter(|part| self.detection.parts[*part].matcher.matches(view))
            .collect();
        if parts.is_empty() {
            return None;
        }
        let time = event.timestamp.ticks();
        if self.memory.is_some() || self.hush.is_some() {
            let is_known = self.known.add(&event.dedupe_key, stored);
            if is_known && self.memory.is_some() {
                return None;
            }
        }
        if let Some(hush) = &mut self.hush {
            hush.forget(stored);
        }
        let Some(memory) = &mut self.memory else {
            self.has_been_stored(&event.dedupe_key, [None].iter(), stored);
            return Some(vec![(None, Spot { time, number: 0 })]);
        };
        let places = places(&self.detection, &parts, view);
        let spot = memory.add(&event.dedupe_key, time, stored, &places);
        let mut groups: Vec<GroupKey> = Vec::new();
        for place in places {
            if !groups.contains(&place.group) {
                groups.push(place.group);
            }
        }
        let groups: Vec<Option<GroupKey>> = groups.into_iter().map(Some).collect();
        self.has_been_stored(&event.dedupe_key, groups.iter(), stored);
        Some(groups.into_iter().map(|group| (group, spot)).collect())
    }

    /// The event of alerts that are known comes by: now it is known when it was stored.
    fn has_been_stored<'a>(
        &mut self,
        key: &Key,
        groups: impl ExactSizeIterator<Item = &'a Option<GroupKey>>,
        stored: i64,
    ) {
        let Some(hush) = &mut self.hush else { return };
        let several = groups.len() > 1;
        for group in groups {
            hush.stored(&subject_of(key, group.as_ref().filter(|_| several)), stored);
        }
    }

    fn find(&self, group: Option<&GroupKey>, spot: Spot, key: &Key) -> Option<Found> {
        match (&self.memory, group) {
            (Some(memory), Some(group)) => memory.find(group, spot, self.detection.parts.len()),
            _ => Some(Found { matched: 1, distinct: None, events: vec![key.clone()] }),
        }
    }

    /// Whom it is about: the one it keeps quiet about, else the group.
    fn entity(&self, view: &View<'_>, group: Option<&GroupKey>) -> Option<String> {
        let by = self.detection.quiet.as_ref().map_or(&[][..], |quiet| &quiet.by);
        match (self.detection.parts.first(), group) {
            (Some(part), _) if !by.is_empty() => {
                let values = by.iter().map(|field| part.matcher.values(view, field));
                Some(entity_of(&values.collect::<Vec<_>>()))
            }
            (_, Some(group)) if !group.is_empty() => {
                Some(entity_of(&group.iter().map(|value| vec![value.clone()]).collect::<Vec<_>>()))
            }
            _ => None,
        }
    }

    /// What it keeps quiet about: nobody by name where that is everybody.
    fn quiet_about(&self, entity: Option<&str>) -> String {
        match &self.detection.quiet {
            Some(quiet) if quiet.by.is_empty() => String::new(),
            _ => entity.unwrap_or_default().to_owned(),
        }
    }

    fn alert(
        &self,
        view: &View<'_>,
        group: Option<&GroupKey>,
        entity: Option<String>,
        found: Found,
    ) -> Alert {
        let rule = &*self.detection;
        let mut alert = Alert::about(&rule.id, rule.severity, &rule.title, view.event);
        alert.entity = entity;
        alert.reasons = rule.explain(view).reasons();
        alert.reasons.truncate(MOST_REASONS);
        alert.reasons.extend(sentence(rule, group, &found));
        alert.labels.clone_from(&rule.labels);
        alert.description.clone_from(&rule.description);
        (alert.matched, alert.events) = (found.matched, found.events);
        alert
    }
}

/// What an alert is about: the event, and the group where it counts in several.
fn subject_of(key: &Key, group: Option<&GroupKey>) -> String {
    let Some(group) = group else { return key.to_string() };
    let values: Vec<Vec<String>> = group.iter().map(|value| vec![value.clone()]).collect();
    format!("{key} #{}", short_hash(&entity_of(&values)))
}

/// The key of the event that an alert is about.
fn cause_of(subject: &str) -> &str {
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match subject.rsplit_once(" #") {
        Some((cause, hash)) if is_hash(hash) => cause,
        _ => subject,
    }
}

/// How many conditions an alert names.
const MOST_REASONS: usize = 30;
