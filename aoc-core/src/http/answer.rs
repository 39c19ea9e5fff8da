//! Answers, read piece by piece.

use std::time::{Duration, SystemTime};

use reqwest::{Response, StatusCode};

use super::{no_answer, retry_after};
use crate::{Error, Result};

/// The shortest wait that is taken for one.
const LEAST: Duration = Duration::from_secs(1);

/// The head of an answer, whose body is still to be read.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    host: String,
}

impl Answer {
    pub(super) fn new(response: Response, host: String) -> Self {
        Self { response, host }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// A header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The time on the other side's clock, to the second.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header("date")?).ok()
    }

    /// How long the other side wants us to wait, if it says. Less than a second is no wish: nobody makes us ask without
    /// a pause.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.header("retry-after")?, self.date()).filter(|wish| *wish >= LEAST)
    }

    /// How long the body is, if the other side says.
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece of the body; nothing at its end.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let chunk = self.response.chunk().await.map_err(|cause| no_answer(cause, &self.host))?;
        Ok(chunk.map(Vec::from))
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when it breaks off, and [`Rejected`](crate::ErrorKind::Rejected) when it
    /// is longer than this.
    pub async fn bytes(mut self, most: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > most {
                return Err(Error::rejected(format!("{} sent more than {most} bytes", self.host)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// The beginning of the body as text: for errors, which may be anything.
    pub async fn text(mut self, most: usize) -> String {
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= most {
                bytes.truncate(most);
                break;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
