//! Intune audit events: Graph's `/deviceManagement/auditEvents`, Azure Monitor's category `AuditLogs`, Log Analytics' table
//! `IntuneAuditLogs`.
//!
//! ```toml
//! [sources.intune]
//! type = "intune_audit"
//! profile = "contoso"
//! ```

mod members;
mod normalizer;

use aoc_core::{config::Span, prelude::*};
use chrono::TimeDelta;

pub use normalizer::IntuneAuditNormalizer;
pub(crate) use normalizer::{native, shaped};

use crate::microsoft::{
    Account, Budget, EXAMPLE, Hub, Joined,
    graph::{Endpoint, Logs},
};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "intune_audit";

/// Collects audit events of Intune: who changed which policy, app or device. Needs the application permission
/// DeviceManagementApps.Read.All of Microsoft Graph, and an Intune licence in the tenant.
///
/// Microsoft keeps them for a year. Old and new values of what was changed can hold secrets, and are kept as they came.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct IntuneAudit(Joined<Account, Options>);

/// What else can be said of Intune's audit events.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// How long after its end a window is read a last time and sealed, as events become visible late; `24h` without it.
    /// What becomes visible later still is not found.
    overlap: Option<Span>,
}

/// Its counts lie, and it gives links although nothing follows.
const AUDIT_EVENTS: Endpoint = Endpoint {
    path: "v1.0/deviceManagement/auditEvents",
    time: "activityDateTime",
    sorts: false,
    top: None,
    condition: None,
    ends_with_own_link: true,
    budget: Budget::Intune,
    reach: TimeDelta::days(365),
    unlicensed: None,
};

impl IntuneAudit {
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
        let logs = Logs {
            hub,
            account,
            logs: vec![("", AUDIT_EVENTS)],
            overlap: options.overlap,
            permissions: vec![&["DeviceManagementApps.Read.All", "DeviceManagementConfiguration.Read.All"]],
        };
        logs.feed(IntuneAuditNormalizer)
    }
}

impl Component for IntuneAudit {
    type Built = Feed;
    const TYPE: &'static str = SOURCE;
    const EXAMPLE: &'static str = EXAMPLE;
    async fn build(self) -> Result<Feed> {
        self.build_on(&Hub::new())
    }
}
