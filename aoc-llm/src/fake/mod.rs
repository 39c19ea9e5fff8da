//! A language model on this machine: a test double that speaks real HTTP.
//!
//! [`FakeModel`] listens on 127.0.0.1 and speaks chat completions as OpenAI does (`/v1/…`) and as Azure OpenAI does, by its
//! classic interface (`/openai/deployments/…`) and by v1 (`/openai/v1/…`); it also gives tokens as Entra does
//! (`/{tenant}/oauth2/v2.0/token`, `/msi/token`). Each request gets the next scripted [`Reply`], and where none is left, an
//! answer in one sentence. Everything asked is remembered.
//!
//! ```
//! use aoc_core::{LlmProvider, Prompt, Registry, Message, Role};
//! use aoc_llm::fake::{FakeModel, KEY, Reply};
//! use serde_json::json;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> aoc_core::Result<()> {
//! let fake = FakeModel::start().await?;
//! fake.script(Reply::say(["Kim ", "did it."]));
//!
//! let mut registry = Registry::new();
//! aoc_llm::register(&mut registry);
//! let options = json!({"base_url": fake.openai_url(), "model": "gpt-4o-mini", "api_key": KEY});
//! let model: Arc<dyn LlmProvider> = registry.build("openai", options).await?;
//!
//! let message = Message { role: Role::User, text: "Who did it?".to_owned() };
//! let prompt = Prompt { messages: vec![message], ..Prompt::default() };
//! let answer = model.complete(&prompt, &|piece| print!("{piece}")).await?;
//! assert_eq!((answer.text.as_str(), answer.complete), ("Kim did it.", true));
//! assert_eq!(fake.seen()[0].body["messages"][0]["content"], "Who did it?");
//! # Ok(())
//! # }
//! ```
//!
//! What it does not do: TLS, HTTP/2, tools, several choices.

mod body;
mod errors;
mod reply;
mod route;
mod server;

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use aoc_core::{Error, Result};
use hyper::HeaderMap;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

pub use self::{errors::UPSTREAM, reply::Reply};

/// The key that the fake takes.
pub const KEY: &str = "sk-fake-0123456789abcdef";
/// The only deployment there is in the fake's Azure.
pub const DEPLOYMENT: &str = "contoso-gpt";
/// The application that the fake gives tokens.
pub const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
/// Its secret.
pub const CLIENT_SECRET: &str = "fake~secret+/=";
/// The value of `IDENTITY_HEADER` that the fake's machine wants.
pub const IDENTITY_HEADER: &str = "fake-identity-header";

/// A request that the fake has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Such as `POST`.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, where it is JSON.
    pub body: Value,
    /// The body, where it is a form or anything else.
    pub text: String,
}

impl Seen {
    /// A header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it asks for a completion, and not for a token.
    pub fn is_question(&self) -> bool {
        self.path.ends_with("/chat/completions")
    }
}

type Answers = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A language model on this machine. Clones are the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct FakeModel {
    inner: Arc<Inner>,
}

struct Inner {
    world: Arc<World>,
    /// Dropped with the last clone, which ends the server.
    _stop: watch::Sender<()>,
}

/// What the server and the test share.
struct World {
    url: String,
    script: Mutex<VecDeque<Reply>>,
    answers: Mutex<Arc<Answers>>,
    seen: Mutex<Vec<Seen>>,
    /// How many tokens of Entra were given; only the last is good.
    tokens: Mutex<u32>,
    /// Lets go on what waits for the test.
    gate: Semaphore,
    /// When the first piece of the last answer was handed to the network.
    first_piece: Mutex<Option<Instant>>,
}

impl FakeModel {
    /// Listens on a free port of 127.0.0.1, on the runtime this is called on.
    ///
    /// # Errors
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable) when there is no port.
    pub async fn start() -> Result<Self> {
        let no_port = |cause| Error::unavailable("cannot listen on 127.0.0.1").because(cause);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
        let world = Arc::new(World {
            url: format!("http://{}", listener.local_addr().map_err(no_port)?),
            script: Mutex::default(),
            answers: Mutex::new(Arc::new(|_| Reply::say(["This is ", "an answer."]))),
            seen: Mutex::default(),
            tokens: Mutex::default(),
            gate: Semaphore::new(0),
            first_piece: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(());
        tokio::spawn(server::serve(world.clone(), listener, stopped));
        Ok(Self { inner: Arc::new(Inner { world, _stop: stop }) })
    }

    /// Scheme, host and port: the base of Azure OpenAI and of the login service.
    pub fn url(&self) -> String {
        self.world().url.clone()
    }

    /// The base of OpenAI.
    pub fn openai_url(&self) -> String {
        format!("{}/v1", self.world().url)
    }

    /// Answers the next question that has no reply yet.
    pub fn script(&self, reply: Reply) {
        lock(&self.world().script).push_back(reply);
    }

    /// Answers all questions for which nothing is scripted.
    pub fn answer_with(&self, answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) {
        *lock(&self.world().answers) = Arc::new(answers);
    }

    /// Lets an answer that is [held](Reply::held) go on.
    pub fn release(&self) {
        self.world().gate.add_permits(1);
    }

    /// Makes all tokens that were given no good.
    pub fn revoke_tokens(&self) {
        *lock(&self.world().tokens) += 1;
    }

    /// All requests, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.world().seen).clone()
    }

    /// How many questions were asked.
    pub fn questions(&self) -> usize {
        lock(&self.world().seen).iter().filter(|seen| seen.is_question()).count()
    }

    /// When the first piece of the last answer was handed to the network.
    pub fn first_piece_at(&self) -> Option<Instant> {
        *lock(&self.world().first_piece)
    }

    fn world(&self) -> &World {
        &self.inner.world
    }
}

/// What is behind a lock, also after a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
