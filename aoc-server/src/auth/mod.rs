//! Who asks, and what they may.

use aoc_core::{Error, Result};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// See events and the state of things.
    Read,
    /// Put tags and comments on events.
    Annotate,
    /// Have sources fetch now.
    Fetch,
    /// Change rules and what is forwarded.
    Manage,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Annotate, Self::Fetch, Self::Manage];

    /// The name in messages and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Annotate => "annotate",
            Self::Fetch => "fetch",
            Self::Manage => "manage",
        }
    }
}

/// Who asks: proof that somebody looked at their credentials.
///
/// Every operation takes one and asks it for the permission it needs.
///
/// Invariant: only this module makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    name: String,
    permissions: Vec<Permission>,
}

impl Caller {
    /// Whoever runs this program on this machine: may do everything.
    pub fn local() -> Self {
        Self { name: "local".into(), permissions: Permission::ALL.to_vec() }
    }

    /// Anybody, where the server does not ask who they are: may do everything.
    pub fn open() -> Self {
        Self { name: "anonymous".into(), permissions: Permission::ALL.to_vec() }
    }

    /// Somebody who may do nothing.
    pub fn nobody() -> Self {
        Self { name: "nobody".into(), permissions: Vec::new() }
    }

    /// The name that comments and the log show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// [`Forbidden`](aoc_core::ErrorKind::Forbidden) when the caller does not have it.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.permissions.contains(&permission) {
            return Ok(());
        }
        Err(Error::forbidden(format!("this needs the permission `{}`", permission.as_str())))
    }
}
