//! Answers, and what they mean for the loop.

use std::time::Duration;

use aoc_core::{
    Error, ErrorKind, Result,
    http::{Answer, HttpClient, Method, Options, RequestBuilder, Url},
};
use tokio::time::timeout;

use super::Mask;

/// What a status that is no success means. The one table of all sinks that speak HTTP.
///
/// Only what the receiver says about the data refuses events for good. Whatever could be a mistake of configuration, ours
/// or theirs, keeps everything until it is mended.
pub(crate) fn kind_of(status: u16) -> ErrorKind {
    match status {
        400 | 413 | 422 => ErrorKind::Rejected,
        429 => ErrorKind::RateLimited,
        408 | 425 | 500.. => ErrorKind::Unavailable,
        _ => ErrorKind::Denied,
    }
}

/// The way to one receiver.
#[derive(Clone)]
pub(crate) struct Link {
    http: HttpClient,
    host: String,
    mask: Mask,
}

/// An answer, read.
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// What came of the body before its end or the end of our patience.
    pub(crate) body: Vec<u8>,
}

impl Heard {
    /// Whether the receiver took what it was sent.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// How long a request and its answer may take together.
const TOTAL: Duration = Duration::from_secs(180);
/// What is near is there at once or not at all.
const NEAR: Options =
    Options { connect: Duration::from_secs(5), silence: Duration::from_secs(30), proxy: false };
/// How much of an answer is read, in bytes.
const MOST: usize = 32 << 20;

impl Link {
    /// To this host, which is told in sentences; what the mask knows is not.
    ///
    /// # Errors
    /// [`Internal`](ErrorKind::Internal) when TLS cannot be set up on this machine.
    pub(crate) fn new(host: String, mask: Mask) -> Result<Self> {
        Ok(Self { http: HttpClient::new(Options::default())?, host, mask })
    }

    /// As [`new`](Self::new), to what is near: no proxy is between.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn near(host: String, mask: Mask) -> Result<Self> {
        Ok(Self { http: HttpClient::new(NEAR)?, host, mask })
    }

    /// The same link, which does not tell what this mask knows.
    pub(crate) fn masking(&self, mask: Mask) -> Self {
        Self { mask, ..self.clone() }
    }

    /// A request, to be completed and given to [`send`](Self::send).
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends a request and reads the answer, whatever its status.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when there is no answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Heard> {
        let exchange = async {
            let mut answer = self.http.send(request).await?;
            let (status, retry_after) = (answer.status().as_u16(), answer.retry_after());
            Ok(Heard { status, retry_after, body: read(&mut answer).await })
        };
        let late = |_| Error::unavailable(format!("{} did not answer in time", self.host));
        timeout(TOTAL, exchange).await.map_err(late)?
    }

    /// The same, where any success will do.
    ///
    /// # Errors
    /// As [`send`](Self::send), and as [`error`](Self::error) for what is no success.
    pub(crate) async fn send_well(&self, request: RequestBuilder) -> Result<Heard> {
        let heard = self.send(request).await?;
        if heard.is_success() { Ok(heard) } else { Err(self.error(&heard)) }
    }

    /// What an answer means that is no success.
    pub(crate) fn error(&self, heard: &Heard) -> Error {
        self.error_of(kind_of(heard.status), heard)
    }

    /// An answer as an error of this kind, in the words that fit its status.
    pub(crate) fn error_of(&self, kind: ErrorKind, heard: &Heard) -> Error {
        let what = match (kind, heard.status) {
            (ErrorKind::RateLimited, _) => "wants fewer requests",
            (ErrorKind::Rejected, 413) => "finds the request too large",
            (ErrorKind::Rejected, _) => "refuses the data",
            (ErrorKind::Unavailable, _) => "cannot take events now",
            (_, 400 | 401 | 403 | 407 | 200..300) => "refuses us",
            (_, 300..400) => "sends us elsewhere, which is not followed; is the address right?",
            _ => "takes no events there; is the address right?",
        };
        self.tell(kind, what, heard)
    }

    /// An error of this kind that says what is the matter, with the status and what the receiver said.
    pub(crate) fn tell(&self, kind: ErrorKind, what: &str, heard: &Heard) -> Error {
        let told = self.told(&heard.body);
        let colon = if told.is_empty() { "" } else { ": " };
        let error = Error::new(kind, format!("{} {what} (status {}){colon}{told}", self.host, heard.status));
        match heard.retry_after {
            Some(wait) if kind != ErrorKind::Rejected => error.wait(wait),
            _ => error,
        }
    }

    /// What the receiver said, fit for a sentence.
    pub(crate) fn told(&self, said: &[u8]) -> String {
        self.mask.told(said)
    }

    /// Host and port, for sentences.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

async fn read(answer: &mut Answer) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = MOST - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MOST {
            break;
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_about_the_data_refuses_events_for_good() {
        let rejected: Vec<u16> =
            (100..600).filter(|status| kind_of(*status) == ErrorKind::Rejected).collect();
        assert_eq!(rejected, [400, 413, 422]);
        for (status, kind) in [
            (301, ErrorKind::Denied),
            (401, ErrorKind::Denied),
            (403, ErrorKind::Denied),
            (404, ErrorKind::Denied),
            (405, ErrorKind::Denied),
            (408, ErrorKind::Unavailable),
            (425, ErrorKind::Unavailable),
            (429, ErrorKind::RateLimited),
            (500, ErrorKind::Unavailable),
            (503, ErrorKind::Unavailable),
        ] {
            assert_eq!(kind_of(status), kind, "{status}");
        }
    }

    #[test]
    fn an_error_carries_the_answer_and_the_wait_but_no_secret() {
        let link = Link::new("siem.example".into(), Mask::of(["geheim"])).unwrap();
        let wait = Some(Duration::from_secs(7));
        let heard = Heard { status: 403, retry_after: wait, body: b"{\"token\":\n\"geheim\"}".to_vec() };
        let error = link.error(&heard);
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Denied, wait));
        assert_eq!(error.to_string(), "siem.example refuses us (status 403): {\"token\": \"…\"}");
    }
}
