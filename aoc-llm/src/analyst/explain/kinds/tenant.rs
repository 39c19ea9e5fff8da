//! Settings of the whole organisation: auditing, domains, policies, identity protection.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["Install-AdminAuditLogConfig"],
        &["Exchange writes the settings of its own audit log while it sets up an organisation."],
        &["Check that auditing is on if a person is the actor."],
    ),
    Kind::new(
        &["*AuditLogConfig*", "Set-MailboxAuditBypassAssociation", "*diagnostic setting*"],
        &["What is recorded may have changed; deeds may be missing from then on."],
        &["Check that auditing is on.", "Look at what whoever did it has done around that time."],
    ),
    Kind::new(
        &["Set-Mailbox", "Set-OrganizationConfig"],
        &["What is recorded may have changed; deeds in mailboxes may be missing from then on."],
        &[
            "Check that mailbox auditing is on.",
            "Look at what whoever did it has done around that time.",
        ],
    )
    .changing(&["Audit*", "DefaultAuditSet"]),
    Kind::new(
        &["*federation settings*", "*domain authentication*", "*DomainFederationSettings*"],
        &["Who is trusted to vouch for users of the domain may have changed."],
        &[
            "Compare the federation settings and signing certificates with those that are meant to be there.",
            "Look for sign-ins since whose tokens a federated server issued.",
        ],
    ),
    Kind::new(
        &["*domain", "*domain.", "Verify email verified domain*", "*-AcceptedDomain", "*-RemoteDomain"],
        &["The organisation has or uses another domain; mail and sign-ins may go by it."],
        &["Check that the organisation owns the domain, and who asked for it."],
    ),
    Kind::new(
        &["*conditional access policy*", "*named location*"],
        &["Who may sign in from where and by which proofs may have changed for many people."],
        &["Compare the policy before and after.", "Look for sign-ins since that the old policy would have stopped."],
    ),
    Kind::new(
        &["*security defaults*", "*authentication methods policy*", "*authentication strength*"],
        &["By which proofs people may sign in has changed for the whole organisation."],
        &["Compare the policy before and after.", "Look at who registered methods since."],
    ),
    Kind::new(
        &["*authorization policy*", "*permission grant policy*", "*consent settings*", "*admin consent policy*"],
        &["What every user or guest may do in the directory has changed, such as consent to applications."],
        &["Compare the policy before and after.", "Look for consents and invitations since."],
    ),
    Kind::new(
        &["*cross*tenant*", "*B2B*policy*", "*external collaboration*"],
        &["Which other organisations are trusted, and how far, has changed."],
        &["Compare the settings before and after; look for guests and sign-ins of that organisation since."],
    ),
    Kind::new(
        &["*role setting in PIM*", "*PIM alert*", "*role management policy*"],
        &["How privileged roles are activated or watched has changed: approval, proofs or warnings may be missing."],
        &["Compare the settings of the role before and after.", "Look at activations since."],
    ),
    Kind::new(
        &["Set Company Information*", "*directory feature*", "*company settings*", "Set DirSync*", "Update company*"],
        &["A setting of the whole organisation has changed."],
        &["Look at the values before and after, and ask whoever did it."],
    ),
    Kind::new(
        &[
            "*ComplianceSearch*",
            "Search*Started",
            "SearchCreated",
            "SearchExported",
            "SearchExportDownloaded",
            "*eDiscovery*",
            "*ComplianceCase*",
            "New-MailboxExportRequest",
            "Case*",
        ],
        &["Mail and files of many people can be found by a search, and taken away by an export."],
        &["Check the case or ticket that it belongs to.", "Look for exports, and at who may read the results."],
    ),
    Kind::new(
        &["New-Dlp*", "Set-Dlp*", "Remove-Dlp*", "Enable-Dlp*", "Disable-Dlp*"],
        &["What may leave the organisation may have changed."],
        &["Compare the rule before and after; check that it is on."],
    ),
    Kind::new(
        &["*Retention*Policy*", "*Retention*Rule*", "New-ComplianceTag", "Set-ComplianceTag", "Remove-ComplianceTag"],
        &["How long content is kept may have changed; what is no longer kept can be lost for good."],
        &["Compare the policy before and after; check it with whoever is responsible for records."],
    ),
    Kind::new(
        &["AlertTriggered", "AlertEntityGenerated", "AlertUpdated", "Alert*"],
        &["Microsoft noticed something that its own rules call suspicious, or somebody worked on such an alert."],
        &["Open the alert where it was raised.", "Look at what the accounts in it did around that time."],
    )
    .of(&["SecurityComplianceCenter"]),
    Kind::new(
        &["DLPRuleMatch", "DlpRuleMatch", "DLPRuleUndo"],
        &["Content matched a rule that keeps it in the organisation."],
        &["Look at the file or mail, with whom it was shared, and what the rule did."],
    ),
    Kind::new(
        &["TIMailData", "TIUrlClickData", "AtpDetection", "AirInvestigationData"],
        &["Microsoft Defender saw a threat in mail, or somebody opened one."],
        &["Look at who got the message and who opened its links.", "Check the sign-ins of these people since."],
    ),
];
