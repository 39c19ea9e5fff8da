//! Tokens: asked for once, kept until shortly before they expire.

use std::sync::Arc;

use aoc_core::{http::HttpClient, prelude::*};

use super::{Account, clock::Clock};

/// The tokens of one account for one resource.
pub(crate) struct Tokens {
    _private: (),
}

impl Tokens {
    /// For this account; `resource` is an origin such as `https://graph.microsoft.com`. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the account makes no sense.
    pub(crate) fn new(_account: &Account, _resource: &str, _http: &HttpClient, _clock: &Arc<Clock>) -> Result<Self> {
        Ok(Self { _private: () })
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when the login service refuses us, [`Unavailable`](ErrorKind::Unavailable) and
    /// [`RateLimited`](ErrorKind::RateLimited) when not now.
    pub(crate) async fn get(&self) -> Result<Arc<str>> {
        Err(Error::internal("not built"))
    }

    /// Another token than the one that was refused, which is not given out again.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn instead_of(&self, _refused: &str) -> Result<Arc<str>> {
        Err(Error::internal("not built"))
    }
}
