//! Consent, app roles and delegated permissions: who gets what over what.

use aoc_core::{Change, Event, RawJson};
use serde_json::{Value, json};

use super::event;
use crate::format::Format;

const PERMISSIONS: &str = "[] => [[Id: x_1, ClientId: a-1, PrincipalId: u-1, ResourceId: r-1, ConsentType: Principal, \
    Scope:  openid Mail.Read, CreatedDateTime: , LastModifiedDateTime ], [Id: x_2, ClientId: a-1, PrincipalId: u-1, \
    ResourceId: r-2, ConsentType: Principal, Scope: Files.Read openid]]; ";

/// The event as Graph and as Office 365 tell it; Graph also has types.
fn both(operation: &str, names: &[&str], types: &[Value], changes: &[(&str, &str)]) -> [Event; 2] {
    let graph = event("entra_audit", "ApplicationManagement", operation);
    let office = event("office365_activity", "Directory", &format!("{operation}."));
    [graph, office].map(|mut event| {
        event.actor_upn = Some("ada@contoso.com".into());
        event.actor = RawJson::of(&json!({"user": {"id": "u-1"}})).unwrap();
        event.targets = types.iter().map(|target| RawJson::of(target).unwrap()).collect();
        if event.source == "office365_activity" {
            let ids = json!({"UserKey": "1003@contoso.com", "Actor": [{"ID": "u-1", "Type": 2}]});
            event.actor = RawJson::of(&ids).unwrap();
            event.targets = vec![RawJson::of(&json!({"ID": names[0], "Type": 1})).unwrap()];
        }
        event.target_displays = names.iter().map(|name| (*name).to_owned()).collect();
        let change = |(property, new): &(&str, &str)| Change {
            target: Some(names[0].to_owned()),
            property: (*property).to_owned(),
            old: Value::Null,
            new: (*new).into(),
        };
        event.changes = changes.iter().map(change).collect();
        event
    })
}

fn service(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "ServicePrincipal", "displayName": name})
}

fn told(event: &Event) -> (Value, Value, String) {
    let [ecs, ocsf] = [Format::Ecs, Format::Ocsf].map(|format| format.document(event).unwrap());
    (ecs, ocsf, Format::Cef.line(event).unwrap())
}

#[test]
fn a_user_gets_an_app_role_and_the_application_is_the_resource() {
    let user = json!({"id": "u-2", "type": "User", "userPrincipalName": "bob@contoso.com"});
    let named = [("User.ObjectID", "u-2"), ("User.UPN", "bob@contoso.com")];
    for (role, right) in [("", "Expenses"), ("Expenses.Approve", "Expenses.Approve")] {
        for changes in [vec![("AppRole.Value", role)], [&[("AppRole.Value", role)], &named[..]].concat()] {
            let events = both(
                "Add app role assignment grant to user",
                &["Expenses", "bob@contoso.com"],
                &[service("a-1", "Expenses"), user.clone()],
                &changes,
            );
            for event in events {
                let (ecs, ocsf, cef) = told(&event);
                assert_eq!(ecs["user"]["target"]["name"], "bob@contoso.com");
                assert!(ecs["related"]["user"].as_array().unwrap().contains(&json!("bob@contoso.com")));
                assert_eq!(ocsf["user"]["name"], "bob@contoso.com");
                assert_eq!(ocsf["privileges"], json!([right]));
                assert_eq!(ocsf["resources"][0]["name"], "Expenses");
                assert!(cef.contains(" duser=bob@contoso.com "), "{cef}");
            }
        }
    }
}

#[test]
fn an_application_gets_an_app_role_over_another_one() {
    let changes = [
        ("AppRole.Value", "full_access_as_app"),
        ("ServicePrincipal.ObjectID", "a-1"),
        ("ServicePrincipal.DisplayName", "Expenses"),
    ];
    for changes in [&changes[..], &changes[..1]] {
        let types = [service("r-1", "Contoso Mail"), service("a-1", "Expenses")];
        let names = ["Contoso Mail", "Expenses", "a-1"];
        for event in both("Add app role assignment to service principal", &names, &types, changes) {
            let (ecs, ocsf, cef) = told(&event);
            assert_eq!(ecs["user"]["target"]["name"], "Expenses");
            assert!(!ecs["related"]["user"].to_string().contains("Expenses"), "{ecs}");
            assert_eq!(
                (&ocsf["user"]["name"], &ocsf["user"]["type"]),
                (&json!("Expenses"), &json!("Application"))
            );
            assert_eq!(ocsf["privileges"], json!(["full_access_as_app"]));
            assert_eq!(ocsf["resources"][0]["name"], "Contoso Mail");
            assert!(cef.contains(" duser=Expenses "), "{cef}");
        }
    }
}

#[test]
fn a_group_gets_an_app_role() {
    let changes = [("AppRole.Value", "Read"), ("Group.ObjectID", "g-1"), ("Group.DisplayName", "Finance")];
    let types = [service("a-1", "Expenses"), json!({"id": "g-1", "type": "Group"})];
    for event in both("Add app role assignment to group", &["Expenses", "Finance"], &types, &changes) {
        let (ecs, ocsf, cef) = told(&event);
        assert_eq!(ecs["group"], json!({"id": "g-1", "name": "Finance"}));
        assert!(ecs["user"]["target"].is_null(), "{ecs}");
        assert_eq!(ocsf["user"]["name"], "Finance");
        assert!(cef.contains(" duser=Finance duid=g-1 "), "{cef}");
    }
}

#[test]
fn a_client_gets_delegated_permissions_one_by_one() {
    let changes = [
        ("DelegatedPermissionGrant.Scope", " offline_access Mail.Read  User.Read"),
        ("ServicePrincipal.ObjectID", "a-1"),
        ("ServicePrincipal.DisplayName", ""),
    ];
    let types = [service("r-1", "Contoso Graph"), json!({"id": "a-1", "type": "ServicePrincipal"})];
    for event in both("Add delegated permission grant", &["Contoso Graph"], &types, &changes) {
        let (ecs, ocsf, cef) = told(&event);
        let scopes = json!(["offline_access", "Mail.Read", "User.Read"]);
        assert_eq!((&ocsf["privileges"], &ecs["aoc"]["right"]), (&scopes, &scopes));
        assert_eq!((&ocsf["user"]["uid"], &ocsf["user"]["type"]), (&json!("a-1"), &json!("Application")));
        assert_eq!(ecs["user"]["target"]["id"], "a-1");
        assert_eq!(ocsf["resources"][0]["name"], "Contoso Graph");
        assert!(cef.contains(" duid=a-1 "), "{cef}");
    }
}

#[test]
fn consent_names_the_user_for_whom_it_is_and_no_application() {
    let types = [service("a-1", "Expenses")];
    let changes = [("ConsentAction.Permissions", PERMISSIONS)];
    for event in both("Consent to application", &["Expenses"], &types, &changes) {
        let (ecs, ocsf, cef) = told(&event);
        assert_eq!(ecs["user"]["target"]["name"], "ada@contoso.com");
        assert_eq!(ecs["user"]["target"]["id"], "u-1");
        assert!(!ecs["related"]["user"].to_string().contains("Expenses"), "{ecs}");
        assert_eq!(ocsf["user"]["uid"], "u-1");
        assert_eq!(ocsf["privileges"], json!(["openid", "Mail.Read", "Files.Read"]));
        assert_eq!(ocsf["resources"][0]["name"], "Expenses");
        assert!(cef.contains(" duser=ada@contoso.com "), "{cef}");
    }
}

#[test]
fn consent_for_all_names_nobody() {
    let changes = [(
        "ConsentAction.Permissions",
        "[] => [[Id: x, ClientId: a-1, PrincipalId: , ResourceId: r-1, ConsentType: AllPrincipals, Scope: User.Read]]; ",
    )];
    for event in both("Consent to application", &["Expenses"], &[service("a-1", "Expenses")], &changes) {
        let (ecs, ocsf, cef) = told(&event);
        assert!(ecs["user"]["target"].is_null(), "{ecs}");
        assert_eq!((&ocsf["user"]["name"], &ocsf["privileges"]), (&json!("unknown"), &json!(["User.Read"])));
        assert!(!cef.contains(" duser="), "{cef}");
    }
}
