//! The login service, as a script; and tokens asked of it.

mod cache;
mod certificates;
mod fake;
mod federated;
mod machines;
mod refusals;
mod silence;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aoc_core::http::Options;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

const SECRET: &str = "S3cr~t.value+/with=signs";

/// A server that answers each request as a function says, and remembers all of them.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
struct Asked {
    /// Method, path and headers.
    head: String,
    body: String,
}

struct Answer {
    status: u16,
    headers: String,
    body: String,
    delay: Duration,
}

fn answer(status: u16, body: impl Into<String>) -> Answer {
    Answer { status, headers: String::new(), body: body.into(), delay: Duration::ZERO }
}

impl Answer {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// The token of a number.
fn token(number: usize, seconds: u32) -> Answer {
    answer(
        200,
        format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"token-{number}"}}"#),
    )
}

/// A refusal as Entra writes it.
fn refusal(status: u16, error: &str, code: u32) -> Answer {
    let body = serde_json::json!({
        "error": error,
        "error_description": format!("AADSTS{code}: Something is wrong.\r\nTrace ID: t-1"),
        "error_codes": [code],
        "timestamp": "2026-03-18 12:00:00Z",
        "trace_id": "t-1",
        "correlation_id": "c-1",
    });
    answer(status, body.to_string())
}

impl Server {
    /// `script` gets the number of the request, from 0.
    async fn start(script: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::default());
        let (script, list) = (Arc::new(script), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), list.clone()));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self) -> usize {
        self.asked().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<impl Fn(usize, &Asked) -> Answer>,
    list: Arc<Mutex<Vec<Asked>>>,
) {
    let mut bytes = Vec::new();
    let asked = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .to_lowercase()
            .split_once("content-length: ")
            .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
        if body.len() >= length {
            break Asked { head: head.to_owned(), body: body.to_owned() };
        }
    };
    let number = {
        let mut list = list.lock().unwrap();
        list.push(asked.clone());
        list.len() - 1
    };
    let Answer { status, headers, body, delay } = script(number, &asked);
    tokio::time::sleep(delay).await;
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

impl Asked {
    fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// An account at this server.
fn account(server: &Server) -> Account {
    Account {
        login_url: Some(server.url.clone()),
        ..Account::new(
            "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
            "11111111-2222-4333-8444-555555555555",
            Secret::new(SECRET),
        )
    }
}

fn tokens_of(account: &Account) -> Tokens {
    let http = HttpClient::new(Options { proxy: false, ..Options::default() }).unwrap();
    Tokens::new(account, "https://graph.microsoft.com", &http, &Arc::default()).unwrap()
}

fn tokens(server: &Server) -> Tokens {
    tokens_of(&account(server))
}

/// Lets time pass, without waiting.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// Writes a file that is newer than the one before.
fn write(path: &PathBuf, text: &str, age: u64) {
    std::fs::write(path, text).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
}
