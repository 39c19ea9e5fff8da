//! From a Management Activity record to an event.

use std::borrow::Cow;

use aoc_core::{Error, Event, Normalizer, Outcome, Record, Result};

use super::{
    SOURCE, actor, changes,
    members::{Activity, Member, Thing, ThingName},
    outcome, targets,
};
use crate::{
    common::{
        self, flag,
        names::named,
        sentence::{self, sentence},
    },
    shapes::{self, Kind, log_analytics},
};

/// Reads records of the Office 365 Management Activity API, also rows of Sentinel's table `OfficeActivity`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Office365ActivityNormalizer;

impl Normalizer for Office365ActivityNormalizer {
    fn normalize(&self, record: &Record) -> Result<Event> {
        match native(record.raw.text(), record) {
            Some(event) => Ok(event),
            None => shapes::only(Kind::Office365, record),
        }
    }
}

/// Reads the API's own record; `None` when the text is none.
pub(crate) fn native(text: &str, record: &Record) -> Option<Event> {
    let activity = Activity::read(text)?;
    is_activity(&activity).then(|| event(&activity, record, "office365_activity/1"))
}

/// Reads a row of `OfficeActivity`.
pub(crate) fn office_activity(text: &str, record: &Record) -> Result<Event> {
    let text = log_analytics::office_activity(text)
        .ok_or_else(|| Error::invalid("a row of `OfficeActivity` whose columns cannot be read"))?;
    let activity = Activity::read(&text)
        .ok_or_else(|| Error::invalid("a row of `OfficeActivity` whose columns cannot be read"))?;
    Ok(event(&activity, record, "office365_activity.log_analytics/1"))
}

fn is_activity(activity: &Activity<'_>) -> bool {
    let marks = [
        Member::CreationTime,
        Member::Operation,
        Member::OrganizationId,
        Member::RecordType,
        Member::Workload,
        Member::UserId,
        Member::UserType,
    ];
    let others = [Member::TimeGenerated, Member::OfficeWorkload, Member::AuditData, Member::Envelope];
    activity.count(&marks) >= 2 && activity.count(&others) == 0
}

fn event(activity: &Activity<'_>, record: &Record, normalizer: &str) -> Event {
    let mut flags = Vec::new();
    let time = common::time(activity.get(Member::CreationTime), record, &mut flags);
    let operation = operation(activity, &mut flags);
    let service = service(activity, &mut flags);
    let target_displays = targets::displays(activity);
    // A record without an id of its own is known by when, where and what it was.
    let id = activity.get(Member::Id).text().map_or_else(
        || shapes::derived_id(record, time, &[&service, &operation], &target_displays, &mut flags),
        |id| id.trim().to_owned(),
    );
    let mut event = Event::new(SOURCE, id, time);
    event.service = service;
    event.result = outcome::outcome(activity, &operation, &mut flags);
    event.tenant =
        named(activity.get(Member::OrganizationId).text()).map(Cow::into_owned).unwrap_or_default();
    let actor = actor::actor(activity);
    event.display_summary = summary(activity, &actor, &operation, &target_displays, event.result);
    event.changes = changes::changes(activity, &operation, target_displays.first());
    event.actor_display = actor.display.map(Cow::into_owned);
    event.actor_upn = actor.upn.map(Cow::into_owned);
    event.actor_type = Some(actor.kind);
    event.actor = actor::raw(activity);
    event.actor_ip = address(activity, &mut flags);
    event.targets = targets::raw(activity);
    event.target_displays = target_displays;
    event.correlation_id = correlation(activity);
    event.operation = operation;
    event.normalizer = normalizer.to_owned();
    event.flags = flags;
    event
}

fn operation(activity: &Activity<'_>, flags: &mut Vec<String>) -> String {
    match activity.get(Member::Operation).text() {
        Some(operation) => operation.trim().to_owned(),
        None => {
            flag(flags, "operation_absent");
            "Unknown".to_owned()
        }
    }
}

fn service(activity: &Activity<'_>, flags: &mut Vec<String>) -> String {
    match activity.get(Member::Workload).text() {
        Some(workload) => match workload.trim() {
            "AzureActiveDirectory" => "Directory".to_owned(),
            "MicrosoftTeams" => "Teams".to_owned(),
            other => other.to_owned(),
        },
        None => {
            flag(flags, "service_absent");
            "Unknown".to_owned()
        }
    }
}

/// The first member that holds an address; a record without any may still say who clicked.
fn address(activity: &Activity<'_>, flags: &mut Vec<String>) -> Option<String> {
    let mut odd = Vec::new();
    let members = [Member::ClientIp, Member::ClientIpAddress, Member::ActorIpAddress, Member::UserIp];
    let found = members
        .iter()
        .filter_map(|member| activity.get(*member).text())
        .find_map(|text| common::address(&text, &mut odd));
    if found.is_none() && !odd.is_empty() {
        flag(flags, "address_unreadable");
    }
    found
}

fn correlation(activity: &Activity<'_>) -> Option<String> {
    let own = activity.first(&[Member::InterSystemsId, Member::CorrelationId, Member::CorrelationIdToo]);
    own.or_else(|| {
        let context: Thing<'_> = activity.get(Member::AppAccessContext).object();
        context.get(ThingName::CorrelationId).text()
    })
    .map(Cow::into_owned)
}

fn summary(
    activity: &Activity<'_>,
    actor: &actor::Actor<'_>,
    operation: &str,
    targets: &[String],
    result: Outcome,
) -> String {
    let reason = outcome::reason(activity);
    let who = actor.display.as_deref();
    match operation {
        "UserLoggedIn" => sentence::sign_in(who, targets, None, (result, None)),
        "UserLoginFailed" => sentence::sign_in(who, targets, None, (result, reason.as_deref())),
        _ => sentence(who, operation, targets, (result, reason.as_deref())),
    }
}
