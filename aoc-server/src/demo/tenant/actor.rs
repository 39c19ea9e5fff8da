//! Who makes a change, as the two interfaces write it.

use super::people::{App, Person};
use serde_json::{Value, json};

/// Who makes a change: a person at an address, or an application.
#[derive(Clone, Debug)]
pub(super) enum Actor {
    Person(Box<Person>, String),
    App(App),
}

impl Actor {
    /// A person at an address.
    pub(super) fn person(person: &Person, address: &str) -> Self {
        Self::Person(Box::new(person.clone()), address.to_owned())
    }

    /// An application of this name.
    pub(super) fn app(name: &str) -> Self {
        Self::App(App::named(name))
    }

    /// The initiator as Graph writes it.
    pub(super) fn as_initiator(&self) -> Value {
        match self {
            Self::Person(person, address) => json!({"user": {
                "id": person.id, "displayName": person.name, "userPrincipalName": person.upn,
                "ipAddress": address, "userType": null, "homeTenantId": null, "homeTenantName": null,
            }}),
            Self::App(app) => json!({"app": {
                "appId": null, "displayName": app.name,
                "servicePrincipalId": app.principal, "servicePrincipalName": null,
            }}),
        }
    }

    /// The five or so identities the Management Activity API gives for one actor.
    pub(super) fn as_identities(&self) -> Value {
        match self {
            Self::Person(person, _) => json!([
                {"ID": person.upn, "Type": 5}, {"ID": person.puid, "Type": 3},
                {"ID": format!("User_{}", person.id), "Type": 2}, {"ID": person.id, "Type": 2},
                {"ID": "User", "Type": 2},
            ]),
            Self::App(app) => json!([
                {"ID": app.name, "Type": 1}, {"ID": app.id, "Type": 2},
                {"ID": format!("ServicePrincipal_{}", app.principal), "Type": 2},
                {"ID": app.principal, "Type": 2}, {"ID": "ServicePrincipal", "Type": 2},
            ]),
        }
    }

    /// The address, or nothing for an application.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Person(_, address) => address,
            Self::App(_) => "",
        }
    }

    /// User id, user key and user type as the Management Activity API writes them.
    pub(super) fn as_user(&self) -> (String, String, u8) {
        match self {
            Self::Person(person, _) => (person.upn.clone(), format!("{}@{}", person.puid, "contoso.com"), 0),
            Self::App(app) => (format!("ServicePrincipal_{}", app.principal), "Not Available".to_owned(), 4),
        }
    }
}
