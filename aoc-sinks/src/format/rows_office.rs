//! The rows of Office 365: files, sites, teams, mail and cmdlets.

use super::{
    classify::{
        Mapping,
        Whose::{Exchange, Files, Office, Teams},
    },
    meaning::{Meaning, OTHER},
    rows::{CHANGE, CREATION, DELETION, IAM, INFO, READING, row},
};

const ADMIN: &[&str] = &["admin", "change"];
const SETTING: &[&str] = &["configuration"];
const MAIL_ITEM: &[&str] = &["email"];
pub(super) const FILES: &[Mapping] = &[
    row(Office, &["fileuploaded*", "filesyncuploaded*"], Meaning::file(CREATION, 1)),
    row(Office, &["filedownloaded*", "filesyncdownloaded*"], Meaning::file(READING, 2)),
    row(Office, &["filepreviewed"], Meaning::file(READING, 9)),
    row(Office, &["fileaccessed*", "filevisited", "*linkused"], Meaning::file(READING, 14)),
    row(
        Office,
        &[
            "filedeleted*",
            "filerecycled",
            "folderdeleted*",
            "folderrecycled",
            "fileversion*deleted",
            "fileversionrecycled",
        ],
        Meaning::file(DELETION, 4),
    ),
    row(Office, &["filerenamed", "folderrenamed"], Meaning::file(CHANGE, 5)),
    row(Office, &["filecopied", "foldercopied"], Meaning::file(CREATION, 6)),
    row(Office, &["filemoved", "foldermoved"], Meaning::file(CHANGE, 7)),
    row(Office, &["filerestored", "folderrestored"], Meaning::file(CHANGE, 8)),
    row(Office, &["filecheckedout"], Meaning::file(CHANGE, 10)),
    row(Office, &["filecheckedin", "filecheckoutdiscarded"], Meaning::file(CHANGE, 11)),
    row(Office, &["filemodified*", "foldermodified", "filesensitivitylabel*"], Meaning::file(CHANGE, 3)),
    row(Office, &["foldercreated"], Meaning::file(CREATION, OTHER)),
    row(
        Files,
        &[
            "sharingset",
            "sharinginvitation*created",
            "anonymouslink*created",
            "companylinkcreated",
            "securelinkcreated",
            "sharinglinkcreated",
            "addedtosecurelink",
            "addedtosharinglink",
            "anonymouslinkupdated",
        ],
        Meaning::file(CHANGE, 12),
    ),
    row(
        Files,
        &[
            "sharingrevoked",
            "sharinginvitation*revoked",
            "*linkremoved",
            "*linkdeleted",
            "removedfromsecurelink",
            "removedfromsharinglink",
        ],
        Meaning::file(CHANGE, 13),
    ),
];

pub(super) const SITES: &[Mapping] = &[
    row(Files, &["addedtogroup"], Meaning::group(&["group", "change"], 3)),
    row(Files, &["removedfromgroup"], Meaning::group(&["group", "change"], 4)),
    row(Files, &["groupadded"], Meaning::group(&["group", "creation"], 6)),
    row(Files, &["groupremoved"], Meaning::group(&["group", "deletion"], 5)),
    row(Files, &["groupupdated"], Meaning::group(&["group", "change"], 9)),
    row(Files, &["sitecollectionadminadded"], Meaning::access(IAM, 3)),
    row(Files, &["sitecollectionadminremoved"], Meaning::access(IAM, 4)),
    row(Files, &["permissionleveladded", "site*created"], Meaning::entity(CREATION, 1)),
    row(Files, &["permissionlevelremoved", "site*deleted"], Meaning::entity(DELETION, 4)),
    row(Files, &["permissionlevel*", "site*", "*set"], Meaning::entity(CHANGE, 3)),
    row(Files, &["searchqueryperformed", "searchviewed"], Meaning::web(READING, 5)),
    row(Files, &["page*viewed*", "list*viewed", "clientviewsignaled"], Meaning::web(READING, 2)),
    row(Files, &["list*created"], Meaning::web(INFO, 1)),
    row(Files, &["list*deleted", "list*recycled"], Meaning::web(INFO, 4)),
    row(Files, &["list*updated", "list*restored"], Meaning::web(INFO, 3)),
];

pub(super) const TEAMS: &[Mapping] = &[
    row(Teams, &["teamssessionstarted"], Meaning::sign_in(&["start"], 1)),
    row(Teams, &["teamcreated"], Meaning::group(&["group", "creation"], 6)),
    row(Teams, &["teamdeleted"], Meaning::group(&["group", "deletion"], 5)),
    row(Teams, &["memberadded"], Meaning::group(&["group", "change"], 3)),
    row(Teams, &["memberremoved"], Meaning::group(&["group", "change"], 4)),
    row(Teams, &["memberrolechanged"], Meaning::group(&["group", "change"], 9)),
    row(
        Teams,
        &["channeladded", "chatcreated", "tabadded", "botadded*", "connectoradded", "app*installed"],
        Meaning::entity(CREATION, 1),
    ),
    row(
        Teams,
        &["channeldeleted", "tabremoved", "botremoved*", "connectorremoved", "app*uninstalled"],
        Meaning::entity(DELETION, 4),
    ),
    row(
        Teams,
        &["*setting*", "tabupdated", "connectorupdated", "channel*", "*policy*", "*changed"],
        Meaning::entity(CHANGE, 3),
    ),
];

pub(super) const MAIL: &[Mapping] = &[
    row(Exchange, &["send", "sendas", "sendonbehalf"], Meaning::api(MAIL_ITEM, INFO, OTHER)),
    row(
        Exchange,
        &["mailitemsaccessed", "folderbind", "messagebind", "searchqueryinitiated*"],
        Meaning::api(MAIL_ITEM, INFO, 2),
    ),
    row(Exchange, &["create", "copy"], Meaning::api(MAIL_ITEM, INFO, 1)),
    row(Exchange, &["softdelete", "harddelete"], Meaning::api(MAIL_ITEM, INFO, 4)),
    row(
        Exchange,
        &["updateinboxrules", "*folderpermissions", "updatecalendardelegation"],
        Meaning::api(&["email", "configuration"], &["change", "info"], 3),
    ),
    row(
        Exchange,
        &["update", "move", "movetodeleteditems", "applyrecord*", "recorddelete", "miplabel"],
        Meaning::api(MAIL_ITEM, INFO, 3),
    ),
];

/// Exchange's and the compliance centre's, by their verbs; those that give rights are `iam`.
pub(super) const CMDLETS: &[Mapping] = &[
    row(
        Office,
        &["remove-*permission", "remove-*role*", "remove-*groupmember"],
        Meaning::api(IAM, &["admin", "deletion"], 4),
    ),
    row(
        Office,
        &["add-*permission", "add-*groupmember", "new-*role*"],
        Meaning::api(IAM, &["admin", "creation"], 1),
    ),
    row(
        Office,
        &["set-*permission", "set-*role*", "update-*role*", "update-*groupmember"],
        Meaning::api(IAM, ADMIN, 3),
    ),
    row(
        Office,
        &["get-*", "search-*", "test-*", "export-*", "find-*", "start-*search"],
        Meaning::api(SETTING, READING, 2),
    ),
    row(Office, &["new-*", "install-*", "add-*", "import-*"], Meaning::api(SETTING, CREATION, 1)),
    row(Office, &["remove-*", "uninstall-*"], Meaning::api(SETTING, DELETION, 4)),
    row(
        Office,
        &["set-*", "enable-*", "disable-*", "update-*", "move-*", "start-*", "stop-*", "upgrade-*"],
        Meaning::api(SETTING, CHANGE, 3),
    ),
];
