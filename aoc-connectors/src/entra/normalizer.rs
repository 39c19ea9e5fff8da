//! From a directory audit to an event.

use std::borrow::Cow;

use aoc_core::{ActorType, Error, Event, Normalizer, Outcome, Record, Result};

use super::{
    SOURCE,
    members::{Audit, Initiator, InitiatorName, Member},
    targets,
};
use crate::{
    common::{
        self, flag,
        names::{named, user_type},
        sentence::sentence,
        values,
    },
    shapes::{self, Envelope, Kind, log_analytics},
};

/// Reads directory audits: Graph's own, Azure Monitor's and Log Analytics'.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntraAuditNormalizer;

impl Normalizer for EntraAuditNormalizer {
    fn normalize(&self, record: &Record) -> Result<Event> {
        match native(record.raw.text(), record) {
            Some(event) => Ok(event),
            None => shapes::only(Kind::EntraAudit, record),
        }
    }
}

/// Reads Graph's own record; `None` when the text is none.
pub(crate) fn native(text: &str, record: &Record) -> Option<Event> {
    let audit = Audit::read(text)?;
    is_audit(&audit).then(|| event(&audit, record, "entra_audit/1"))
}

/// Reads what Azure Monitor or Log Analytics made of it.
pub(crate) fn shaped(envelope: &Envelope<'_>, record: &Record) -> Result<Event> {
    let unreadable = || Error::invalid("a directory audit whose members cannot be read");
    let (text, normalizer) = if envelope.is_row() {
        (log_analytics::entra_audit(envelope.text).map(Cow::Owned), "entra_audit.log_analytics/1")
    } else {
        (envelope.properties(), "entra_audit.azure_monitor/1")
    };
    let text = text.ok_or_else(unreadable)?;
    let audit = Audit::read(&text).ok_or_else(unreadable)?;
    let mut event = event(&audit, record, normalizer);
    if let Some(tenant) = envelope.tenant() {
        event.tenant = tenant;
    }
    event.actor_ip = event.actor_ip.or_else(|| envelope.address());
    Ok(event)
}

fn is_audit(audit: &Audit<'_>) -> bool {
    let own =
        [Member::ActivityDisplayName, Member::InitiatedBy, Member::TargetResources, Member::LoggedByService];
    let marks = audit.count(&own);
    marks >= 1 && marks + audit.count(&[Member::ActivityDateTime]) >= 2 && !audit.has(Member::Envelope)
}

fn event(audit: &Audit<'_>, record: &Record, normalizer: &str) -> Event {
    let mut flags = Vec::new();
    let time = common::time(audit.get(Member::ActivityDateTime), record, &mut flags);
    let operation = text_or(audit, Member::ActivityDisplayName, "operation_absent", &mut flags);
    let service = text_or(audit, Member::Category, "service_absent", &mut flags);
    let (target_displays, changes) = targets::read(audit);
    let id = audit.get(Member::Id).text().map_or_else(
        || shapes::derived_id(record, time, &[&service, &operation], &target_displays, &mut flags),
        Cow::into_owned,
    );
    let mut event = Event::new(SOURCE, id, time);
    let initiator = audit.get(Member::InitiatedBy).object();
    set_actor(&mut event, &initiator, &mut flags);
    event.result = outcome(audit, &mut flags);
    let reason = audit.get(Member::ResultReason).text();
    let ending = (event.result, reason.as_deref());
    event.display_summary = sentence(event.actor_name(), &operation, &target_displays, ending);
    event.tenant = named(audit.get(Member::TenantId).text()).map(Cow::into_owned).unwrap_or_default();
    event.correlation_id = audit.get(Member::CorrelationId).text().map(Cow::into_owned);
    event.actor = audit.get(Member::InitiatedBy).json();
    event.targets = audit.get(Member::TargetResources).elements();
    event.target_displays = target_displays;
    event.changes = changes;
    event.operation = operation;
    event.service = service;
    event.normalizer = normalizer.to_owned();
    event.flags = flags;
    event
}

fn text_or(audit: &Audit<'_>, name: Member, absent: &str, flags: &mut Vec<String>) -> String {
    match audit.get(name).text() {
        Some(text) => text.trim().to_owned(),
        None => {
            flag(flags, absent);
            "Unknown".to_owned()
        }
    }
}

fn outcome(audit: &Audit<'_>, flags: &mut Vec<String>) -> Outcome {
    let word = audit.get(Member::Result).text();
    word.as_deref().and_then(values::outcome).unwrap_or_else(|| {
        flag(flags, "result_unknown");
        Outcome::Unknown
    })
}

/// Either a user or an app did it; a user without any name is a service acting for nobody.
fn set_actor(event: &mut Event, initiator: &Initiator<'_>, flags: &mut Vec<String>) {
    let user: Initiator<'_> = initiator.get(InitiatorName::User).object();
    let app: Initiator<'_> = initiator.get(InitiatorName::App).object();
    let upn = named(user.get(InitiatorName::UserPrincipalName).text());
    let user_name = upn.clone().or_else(|| first(&user, &[InitiatorName::DisplayName]));
    let app_name = first(
        &app,
        &[
            InitiatorName::DisplayName,
            InitiatorName::ServicePrincipalName,
            InitiatorName::ServicePrincipalId,
            InitiatorName::AppId,
        ],
    );
    let user_id = first(&user, &[InitiatorName::Id]);
    event.actor_type = Some(match () {
        () if user_name.is_some() => kind_of_user(&user, upn.as_deref()),
        () if app_name.is_some() => ActorType::App,
        () if user_id.is_some() => ActorType::User,
        () if initiator.has(InitiatorName::User) => ActorType::System,
        () => ActorType::Unknown,
    });
    event.actor_display = user_name.or(app_name).or(user_id).map(Cow::into_owned);
    event.actor_upn = upn.map(Cow::into_owned);
    let address = user.get(InitiatorName::IpAddress).text().or(app.get(InitiatorName::IpAddress).text());
    event.actor_ip = address.and_then(|text| common::address(&text, flags));
}

fn kind_of_user(user: &Initiator<'_>, upn: Option<&str>) -> ActorType {
    match user.get(InitiatorName::UserType).text() {
        Some(kind) if kind.eq_ignore_ascii_case("guest") => ActorType::Guest,
        _ => user_type(upn),
    }
}

fn first<'a>(initiator: &Initiator<'a>, names: &[InitiatorName]) -> Option<Cow<'a, str>> {
    names.iter().find_map(|name| named(initiator.get(*name).text()))
}
