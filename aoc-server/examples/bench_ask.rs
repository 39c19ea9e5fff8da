//! Measures how long a sentence of a language model takes from the model to the client of `/api/ask`, over real HTTP on this machine:
//! from when the model hands the last byte of a claim to the network until the client has its text as a server-sent event. Beside it
//! the same until our provider has the piece, which is what the network and the parsing of chunks take by themselves. Then the
//! claims of long answers, a few milliseconds apart: packets that wait for others to be confirmed would show there.
//!
//! ```text
//! cargo run --release -p aoc-server --example bench_ask -- [CLAIMS]
//! ```

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aoc_core::{
    Completion, Event, LlmProvider, MemoryStore, Message, Outcome, Prompt, RawJson, Role, Timestamp,
    prelude::async_trait, store::EventLog,
};
use aoc_llm::fake::{FakeModel, KEY, Reply};
use aoc_server::{Operations, ServerConfig, assemble::registry, config::AskConfig, operations::Asking};
use axum::{Router, serve::ListenerExt};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The same as the `aoc` command's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// So many events are told the model; each claim is about another.
const EVENTS: usize = 60;
const CLAIMS: usize = 500;
/// So many claims has a long answer, which is the most that are looked at.
const EACH: usize = 40;
/// What ends an answer on the wire.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// So long it is until the next of them.
const APART: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let claims = std::env::args().nth(1).map_or(Ok(CLAIMS), |text| text.parse())?;
    let fake = FakeModel::start().await?;
    let options = json!({"base_url": fake.openai_url(), "model": "gpt-4o-mini", "api_key": KEY});
    let model: Arc<dyn LlmProvider> = registry().build("openai", options).await?;
    let router = router(model.clone()).await?;
    let (as_it_is, with_nodelay) = (serve(router.clone()).await?, serve_at_once(router).await?);
    println!("milliseconds over {claims} claims          median      p95      p99      max");
    let (mut straight, mut whole, mut nodelay) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..claims {
        fake.script(held(number));
        straight.push(until_provider(&fake, &*model).await?);
        fake.script(held(number));
        whole.push(until_client(&fake, as_it_is, number).await?);
        fake.script(held(number));
        nodelay.push(until_client(&fake, with_nodelay, number).await?);
    }
    print("model to provider", straight);
    print("model to client of /api/ask", whole);
    print("the same, TCP_NODELAY", nodelay);
    long_answers(claims.div_ceil(EACH)).await
}

/// Long answers, by a model in this process that keeps when it said what.
async fn long_answers(count: usize) -> Result<(), Failure> {
    let talker = Arc::new(Talker::default());
    let router = self::router(talker.clone()).await?;
    let servers = [
        ("claims of long answers", serve(router.clone()).await?),
        ("the same, TCP_NODELAY", serve_at_once(router).await?),
    ];
    for (name, server) in servers {
        let mut times = Vec::new();
        for _ in 0..count {
            let heard = listen_to(server).await?;
            let said = std::mem::take(&mut *lock(&talker.0));
            times.extend(heard.into_iter().zip(said).map(|(heard, said)| heard - said));
        }
        print(name, times);
    }
    Ok(())
}

/// When each of the claims of a long answer was there.
async fn listen_to(server: SocketAddr) -> Result<Vec<Instant>, Failure> {
    let mut stream = ask(server).await?;
    let (mut told, mut heard) = (Vec::new(), Vec::new());
    while heard.len() < EACH {
        if stream.read_buf(&mut told).await? == 0 {
            return Err("it ended before all claims".into());
        }
        let now = Instant::now();
        while heard.len() < EACH && has(&told, &said(heard.len())) {
            heard.push(now);
        }
    }
    while !told.ends_with(LAST_CHUNK) && stream.read_buf(&mut told).await? > 0 {}
    Ok(heard)
}

/// A model that makes many claims, and keeps when.
#[derive(Default)]
struct Talker(Mutex<Vec<Instant>>);

#[async_trait]
impl LlmProvider for Talker {
    async fn complete(
        &self,
        _: &Prompt,
        on_text: &(dyn for<'t> Fn(&'t str) + Send + Sync),
    ) -> aoc_core::Result<Completion> {
        let claims: Vec<String> = (0..EACH).map(claim).collect();
        for (number, claim) in claims.iter().enumerate() {
            tokio::time::sleep(APART).await;
            let before = if number == 0 { "{\"claims\":[" } else { "," };
            lock(&self.0).push(Instant::now());
            on_text(&format!("{before}{claim}"));
        }
        let text = format!("{{\"claims\":[{}]}}", claims.join(","));
        Ok(Completion { text, complete: true, ..Completion::default() })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 1000).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{name:<36} {:>9.3} {:>8.3} {:>8.3} {:>8.3}", at(500), at(950), at(990), at(1000));
}

/// An answer of one claim that does not end before it is let go on.
fn held(number: usize) -> Reply {
    Reply::say([format!("{{\"claims\":[{}", claim(number)), "]}".to_owned()]).held()
}

fn claim(number: usize) -> String {
    json!({"text": said(number), "events": [format!("e{}", number % EVENTS + 1)]}).to_string()
}

fn said(number: usize) -> String {
    format!("Kim Lee accessed file{}.docx.", number % EVENTS)
}

async fn until_provider(fake: &FakeModel, model: &dyn LlmProvider) -> Result<Duration, Failure> {
    let heard = Mutex::new(None);
    let message = Message { role: Role::User, text: "Who did it?".to_owned() };
    let prompt = Prompt { messages: vec![message], ..Prompt::default() };
    let on_text = |_: &str| {
        lock(&heard).get_or_insert_with(|| {
            fake.release();
            Instant::now()
        });
    };
    model.complete(&prompt, &on_text).await?;
    let heard = lock(&heard).ok_or("the provider heard nothing")?;
    Ok(heard - fake.first_piece_at().ok_or("the model said nothing")?)
}

async fn until_client(fake: &FakeModel, server: SocketAddr, number: usize) -> Result<Duration, Failure> {
    let (mut stream, mut told) = (ask(server).await?, Vec::new());
    while !has(&told, &said(number)) {
        if stream.read_buf(&mut told).await? == 0 {
            return Err(format!("it ended before the claim: {}", String::from_utf8_lossy(&told)).into());
        }
    }
    let heard = Instant::now();
    fake.release();
    while !told.ends_with(LAST_CHUNK) && stream.read_buf(&mut told).await? > 0 {}
    Ok(heard - fake.first_piece_at().ok_or("the model said nothing")?)
}

/// Asks for an answer piece by piece.
async fn ask(server: SocketAddr) -> Result<TcpStream, Failure> {
    let plan = json!({"range": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-20T00:00:00Z"}});
    let body = json!({"question": "What happened?", "plan": plan}).to_string();
    let mut stream = TcpStream::connect(server).await?;
    let head = format!("POST /api/ask HTTP/1.1\r\nhost: {server}\r\naccept: text/event-stream");
    let length = body.len();
    stream.write_all(format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes()).await?;
    Ok(stream)
}

fn has(told: &[u8], text: &str) -> bool {
    told.windows(text.len()).any(|part| part == text.as_bytes())
}

async fn router(model: Arc<dyn LlmProvider>) -> Result<Router, Failure> {
    let store = Arc::new(MemoryStore::new());
    let events = (0..EVENTS).map(event).collect::<Result<Vec<Event>, Failure>>()?;
    store.append(&events).await?;
    let asking = Asking::new(&AskConfig::default(), Some(model), (store.clone(), store.clone()));
    let operations = Operations::new(store.clone(), store).asked(asking);
    Ok(aoc_server::router(Arc::new(operations), &ServerConfig::default()))
}

fn event(number: usize) -> Result<Event, Failure> {
    let time = Timestamp::parse(&format!("2026-11-19T12:{number:02}:00Z"))?;
    let mut event = Event::new("bench", number.to_string(), time);
    event.service = "SharePoint".into();
    event.operation = "FileAccessed".into();
    event.result = Outcome::Success;
    event.actor_display = Some("Kim Lee".into());
    event.target_displays = vec![format!("file{number}.docx")];
    event.raw = RawJson::of(&json!({"id": number}))?;
    Ok(event)
}

/// Serves as `aoc serve` does.
async fn serve(router: Router) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(aoc_server::serve(listener, router, std::future::pending()));
    Ok(address)
}

/// Serves without waiting to fill packets.
async fn serve_at_once(router: Router) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // A socket that takes no options still serves.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(address)
}
