//! Entra ID sign-ins: Graph's `/auditLogs/signIns`, Azure Monitor's categories and Log Analytics' tables of sign-ins.

mod errors;
mod members;
mod normalizer;

pub use normalizer::EntraSignInsNormalizer;
pub(crate) use normalizer::{native, shaped};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "entra_sign_ins";
