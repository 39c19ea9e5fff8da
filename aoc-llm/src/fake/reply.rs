//! Replies: what a scripted model says, and how it fails.

use std::time::Duration;

use serde_json::{Value, json};

use super::Seen;

/// What a question is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) what: What,
    pub(super) manner: Manner,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// The pieces of an answer.
    Says(Vec<String>),
    /// Anything.
    Is { status: u16, kind: String, body: Vec<u8> },
    /// The connection is closed without an answer.
    Dropped,
    /// Nothing comes.
    Silent,
}

/// How it is said.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    pub(super) headers: Vec<(String, String)>,
    pub(super) finish: Value,
    pub(super) refusal: Option<String>,
    pub(super) usage: bool,
    pub(super) done: bool,
    /// Whether a first chunk without choices tells of filters, as Azure's does.
    pub(super) preamble: bool,
    /// The error that ends the stream.
    pub(super) error: Option<Value>,
    /// After how many bytes the connection breaks.
    pub(super) cut: Option<usize>,
    /// Into how many bytes each the body is split on its way.
    pub(super) split: Option<usize>,
    pub(super) pause: Duration,
    /// Whether the rest waits for the test after the first piece.
    pub(super) held: bool,
    /// Whether everything is put into one JSON, whatever was asked.
    pub(super) whole: bool,
}

impl Reply {
    /// An answer, in these pieces: streamed where the request asks for that.
    pub fn say<T: Into<String>>(pieces: impl IntoIterator<Item = T>) -> Self {
        Self::of(What::Says(pieces.into_iter().map(Into::into).collect()))
    }

    /// An answer that refuses, in the words of the model.
    pub fn refuse(words: &str) -> Self {
        let mut reply = Self::say::<String>([]);
        reply.manner.refusal = Some(words.to_owned());
        reply
    }

    /// Any JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, "application/json", body.to_string())
    }

    /// Anything.
    pub fn raw(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::of(What::Is { status, kind: kind.to_owned(), body: body.into() })
    }

    /// The connection is closed without an answer.
    pub fn dropped() -> Self {
        Self::of(What::Dropped)
    }

    /// Nothing comes.
    pub fn silent() -> Self {
        Self::of(What::Silent)
    }

    fn of(what: What) -> Self {
        let manner = Manner {
            headers: Vec::new(),
            finish: json!("stop"),
            refusal: None,
            usage: true,
            done: true,
            preamble: false,
            error: None,
            cut: None,
            split: None,
            pause: Duration::ZERO,
            held: false,
            whole: false,
        };
        Self { what, manner }
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.manner.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Ends for this reason instead of `stop`, such as `length` or `content_filter`; for none with nothing.
    #[must_use]
    pub fn finish(mut self, reason: Option<&str>) -> Self {
        self.manner.finish = json!(reason);
        self
    }

    /// Does not say how many tokens it took.
    #[must_use]
    pub fn without_usage(mut self) -> Self {
        self.manner.usage = false;
        self
    }

    /// Ends the stream without `[DONE]`.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.manner.done = false;
        self
    }

    /// Begins the stream with a chunk without choices. Azure's streams always do.
    #[must_use]
    pub fn with_preamble(mut self) -> Self {
        self.manner.preamble = true;
        self
    }

    /// Ends the stream with an error after all pieces, though the status was 200.
    #[must_use]
    pub fn then_error(mut self, error: Value) -> Self {
        self.manner.error = Some(error);
        self
    }

    /// Breaks the connection after so many bytes of the body.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.manner.cut = Some(bytes);
        self
    }

    /// Sends the body in parts of so many bytes, which split characters and lines anywhere.
    #[must_use]
    pub fn split(mut self, bytes: usize) -> Self {
        self.manner.split = Some(bytes.max(1));
        self
    }

    /// Waits before each piece but the first.
    #[must_use]
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.manner.pause = pause;
        self
    }

    /// Waits after the first piece until the test calls [`release`](super::FakeModel::release).
    #[must_use]
    pub fn held(mut self) -> Self {
        self.manner.held = true;
        self
    }

    /// Sends one JSON although a stream was asked for, as some servers do.
    #[must_use]
    pub fn not_streamed(mut self) -> Self {
        self.manner.whole = true;
        self
    }

    /// Whether the answer goes out as a stream.
    pub(super) fn is_streamed(&self, seen: &Seen) -> bool {
        matches!(self.what, What::Says(_)) && !self.manner.whole && seen.body["stream"] == true
    }
}
