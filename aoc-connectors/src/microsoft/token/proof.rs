//! What a credential shows to the login service.

use std::sync::Arc;

use aoc_core::{http::Url, prelude::*};
use sha2::{Digest, Sha256};

use super::{super::account::Credential, assertion::Certificate};

/// A credential that has been read, where it is in a file.
pub(super) enum Proof {
    Secret(Secret),
    Certificate(Arc<Certificate>),
    /// A token of another identity provider, and what tells it from the one before.
    Federated(Secret, String),
    /// The machine itself.
    Machine,
}

const ASSERTION_TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

impl Proof {
    /// Reads a credential; a certificate only when its file has changed.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when a file cannot be read or is not what it should be.
    pub(super) async fn load(credential: &Credential, kept: &mut Option<Arc<Certificate>>) -> Result<Self> {
        Ok(match credential {
            Credential::Secret(secret) => Self::Secret(secret.clone()),
            Credential::Certificate(path) => Self::Certificate(Certificate::load(path, kept).await?),
            Credential::FederatedToken(path) => {
                let problem = |what: &str| Error::denied(what).at("federated_token_file");
                let text = tokio::fs::read_to_string(path).await;
                // Whoever reads the sentence over the API need not know the path.
                let text = text.map_err(|cause| {
                    let file = Error::unavailable(cause.to_string()).at(path.display());
                    problem("cannot read the file").because(file)
                })?;
                let token = text.trim();
                if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    let file = Error::denied(path.display().to_string());
                    return Err(problem("the file holds no token").because(file));
                }
                Self::Federated(Secret::new(token), format!("{:x?}", Sha256::digest(token)))
            }
            Credential::ManagedIdentity => Self::Machine,
        })
    }

    /// What tells a credential from the one that was there before.
    pub(super) fn stamp(&self) -> &str {
        match self {
            Self::Secret(_) | Self::Machine => "",
            Self::Certificate(certificate) => certificate.stamp(),
            Self::Federated(_, stamp) => stamp,
        }
    }

    /// The fields of a request for a token that show it. `now` is by the login service's clock.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when the certificate's key cannot sign.
    pub(super) fn fields(
        &self,
        client_id: &str,
        audience: &Url,
        now: Timestamp,
    ) -> Result<Vec<(&'static str, String)>> {
        let (kind, kind_of_assertion) = ASSERTION_TYPE;
        let by_assertion =
            |assertion: String| vec![(kind, kind_of_assertion.to_owned()), ("client_assertion", assertion)];
        Ok(match self {
            Self::Secret(secret) => vec![("client_secret", secret.expose().to_owned())],
            Self::Certificate(certificate) => by_assertion(certificate.assertion(client_id, audience, now)?),
            Self::Federated(token, _) => by_assertion(token.expose().to_owned()),
            Self::Machine => Vec::new(),
        })
    }
}
