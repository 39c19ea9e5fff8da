//! Intune audit events: Graph's `/deviceManagement/auditEvents`, Azure Monitor's category `AuditLogs`, Log Analytics' table
//! `IntuneAuditLogs`.

mod members;
mod normalizer;

pub use normalizer::IntuneAuditNormalizer;
pub(crate) use normalizer::{native, shaped};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "intune_audit";
