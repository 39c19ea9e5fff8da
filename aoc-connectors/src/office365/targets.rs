//! What it was done to.

use std::borrow::Cow;

use aoc_core::RawJson;

use super::{
    actor::Identities,
    members::{Activity, Member, Property, PropertyName, Thing, ThingName},
};
use crate::common::{members::Raw, names::Displays};

/// Members that name the target, best first; which of them a record has depends on its workload.
const NAMING: [Member; 24] = [
    Member::SourceFileName,
    Member::FileName,
    Member::DestinationFileName,
    Member::FormName,
    Member::InvestigationName,
    Member::ActionName,
    Member::ReportName,
    Member::DashboardName,
    Member::DatasetName,
    Member::TeamName,
    Member::ChannelName,
    Member::Name,
    Member::AlertEntityId,
    Member::MailboxOwnerUPN,
    Member::ListTitle,
    Member::ItemName,
    Member::LabelName,
    Member::WorkSpaceName,
    Member::Url,
    Member::Subject,
    Member::ObjectName,
    Member::ChatThreadId,
    Member::UserSharedWith,
    Member::TargetUserOrGroupName,
];

/// Names inside modified properties of directory records: the second party, such as the role of `Add member to role.`
const SECOND: [&str; 5] = [
    "Role.DisplayName",
    "Group.DisplayName",
    "Application.DisplayName",
    "User.UPN",
    "ServicePrincipal.DisplayName",
];

/// Reads the names of the targets, best first.
pub(super) fn displays(activity: &Activity<'_>) -> Vec<String> {
    let mut displays = Displays::default();
    displays.add(Identities::of(activity.get(Member::Target).list()).best());
    if displays.is_empty() {
        by_members(activity, &mut displays);
    } else {
        second_parties(activity, &mut displays);
    }
    if displays.is_empty() {
        by_parameters(activity, &mut displays);
    }
    if displays.is_empty() {
        displays.add(activity.first(&[
            Member::RelativeUrl,
            Member::SiteUrl,
            Member::TeamGuid,
            Member::ApplicationId,
        ]));
    }
    displays.into_names()
}

fn second_parties(activity: &Activity<'_>, displays: &mut Displays) {
    let properties: Vec<Property<'_>> = activity.get(Member::ModifiedProperties).list();
    for property in &properties {
        let name = property.get(PropertyName::Name).text();
        if name.is_some_and(|name| SECOND.contains(&name.as_ref())) {
            displays.add(property.get(PropertyName::NewValue).text());
            displays.add(property.get(PropertyName::OldValue).text());
        }
    }
}

fn by_members(activity: &Activity<'_>, displays: &mut Displays) {
    for name in NAMING {
        displays.add(activity.get(name).text());
    }
    for meta in [Member::SharePointMetaData, Member::ExchangeMetaData, Member::FileData] {
        let thing: Thing<'_> = activity.get(meta).object();
        displays.add(thing.first(&[ThingName::FileName, ThingName::Subject, ThingName::FilePathUrl]));
    }
    if activity.has(Member::AlertId) {
        alert(activity, displays);
    }
    mail(activity, displays);
    for policy in activity.get(Member::PolicyDetails).list::<Thing<'_>>() {
        displays.add(policy.get(ThingName::PolicyName).text());
    }
    for person in activity.get(Member::Members).list::<Thing<'_>>() {
        displays.add(person.first(&[ThingName::Upn, ThingName::DisplayName]));
    }
    for addressee in activity.get(Member::Recipients).list::<Thing<'_>>() {
        displays.add(addressee.plain().map(Cow::Borrowed));
    }
    object_id(activity, displays);
}

/// A cmdlet that makes something leaves its `ObjectId` empty.
fn by_parameters(activity: &Activity<'_>, displays: &mut Displays) {
    let parameters: Vec<Property<'_>> = activity.get(Member::Parameters).list();
    for wanted in ["Identity", "Name"] {
        let mut named = parameters.iter().filter(|parameter| {
            parameter.get(PropertyName::Name).text().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        let value = named.find_map(|parameter| parameter.get(PropertyName::Value).text());
        displays.add(value.filter(|_| displays.is_empty()));
    }
}

/// An alert's `Data` is JSON in a string and says whom the alert is about.
fn alert(activity: &Activity<'_>, displays: &mut Displays) {
    let data = activity.get(Member::Data).text();
    let data: Option<Thing<'_>> = data.as_deref().and_then(Thing::read);
    if let Some(data) = data {
        displays.add(data.get(ThingName::AlertUser).text());
        displays.add(data.get(ThingName::AlertRecipient).text());
        displays.add(data.get(ThingName::AlertEntity).text());
    }
}

/// Exchange names its objects by their path in the directory: the last part is what people know.
fn object_id(activity: &Activity<'_>, displays: &mut Displays) {
    let Some(object) = activity.get(Member::ObjectId).text() else { return };
    if object.contains("/Microsoft Exchange Hosted Organizations/") {
        displays.add(object.rsplit('/').next().map(Cow::Borrowed));
    }
    displays.add(Some(object));
}

/// The mail or folder, beside the mailbox.
fn mail(activity: &Activity<'_>, displays: &mut Displays) {
    let item: Thing<'_> = activity.get(Member::Item).object();
    displays.add(item.get(ThingName::Subject).text());
    for affected in activity.get(Member::AffectedItems).list::<Thing<'_>>() {
        displays.add(affected.get(ThingName::Subject).text());
    }
    for folder in
        [item.get(ThingName::ParentFolder), activity.get(Member::Folder), activity.get(Member::DestFolder)]
    {
        displays.add(path(folder));
    }
}

fn path(folder: Raw<'_>) -> Option<Cow<'_, str>> {
    let folder: Thing<'_> = folder.object();
    folder.first(&[ThingName::Path, ThingName::Name])
}

/// The record's own target members, as they came.
pub(super) fn raw(activity: &Activity<'_>) -> Vec<RawJson> {
    let members = [
        ("ObjectId", Member::ObjectId),
        ("SourceFileName", Member::SourceFileName),
        ("SiteUrl", Member::SiteUrl),
        ("TargetUserOrGroupName", Member::TargetUserOrGroupName),
        ("UserSharedWith", Member::UserSharedWith),
        ("MailboxOwnerUPN", Member::MailboxOwnerUPN),
        ("TeamName", Member::TeamName),
        ("TeamGuid", Member::TeamGuid),
        ("ChannelName", Member::ChannelName),
        ("Members", Member::Members),
        ("AlertEntityId", Member::AlertEntityId),
        ("Name", Member::Name),
        ("ItemName", Member::ItemName),
        ("ApplicationId", Member::ApplicationId),
    ];
    let mut targets = activity.get(Member::Target).elements();
    targets.extend(activity.gather(&members));
    targets
}
