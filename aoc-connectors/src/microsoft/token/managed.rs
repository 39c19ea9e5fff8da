//! Managed identities: the machine gives tokens, in Azure.

use std::time::{Duration, SystemTime};

use aoc_core::{
    http::{HttpClient, Method, Options, Url, header::HeaderValue},
    prelude::*,
};
use tokio::time::timeout;

use super::{
    answer::{self, Minted},
    refused::{Refusal, said, words},
};

/// Where this machine gives tokens.
pub(super) struct Managed {
    url: Url,
    header: String,
    value: HeaderValue,
    http: HttpClient,
}

/// The address that every virtual machine has; it is never reached through a proxy.
const MACHINE: &str = "http://169.254.169.254";
/// It is near or not there.
const OPTIONS: Options =
    Options { connect: Duration::from_secs(5), silence: Duration::from_secs(30), proxy: false };
/// How long an answer may take to come to its end.
const TOTAL: Duration = Duration::from_secs(90);
/// How much of an answer is read.
const MOST: usize = 256 * 1024;

impl Managed {
    /// The endpoint that the environment names, or the virtual machine's. Does no I/O.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it names one that we do not know how to ask.
    pub(super) fn new(client_id: &str, resource: &str, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let [endpoint, version, header, value] = endpoint(env)?;
        let no_address =
            |cause| Error::config("the identity endpoint in the environment is no address").because(cause);
        let mut url: Url = endpoint.parse().map_err(no_address)?;
        url.query_pairs_mut().append_pair("api-version", &version).append_pair("resource", resource);
        if !client_id.trim().is_empty() {
            url.query_pairs_mut().append_pair("client_id", client_id.trim());
        }
        // The cause would show the value.
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| Error::config("IDENTITY_HEADER in the environment is no header"))?;
        value.set_sensitive(true);
        Ok(Self { url, header, value, http: HttpClient::new(OPTIONS)? })
    }

    /// Asks for a token.
    pub(super) async fn ask(&self) -> Result<Minted, Refusal> {
        let request =
            self.http.request(Method::GET, self.url.clone()).header(&self.header, self.value.clone());
        let sent = self.http.send(request).await;
        let answer = sent.map_err(|cause| Error::unavailable(UNREACHABLE).because(cause))?;
        let (status, retry_after) = (answer.status().as_u16(), said(answer.retry_after()));
        let now = answer.date().unwrap_or_else(SystemTime::now);
        let body = timeout(TOTAL, answer.text(MOST)).await.map_err(|_| Error::unavailable(NOT_IN_TIME))?;
        if (200..300).contains(&status) {
            let none = || Error::unavailable("the identity endpoint of this machine sent no token");
            let detail = || format!("status {status}, {} bytes", body.len());
            return answer::read(&body, now).ok_or_else(|| none().because(detail()).into());
        }
        let error = match status {
            404 | 408 | 410 | 429 | 500.. => Error::unavailable(format!("{NOT_NOW} (status {status})")),
            _ => Error::denied(format!("{REFUSED} (status {status}); {FIX}")),
        };
        let secret = self.value.to_str().unwrap_or_default();
        let error = error.because(words(status, &body, &[secret]));
        Err(match retry_after {
            Some(wait) => error.wait(wait).into(),
            None => error.into(),
        })
    }
}

/// The endpoint, its version, and the header that it wants.
fn endpoint(env: impl Fn(&str) -> Option<String>) -> Result<[String; 4]> {
    let env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    match (env("IDENTITY_ENDPOINT"), env("IDENTITY_HEADER")) {
        (Some(_), Some(_)) if env("IDENTITY_SERVER_THUMBPRINT").is_some() => unknown("Service Fabric"),
        (Some(_), None) if env("IMDS_ENDPOINT").is_some() => unknown("Azure Arc"),
        (Some(endpoint), Some(secret)) => {
            Ok([endpoint, "2019-08-01".to_owned(), "x-identity-header".to_owned(), secret])
        }
        _ => {
            let base = env("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| MACHINE.to_owned());
            let endpoint = format!("{}/metadata/identity/oauth2/token", base.trim_end_matches('/'));
            Ok([endpoint, "2018-02-01".to_owned(), "metadata".to_owned(), "true".to_owned()])
        }
    }
}

const UNREACHABLE: &str =
    "the identity endpoint of this machine cannot be reached; `managed_identity` works only in Azure";
const NOT_IN_TIME: &str = "the identity endpoint of this machine did not answer in time";
const NOT_NOW: &str = "the identity endpoint of this machine cannot answer now";
const REFUSED: &str = "the identity endpoint of this machine gives no token";
const FIX: &str =
    "see that the machine has an identity, and that `client_id`, if it is given, is that identity's";

fn unknown<T>(place: &str) -> Result<T> {
    let message = format!("managed identities of {place} are not known to AOC; use `certificate` instead");
    Err(Error::config(message).at("managed_identity"))
}
