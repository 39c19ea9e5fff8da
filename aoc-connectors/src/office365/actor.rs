//! Who did it.

use std::borrow::Cow;

use aoc_core::{ActorType, RawJson};

use super::members::{Activity, Identity, IdentityName, Member};
use crate::common::names::{is_guest, is_upn, named};

/// What a record says of its actor.
pub(super) struct Actor<'a> {
    /// For people to read.
    pub(super) display: Option<Cow<'a, str>>,
    /// The user principal name.
    pub(super) upn: Option<Cow<'a, str>>,
    /// What kind.
    pub(super) kind: ActorType,
}

/// Identities of one actor or target, by what their `Type` says they are.
#[derive(Default)]
pub(super) struct Identities<'a> {
    /// Type 5.
    pub(super) upn: Option<Cow<'a, str>>,
    /// Type 1.
    pub(super) name: Option<Cow<'a, str>>,
    /// Type 4, else type 2 and 0.
    pub(super) id: Option<Cow<'a, str>>,
    /// Type 2 also holds the literal kind: `User`, `ServicePrincipal`, `Application`…
    pub(super) is_app: bool,
}

impl<'a> Identities<'a> {
    /// Reads a list of `{ID, Type}`.
    pub(super) fn of(list: Vec<Identity<'a>>) -> Self {
        let mut identities = Self::default();
        let mut spare = None;
        for identity in list {
            let Some(id) = named(identity.get(IdentityName::Id).text()) else { continue };
            match identity.get(IdentityName::Type).number() {
                Some(5) => identities.upn = identities.upn.or(Some(id)),
                Some(1) => identities.name = identities.name.or(Some(id)),
                Some(4) => identities.id = identities.id.or(Some(id)),
                Some(2) if is_kind(&id) => identities.is_app |= id == "ServicePrincipal",
                Some(0 | 2) => spare = spare.or(Some(id)),
                _ => {}
            }
        }
        identities.id = identities.id.or(spare);
        identities
    }

    /// The best name.
    pub(super) fn best(self) -> Option<Cow<'a, str>> {
        self.upn.or(self.name).or(self.id)
    }
}

/// A literal kind in place of an identity: one word without digits.
fn is_kind(id: &str) -> bool {
    matches!(
        id,
        "User"
            | "ServicePrincipal"
            | "Application"
            | "Group"
            | "Device"
            | "Directory"
            | "Other"
            | "Role"
            | "Policy"
    )
}

/// Reads the actor.
pub(super) fn actor<'a>(activity: &Activity<'a>) -> Actor<'a> {
    let identities = Identities::of(activity.get(Member::Actor).list());
    let user_id = named(activity.get(Member::UserId).text());
    let upn = identities.upn.clone().or_else(|| user_id.clone().filter(|id| is_upn(id)));
    let kind = kind(activity, upn.as_deref(), user_id.as_deref(), identities.is_app);
    let display = upn
        .clone()
        .or(identities.name)
        .or(user_id)
        .or(identities.id)
        .or_else(|| named(activity.first(&[Member::UserKey, Member::ActorUserId, Member::AadAppId])));
    Actor { display, upn, kind }
}

fn kind(activity: &Activity<'_>, upn: Option<&str>, user_id: Option<&str>, is_app: bool) -> ActorType {
    let said = activity.get(Member::UserType).text();
    match said.as_deref().map(str::trim).unwrap_or_default() {
        _ if is_app && upn.is_none() => ActorType::App,
        "0" | "Regular" => regular(activity, upn, user_id),
        "2" | "Admin" if user_id.is_some_and(is_system) => ActorType::System,
        "2" | "Admin" => ActorType::Admin,
        "4" | "System" if user_id.is_some_and(|id| id.starts_with("ServicePrincipal_")) => ActorType::App,
        "3" | "DcAdmin" | "DCAdmin" | "4" | "System" | "7" | "CustomPolicy" | "8" | "SystemPolicy" => {
            ActorType::System
        }
        "5" | "Application" | "6" | "ServicePrincipal" => ActorType::App,
        "9" | "PartnerTechnician" => ActorType::Partner,
        "10" | "Guest" => ActorType::Guest,
        _ => ActorType::Unknown,
    }
}

/// A type of 0 is also given to guests, to SharePoint's own accounts and to administrators in others' mailboxes.
fn regular(activity: &Activity<'_>, upn: Option<&str>, user_id: Option<&str>) -> ActorType {
    let logon = activity.get(Member::LogonType).text();
    match user_id.unwrap_or_default() {
        _ if upn.is_some_and(is_guest) => ActorType::Guest,
        id if is_system(id) => ActorType::System,
        "app@sharepoint" | "Application" => ActorType::App,
        id if id.starts_with("ServicePrincipal_") => ActorType::App,
        _ if matches!(logon.as_deref(), Some("1" | "Admin")) => ActorType::Admin,
        _ => ActorType::User,
    }
}

fn is_system(id: &str) -> bool {
    id == "S-1-5-18"
        || ["NT AUTHORITY\\", "SHAREPOINT\\", "Microsoft\\ServiceOperator"]
            .iter()
            .any(|start| id.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// The record's own actor members, as they came.
pub(super) fn raw(activity: &Activity<'_>) -> RawJson {
    let members = [
        ("UserId", Member::UserId),
        ("UserKey", Member::UserKey),
        ("UserType", Member::UserType),
        ("Actor", Member::Actor),
        ("LogonType", Member::LogonType),
        ("LogonUserSid", Member::LogonUserSid),
    ];
    activity.gather(&members).unwrap_or_default()
}
