//! How batches get to the receiver, and what is known about them then.

use std::{future::Future, time::Duration};

use aoc_core::{Error, Result};
use tokio::net::UdpSocket;

use super::{
    Connection,
    message::Framing,
    stream::{Receiver, Stream},
};

/// The way to the receiver.
pub(super) struct Link {
    receiver: Receiver,
    way: Way,
    patience: Duration,
    /// What is open, where it is kept.
    open: Option<Open>,
    /// The messages of the last batch, of which nobody said that they arrived.
    last: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
enum Way {
    Datagrams,
    Kept(Framing),
    PerBatch(Framing),
}

enum Open {
    Datagrams(UdpSocket),
    Stream(Stream, Framing),
}

impl Link {
    /// By datagrams.
    pub(super) fn udp(receiver: Receiver, patience: Duration) -> Self {
        Self { receiver, way: Way::Datagrams, patience, open: None, last: Vec::new() }
    }

    /// By a stream.
    pub(super) fn stream(
        receiver: Receiver,
        patience: Duration,
        framing: Framing,
        connection: Option<Connection>,
    ) -> Self {
        let way = match connection.unwrap_or_default() {
            Connection::PerBatch => Way::PerBatch(framing),
            Connection::Kept => Way::Kept(framing),
        };
        Self { receiver, way, patience, open: None, last: Vec::new() }
    }

    /// Sends the messages of a batch. None only asks whether the receiver is there.
    pub(super) async fn send(&mut self, messages: Vec<Vec<u8>>) -> Result<()> {
        match self.way {
            Way::PerBatch(framing) => self.send_and_close(&framing.frame(&messages)).await,
            Way::Kept(_) | Way::Datagrams => self.send_and_keep(messages).await,
        }
    }

    async fn send_and_close(&mut self, framed: &[u8]) -> Result<()> {
        let mut stream = within(self.patience, "did not answer", self.receiver.connect()).await?;
        within(self.patience, "did not take the batch", stream.write(framed)).await?;
        let unfinished = "did not close the connection to tell that it read everything; for one that never closes \
                          set `connection = \"kept\"`";
        within(self.patience, unfinished, stream.finish()).await
    }

    /// Sends over what is open. A connection that broke may have taken the last batch with it: it goes first then.
    async fn send_and_keep(&mut self, messages: Vec<Vec<u8>>) -> Result<()> {
        let mut open = match self.take_if_open().await {
            Some(open) => open,
            None => {
                let mut open = self.open().await?;
                within(self.patience, "did not take the last batch", open.write(&self.last)).await?;
                open
            }
        };
        within(self.patience, "did not take the batch", open.write(&messages)).await?;
        open.still_open().await?;
        self.open = Some(open);
        if !messages.is_empty() {
            self.last = messages;
        }
        Ok(())
    }

    async fn take_if_open(&mut self) -> Option<Open> {
        let mut open = self.open.take()?;
        match open.still_open().await {
            Ok(()) => Some(open),
            Err(error) => {
                tracing::info!(error = error.chain(), "a syslog connection is replaced");
                None
            }
        }
    }

    async fn open(&mut self) -> Result<Open> {
        match self.way {
            Way::Datagrams => Ok(Open::Datagrams(socket(&self.receiver).await.map_err(undelivered)?)),
            Way::Kept(framing) | Way::PerBatch(framing) => {
                let stream = within(self.patience, "did not answer", self.receiver.connect()).await?;
                Ok(Open::Stream(stream, framing))
            }
        }
    }
}

impl Open {
    async fn write(&mut self, messages: &[Vec<u8>]) -> Result<()> {
        match self {
            Self::Stream(stream, framing) => stream.write(&framing.frame(messages)).await,
            Self::Datagrams(socket) => {
                for message in messages {
                    socket.send(message).await.map_err(undelivered)?;
                }
                Ok(())
            }
        }
    }

    async fn still_open(&mut self) -> Result<()> {
        match self {
            Self::Stream(stream, _) => stream.still_open().await,
            Self::Datagrams(socket) => match socket.take_error() {
                Ok(None) => Ok(()),
                Ok(Some(cause)) | Err(cause) => Err(undelivered(cause)),
            },
        }
    }
}

/// A socket that only talks to the receiver, so that it learns when nobody listens there.
async fn socket(receiver: &Receiver) -> std::io::Result<UdpSocket> {
    let mut failed = std::io::Error::other("the name has no address");
    for address in tokio::net::lookup_host((receiver.host.as_str(), receiver.port)).await? {
        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let connected = async {
            let socket = UdpSocket::bind(any).await?;
            socket.connect(address).await.map(|()| socket)
        };
        match connected.await {
            Ok(socket) => return Ok(socket),
            Err(cause) => failed = cause,
        }
    }
    Err(failed)
}

fn undelivered(cause: std::io::Error) -> Error {
    Error::unavailable("cannot send to the receiver").because(cause)
}

async fn within<T>(
    patience: Duration,
    failing: &str,
    work: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done,
        Err(_) => {
            let seconds = patience.as_secs_f32();
            Err(Error::unavailable(format!("nothing happened for {seconds} s: the receiver {failing}")))
        }
    }
}
