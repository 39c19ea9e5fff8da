//! What is seldom worth a look, and deletions of any kind.

use aoc_core::alert::ALERT_SERVICE;

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["*"],
        &["A rule found something; the alert names the rule, its reasons and the events that made it."],
        &[
            "Open the events that made it and explain these: who did it, from where, and whether it was agreed on.",
            "Where it was agreed on, exclude it in the rule, so that the next alert is worth reading.",
        ],
    )
    .of(&[ALERT_SERVICE]),
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
