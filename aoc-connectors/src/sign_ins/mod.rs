//! Entra ID sign-ins: Graph's `/auditLogs/signIns`, Azure Monitor's categories and Log Analytics' tables of sign-ins.
//!
//! ```toml
//! [sources.sign_ins]
//! type = "entra_sign_ins"
//! profile = "contoso"
//! ```

mod errors;
mod members;
mod normalizer;

use std::collections::HashSet;

use aoc_core::{config::Span, prelude::*};
use chrono::TimeDelta;

pub use normalizer::EntraSignInsNormalizer;
pub(crate) use normalizer::{native, shaped};

use crate::microsoft::{
    Account, Budget, EXAMPLE, Hub, Joined,
    graph::{Endpoint, Logs},
};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "entra_sign_ins";

/// Collects sign-ins of Entra ID: who signed in to what, from where, and whether it worked. Needs the application
/// permissions AuditLog.Read.All and Directory.Read.All of Microsoft Graph, and an Entra ID P1 or P2 licence in the tenant.
///
/// Microsoft keeps sign-ins for 30 days. It changes some of them later, such as their risk: a record that was changed and
/// is read again is kept beside the first, as a revision.
///
/// Audits and sign-ins of a tenant share a budget of 5 requests in 10 seconds, of 1,000 records each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EntraSignIns(Joined<Account, Options>);

/// What else can be said of sign-ins.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// Which sign-ins are collected; `["interactive_user"]` without it. Each has a loop, a cursor and an error of its own.
    /// All but the interactive ones come from Graph's beta.
    types: Option<Vec<SignInType>>,
    /// How long after its end a window is read a last time and sealed, as sign-ins become visible late; `24h` without it.
    /// What becomes visible later still is not found.
    overlap: Option<Span>,
}

/// Whose sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SignInType {
    /// People who signed in themselves.
    InteractiveUser,
    /// Programs that signed in for people.
    NonInteractiveUser,
    /// Applications.
    ServicePrincipal,
    /// Azure resources.
    ManagedIdentity,
}

/// Which the documentation lists, with the largest page that it allows. Sorting is not among what it allows.
const SIGN_INS: Endpoint = Endpoint {
    path: "v1.0/auditLogs/signIns",
    time: "createdDateTime",
    sorts: false,
    top: Some(1_000),
    condition: None,
    ends_with_own_link: false,
    budget: Budget::Reports,
    reach: TimeDelta::days(30),
    unlicensed: None,
};

impl SignInType {
    /// The name of its content, and where it is read.
    fn endpoint(self) -> (&'static str, Endpoint) {
        let of_beta =
            |condition| Endpoint { path: "beta/auditLogs/signIns", condition: Some(condition), ..SIGN_INS };
        match self {
            Self::InteractiveUser => ("interactive_user", SIGN_INS),
            Self::NonInteractiveUser => {
                ("non_interactive_user", of_beta("signInEventTypes/any(t: t eq 'nonInteractiveUser')"))
            }
            Self::ServicePrincipal => {
                ("service_principal", of_beta("signInEventTypes/any(t: t eq 'servicePrincipal')"))
            }
            Self::ManagedIdentity => {
                ("managed_identity", of_beta("signInEventTypes/any(t: t eq 'managedIdentity')"))
            }
        }
    }
}

impl EntraSignIns {
    /// Of this account's tenant.
    pub fn new(account: Account) -> Self {
        Self(Joined { first: account, second: Options::default() })
    }

    /// Builds it on a hub that it shares with other sources.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub fn build_on(self, hub: &Hub) -> Result<Feed> {
        let Joined { first: account, second: options } = self.0;
        let types = options.types.unwrap_or_else(|| vec![SignInType::InteractiveUser]);
        let logs: Vec<_> = types.into_iter().map(SignInType::endpoint).collect();
        let mut names = HashSet::new();
        if let Some((twice, _)) = logs.iter().find(|(name, _)| !names.insert(*name)) {
            return Err(
                Error::config(format!("`{twice}` is given twice, expected each type once")).at("types")
            );
        }
        let logs = Logs {
            hub,
            account,
            logs,
            overlap: options.overlap,
            permissions: vec![&["AuditLog.Read.All"], &["Directory.Read.All"]],
        };
        logs.feed(EntraSignInsNormalizer)
    }
}

impl Component for EntraSignIns {
    type Built = Feed;
    const TYPE: &'static str = SOURCE;
    const EXAMPLE: &'static str = EXAMPLE;
    async fn build(self) -> Result<Feed> {
        self.build_on(&Hub::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_given_twice_is_refused_by_its_name() {
        let mut sign_ins = EntraSignIns::new(Account::new("contoso.com", "app", Secret::new("s")));
        sign_ins.0.second.types = Some(vec![
            SignInType::ServicePrincipal,
            SignInType::InteractiveUser,
            SignInType::ServicePrincipal,
        ]);
        let error = sign_ins.build_on(&Hub::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("types: `service_principal` is given twice"), "{error}");
    }
}
