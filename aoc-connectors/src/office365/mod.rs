//! Office 365: the Management Activity API, and whatever else carries its records (audit exports, Sentinel).

mod actor;
mod changes;
mod members;
mod normalizer;
mod outcome;
mod targets;

pub use normalizer::Office365ActivityNormalizer;
pub(crate) use normalizer::{native, office_activity};

/// The component type, and the `source` of its events.
pub(crate) const SOURCE: &str = "office365_activity";
