//! Managed identities: the machine gives tokens, in Azure.

use aoc_core::{
    http::{Method, Url},
    prelude::*,
};

use super::token::{Minted, minted, refusal};
use crate::forward::{Link, Mask, secret_header};

/// The address that every virtual machine has.
const EVERY: &str = "http://169.254.169.254";

/// Where this machine gives tokens.
pub(super) struct Machine {
    url: Url,
    link: Link,
    header: &'static str,
    value: String,
}

impl Machine {
    /// The endpoint that the environment names, or the virtual machine's. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it names none.
    pub(super) fn new(
        client_id: Option<&str>,
        scope: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let (endpoint, version, header, value) = match (env("IDENTITY_ENDPOINT"), env("IDENTITY_HEADER")) {
            (Some(endpoint), Some(value)) => (endpoint, "2019-08-01", "x-identity-header", value),
            _ => {
                let base = env("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| EVERY.to_owned());
                let endpoint = format!("{}/metadata/identity/oauth2/token", base.trim_end_matches('/'));
                (endpoint, "2018-02-01", "metadata", "true".to_owned())
            }
        };
        let wrong = |_| Error::config("the identity endpoint in the environment is no address");
        let mut url: Url = endpoint.parse().map_err(wrong)?;
        let resource = scope.strip_suffix("/.default").unwrap_or(scope);
        url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", resource);
        if let Some(client_id) = client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        let secrets = (value != "true").then_some(value.as_str());
        let link = Link::near("the identity endpoint of this machine".to_owned(), Mask::of(secrets))?;
        Ok(Self { url, link, header, value })
    }

    /// Asks for a token.
    pub(super) async fn ask(&self) -> Result<Minted> {
        let request = self.link.request(Method::GET, self.url.clone());
        let request = request.header(self.header, secret_header("IDENTITY_HEADER", &self.value)?);
        let heard = self.link.send(request).await?;
        match heard.status {
            200..300 => minted(&self.link, &heard),
            // The endpoint is not ready, or is being updated.
            404 | 410 => Err(self.link.error_of(ErrorKind::Unavailable, &heard)),
            _ => Err(refusal(&self.link, &heard)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(env: &[(&str, &str)]) -> Machine {
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Machine::new(Some("me"), "https://monitor.azure.com/.default", env).unwrap()
    }

    #[test]
    fn the_endpoint_is_the_one_of_the_environment_or_the_virtual_machines() {
        let plain = machine(&[]);
        let expected = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
            &resource=https%3A%2F%2Fmonitor.azure.com&client_id=me";
        assert_eq!((plain.url.as_str(), plain.header), (expected, "metadata"));
        let app = machine(&[("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi"), ("IDENTITY_HEADER", "geheim")]);
        assert!(app.url.as_str().starts_with("http://127.0.0.1:1/msi?api-version=2019-08-01&resource="));
        assert_eq!((app.header, app.value.as_str()), ("x-identity-header", "geheim"));
    }
}
