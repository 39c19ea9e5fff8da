//! The one way to other servers: no redirects, bounded times and sizes, and addresses that are checked before
//! credentials go to them.
//!
//! ```
//! # use aoc_core::{Result, http::Base};
//! # fn main() -> Result<()> {
//! let graph = Base::parse("https://graph.microsoft.com")?;
//! assert!(graph.follow("https://graph.microsoft.com/v1.0/auditLogs/signIns?$skiptoken=a").is_ok());
//! assert!(graph.follow("https://graph.microsoft.com.evil.example/v1.0").is_err());
//! # Ok(())
//! # }
//! ```

mod answer;
mod base;
mod wait;

use std::time::Duration;

pub use reqwest::{Method, RequestBuilder, StatusCode, Url, header};

pub use self::{answer::Answer, base::Base, wait::retry_after};
use crate::{Error, Result};

/// How a client behaves.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long connecting may take.
    pub connect: Duration,
    /// How long the other side may be silent, before its answer and in the middle of it.
    pub silence: Duration,
    /// Whether the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`) is used.
    pub proxy: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), silence: Duration::from_secs(60), proxy: true }
    }
}

/// An HTTP client. Clones share its connections. It never follows a redirect.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
}

impl HttpClient {
    /// A client that behaves so.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when TLS cannot be set up on this machine.
    pub fn new(options: Options) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("aoc/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect)
            .read_timeout(options.silence)
            .pool_idle_timeout(Duration::from_secs(60));
        if !options.proxy {
            builder = builder.no_proxy();
        }
        let client =
            builder.build().map_err(|cause| Error::internal("cannot set up HTTPS").because(cause))?;
        Ok(Self { client })
    }

    /// A request, to be completed and given to [`send`](Self::send).
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and waits for the head of the answer, whatever its status.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when there is no answer; the sentence names the host, never the rest of
    /// the URL.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let request =
            request.build().map_err(|cause| Error::internal("a request cannot be made").because(cause))?;
        let host = host(request.url());
        match self.client.execute(request).await {
            Ok(response) => Ok(Answer::new(response, host)),
            Err(cause) => Err(no_answer(cause, &host)),
        }
    }
}

/// Host and port, for sentences.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn no_answer(cause: reqwest::Error, host: &str) -> Error {
    let what = if cause.is_timeout() {
        "did not answer in time"
    } else if cause.is_connect() {
        "cannot be reached"
    } else {
        "broke off the connection"
    };
    // A URL may carry a token.
    Error::unavailable(format!("{host} {what}")).because(cause.without_url())
}
