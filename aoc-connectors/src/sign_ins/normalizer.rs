//! From a sign-in to an event.

use std::borrow::Cow;

use aoc_core::{ActorType, Error, Event, Normalizer, Outcome, Record, Result};

use super::{
    SOURCE, errors,
    members::{Member, SignIn, Status, StatusName},
};
use crate::{
    common::{
        self, flag,
        names::{Displays, named, user_type},
        sentence,
    },
    shapes::{self, Envelope, Kind, log_analytics},
};

/// The record's own actor members.
const ACTOR: [(&str, Member); 6] = [
    ("userId", Member::UserId),
    ("userPrincipalName", Member::UserPrincipalName),
    ("userDisplayName", Member::UserDisplayName),
    ("userType", Member::UserType),
    ("servicePrincipalId", Member::ServicePrincipalId),
    ("servicePrincipalName", Member::ServicePrincipalName),
];

/// The record's own target members.
const TARGET: [(&str, Member); 4] = [
    ("resourceDisplayName", Member::ResourceDisplayName),
    ("resourceId", Member::ResourceId),
    ("appDisplayName", Member::AppDisplayName),
    ("appId", Member::AppId),
];

/// Reads sign-ins: Graph's own, Azure Monitor's and Log Analytics'.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntraSignInsNormalizer;

impl Normalizer for EntraSignInsNormalizer {
    fn normalize(&self, record: &Record) -> Result<Event> {
        match native(record.raw.text(), record) {
            Some(event) => Ok(event),
            None => shapes::only(Kind::EntraSignIns, record),
        }
    }
}

/// Reads Graph's own record; `None` when the text is none.
pub(crate) fn native(text: &str, record: &Record) -> Option<Event> {
    let sign_in = SignIn::read(text)?;
    is_sign_in(&sign_in).then(|| event(&sign_in, record, "entra_sign_ins/1"))
}

/// Reads what Azure Monitor or Log Analytics made of it.
pub(crate) fn shaped(envelope: &Envelope<'_>, record: &Record) -> Result<Event> {
    let unreadable = || Error::invalid("a sign-in whose members cannot be read");
    let (text, normalizer) = if envelope.is_row() {
        (log_analytics::sign_in(envelope.text).map(Cow::Owned), "entra_sign_ins.log_analytics/1")
    } else {
        (envelope.properties(), "entra_sign_ins.azure_monitor/1")
    };
    let text = text.ok_or_else(unreadable)?;
    let sign_in = SignIn::read(&text).ok_or_else(unreadable)?;
    let mut event = event(&sign_in, record, normalizer);
    if let Some(tenant) = envelope.tenant() {
        event.tenant = tenant;
    }
    event.actor_ip = event.actor_ip.or_else(|| envelope.address());
    Ok(event)
}

fn is_sign_in(sign_in: &SignIn<'_>) -> bool {
    let own = [Member::CreatedDateTime, Member::ConditionalAccessStatus];
    let marks = [
        Member::Status,
        Member::AppDisplayName,
        Member::AppId,
        Member::ResourceDisplayName,
        Member::ClientAppUsed,
        Member::IsInteractive,
        Member::UserPrincipalName,
    ];
    let others = [Member::ActivityDateTime, Member::RiskEventType, Member::Envelope];
    sign_in.count(&own) >= 1
        && sign_in.count(&own) + sign_in.count(&marks) >= 3
        && sign_in.count(&others) == 0
}

fn event(sign_in: &SignIn<'_>, record: &Record, normalizer: &str) -> Event {
    let mut flags = Vec::new();
    let time = common::time(sign_in.get(Member::CreatedDateTime), record, &mut flags);
    let target_displays = targets(sign_in);
    let id = sign_in.get(Member::Id).text().map_or_else(
        || shapes::derived_id(record, time, &["SignIn", "Sign-in"], &target_displays, &mut flags),
        Cow::into_owned,
    );
    let mut event = Event::new(SOURCE, id, time);
    set_actor(&mut event, sign_in);
    let (result, reason) = ending(sign_in, &mut flags);
    event.result = result;
    let app = named(sign_in.get(Member::AppDisplayName).text());
    let ending = (result, reason.as_deref());
    event.display_summary = sentence::sign_in(event.actor_name(), &target_displays, app.as_deref(), ending);
    event.actor_ip =
        sign_in.get(Member::IpAddress).text().and_then(|text| common::address(&text, &mut flags));
    event.tenant = named(sign_in.get(Member::TenantId).text()).map(Cow::into_owned).unwrap_or_default();
    event.correlation_id = sign_in.get(Member::CorrelationId).text().map(Cow::into_owned);
    event.actor = sign_in.gather(&ACTOR).unwrap_or_default();
    event.targets = sign_in.gather(&TARGET).into_iter().collect();
    event.target_displays = target_displays;
    event.operation = "Sign-in".to_owned();
    event.service = "SignIn".to_owned();
    event.normalizer = normalizer.to_owned();
    event.flags = flags;
    event
}

/// What was signed in to: the resource, and the application used.
fn targets(sign_in: &SignIn<'_>) -> Vec<String> {
    let mut displays = Displays::default();
    displays.add(sign_in.get(Member::ResourceDisplayName).text());
    displays.add(sign_in.get(Member::AppDisplayName).text());
    if displays.is_empty() {
        displays.add(sign_in.first(&[Member::ResourceId, Member::AppId]));
    }
    displays.into_names()
}

fn set_actor(event: &mut Event, sign_in: &SignIn<'_>) {
    let upn = named(sign_in.get(Member::UserPrincipalName).text());
    let user = upn.clone().or_else(|| first(sign_in, &[Member::UserDisplayName, Member::UserId]));
    let app = || first(sign_in, &[Member::ServicePrincipalName, Member::ServicePrincipalId]);
    event.actor_type = Some(match (&user, sign_in.get(Member::UserType).text()) {
        (Some(_), Some(kind)) if kind.eq_ignore_ascii_case("guest") => ActorType::Guest,
        (Some(_), _) => user_type(upn.as_deref()),
        (None, _) if app().is_some() => ActorType::App,
        (None, _) => ActorType::Unknown,
    });
    event.actor_display = user.or_else(app).map(Cow::into_owned);
    event.actor_upn = upn.map(Cow::into_owned);
}

fn first<'a>(sign_in: &SignIn<'a>, names: &[Member]) -> Option<Cow<'a, str>> {
    names.iter().find_map(|name| named(sign_in.get(*name).text()))
}

/// How it ended, and why: from `status`, in tables without it from the result columns.
fn ending(sign_in: &SignIn<'_>, flags: &mut Vec<String>) -> (Outcome, Option<String>) {
    let status: Status<'_> = sign_in.get(Member::Status).object();
    let code = status.get(StatusName::ErrorCode).number().or(sign_in.get(Member::ResultType).number());
    let Some(code) = code else {
        flag(flags, "result_unknown");
        return (Outcome::Unknown, None);
    };
    let result = errors::outcome(code);
    if result == Outcome::Success {
        return (result, None);
    }
    let reason = status.first(&[StatusName::FailureReason]).filter(|reason| reason != "Other");
    let reason = reason.or_else(|| status.first(&[StatusName::AdditionalDetails]));
    let described = sign_in.get(Member::ResultDescription).text().filter(|reason| reason != "Other");
    let reason = reason.or(described);
    let reason = reason.as_deref().map(|reason| reason.trim().trim_end_matches('.'));
    (
        result,
        Some(reason.map_or_else(|| format!("error {code}"), |reason| format!("{reason} (error {code})"))),
    )
}
