//! Who leads, where several processes share one store.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EventStore;
use crate::Timestamp;

/// The process that collects and appends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leader {
    /// Host and process, such as `web1:4711`.
    pub name: String,
    /// Grows with every change of the lead: of two who think they lead, the one with the greater token does.
    pub token: u64,
    /// Since when.
    pub since: Timestamp,
}

/// Whether this process leads.
#[derive(Clone)]
pub enum Lead {
    /// There is no choice: only one process can write.
    Alone,
    /// It leads, as long as this stands; all that the lead may do goes through this store. Once the lead is lost,
    /// this store appends and notes nothing any more, however late somebody wakes up and tries.
    Ours(Leader, Arc<dyn EventStore>),
    /// Another process leads, if any does.
    Theirs(Option<Leader>),
}

impl Lead {
    /// Who leads, where there is a choice.
    pub fn leader(&self) -> Option<&Leader> {
        match self {
            Self::Alone => None,
            Self::Ours(leader, _) => Some(leader),
            Self::Theirs(leader) => leader.as_ref(),
        }
    }

    /// Whether this process does what only one may do.
    pub fn is_ours(&self) -> bool {
        !matches!(self, Self::Theirs(_))
    }
}

impl fmt::Debug for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => f.write_str("Alone"),
            Self::Ours(leader, _) => f.debug_tuple("Ours").field(leader).finish(),
            Self::Theirs(leader) => f.debug_tuple("Theirs").field(leader).finish(),
        }
    }
}
