//! A receiver of streams on 127.0.0.1 that keeps what it read, and misbehaves when told to.

use std::sync::{Arc, Mutex};

use aoc_core::Event;
use aoc_sinks::syslog::{Syslog, Transport};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::wire::{Frames, Message};

/// What a receiver does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Reads to the end and closes.
    Reads,
    /// Reads so many messages, then closes although more has come: the system resets the connection.
    LeavesUnread(usize),
    /// Reads so many messages and closes at once, without a farewell.
    ClosesAfter(usize),
    /// Reads to the end and never closes.
    Stays,
}

#[derive(Default)]
struct State {
    read: Mutex<Vec<Message>>,
    manners: Mutex<Vec<Manner>>,
    tls: Mutex<Option<Arc<ServerConfig>>>,
    /// Connections that were begun and ended.
    connections: Mutex<(usize, usize)>,
}

/// The receiver. Its connections end with it.
pub(crate) struct Server {
    port: u16,
    frames: Frames,
    state: Arc<State>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Server {
    pub(crate) async fn tcp(frames: Frames) -> Self {
        Self::begin(frames, None).await
    }

    pub(crate) async fn tls(config: Arc<ServerConfig>) -> Self {
        Self::begin(Frames::Counted, Some(config)).await
    }

    async fn begin(frames: Frames, tls: Option<Arc<ServerConfig>>) -> Self {
        let state = Arc::new(State { tls: Mutex::new(tls), ..State::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, frames, state, listening: Mutex::default() };
        server.listen(listener);
        server
    }

    fn listen(&self, listener: TcpListener) {
        let (state, frames) = (self.state.clone(), self.frames);
        let listening = tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(tcp, frames, state.clone()));
            }
        });
        *self.listening.lock().unwrap() = Some(listening);
    }

    /// Nobody listens any more.
    pub(crate) async fn close(&self) {
        let listening = self.listening.lock().unwrap().take();
        if let Some(listening) = listening {
            listening.abort();
            let _ = listening.await;
        }
    }

    /// Somebody listens there again.
    pub(crate) async fn reopen(&self) {
        if self.listening.lock().unwrap().is_none() {
            self.listen(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap());
        }
    }

    /// The next connections are treated so, one after another; those after them are read.
    pub(crate) fn behave(&self, manners: &[Manner]) {
        *self.state.manners.lock().unwrap() = manners.iter().rev().copied().collect();
    }

    /// New connections are greeted so.
    pub(crate) fn greet(&self, config: Arc<ServerConfig>) {
        *self.state.tls.lock().unwrap() = Some(config);
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What leads here.
    pub(crate) fn config(&self) -> Syslog {
        let bare = self.state.tls.lock().unwrap().is_none();
        let transport = if bare { Transport::Tcp } else { Transport::Tls };
        Syslog { transport, max_message: Some(8 << 20), ..Syslog::to(self.address()) }
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.state.read.lock().unwrap().clone()
    }

    /// The ids of the events in what was read.
    pub(crate) fn ids(&self) -> Vec<String> {
        let id = |message: Message| serde_json::from_str::<Event>(&message.text).unwrap().id;
        self.messages().into_iter().map(id).collect()
    }

    /// How many connections were begun, and how many of them ended.
    pub(crate) fn connections(&self) -> (usize, usize) {
        *self.state.connections.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.lock().unwrap().take() {
            listening.abort();
        }
    }
}

async fn serve(tcp: TcpStream, frames: Frames, state: Arc<State>) {
    let manner = state.manners.lock().unwrap().pop().unwrap_or(Manner::Reads);
    state.connections.lock().unwrap().0 += 1;
    let tls = state.tls.lock().unwrap().clone();
    match tls {
        None => read(tcp, frames, manner, &state).await,
        Some(config) => {
            if let Ok(stream) = TlsAcceptor::from(config).accept(tcp).await {
                read(stream, frames, manner, &state).await;
            }
        }
    }
    state.connections.lock().unwrap().1 += 1;
}

async fn read(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    frames: Frames,
    manner: Manner,
    state: &State,
) {
    let (mut waiting, mut piece, mut count) = (Vec::new(), [0; 4096], 0);
    let most = match manner {
        Manner::LeavesUnread(most) | Manner::ClosesAfter(most) => most,
        Manner::Reads | Manner::Stays => usize::MAX,
    };
    while count < most {
        // Small pieces, so that enough is left unread.
        let length = if most == usize::MAX { piece.len() } else { 1 };
        match stream.read(&mut piece[..length]).await {
            Ok(0) | Err(_) => break,
            Ok(length) => waiting.extend(&piece[..length]),
        }
        while let Some(message) = frames.take(&mut waiting) {
            state.read.lock().unwrap().push(message);
            count += 1;
        }
    }
    match manner {
        Manner::LeavesUnread(_) => {
            // One byte more has come, and surely others with it.
            let _ = stream.read(&mut piece[..1]).await;
        }
        Manner::Stays => std::future::pending().await,
        Manner::ClosesAfter(_) => {}
        Manner::Reads => {
            let _ = stream.shutdown().await;
        }
    }
}
