//! What an operation is, in the words of ECS and OCSF at once.

use serde::Serialize;

/// What an operation is to ECS and to OCSF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// ECS `event.category`.
    pub category: &'static [&'static str],
    /// ECS `event.type`.
    pub types: &'static [&'static str],
    /// OCSF `class_uid`.
    pub class_uid: u32,
    /// OCSF `activity_id`.
    pub activity_id: u32,
}

/// The values that ECS allows in `event.category`, with the values of `event.type` that it expects beside each.
pub const CATEGORIES: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "access", "admin", "allowed", "change", "creation", "deletion", "denied", "end", "info", "start",
            "user",
        ],
    ),
    ("authentication", &["start", "end", "info"]),
    ("configuration", &["access", "change", "creation", "deletion", "info"]),
    ("email", &["info"]),
    ("file", &["access", "change", "creation", "deletion", "info"]),
    ("iam", &["admin", "change", "creation", "deletion", "group", "info", "user"]),
    ("intrusion_detection", &["allowed", "denied", "info"]),
    ("session", &["start", "end", "info"]),
    ("web", &["access", "error", "info"]),
];

/// The values that ECS allows in `event.type`, as far as they are used.
pub const TYPES: &[&str] = &[
    "access", "admin", "allowed", "change", "creation", "deletion", "denied", "end", "error", "group",
    "info", "start", "user",
];

/// OCSF's activity for what its list does not name.
pub(super) const OTHER: u32 = 99;
/// Detection Finding.
pub(super) const FINDING: u32 = 2004;
/// Account Change.
pub(super) const ACCOUNT: u32 = 3001;
/// Authentication.
pub(super) const AUTHENTICATION: u32 = 3002;
/// Entity Management.
pub(super) const ENTITY: u32 = 3004;
/// User Access Management.
pub(super) const ACCESS: u32 = 3005;
/// Group Management.
pub(super) const GROUP: u32 = 3006;
/// Web Resources Activity.
pub(super) const WEB: u32 = 6001;
/// API Activity.
pub(super) const API: u32 = 6003;
/// File Hosting Activity.
pub(super) const FILE: u32 = 6006;

impl Meaning {
    /// An alert or another finding.
    pub(super) const fn finding(activity_id: u32) -> Self {
        Self { category: &["intrusion_detection"], types: &["info"], class_uid: FINDING, activity_id }
    }

    /// A sign-in.
    pub(super) const fn sign_in(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["authentication"], types, class_uid: AUTHENTICATION, activity_id }
    }

    /// Something done to a user.
    pub(super) const fn account(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["iam"], types, class_uid: ACCOUNT, activity_id }
    }

    /// Something done to a group.
    pub(super) const fn group(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["iam"], types, class_uid: GROUP, activity_id }
    }

    /// A right or role given or taken.
    pub(super) const fn access(category: &'static [&'static str], activity_id: u32) -> Self {
        Self { category, types: &["admin", "change"], class_uid: ACCESS, activity_id }
    }

    /// Something done to an object of the directory, a device, a policy, a site.
    pub(super) const fn entity(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["configuration"], types, class_uid: ENTITY, activity_id }
    }

    /// Something done to a file.
    pub(super) const fn file(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["file"], types, class_uid: FILE, activity_id }
    }

    /// Something done to a page or a list.
    pub(super) const fn web(types: &'static [&'static str], activity_id: u32) -> Self {
        Self { category: &["web"], types, class_uid: WEB, activity_id }
    }

    /// Anything else that was called.
    pub(super) const fn api(
        category: &'static [&'static str],
        types: &'static [&'static str],
        activity_id: u32,
    ) -> Self {
        Self { category, types, class_uid: API, activity_id }
    }

    /// Whether rights over a resource are given or taken, and no role.
    pub(super) fn is_grant(&self) -> bool {
        self.class_uid == ACCESS && matches!(self.activity_id, 1 | 2)
    }

    /// OCSF `type_uid`.
    pub fn type_uid(&self) -> u32 {
        self.class_uid * 100 + self.activity_id
    }
}
