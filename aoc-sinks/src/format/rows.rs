//! The table: operations and what they are. The first row that fits counts.

use super::{
    classify::{
        Mapping,
        Whose::{self, Alerts, Any, Directory, Intune, Office, Own, SignIns},
    },
    meaning::{Meaning, OTHER},
    rows_office::{CMDLETS, FILES, MAIL, SITES, TEAMS},
};

/// All rows in their order.
pub(super) const ALL: &[&[Mapping]] =
    &[SIGNALS, OWN, USERS, GROUPS, RIGHTS, DIRECTORY, INTUNE, FILES, SITES, TEAMS, MAIL, CMDLETS, VERBS];

pub(super) const CREATION: &[&str] = &["creation"];
pub(super) const CHANGE: &[&str] = &["change"];
pub(super) const DELETION: &[&str] = &["deletion"];
pub(super) const READING: &[&str] = &["access"];
pub(super) const INFO: &[&str] = &["info"];
pub(super) const IAM: &[&str] = &["iam"];

pub(super) const fn row(whose: Whose, operations: &'static [&'static str], meaning: Meaning) -> Mapping {
    Mapping { whose, operations, meaning }
}

const SIGNALS: &[Mapping] = &[
    row(Alerts, &["*"], Meaning::finding(1)),
    row(SignIns, &["*"], Meaning::sign_in(&["start"], 1)),
    row(Any, &["userloggedin", "userloginfailed", "mailboxlogin"], Meaning::sign_in(&["start"], 1)),
    row(Any, &["userloggedoff", "userloggedout", "sign-out"], Meaning::sign_in(&["end"], 2)),
    row(Office, &["alertupdated"], Meaning::finding(2)),
    row(
        Office,
        &[
            "alerttriggered",
            "alertentitygenerated",
            "airinvestigationdata",
            "atpdetection",
            "timaildata*",
            "tiurlclickdata",
            "dlprulematch",
            "dlpruleundo",
            "dlpinfo",
            "*riskdetection*",
        ],
        Meaning::finding(1),
    ),
];

const OWN: &[Mapping] = &[
    row(Own, &["create *", "add *", "import *"], Meaning::entity(CREATION, 1)),
    row(Own, &["delete *", "remove *"], Meaning::entity(DELETION, 4)),
    row(Own, &["enable *"], Meaning::entity(CHANGE, 8)),
    row(Own, &["disable *"], Meaning::entity(CHANGE, 9)),
    row(Own, &["*"], Meaning::entity(CHANGE, 3)),
];

const USERS: &[Mapping] = &[
    row(
        Directory,
        &["add user", "create user", "invite external user", "bulk create users*", "bulk invite users*"],
        Meaning::account(&["user", "creation"], 1),
    ),
    row(
        Directory,
        &["delete user", "hard delete user", "bulk delete users*"],
        Meaning::account(&["user", "deletion"], 6),
    ),
    row(Directory, &["enable account", "enable user"], Meaning::account(&["user", "change"], 2)),
    row(Directory, &["disable account", "disable user"], Meaning::account(&["user", "change"], 5)),
    row(Directory, &["change user password", "change password*"], Meaning::account(&["user", "change"], 3)),
    row(
        Directory,
        &["reset user password", "reset password*", "set force change user password", "*password reset*"],
        Meaning::account(&["user", "change"], 4),
    ),
    row(Directory, &["unlock user account*"], Meaning::account(&["user", "change"], 12)),
    row(
        Directory,
        &[
            "enable strong authentication",
            "*registered security info",
            "*registered all required security info",
        ],
        Meaning::account(&["user", "change"], 10),
    ),
    row(
        Directory,
        &["disable strong authentication", "*deleted security info"],
        Meaning::account(&["user", "change"], 11),
    ),
    row(
        Directory,
        &[
            "update user",
            "restore user",
            "change user license",
            "set license properties",
            "set user manager",
            "update stsrefreshtokenvalidfrom timestamp",
            "delete application password for user",
            "redeem external user invite",
        ],
        Meaning::account(&["user", "change"], OTHER),
    ),
];

const GROUPS: &[Mapping] = &[
    row(Directory, &["grouplifecyclepolicies*", "*group setting*"], Meaning::entity(CHANGE, 3)),
    row(
        Directory,
        &["add member to group", "add owner to group", "bulk import group members*"],
        Meaning::group(&["group", "change"], 3),
    ),
    row(
        Directory,
        &["remove member from group", "remove owner from group", "bulk remove group members*"],
        Meaning::group(&["group", "change"], 4),
    ),
    row(Directory, &["add group", "create group"], Meaning::group(&["group", "creation"], 6)),
    row(Directory, &["delete group", "hard delete group"], Meaning::group(&["group", "deletion"], 5)),
    row(Directory, &["update group", "restore group"], Meaning::group(&["group", "change"], 9)),
];

const RIGHTS: &[Mapping] = &[
    row(Directory, &["add * to role*"], Meaning::access(IAM, 3)),
    row(Directory, &["remove * from role*"], Meaning::access(IAM, 4)),
    row(
        Directory,
        &["add app role assignment*", "add delegated permission grant", "consent to application"],
        Meaning::access(&["iam", "configuration"], 1),
    ),
    row(
        Directory,
        &["remove app role assignment*", "remove delegated permission grant", "revoke consent*"],
        Meaning::access(&["iam", "configuration"], 2),
    ),
];

const DIRECTORY: &[Mapping] = &[
    row(Directory, &["register device"], Meaning::entity(CREATION, 6)),
    row(Directory, &["unregister device"], Meaning::entity(DELETION, 7)),
    row(
        Directory,
        &[
            "add * to *",
            "remove * from *",
            "add service principal credentials*",
            "remove service principal credentials*",
        ],
        Meaning::entity(CHANGE, 3),
    ),
    row(Directory, &["*_get", "get *", "download *", "export *"], Meaning::entity(READING, 2)),
    row(Directory, &["add *", "create *", "*_create"], Meaning::entity(CREATION, 1)),
    row(Directory, &["delete *", "hard delete *", "remove *", "*_delete"], Meaning::entity(DELETION, 4)),
    row(Directory, &["enable *"], Meaning::entity(CHANGE, 8)),
    row(Directory, &["disable *"], Meaning::entity(CHANGE, 9)),
    row(
        Directory,
        &["update *", "set *", "change *", "restore *", "verify *", "*_update"],
        Meaning::entity(CHANGE, 3),
    ),
];

const INTUNE: &[Mapping] = &[
    row(Intune, &["wipe*", "retire*", "unenroll*"], Meaning::entity(DELETION, 7)),
    row(Intune, &["enroll*"], Meaning::entity(CREATION, 6)),
    row(Intune, &["create*", "add*", "import*"], Meaning::entity(CREATION, 1)),
    row(Intune, &["delete*", "remove*", "cleanwindowsdevice*"], Meaning::entity(DELETION, 4)),
    row(Intune, &["get*", "list*", "export*", "search*"], Meaning::entity(READING, 2)),
    row(Intune, &["enable*"], Meaning::entity(CHANGE, 8)),
    row(Intune, &["disable*"], Meaning::entity(CHANGE, 9)),
    row(
        Intune,
        &["patch*", "update*", "set*", "rename*", "assign*", "change*", "reset*", "sync*"],
        Meaning::entity(CHANGE, 3),
    ),
    row(Intune, &["*"], Meaning::entity(CHANGE, OTHER)),
];

const API: &[&str] = &["api"];

const VERBS: &[Mapping] = &[
    row(
        Any,
        &["delete*", "remove*", "*deleted", "*removed", "*recycled", "*uninstalled"],
        Meaning::api(API, DELETION, 4),
    ),
    row(
        Any,
        &["add*", "create*", "new*", "*added", "*created", "*uploaded", "*imported", "*installed", "*sent"],
        Meaning::api(API, CREATION, 1),
    ),
    row(
        Any,
        &[
            "get*",
            "view*",
            "list*",
            "read*",
            "search*",
            "export*",
            "*viewed",
            "*accessed",
            "*exported",
            "*downloaded",
        ],
        Meaning::api(API, READING, 2),
    ),
    row(
        Any,
        &[
            "update*",
            "set*",
            "edit*",
            "change*",
            "modify*",
            "enable*",
            "disable*",
            "rename*",
            "assign*",
            "*updated",
            "*changed",
            "*modified",
            "*edited",
            "*enabled",
            "*disabled",
            "*renamed",
        ],
        Meaning::api(API, CHANGE, 3),
    ),
    row(Any, &["*"], Meaning::api(API, INFO, OTHER)),
];
