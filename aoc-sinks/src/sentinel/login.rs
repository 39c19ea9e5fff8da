//! The login service: one form, one answer.

use aoc_core::{
    http::{Method, Url},
    prelude::*,
};

use super::token::{Minted, minted, refusal};
use crate::forward::{Address, Link, Mask};

/// The token endpoint of a tenant.
pub(super) struct Login {
    url: Url,
    link: Link,
    client_id: String,
    secret: Secret,
    scope: String,
}

impl Login {
    /// For this application of this tenant. Does no I/O.
    pub(super) fn new(
        address: &Address,
        tenant: &str,
        client_id: &str,
        secret: Secret,
        scope: &str,
    ) -> Result<Self> {
        let url = address.join(&format!("{tenant}/oauth2/v2.0/token"), &[]);
        let link = Link::new(address.host(), Mask::of([secret.expose()]))?;
        Ok(Self { url, link, client_id: client_id.to_owned(), secret, scope: scope.to_owned() })
    }

    /// Asks for a token.
    pub(super) async fn ask(&self) -> Result<Minted> {
        let request = self.link.request(Method::POST, self.url.clone());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(self.form());
        let heard = self.link.send(request).await?;
        if heard.is_success() { minted(&self.link, &heard) } else { Err(refusal(&self.link, &heard)) }
    }

    /// A query is written as a form is.
    fn form(&self) -> String {
        let mut url = self.url.clone();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.secret.expose()),
            ("scope", &self.scope),
        ];
        url.query_pairs_mut().clear().extend_pairs(fields);
        url.query().unwrap_or_default().to_owned()
    }
}
