//! What services and operations are called in the sources' own records, whatever language a question has.
//!
//! Directory operations come twice: from Graph as `Add user`, from Office 365 with a full stop, `Add user.`.

mod deeds;

pub(super) use self::deeds::{ALONE, DEEDS};

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    // Platforms: a question that names one means it.
    Entra,
    Intune,
    Exchange,
    SharePoint,
    OneDrive,
    Teams,
    Compliance,
    // Kinds of things.
    Alert,
    AnonymousLink,
    App,
    AppSecret,
    AuditLog,
    AutoReply,
    BitLocker,
    Channel,
    ComplianceSearch,
    Consent,
    Device,
    DevicePolicy,
    Dlp,
    Elevation,
    File,
    Forwarding,
    Group,
    GroupOwner,
    Guest,
    HardDelete,
    InboxRule,
    Licence,
    Mail,
    MailboxPermission,
    Membership,
    Mfa,
    MobileApp,
    Password,
    Policy,
    Provisioning,
    Retention,
    Role,
    ConditionalAccess,
    SentAs,
    Session,
    Sharing,
    SignIn,
    Team,
    TransportRule,
    User,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Activate,
    Add,
    Change,
    Create,
    Delete,
    Disable,
    Download,
    Enable,
    Grant,
    Invite,
    Lock,
    Read,
    Register,
    Remove,
    Rename,
    Reset,
    Restart,
    Retire,
    Run,
    Send,
    Share,
    Upload,
    Wipe,
}

/// Where events of a topic are, and what all of its operations are called.
pub(super) struct Entry {
    pub(super) topic: Topic,
    pub(super) services: &'static [&'static str],
    /// Empty: every operation of the services.
    pub(super) operations: &'static [&'static str],
}

const fn services(topic: Topic, services: &'static [&'static str]) -> Entry {
    Entry { topic, services, operations: &[] }
}

const fn operations(topic: Topic, operations: &'static [&'static str]) -> Entry {
    Entry { topic, services: &[], operations }
}

/// Services whose events are many and seldom what a broad question means.
pub(super) const NOISY: [&str; 8] = [
    "SignIn",
    "SharePoint",
    "OneDrive",
    "Exchange",
    "Teams",
    "Directory",
    "MicrosoftGraphActivityLogs",
    aoc_core::alert::AUDIT_SERVICE,
];

/// Entra's own categories of directory audits, as far as administrators cause them.
pub(super) const ENTRA: [&str; 17] = [
    "AdministrativeUnit",
    "ApplicationManagement",
    "Authentication",
    "Authorization",
    "AuthorizationPolicy",
    "CrossTenantAccessSettings",
    "Device",
    "DeviceConfiguration",
    "DirectoryManagement",
    "EntitlementManagement",
    "GroupManagement",
    "PermissionGrantPolicy",
    "Policy",
    "ProvisioningManagement",
    "ResourceManagement",
    "RoleManagement",
    "UserManagement",
];

/// Services of broad questions where nobody says which there are, beside [`ENTRA`].
pub(super) const ADMINISTRATIVE: [&str; 3] = ["Intune", "SecurityComplianceCenter", "AOC"];

/// All topics.
pub(super) const TOPICS: &[Entry] = &[
    services(Topic::Entra, &ENTRA),
    services(Topic::Intune, &["Intune"]),
    services(Topic::Exchange, &["Exchange"]),
    services(Topic::SharePoint, &["SharePoint"]),
    services(Topic::OneDrive, &["OneDrive"]),
    services(Topic::Teams, &["Teams"]),
    services(Topic::Compliance, &["SecurityComplianceCenter"]),
    operations(Topic::Alert, &["AlertTriggered", "AlertEntityGenerated"]),
    operations(Topic::AnonymousLink, &["AnonymousLink*"]),
    services(Topic::App, &["ApplicationManagement"]),
    operations(Topic::AppSecret, &["*Certificates and secrets*", "*service principal credentials*"]),
    operations(Topic::AuditLog, &["Set-AdminAuditLogConfig", "Set-MailboxAuditBypassAssociation"]),
    operations(Topic::AutoReply, &["*AutoReply*"]),
    operations(Topic::BitLocker, &["*BitLocker*"]),
    operations(Topic::Channel, &["Channel*"]),
    operations(Topic::ComplianceSearch, &["*ComplianceSearch*", "Search*eDiscovery*"]),
    operations(Topic::Consent, &["Consent to application*"]),
    services(Topic::Device, &["Device", "Intune"]),
    Entry { topic: Topic::DevicePolicy, services: &["Intune"], operations: &["*Policy*", "*Configuration*"] },
    operations(Topic::Dlp, &["New-Dlp*", "Set-Dlp*", "Remove-Dlp*", "Enable-Dlp*", "Disable-Dlp*"]),
    operations(Topic::Elevation, &["*(PIM activation)"]),
    services(Topic::File, &["SharePoint", "OneDrive"]),
    operations(Topic::Forwarding, &["*-InboxRule", "UpdateInboxRules", "Set-Mailbox", "*-TransportRule"]),
    services(Topic::Group, &["GroupManagement"]),
    operations(Topic::GroupOwner, &["*owner*group*"]),
    operations(Topic::Guest, &["*external user*"]),
    operations(Topic::HardDelete, &["HardDelete"]),
    operations(Topic::InboxRule, &["*InboxRule*"]),
    operations(Topic::Licence, &["*license*"]),
    services(Topic::Mail, &["Exchange"]),
    operations(
        Topic::MailboxPermission,
        &["*MailboxPermission", "*RecipientPermission", "*FolderPermission*"],
    ),
    operations(Topic::Membership, MEMBERSHIP),
    operations(Topic::Mfa, &["*security info*", "*strong authentication*", "*authentication method*"]),
    Entry { topic: Topic::MobileApp, services: &["Intune"], operations: &["*MobileApp*"] },
    operations(Topic::Password, &["*password*"]),
    services(
        Topic::Policy,
        &["Policy", "AuthorizationPolicy", "PermissionGrantPolicy", "CrossTenantAccessSettings"],
    ),
    services(Topic::Provisioning, &["ProvisioningManagement"]),
    operations(
        Topic::Retention,
        &["*Retention*Policy*", "New-ComplianceTag", "Set-ComplianceTag", "Remove-ComplianceTag"],
    ),
    services(Topic::Role, &["RoleManagement"]),
    operations(Topic::ConditionalAccess, &["*conditional access policy*", "*named location*"]),
    operations(Topic::SentAs, &["SendAs", "SendOnBehalf"]),
    operations(Topic::Session, &["Update StsRefreshToken*", "Revoke*session*"]),
    operations(
        Topic::Sharing,
        &["Sharing*", "*Link*Created", "*LinkUpdated", "*LinkRemoved", "AddedToSecureLink"],
    ),
    services(Topic::SignIn, &["SignIn"]),
    services(Topic::Team, &["Teams"]),
    operations(Topic::TransportRule, &["*TransportRule"]),
    services(Topic::User, &["UserManagement"]),
];

/// What Office 365's own copies of a topic's operations are called, where its services are not collected.
pub(super) const COPIES: &[(Topic, &[&str])] = &[
    (Topic::App, &["*application*", "*service principal*", "*app role*", "*delegated permission*"]),
    (Topic::Device, &["*device*"]),
    (Topic::Group, &["*group.", "*group settings*", "*license to group*"]),
    (Topic::Policy, &["*policy*"]),
    (Topic::Role, &["*member*role*", "*role definition*"]),
    (Topic::SignIn, &["UserLoggedIn", "UserLoginFailed"]),
    (Topic::User, &["*user.", "*user license.", "*account.", "*user password."]),
];

const MEMBERSHIP: &[&str] = &[
    "*member*to group*",
    "*member*from group*",
    "*owner*to group*",
    "*owner*from group*",
    "*-DistributionGroupMember",
    "*-UnifiedGroupLinks",
    "MemberAdded",
    "MemberRemoved",
    "AddedToGroup",
    "RemovedFromGroup",
];
