//! How we show a model who we are.

use std::sync::Arc;

use aoc_core::{Error, Result, Secret, http::header::HeaderValue};

use super::entra::Tokens;

/// What is shown with each request.
pub(super) enum Auth {
    /// The same each time, or nothing.
    Fixed(Shown),
    /// A token of Entra.
    Entra(Box<Tokens>),
}

/// What was shown with one request.
#[derive(Clone, Default)]
pub(super) struct Shown {
    header: Option<(&'static str, HeaderValue)>,
    secret: Option<Arc<str>>,
}

impl Shown {
    /// `Authorization: Bearer …`.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when the secret cannot stand in a header.
    pub(super) fn bearer(secret: &str) -> Result<Self> {
        Self::new("authorization", "Bearer ", secret)
    }

    /// `api-key: …`.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub(super) fn api_key(secret: &Secret) -> Result<Self> {
        Self::new("api-key", "", secret.expose())
    }

    fn new(name: &'static str, scheme: &str, secret: &str) -> Result<Self> {
        let secret = secret.trim();
        let wrong = || Error::config("empty, or with characters that no key has");
        // The cause would show the value.
        let value = HeaderValue::from_str(&format!("{scheme}{secret}")).map_err(|_| wrong())?;
        if secret.is_empty() {
            return Err(wrong());
        }
        let mut value = value;
        value.set_sensitive(true);
        Ok(Self { header: Some((name, value)), secret: Some(secret.into()) })
    }

    pub(super) fn header(&self) -> Option<(&'static str, HeaderValue)> {
        self.header.clone()
    }

    /// What must not be told to anybody.
    pub(super) fn secrets(&self) -> Vec<&str> {
        self.secret.iter().map(AsRef::as_ref).collect()
    }
}

impl Auth {
    /// What to show now.
    ///
    /// # Errors
    /// Those of the login service.
    pub(super) async fn show(&self) -> Result<Shown> {
        match self {
            Self::Fixed(shown) => Ok(shown.clone()),
            Self::Entra(tokens) => tokens.get().await,
        }
    }

    /// Gives up what was refused; whether there may be something else to show.
    pub(super) async fn forget(&self, refused: &Shown) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Entra(tokens) => tokens.forget(refused).await,
        }
    }
}
