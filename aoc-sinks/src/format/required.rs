//! Which members the classes of OCSF 1.8 require, as far as they are emitted.

use super::meaning::{ACCESS, ACCOUNT, API, AUTHENTICATION, ENTITY, FILE, FINDING, GROUP, WEB};

/// What every class requires, and what the profile `cloud` adds.
const BASE: &[&str] = &[
    "activity_id",
    "category_uid",
    "class_uid",
    "cloud.provider",
    "metadata.product.name",
    "metadata.product.vendor_name",
    "metadata.version",
    "severity_id",
    "time",
    "type_uid",
];

/// What each class adds. One of those between `|` is enough.
const CLASSES: &[(u32, &str, &[&str])] = &[
    (FINDING, "Detection Finding", &["finding_info.title", "finding_info.uid"]),
    (ACCOUNT, "Account Change", &["user.name|user.uid"]),
    (
        AUTHENTICATION,
        "Authentication",
        &["user.name|user.uid", "service.name|service.uid|dst_endpoint.name|dst_endpoint.ip"],
    ),
    (ENTITY, "Entity Management", &["entity.name|entity.uid"]),
    (ACCESS, "User Access Management", &["user.name|user.uid", "privileges"]),
    (GROUP, "Group Management", &["group.name|group.uid"]),
    (WEB, "Web Resources Activity", &["web_resources"]),
    (
        API,
        "API Activity",
        &[
            "actor.user.name|actor.user.uid|actor.app_name|actor.app_uid",
            "api.operation",
            "src_endpoint.ip|src_endpoint.name",
        ],
    ),
    (
        FILE,
        "File Hosting Activity",
        &[
            "actor.user.name|actor.user.uid|actor.app_name|actor.app_uid",
            "file.name",
            "file.type_id",
            "src_endpoint.ip|src_endpoint.name",
        ],
    ),
];

/// The dotted paths that a document of this class must have; of a path with `|` one alternative is enough.
/// Empty for a class that is never emitted.
pub fn required(class_uid: u32) -> Vec<&'static str> {
    let class = CLASSES.iter().find(|(uid, ..)| *uid == class_uid);
    class.map(|(_, _, own)| BASE.iter().chain(*own).copied().collect()).unwrap_or_default()
}

/// What OCSF calls the class.
pub(super) fn class_name(class_uid: u32) -> &'static str {
    CLASSES.iter().find(|(uid, ..)| *uid == class_uid).map_or("Base Event", |(_, name, _)| *name)
}

/// What OCSF calls the category of the class.
pub(super) fn category_name(class_uid: u32) -> &'static str {
    match class_uid / 1_000 {
        2 => "Findings",
        3 => "Identity & Access Management",
        6 => "Application Activity",
        _ => "Uncategorized",
    }
}

/// What OCSF calls the activity; `None` for 99, which bears the operation's own name.
pub(super) fn activity_name(class_uid: u32, activity_id: u32) -> Option<&'static str> {
    let names: &[&'static str] = match class_uid {
        FINDING => &["Create", "Update", "Close"],
        ACCOUNT => &[
            "Create",
            "Enable",
            "Password Change",
            "Password Reset",
            "Disable",
            "Delete",
            "Attach Policy",
            "Detach Policy",
            "Lock",
            "MFA Factor Enable",
            "MFA Factor Disable",
            "Unlock",
        ],
        AUTHENTICATION => &["Logon", "Logoff"],
        ENTITY => &["Create", "Read", "Update", "Delete", "Move", "Enroll", "Unenroll", "Enable", "Disable"],
        ACCESS => &["Assign Privileges", "Revoke Privileges", "Assign Role", "Remove Role"],
        GROUP => &[
            "Assign Privileges",
            "Revoke Privileges",
            "Add User",
            "Remove User",
            "Delete",
            "Create",
            "Add Subgroup",
            "Remove Subgroup",
            "Update",
        ],
        WEB => &["Create", "Read", "Update", "Delete", "Search", "Import", "Export", "Share"],
        API => &["Create", "Read", "Update", "Delete"],
        FILE => &[
            "Upload", "Download", "Update", "Delete", "Rename", "Copy", "Move", "Restore", "Preview", "Lock",
            "Unlock", "Share", "Unshare", "Open", "Sync",
        ],
        _ => &[],
    };
    let at = usize::try_from(activity_id.checked_sub(1)?).ok()?;
    names.get(at).copied()
}
