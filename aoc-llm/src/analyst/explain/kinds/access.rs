//! People and what they may do: roles, proofs, accounts, groups.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["*member*from role*", "*member*from scoped role*", "Remove-ManagementRoleAssignment", "Remove-RoleGroupMember"],
        &["Whoever was removed no longer has the rights of the role."],
        &["Check that enough administrators are left, emergency accounts among them."],
    ),
    Kind::new(
        &["*member to role*request*", "*member to role*PIM*", "*member to role completed*"],
        &["Whoever activated the role has its rights until the activation ends."],
        &["Read the reason that was given.", "Look at what was done while the role was active."],
    ),
    Kind::new(
        &["*member*to role*", "*eligible member*role*", "*member*to scoped role*", "New-ManagementRoleAssignment", "Add-RoleGroupMember"],
        &["Whoever was added has the rights of the role from then on, until it is taken away or ends."],
        &[
            "Ask whoever did it for the reason or ticket.",
            "Look at what whoever was added has done since.",
            "Compare the role's members with who should have it.",
        ],
    ),
    Kind::new(
        &["*role definition*", "*-ManagementRole", "*-RoleGroup"],
        &["What a role allows may have changed for everybody who has it."],
        &["Compare the permissions before and after; look at who has the role."],
    ),
    Kind::new(
        &["Disable Strong Authentication*", "*deleted security info*", "Delete authentication method*", "Delete*method*"],
        &["The account is protected less than before: a proof beside the password is gone."],
        &["Ask the user whether they wanted it.", "Look at sign-ins of the user since, and at methods added since."],
    ),
    Kind::new(
        &["*Temporary Access Pass*", "Admin registered security info*", "Admin updated security info*"],
        &["An administrator set a proof of somebody else; whoever holds it can sign in as that user."],
        &["Ask the user and the administrator for the reason.", "Look at sign-ins of the user since."],
    ),
    Kind::new(
        &["*security info*", "*strong authentication*", "*authentication method*"],
        &["How somebody proves who they are has changed; a new proof of an attacker outlives a new password."],
        &["Ask the user whether it was they.", "Compare the address with those the user had before."],
    ),
    Kind::new(
        &["Update user*"],
        &["How somebody proves who they are has changed; a new proof of an attacker outlives a new password."],
        &["Ask the user whether it was they.", "Look at the methods of the user."],
    )
    .changing(&["StrongAuthentication*"]),
    Kind::new(
        &["Delete application password*"],
        &["A program that signed in with this password cannot any longer."],
        &["Check that the user knows."],
    ),
    Kind::new(
        &["Change*password*", "*self*service*password*", "Reset password (self*"],
        &["The old password no longer works; the user chose a new one."],
        &["Compare the address with those the user had before."],
    ),
    Kind::new(
        &["*password*"],
        &["The old password no longer works; whoever set the new one may know it."],
        &["Ask the user whether they wanted it.", "Look for sign-ins of the user afterwards from new addresses."],
    ),
    Kind::new(
        &["Update StsRefreshToken*", "Revoke*session*", "Invalidate*token*"],
        &["Sessions of the user end within the hour; programs have to sign in again."],
        &["Look at why: a reset password, or an account that was taken over?"],
    ),
    Kind::new(
        &["*external user*"],
        &["Somebody outside the organisation has or gets an account in it."],
        &["Check who invited them and what they may see."],
    ),
    Kind::new(
        &["Disable account*"],
        &["The account cannot sign in any longer; sessions that are open end within the hour."],
        &["Check whether the person has left, or ask whoever did it."],
    ),
    Kind::new(
        &["Enable account*"],
        &["The account can sign in again."],
        &["Ask why it was off; old accounts that come back are a way in.", "Look at its sign-ins since."],
    ),
    Kind::new(
        &["Delete user*", "Hard delete user*"],
        &["The account is gone; for 30 days it can be restored, unless it was deleted for good."],
        &["Check whether it was meant to be deleted, and restore it in time."],
    ),
    Kind::new(
        &["Add user", "Add user.", "Create user*", "Restore user*", "New-Mailbox"],
        &["There is an account that was not there before."],
        &["Check who it is for.", "Look at the roles, groups and licences it was given since."],
    ),
    Kind::new(
        &["Update user*"],
        &["The account can sign in from then on, or no longer."],
        &["Ask whoever did it for the reason."],
    )
    .changing(&["AccountEnabled"]),
    Kind::new(
        &["*license*"],
        &["Which services the user may use has changed; without a licence a mailbox is deleted after 30 days."],
        &["Check that the user still has what they need."],
    ),
    Kind::new(
        &["Update user*", "Set user manager*", "Set-User"],
        &["What the directory says of a person has changed; groups and policies may depend on it."],
        &["Look at the values before and after."],
    ),
    Kind::new(
        &["Add owner to group*"],
        &["An owner decides who is in the group, and so who has what the group has."],
        &["Look at what the group gives access to, and at who was added since."],
    ),
    Kind::new(
        &["*member*from group*", "*owner*from group*", "Remove-DistributionGroupMember", "Remove-UnifiedGroupLinks", "MemberRemoved", "RemovedFromGroup"],
        &["Whoever was removed no longer has what the group has."],
        &["Check that the group still has an owner, and that nobody misses access."],
    ),
    Kind::new(
        &["*member*to group*", "*-DistributionGroupMember", "Add-UnifiedGroupLinks", "MemberAdded", "AddedToGroup"],
        &["Whoever was added has what the group has: files, mail, applications, perhaps roles."],
        &["Look at what the group gives access to."],
    ),
    Kind::new(
        &["MemberRoleChanged"],
        &["Whoever it was done to decides more, or less, in the team."],
        &["Check the owners of the team."],
    ),
    Kind::new(
        &["Delete group*", "Hard delete group*", "Remove-DistributionGroup", "TeamDeleted"],
        &["Whoever was in the group has lost what it gave; most groups can be restored for 30 days."],
        &["Check whether it was meant to be deleted, and restore it in time."],
    ),
    Kind::new(
        &["Update group*", "Add group*", "TeamCreated", "TeamSettingChanged", "New-DistributionGroup"],
        &["Who can join, find or use the group may have changed."],
        &["Look at the values before and after; check its owners."],
    ),
];
