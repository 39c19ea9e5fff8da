//! Mail: rules, forwarding, rights to mailboxes, what was sent and read.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["Set-Mailbox", "New-Mailbox", "Set-RemoteMailbox"],
        &["Mail of this mailbox may now go to somebody else as well, or no longer."],
        &[
            "Look at the address that mail goes to: who owns it, is it outside?",
            "Check the sign-ins of whoever did it and of the mailbox's owner before it.",
            "Where it is not wanted: take the address away, revoke sessions and reset the password.",
        ],
    )
    .changing(&["Forwarding*", "DeliverToMailboxAndForward"]),
    Kind::new(
        &["Remove-InboxRule", "Disable-InboxRule"],
        &["A rule of the mailbox no longer works; whoever made it may have cleaned up."],
        &[
            "Look at what the rule did, and who made it.",
            "Check the sign-ins of the mailbox's owner before it.",
        ],
    ),
    Kind::new(
        &["*InboxRule*", "AddMailboxRule", "UpdateInboxRules", "Set-MailboxJunkEmailConfiguration"],
        &[
            "Mail may be forwarded, hidden or deleted by a rule; attackers do so to read mail or to hide answers.",
        ],
        &[
            "Look at the rule's conditions and where it sends mail.",
            "Check the sign-ins of the mailbox's owner before it.",
            "Where it is not wanted: remove the rule, revoke sessions and reset the password.",
        ],
    ),
    Kind::new(
        &["*-TransportRule", "*-InboundConnector", "*-OutboundConnector", "*-JournalRule"],
        &["Mail of the whole organisation may be copied, sent on, changed or let through from then on."],
        &[
            "Look at the rule's conditions and actions, and where mail goes.",
            "Compare it with the changes that were planned.",
        ],
    ),
    Kind::new(
        &["Remove-MailboxPermission", "Remove-RecipientPermission", "Remove*FolderPermission*"],
        &["Somebody may no longer read or send mail of this mailbox."],
        &["Ask the owner of the mailbox whether it was wanted."],
    ),
    Kind::new(
        &["*MailboxPermission", "*RecipientPermission", "*FolderPermission*"],
        &["Others may read or send mail of this mailbox."],
        &["Ask the owner of the mailbox.", "Look at what was read or sent by those who were given rights."],
    ),
    Kind::new(
        &[
            "*AntiPhish*",
            "*MalwareFilter*",
            "*SafeLinks*",
            "*SafeAttachment*",
            "*HostedContentFilter*",
            "*HostedConnectionFilter*",
            "*TenantAllowBlockList*",
            "*HostedOutboundSpamFilter*",
        ],
        &["Which mail is held back as phishing, malware or spam may have changed."],
        &["Compare the rule or list before and after.", "Look for mail that was let through since."],
    ),
    Kind::new(
        &["Set-CASMailbox"],
        &[
            "By which programs and protocols the mailbox may be read has changed; old ones know no second proof.",
        ],
        &["Check that POP, IMAP and SMTP sign-ins are on only where they are needed."],
    ),
    Kind::new(
        &["SendAs", "SendOnBehalf"],
        &["A message went out in the name of somebody else."],
        &["Ask whoever's name it bears.", "Look at the rights to that mailbox."],
    ),
    Kind::new(
        &["MailItemsAccessed"],
        &["Mail was read or synchronised; which messages is told by the record."],
        &["Compare the address and the client with those that the mailbox's owner uses."],
    ),
    Kind::new(
        &["HardDelete", "SoftDelete", "MoveToDeletedItems"],
        &["Mail is gone from the mailbox; for a while it can be restored."],
        &["Look at what was deleted, and whether alerts or answers were among it."],
    ),
    Kind::new(
        &["*AutoReply*"],
        &["Whoever writes to the mailbox gets this answer, perhaps also people outside."],
        &["Read the answer; ask the owner if it is not theirs."],
    ),
    Kind::new(
        &["Send"],
        &["A message was sent from the mailbox."],
        &["Ask the owner if the address or the client is new."],
    )
    .of(&["Exchange"]),
    Kind::new(
        &["Create", "Update", "Move", "MoveTo*", "FolderBind", "MessageBind", "MipLabel", "ApplyRecord"],
        &["Something in a mailbox was made, changed or moved."],
        &["Ask the owner of the mailbox if whoever did it is somebody else."],
    )
    .of(&["Exchange"]),
];
