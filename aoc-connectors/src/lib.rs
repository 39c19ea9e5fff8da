//! Connectors of AOC: sources of Microsoft 365 audit records, and the normalizers that read them.
//!
//! A normalizer reads the records of its source in every shape in which they are found: as the API gives them, as Azure
//! Monitor exports them, as rows of Log Analytics. [`AnyRecord`] finds out by itself whose record it has, and
//! [`read_records`] takes records out of files of any shape.
//!
//! ```
//! use aoc_connectors::{AnyRecord, read_records};
//! use aoc_core::normalize;
//!
//! let file = br#"{"value":[{"id":"Directory_1","activityDateTime":"2026-01-05T09:00:00Z",
//!     "activityDisplayName":"Update user","category":"UserManagement","result":"success",
//!     "initiatedBy":{"user":{"userPrincipalName":"kim@contoso.com"}},
//!     "targetResources":[{"userPrincipalName":"lee@contoso.com","type":"User"}]}]}"#;
//! let normalizer = AnyRecord::new();
//! for record in read_records(&file[..]) {
//!     let event = normalize(&normalizer, record?);
//!     assert_eq!(event.display_summary, "kim@contoso.com performed \"Update user\" on lee@contoso.com.");
//! }
//! # Ok::<(), aoc_core::Error>(())
//! ```

mod common;
pub mod entra;
#[cfg(feature = "testkit")]
pub mod fake;
pub mod intune;
pub mod jsonl;
pub mod microsoft;
pub mod office365;
pub mod reader;
pub mod shapes;
pub mod sign_ins;

use std::{future::ready, sync::Arc};

use aoc_core::Registry;
use microsoft::Hub;

pub use entra::{EntraAudit, EntraAuditNormalizer};
#[cfg(feature = "testkit")]
pub use fake::FakeMicrosoft;
pub use intune::{IntuneAudit, IntuneAuditNormalizer};
pub use jsonl::JsonLines;
pub use office365::{Office365Activity, Office365ActivityNormalizer};
pub use reader::{RecordReader, read_records};
pub use shapes::{AnyRecord, api_record};
pub use sign_ins::{EntraSignIns, EntraSignInsNormalizer};

/// Adds the components of this crate; all Microsoft sources share one hub.
pub fn register(registry: &mut Registry) {
    register_on(registry, &Hub::new());
}

/// As [`register`], with a hub of one's own.
pub fn register_on(registry: &mut Registry, hub: &Arc<Hub>) {
    let shared = hub.clone();
    registry.add_with(move |source: EntraAudit| ready(source.build_on(&shared)));
    let shared = hub.clone();
    registry.add_with(move |source: EntraSignIns| ready(source.build_on(&shared)));
    let shared = hub.clone();
    registry.add_with(move |source: IntuneAudit| ready(source.build_on(&shared)));
    let shared = hub.clone();
    registry.add_with(move |source: Office365Activity| ready(source.build_on(&shared)));
    registry.add::<JsonLines>();
}
