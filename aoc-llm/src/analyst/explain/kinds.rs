//! What kinds of deeds mean, and what to do next.

use aoc_core::{Event, Filter};

/// A kind of deed.
pub(super) struct Kind {
    operations: &'static [&'static str],
    /// What it implies.
    pub(super) implications: &'static [&'static str],
    /// What to look at or do next.
    pub(super) steps: &'static [&'static str],
}

/// The kinds, the more special ones first.
const KINDS: &[Kind] = &[
    Kind {
        operations: &[
            "*member*to role*",
            "*eligible member*role*",
            "Add app role assignment*",
            "New-ManagementRoleAssignment",
        ],
        implications: &[
            "Whoever was added has the rights of the role from then on, until it is taken away or ends.",
        ],
        steps: &[
            "Ask whoever did it for the reason or ticket.",
            "Look at what whoever was added has done since.",
            "Compare the role's members with who should have it.",
        ],
    },
    Kind {
        operations: &["*member*from role*", "Remove-ManagementRoleAssignment"],
        implications: &["Whoever was removed no longer has the rights of the role."],
        steps: &["Check that enough administrators are left, emergency accounts among them."],
    },
    Kind {
        operations: &[
            "Consent to application*",
            "Add delegated permission grant*",
            "Add OAuth2PermissionGrant*",
        ],
        implications: &[
            "The application may use the data that the permissions name, also without anybody signing in where they are application permissions.",
        ],
        steps: &[
            "Check the publisher and the permissions of the application.",
            "Look for sign-ins and activity of the application since.",
            "Where it is not wanted: revoke the grant and disable the service principal.",
        ],
    },
    Kind {
        operations: &["*conditional access policy*", "*named location*"],
        implications: &["Who may sign in from where and by which proofs may have changed for many people."],
        steps: &[
            "Compare the policy before and after.",
            "Look for sign-ins since that the old policy would have stopped.",
        ],
    },
    Kind {
        operations: &["*-InboxRule", "UpdateInboxRules", "Set-Mailbox", "*-TransportRule"],
        implications: &[
            "Mail may be forwarded, hidden or deleted by a rule; attackers do so to read mail or to hide answers.",
        ],
        steps: &[
            "Look at the rule's conditions and where it sends mail.",
            "Check the sign-ins of the mailbox's owner before it.",
            "Where it is not wanted: remove the rule, revoke sessions and reset the password.",
        ],
    },
    Kind {
        operations: &["*MailboxPermission", "*RecipientPermission", "*FolderPermission*"],
        implications: &["Others may read or send mail of this mailbox, or no longer."],
        steps: &[
            "Ask the owner of the mailbox.",
            "Look at what was read or sent by those who were given rights.",
        ],
    },
    Kind {
        operations: &["*Certificates and secrets*", "*service principal credentials*"],
        implications: &[
            "Whoever holds the credential can act as the application, with all of its permissions.",
        ],
        steps: &[
            "Check who holds the credential.",
            "Look for sign-ins of the application from new addresses.",
        ],
    },
    Kind {
        operations: &["*security info*", "*strong authentication*", "*authentication method*"],
        implications: &[
            "How somebody proves who they are has changed; a new proof of an attacker outlives a new password.",
        ],
        steps: &["Ask the user whether it was they.", "Compare the address with those the user had before."],
    },
    Kind {
        operations: &["*AuditLogConfig*", "Set-MailboxAuditBypassAssociation", "*diagnostic setting*"],
        implications: &["What is recorded may have changed; deeds may be missing from then on."],
        steps: &["Check that auditing is on.", "Look at what whoever did it has done around that time."],
    },
    Kind {
        operations: &["*federation settings*", "*domain authentication*", "Add*domain*", "Verify domain*"],
        implications: &["Who is trusted to vouch for users of the domain may have changed."],
        steps: &[
            "Compare the federation settings and signing certificates with those that are meant to be there.",
        ],
    },
    Kind {
        operations: &["*external user*"],
        implications: &["Somebody outside the organisation has or gets an account in it."],
        steps: &["Check who invited them and what they may see."],
    },
    Kind {
        operations: &["*password*"],
        implications: &["The old password no longer works; whoever set the new one may know it."],
        steps: &[
            "Ask the user whether they wanted it.",
            "Look for sign-ins of the user afterwards from new addresses.",
        ],
    },
    Kind {
        operations: &["Wipe*", "Retire*", "*wipe*", "*retire*"],
        implications: &["Data on the device is or will be removed."],
        steps: &["Ask the owner of the device; check that it was reported as lost or is given back."],
    },
    Kind {
        operations: &["AnonymousLink*", "Sharing*", "*SecureLink*", "*LinkCreated"],
        implications: &["People with the link, or those named, may open what was shared."],
        steps: &["Look at who opened it since.", "Where it is not wanted: remove the link."],
    },
    Kind {
        operations: &["Delete*", "Hard delete*", "HardDelete", "Remove-*"],
        implications: &["It is gone; some things can be restored for 30 days."],
        steps: &["Check whether it was meant to be deleted, and restore it in time."],
    },
    Kind {
        operations: &["*member*to group*", "*owner*to group*", "*-DistributionGroupMember", "MemberAdded"],
        implications: &[
            "Whoever was added has what the group has: files, mail, applications, perhaps roles.",
        ],
        steps: &["Look at what the group gives access to."],
    },
];

/// The kind of the event.
pub(super) fn kind(event: &Event) -> Option<&'static Kind> {
    let is = |kind: &&Kind| {
        let operation = kind.operations.iter().map(|name| (*name).to_owned()).collect();
        Filter { operation, ..Filter::default() }.matches_operation(&event.operation)
    };
    KINDS.iter().find(is)
}
