//! From an Intune audit event to an event.

use std::borrow::Cow;

use aoc_core::{ActorType, Change, Error, Event, Normalizer, Outcome, Record, Result};

use super::{
    SOURCE,
    members::{Actor, ActorName, Audit, Member, Resource, ResourceName},
};
use crate::{
    common::{
        self, flag,
        names::{Displays, named},
        sentence::sentence,
        values::{self, decode},
    },
    shapes::{self, Envelope, Kind, intune},
};

/// Reads Intune audit events: Graph's own, Azure Monitor's and Log Analytics'.
#[derive(Clone, Copy, Debug, Default)]
pub struct IntuneAuditNormalizer;

impl Normalizer for IntuneAuditNormalizer {
    fn normalize(&self, record: &Record) -> Result<Event> {
        match native(record.raw.text(), record) {
            Some(event) => Ok(event),
            None => shapes::only(Kind::IntuneAudit, record),
        }
    }
}

/// Reads Graph's own record; `None` when the text is none.
pub(crate) fn native(text: &str, record: &Record) -> Option<Event> {
    let audit = Audit::read(text)?;
    is_audit(&audit).then(|| event(&audit, record, "intune_audit/1"))
}

/// Reads what Azure Monitor or Log Analytics made of it.
pub(crate) fn shaped(envelope: &Envelope<'_>, record: &Record) -> Result<Event> {
    let unreadable = || Error::invalid("an Intune audit event whose members cannot be read");
    let text = intune::to_graph(envelope).ok_or_else(unreadable)?;
    let audit = Audit::read(&text).ok_or_else(unreadable)?;
    let shape =
        if envelope.is_row() { "intune_audit.log_analytics/1" } else { "intune_audit.azure_monitor/1" };
    let mut event = event(&audit, record, shape);
    event.tenant = envelope.tenant().unwrap_or_default();
    Ok(event)
}

fn is_audit(audit: &Audit<'_>) -> bool {
    let own =
        [Member::ActivityType, Member::ActivityOperationType, Member::ActivityResult, Member::ComponentName];
    let marks = [Member::Actor, Member::Resources, Member::ActivityDateTime];
    let others =
        [Member::ActivityDisplayName, Member::InitiatedBy, Member::TargetResources, Member::Envelope];
    audit.count(&own) >= 1 && audit.count(&own) + audit.count(&marks) >= 2 && audit.count(&others) == 0
}

fn event(audit: &Audit<'_>, record: &Record, normalizer: &str) -> Event {
    let mut flags = Vec::new();
    let time = common::time(audit.get(Member::ActivityDateTime), record, &mut flags);
    let operation = operation(audit, &mut flags);
    let (target_displays, changes) = targets(audit);
    let id = audit.get(Member::Id).text().map_or_else(
        || shapes::derived_id(record, time, &["Intune", &operation], &target_displays, &mut flags),
        Cow::into_owned,
    );
    let mut event = Event::new(SOURCE, id, time);
    set_actor(&mut event, &audit.get(Member::Actor).object(), &mut flags);
    event.result = outcome(audit, &mut flags);
    event.display_summary = sentence(event.actor_name(), &operation, &target_displays, (event.result, None));
    event.correlation_id = audit.get(Member::CorrelationId).text().map(Cow::into_owned);
    event.actor = audit.get(Member::Actor).json();
    event.targets = audit.get(Member::Resources).elements();
    event.target_displays = target_displays;
    event.changes = changes;
    event.operation = operation;
    event.service = "Intune".to_owned();
    event.normalizer = normalizer.to_owned();
    event.flags = flags;
    event
}

/// `activity` is null in what the service really sends.
fn operation(audit: &Audit<'_>, flags: &mut Vec<String>) -> String {
    match audit.first(&[
        Member::DisplayName,
        Member::ActivityType,
        Member::Activity,
        Member::ActivityOperationType,
    ]) {
        Some(operation) => operation.trim().to_owned(),
        None => {
            flag(flags, "operation_absent");
            "Unknown".to_owned()
        }
    }
}

fn outcome(audit: &Audit<'_>, flags: &mut Vec<String>) -> Outcome {
    let word = audit.get(Member::ActivityResult).text();
    word.as_deref().and_then(values::outcome).unwrap_or_else(|| {
        flag(flags, "result_unknown");
        Outcome::Unknown
    })
}

fn targets(audit: &Audit<'_>) -> (Vec<String>, Vec<Change>) {
    let mut displays = Displays::default();
    let mut changes = Vec::new();
    for resource in audit.get(Member::Resources).list::<Resource<'_>>() {
        let name = named(resource.get(ResourceName::DisplayName).text())
            .or_else(|| named(resource.get(ResourceName::ResourceId).text()))
            .or_else(|| resource.plain().map(|text| Cow::Owned(text.to_owned())));
        for property in resource.get(ResourceName::ModifiedProperties).list::<Resource<'_>>() {
            let Some(property_name) = property.get(ResourceName::DisplayName).text() else { continue };
            changes.push(Change {
                target: name.as_deref().map(str::to_owned),
                property: property_name.into_owned(),
                old: decode(property.get(ResourceName::OldValue)),
                new: decode(property.get(ResourceName::NewValue)),
            });
        }
        displays.add(name);
    }
    (displays.into_names(), changes)
}

fn set_actor(event: &mut Event, actor: &Actor<'_>, flags: &mut Vec<String>) {
    let upn = named(actor.get(ActorName::UserPrincipalName).text());
    let others = [
        ActorName::ApplicationDisplayName,
        ActorName::ServicePrincipalName,
        ActorName::UserId,
        ActorName::ApplicationId,
    ];
    let other = others.iter().find_map(|name| named(actor.get(*name).text()));
    let kind = actor.first(&[ActorName::AuditActorType, ActorName::Type]);
    event.actor_type = Some(match kind.as_deref() {
        Some("ItPro" | "1") if upn.is_some() => ActorType::Admin,
        Some("User" | "2") if upn.is_some() => ActorType::User,
        Some("Partner" | "3") => ActorType::Partner,
        Some("System" | "4") => ActorType::System,
        _ if upn.is_some() => ActorType::User,
        _ if other.is_some() => ActorType::App,
        Some(_) => ActorType::System,
        None => ActorType::Unknown,
    });
    event.actor_ip = actor.get(ActorName::IpAddress).text().and_then(|text| common::address(&text, flags));
    event.actor_display = upn.clone().or(other).map(Cow::into_owned);
    event.actor_upn = upn.map(Cow::into_owned);
}
