//! What operations are called that do this to that.

use super::{Topic, Verb};

const ADDED_TO_GROUP: &[&str] = &[
    "Add member to group*",
    "Add owner to group*",
    "Add-DistributionGroupMember",
    "Add-UnifiedGroupLinks",
    "AddedToGroup",
];
const REMOVED_FROM_GROUP: &[&str] = &[
    "Remove member from group*",
    "Remove owner from group*",
    "Remove-DistributionGroupMember",
    "Remove-UnifiedGroupLinks",
    "RemovedFromGroup",
];
const ADDED_TO_ROLE: &[&str] = &[
    "Add member to role",
    "Add member to role.",
    "Add member to role completed*",
    "Add eligible member to role*",
    "Add scoped member to role*",
];
const REMOVED_FROM_ROLE: &[&str] =
    &["Remove member from role*", "Remove eligible member from role*", "Remove scoped member from role*"];
const ADDED_APP: &[&str] =
    &["Add application", "Add application.", "Add service principal", "Add service principal."];
const DELETED_APP: &[&str] =
    &["Delete application*", "Hard Delete application*", "Remove service principal*"];
const ADDED_USER: &[&str] = &["Add user", "Add user.", "Create user*"];
const ADDED_TO_MAILBOX: &[&str] =
    &["Add-MailboxPermission", "Add-RecipientPermission", "Add*FolderPermission*"];
const REMOVED_FROM_MAILBOX: &[&str] =
    &["Remove-MailboxPermission", "Remove-RecipientPermission", "Remove*FolderPermission*"];
const SHARED: &[&str] = &["SharingSet", "SharingInvitationCreated", "*LinkCreated", "AddedToSecureLink"];
const DELETED_FILE: &[&str] =
    &["FileRecycled", "FileDeleted*", "FolderRecycled", "FolderDeleted*", "FileVersionsAllDeleted"];
const DOWNLOADED: &[&str] = &["FileDownloaded", "FileSyncDownloaded*"];
const UPLOADED: &[&str] = &["FileUploaded", "FileSyncUploaded*"];
const RULE_ADDED: &[&str] = &["New-InboxRule", "UpdateInboxRules"];
const DELETED_MAIL: &[&str] = &["HardDelete", "SoftDelete", "MoveToDeletedItems"];
const POLICY_ADDED: &[&str] = &["Add conditional access policy*"];
const DELETED_DEVICE: &[&str] = &["Delete device*", "Delete ManagedDevice", "retire ManagedDevice"];
const ADDED_DEVICE: &[&str] =
    &["Add device*", "Register device*", "Create ManagedDevice", "Add registered owner*"];

/// What operations are called that do this to that. A verb with no topic is in [`ALONE`].
pub(in crate::analyst) const DEEDS: &[(Topic, &[Verb], &[&str])] = &[
    (Topic::AnonymousLink, &[Verb::Add, Verb::Create, Verb::Share], &["AnonymousLinkCreated"]),
    (Topic::AnonymousLink, &[Verb::Delete, Verb::Remove], &["AnonymousLinkRemoved"]),
    (Topic::App, &[Verb::Add, Verb::Create, Verb::Register], ADDED_APP),
    (Topic::App, &[Verb::Delete, Verb::Remove], DELETED_APP),
    (
        Topic::App,
        &[Verb::Grant],
        &["Consent to application*", "Add app role assignment*", "Add delegated permission*"],
    ),
    (Topic::Channel, &[Verb::Add, Verb::Create], &["ChannelAdded"]),
    (Topic::Channel, &[Verb::Delete, Verb::Remove], &["ChannelDeleted"]),
    (Topic::ConditionalAccess, &[Verb::Add, Verb::Create], POLICY_ADDED),
    (Topic::ConditionalAccess, &[Verb::Delete, Verb::Remove], &["Delete conditional access policy*"]),
    (Topic::Device, &[Verb::Add, Verb::Create, Verb::Register], ADDED_DEVICE),
    (Topic::Device, &[Verb::Delete, Verb::Remove], DELETED_DEVICE),
    (Topic::Device, &[Verb::Rename], &["Rename device*"]),
    (Topic::Device, &[Verb::Disable], &["Disable device*", "disable ManagedDevice"]),
    (Topic::Elevation, &[Verb::Activate], &["*(PIM activation)"]),
    (Topic::File, &[Verb::Delete, Verb::Remove], DELETED_FILE),
    (Topic::File, &[Verb::Download], DOWNLOADED),
    (Topic::File, &[Verb::Upload, Verb::Add, Verb::Create], UPLOADED),
    (Topic::File, &[Verb::Read], &["FileAccessed*", "FilePreviewed"]),
    (Topic::File, &[Verb::Rename], &["FileRenamed"]),
    (Topic::File, &[Verb::Change], &["FileModified*"]),
    (Topic::File, &[Verb::Share], SHARED),
    (Topic::Group, &[Verb::Add, Verb::Grant], ADDED_TO_GROUP),
    (Topic::Group, &[Verb::Create], &["Add group", "Add group.", "New-DistributionGroup"]),
    (Topic::Group, &[Verb::Remove], REMOVED_FROM_GROUP),
    (Topic::Group, &[Verb::Delete], &["Delete group*", "Hard delete group*", "Remove-DistributionGroup"]),
    (Topic::Guest, &[Verb::Add, Verb::Create, Verb::Invite], &["Invite external user*"]),
    (Topic::InboxRule, &[Verb::Add, Verb::Create], RULE_ADDED),
    (Topic::InboxRule, &[Verb::Delete, Verb::Remove], &["Remove-InboxRule"]),
    (Topic::Mail, &[Verb::Grant], ADDED_TO_MAILBOX),
    (Topic::Mail, &[Verb::Delete, Verb::Remove], DELETED_MAIL),
    (Topic::Mail, &[Verb::Send], &["Send", "SendAs", "SendOnBehalf"]),
    (Topic::Mail, &[Verb::Read], &["MailItemsAccessed"]),
    (Topic::MailboxPermission, &[Verb::Add, Verb::Grant, Verb::Create], ADDED_TO_MAILBOX),
    (Topic::MailboxPermission, &[Verb::Remove, Verb::Delete], REMOVED_FROM_MAILBOX),
    (Topic::Membership, &[Verb::Add], ADDED_TO_GROUP),
    (Topic::Membership, &[Verb::Add], &["MemberAdded"]),
    (Topic::Membership, &[Verb::Remove, Verb::Delete], REMOVED_FROM_GROUP),
    (Topic::Membership, &[Verb::Remove, Verb::Delete], &["MemberRemoved"]),
    (Topic::Mfa, &[Verb::Add, Verb::Register, Verb::Create], &["User registered*security info*"]),
    (
        Topic::Mfa,
        &[Verb::Delete, Verb::Remove],
        &["User deleted security info*", "Admin deleted security info*"],
    ),
    (Topic::MobileApp, &[Verb::Add, Verb::Create], &["Create MobileApp*"]),
    (Topic::MobileApp, &[Verb::Delete, Verb::Remove], &["Delete MobileApp*"]),
    (Topic::Password, &[Verb::Reset], &["Reset*password*", "Set force change user password*"]),
    (Topic::Role, &[Verb::Activate], &["Add member to role completed*"]),
    (Topic::Role, &[Verb::Add, Verb::Grant, Verb::Create], ADDED_TO_ROLE),
    (Topic::Role, &[Verb::Remove, Verb::Delete], REMOVED_FROM_ROLE),
    (Topic::Sharing, &[Verb::Add, Verb::Create, Verb::Share], SHARED),
    (Topic::Sharing, &[Verb::Delete, Verb::Remove], &["SharingRevoked", "*LinkRemoved"]),
    (Topic::Team, &[Verb::Add], &["MemberAdded"]),
    (Topic::Team, &[Verb::Remove], &["MemberRemoved"]),
    (Topic::Team, &[Verb::Create], &["TeamCreated"]),
    (Topic::Team, &[Verb::Delete], &["TeamDeleted"]),
    (Topic::TransportRule, &[Verb::Add, Verb::Create], &["New-TransportRule"]),
    (Topic::TransportRule, &[Verb::Delete, Verb::Remove], &["Remove-TransportRule"]),
    (Topic::User, &[Verb::Add, Verb::Create], ADDED_USER),
    (Topic::User, &[Verb::Delete, Verb::Remove], &["Delete user*", "Hard Delete user*"]),
    (Topic::User, &[Verb::Disable, Verb::Lock], &["Disable account*"]),
    (Topic::User, &[Verb::Enable], &["Enable account*"]),
    (Topic::User, &[Verb::Invite], &["Invite external user*"]),
    (Topic::User, &[Verb::Rename, Verb::Change], &["Update user*", "Change user*", "Set user*"]),
];

/// Verbs whose operations are clear whatever they are done to.
pub(in crate::analyst) const ALONE: &[(Verb, &[&str])] = &[
    (Verb::Download, DOWNLOADED),
    (Verb::Upload, UPLOADED),
    (Verb::Share, SHARED),
    (Verb::Invite, &["Invite external user*"]),
    (Verb::Wipe, &["wipe *", "Wipe *"]),
    (Verb::Retire, &["retire *"]),
    (Verb::Restart, &["rebootNow *"]),
    (Verb::Lock, &["remoteLock *"]),
    (Verb::Delete, &["*delete*", "*remove*", "FileRecycled", "FolderRecycled"]),
    (Verb::Remove, &["*remove*", "*delete*"]),
    (Verb::Rename, &["*rename*"]),
];
