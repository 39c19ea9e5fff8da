//! Registered applications and what they show who they are with.

use aoc_core::prelude::*;

use super::certificate::Certificate;

/// A registered application.
#[derive(Clone, Debug, Default)]
pub struct App {
    pub(super) client_id: String,
    pub(super) secrets: Vec<(String, Option<Timestamp>)>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) federations: Vec<Federation>,
    pub(super) disabled: bool,
}

/// A federated credential: whose tokens stand for the application.
#[derive(Clone, Debug)]
pub(super) enum Federation {
    /// This very token.
    Token(String),
    /// A token that says so.
    Identity { issuer: String, subject: String },
}

impl App {
    /// An application without credentials.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), ..Self::default() }
    }

    /// With another secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push((secret.into(), None));
        self
    }

    /// With another secret, good until then.
    #[must_use]
    pub fn secret_until(mut self, secret: impl Into<String>, until: Timestamp) -> Self {
        self.secrets.push((secret.into(), Some(until)));
        self
    }

    /// With a certificate: PEM text that holds a `CERTIFICATE` with an RSA key; a private key beside it is ignored.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when there is none.
    pub fn certificate(mut self, pem: &str) -> Result<Self> {
        self.certificates.push(Certificate::read(pem)?);
        Ok(self)
    }

    /// With a federated credential that takes this very token.
    #[must_use]
    pub fn federated_token(mut self, token: impl Into<String>) -> Self {
        self.federations.push(Federation::Token(token.into()));
        self
    }

    /// With a federated credential that takes tokens of this issuer and subject for `api://AzureADTokenExchange`. Their
    /// signature is not checked.
    #[must_use]
    pub fn federated(mut self, issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        self.federations.push(Federation::Identity { issuer: issuer.into(), subject: subject.into() });
        self
    }

    /// Disabled by an administrator.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }
}
