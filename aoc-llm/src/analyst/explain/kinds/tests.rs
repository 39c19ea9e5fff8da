use aoc_core::{Change, Event, Outcome, RawJson, Timestamp};
use serde_json::{Value, json};

use super::kind;

fn event(service: &str, operation: &str, property: &str) -> Event {
    let mut event = Event::new("test", "1", Timestamp::from_ticks(0));
    (event.service, event.operation) = (service.into(), operation.into());
    event.result = Outcome::Success;
    if !property.is_empty() {
        event.changes =
            vec![Change { target: None, property: property.into(), old: Value::Null, new: json!("x") }];
    }
    event
}

#[test]
fn what_administrators_must_notice_is_told_by_what_it_means() {
    for (service, operation, property, said) in [
        ("RoleManagement", "Add member to role", "", "has the rights of the role"),
        ("RoleManagement", "Add member to role completed (PIM activation)", "", "until the activation ends"),
        ("RoleManagement", "Remove member from role", "", "no longer has the rights"),
        ("RoleManagement", "Update role setting in PIM", "", "activated or watched"),
        ("Directory", "Consent to application.", "", "may use the data"),
        ("Directory", "Add app role assignment to service principal.", "", "without anybody signing in"),
        ("Directory", "Add app role assignment grant to user.", "", "may use the application"),
        ("ApplicationManagement", "Add service principal credentials", "", "holds the credential"),
        (
            "ApplicationManagement",
            "Update application – Certificates and secrets management ",
            "",
            "credential",
        ),
        ("ApplicationManagement", "Update application", "AppAddress", "tokens may go elsewhere"),
        ("ApplicationManagement", "Add owner to application", "", "An owner can give"),
        ("Policy", "Update conditional access policy", "", "Who may sign in"),
        ("AuthorizationPolicy", "Update authorization policy", "", "every user or guest"),
        ("Directory", "Disable Strong Authentication.", "", "protected less"),
        ("UserManagement", "Admin registered security info", "", "An administrator set"),
        ("UserManagement", "Reset password (by admin)", "", "may know it"),
        ("UserManagement", "Change user password", "", "chose a new one"),
        ("UserManagement", "Invite external user", "", "outside the organisation"),
        ("UserManagement", "Delete user", "", "restored"),
        ("GroupManagement", "Add owner to group", "", "decides who is in the group"),
        ("DirectoryManagement", "Add unverified domain", "", "another domain"),
        ("DirectoryManagement", "Set federation settings on domain", "", "vouch"),
        ("Exchange", "Set-Mailbox", "ForwardingSmtpAddress", "go to somebody else"),
        ("Exchange", "Set-Mailbox", "AuditEnabled", "What is recorded"),
        ("Exchange", "Set-Mailbox", "ProhibitSendQuota", "neither forwarding nor auditing"),
        ("Exchange", "Set-AdminAuditLogConfig", "", "What is recorded"),
        ("Exchange", "New-InboxRule", "", "forwarded, hidden or deleted"),
        ("Exchange", "New-TransportRule", "", "whole organisation"),
        ("Exchange", "Add-MailboxPermission", "", "Others may read"),
        ("Exchange", "Remove-MailboxPermission", "", "may no longer read"),
        ("Exchange", "Remove-AntiPhishRule", "", "held back"),
        ("SecurityComplianceCenter", "New-ComplianceSearch", "", "found by a search"),
        ("SharePoint", "AnonymousLinkCreated", "", "without signing in"),
        ("SharePoint", "SharingPolicyChanged", "", "With whom"),
        ("OneDrive", "FileDownloaded", "", "A copy has left"),
        ("Intune", "wipe ManagedDevice", "", "Data on the device"),
        ("Intune", "cancelWipe ManagedDevice", "", "not to happen"),
        ("Intune", "Patch DeviceManagementConfigurationPolicy", "", "Settings of many devices"),
    ] {
        let found = kind(&event(service, operation, property)).map_or("nothing", |kind| kind.implications[0]);
        assert!(found.contains(said), "{operation} {property}: {found}");
    }
    assert!(kind(&event("AOCAudit", "ask", "")).is_none());
}

#[test]
fn a_sign_in_is_told_by_its_error_code() {
    for (raw, said) in [
        (json!({"status": {"errorCode": 50126}}), "a wrong password"),
        (json!({"ErrorNumber": "50053"}), "locked"),
        (json!({"properties": {"status": {"errorCode": 53003}}}), "conditional access policy stopped"),
        (json!({"LogonError": "UserStrongAuthClientAuthNRequired"}), "second proof"),
        (json!({"ResultType": "7000215"}), "wrong or expired secret"),
        (json!({"status": {"errorCode": 1}}), "Nobody got in"),
        (json!([]), "Nobody got in"),
    ] {
        let mut failed = event("SignIn", "Sign-in activity", "");
        failed.result = Outcome::Failure;
        failed.raw = RawJson::of(&raw).unwrap();
        let found = kind(&failed).unwrap().implications[0];
        assert!(found.contains(said), "{raw}: {found}");
    }
    let succeeded = kind(&event("Directory", "UserLoggedIn", "")).unwrap();
    assert!(succeeded.implications[0].contains("has a session"));
}
