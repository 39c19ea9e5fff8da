//! Entra ID directory audits: Graph's `/auditLogs/directoryAudits`, Azure Monitor's category `AuditLogs`, Log Analytics'
//! table `AuditLogs`.
//!
//! ```toml
//! [sources.entra]
//! type = "entra_audit"
//! profile = "contoso"
//! ```

mod members;
mod normalizer;
mod targets;

use std::sync::Arc;

use aoc_core::{config::Span, prelude::*};
use chrono::TimeDelta;

pub use normalizer::EntraAuditNormalizer;
pub(crate) use normalizer::{native, shaped};

use crate::microsoft::{
    Account, Budget, EXAMPLE, Hub, Joined, Keeper, Notified, Service, Webhook,
    graph::{Endpoint, Logs},
};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "entra_audit";

/// Collects directory audits of Entra ID: who changed which user, group, role, application or policy. Needs the
/// application permission AuditLog.Read.All of Microsoft Graph.
///
/// Microsoft keeps audits for 7 days, in a tenant with Entra ID P1 or P2 for 30. Most can be read within minutes, some hours
/// after they happened; so each stretch of time is read again, ever more rarely, until it is sealed.
///
/// Audits and sign-ins of a tenant share a budget of 5 requests in 10 seconds, of 1,000 records each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EntraAudit(Joined<Account, Options>);

/// What else can be said of directory audits.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// How long after its end a window is read a last time and sealed, as audits become visible late; `24h` without it.
    /// What becomes visible later still is not found.
    overlap: Option<Span>,
    /// Change notifications that make the source fetch as soon as users or groups change. The application
    /// also needs the permission to read what is subscribed to, such as User.Read.All and Group.Read.All.
    webhook: Option<Webhook>,
}

const DIRECTORY_AUDITS: Endpoint = Endpoint {
    path: "v1.0/auditLogs/directoryAudits",
    time: "activityDateTime",
    sorts: true,
    top: Some(1_000),
    condition: None,
    ends_with_own_link: false,
    budget: Budget::Reports,
    reach: TimeDelta::days(30),
    unlicensed: Some(TimeDelta::days(7)),
};

impl EntraAudit {
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
            account: account.clone(),
            logs: vec![("", DIRECTORY_AUDITS)],
            overlap: options.overlap,
            permissions: vec![&["AuditLog.Read.All"]],
        };
        let mut feed = logs.feed(EntraAuditNormalizer)?;
        let Some(webhook) = options.webhook else { return Ok(feed) };
        let keeper = Keeper::new(hub.api(&account, Service::Graph, Budget::Other)?, webhook)?;
        for (_, source) in &mut feed.sources {
            *source = Arc::new(Notified { source: source.clone(), keeper: keeper.clone() });
        }
        Ok(feed.with_doorbell(keeper))
    }
}

impl Component for EntraAudit {
    type Built = Feed;
    const TYPE: &'static str = SOURCE;
    const EXAMPLE: &'static str = EXAMPLE;
    async fn build(self) -> Result<Feed> {
        self.build_on(&Hub::new())
    }
}
