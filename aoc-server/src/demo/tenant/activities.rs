//! The directory's activities, worded as the directory words them.

use super::changes::Activity;

pub(super) const ADD_USER: Activity = Activity::core("Add user", "UserManagement", "Add");
pub(super) const UPDATE_USER: Activity = Activity::core("Update user", "UserManagement", "Update");
pub(super) const DISABLE_ACCOUNT: Activity = Activity::core("Disable account", "UserManagement", "Update");
pub(super) const DELETE_USER: Activity = Activity::core("Delete user", "UserManagement", "Delete");
pub(super) const CHANGE_LICENSE: Activity = Activity::core("Change user license", "UserManagement", "Update");
pub(super) const SET_MANAGER: Activity = Activity::core("Set user manager", "UserManagement", "Update");
pub(super) const RESET_PASSWORD: Activity = Activity::core("Reset user password", "UserManagement", "Update");
pub(super) const REVOKE_TOKENS: Activity =
    Activity::core("Update StsRefreshTokenValidFrom Timestamp", "UserManagement", "Update");
pub(super) const SELF_RESET: Activity =
    Activity::core("Reset password (self-service)", "UserManagement", "Update")
        .by("Self-service Password Management", "SSPR");
pub(super) const SECURITY_INFO: Activity =
    Activity::core("User registered security info", "UserManagement", "Add")
        .by("Authentication Methods", "IAMUX");
pub(super) const INVITE: Activity =
    Activity::core("Invite external user", "UserManagement", "Add").by("Invited Users", "Invited Users");
pub(super) const REDEEM: Activity =
    Activity::core("Redeem external user invite", "UserManagement", "Update").by("B2B Auth", "B2B");
pub(super) const ADD_TO_GROUP: Activity = Activity::core("Add member to group", "GroupManagement", "Assign");
pub(super) const REMOVE_FROM_GROUP: Activity =
    Activity::core("Remove member from group", "GroupManagement", "Unassign");
pub(super) const ADD_GROUP_OWNER: Activity =
    Activity::core("Add owner to group", "GroupManagement", "Assign");
pub(super) const UPDATE_GROUP: Activity = Activity::core("Update group", "GroupManagement", "Update");
pub(super) const ADD_DEVICE: Activity = Activity::core("Add device", "Device", "Add");
pub(super) const UPDATE_DEVICE: Activity = Activity::core("Update device", "Device", "Update");
pub(super) const ADD_DEVICE_OWNER: Activity =
    Activity::core("Add registered owner to device", "Device", "Assign");
pub(super) const ADD_TO_ROLE: Activity = Activity::core("Add member to role", "RoleManagement", "Assign");
pub(super) const REMOVE_FROM_ROLE: Activity =
    Activity::core("Remove member from role", "RoleManagement", "Unassign");
pub(super) const ELEVATION_REQUESTED: Activity =
    Activity::core("Add member to role requested (PIM activation)", "RoleManagement", "ActivateRole")
        .by("PIM", "PIM");
pub(super) const ELEVATION_COMPLETED: Activity =
    Activity::core("Add member to role completed (PIM activation)", "RoleManagement", "ActivateRole")
        .by("PIM", "PIM");
pub(super) const ELEVATION_EXPIRED: Activity =
    Activity::core("Remove member from role (PIM activation expired)", "RoleManagement", "DeactivateRole")
        .by("PIM", "PIM");
pub(super) const UPDATE_POLICY: Activity =
    Activity::core("Update conditional access policy", "Policy", "Update")
        .by("Conditional Access", "IPCGraph");
pub(super) const ADD_APPLICATION: Activity =
    Activity::core("Add application", "ApplicationManagement", "Add");
pub(super) const ADD_PRINCIPAL: Activity =
    Activity::core("Add service principal", "ApplicationManagement", "Add");
/// The name really ends with a blank.
pub(super) const APP_SECRETS: Activity = Activity::core(
    "Update application – Certificates and secrets management ",
    "ApplicationManagement",
    "Update",
);
pub(super) const PRINCIPAL_CREDENTIALS: Activity =
    Activity::core("Add service principal credentials", "ApplicationManagement", "Update");
pub(super) const CONSENT: Activity =
    Activity::core("Consent to application", "ApplicationManagement", "Assign");
pub(super) const DELEGATED_GRANT: Activity =
    Activity::core("Add delegated permission grant", "ApplicationManagement", "Assign");
pub(super) const REMOVE_GRANT: Activity =
    Activity::core("Remove delegated permission grant", "ApplicationManagement", "Unassign");
pub(super) const DISABLE_PRINCIPAL: Activity =
    Activity::core("Update service principal", "ApplicationManagement", "Update");
pub(super) const IMPORT: Activity =
    Activity::core("Import", "ProvisioningManagement", "Add").by("Account Provisioning", "Sync");
