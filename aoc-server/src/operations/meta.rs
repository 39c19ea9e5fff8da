//! What this program is and which of its parts are switched on.

use super::{
    Operations,
    types::{Features, Version},
};

impl Operations {
    /// Name and version. Anybody may ask.
    pub fn version(&self) -> Version {
        Version { name: "aoc".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }

    /// Which parts are switched on. Anybody may ask: a page must know before anybody signs in.
    pub fn features(&self) -> Features {
        let alerts_enabled = self.rules.config().enabled;
        Features {
            ai_features_enabled: self.asking.is_enabled(),
            llm_configured: self.asking.has_model(),
            alerts_enabled,
            auth_enabled: false,
        }
    }
}
