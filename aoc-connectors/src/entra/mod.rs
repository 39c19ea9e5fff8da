//! Entra ID directory audits: Graph's `/auditLogs/directoryAudits`, Azure Monitor's category `AuditLogs`, Log Analytics'
//! table `AuditLogs`.

mod members;
mod normalizer;
mod targets;

pub use normalizer::EntraAuditNormalizer;
pub(crate) use normalizer::{native, shaped};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "entra_audit";
