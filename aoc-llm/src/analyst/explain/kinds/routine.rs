//! What is seldom worth a look, and deletions of any kind.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &[
            "Install-*",
            "Set-MailboxPlan",
            "Set-TenantObjectVersion",
            "Set-RecipientEnforcementProvisioningPolicy",
            "*-ExchangeAssistanceConfig",
            "Enable-AddressListPaging",
            "Set-TransportConfig",
            "Set-OwaMailboxPolicy",
            "Create company*",
        ],
        &["Exchange and Entra do this by themselves while they set up or update an organisation."],
        &["Look closer only if a person is the actor."],
    ),
    Kind::new(
        &["Set-Mailbox"],
        &[
            "A setting of the mailbox has changed, but neither forwarding nor auditing, as far as the record tells.",
        ],
        &["Look at the values; they are nothing to worry about where the actor is NT AUTHORITY\\SYSTEM."],
    ),
    Kind::new(
        &["Get-*", "Search*", "*_Get", "AggregateActivityData", "COMPLIANCEMANAGER-*"],
        &["Something was read or counted; nothing has changed."],
        &["Look closer only if whoever did it should not see it."],
    ),
    Kind::new(
        &["Import", "Export", "Synchronization rule action", "EntryImport*", "*Provisioning*"],
        &["Accounts are kept equal with another system, such as that of the personnel department."],
        &["Look at the accounts that failed."],
    )
    .of(&["ProvisioningManagement"]),
    Kind::new(
        &["ChatCreated", "TeamsSessionStarted", "MessageSent", "Meeting*", "ChannelAdded", "ChannelDeleted"],
        &["Daily work in Teams."],
        &["Look closer only if people outside take part who should not."],
    ),
    Kind::new(
        &["Delete*", "Hard delete*", "Remove*", "*Delete *"],
        &["It is gone; some things can be restored for 30 days."],
        &["Check whether it was meant to be deleted, and restore it in time."],
    ),
];
