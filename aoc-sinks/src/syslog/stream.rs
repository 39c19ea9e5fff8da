//! A connection over TCP, bare or with TLS: opening, writing, finding out what became of it.

use std::{io, time::Duration};

use aoc_core::{Error, Result};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::tls::{self, Tls};

/// Who receives, and how it is reached.
pub(super) struct Receiver {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Tls>,
}

/// A stream whose TCP connection can be asked.
trait Conversation: AsyncRead + AsyncWrite + Unpin + Send + Sync {
    fn tcp(&self) -> &TcpStream;
}

impl Conversation for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Conversation for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// An open connection.
pub(super) struct Stream(Box<dyn Conversation>);

impl Receiver {
    /// Opens a connection.
    pub(super) async fn connect(&mut self) -> Result<Stream> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|cause| Error::unavailable("cannot connect to the receiver").because(cause))?;
        tcp.set_nodelay(true).map_err(broken)?;
        match &mut self.tls {
            Some(tls) => Ok(Stream(Box::new(tls.over(tcp).await?))),
            None => Ok(Stream(Box::new(tcp))),
        }
    }
}

impl Stream {
    /// Hands everything to the operating system.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = async {
            self.0.write_all(bytes).await?;
            self.0.flush().await
        };
        match written.await {
            Ok(()) => Ok(()),
            // What the receiver said before it closed tells more than that it did.
            Err(cause) => Err(self.still_open().await.err().unwrap_or_else(|| broken(cause))),
        }
    }

    /// Whether the receiver has closed or reset the connection, as far as that is known here. What it says is read and
    /// not looked at.
    pub(super) async fn still_open(&mut self) -> Result<()> {
        let mut said = [0; 1024];
        loop {
            match tokio::time::timeout(A_MOMENT, self.0.read(&mut said)).await {
                Err(_) => return Ok(()),
                Ok(Ok(0)) => return Err(Error::unavailable("the receiver closed the connection")),
                Ok(Ok(_)) => {}
                Ok(Err(cause)) => return Err(broken(cause)),
            }
        }
    }

    /// Closes our side and waits for the receiver's: it has read everything when it closes, and does not reset.
    pub(super) async fn finish(mut self) -> Result<()> {
        self.still_open().await?;
        if let Err(cause) = self.0.shutdown().await {
            return Err(self.still_open().await.err().unwrap_or_else(|| broken(cause)));
        }
        self.read_to_the_end().await.map_err(broken)?;
        self.settle().await
    }

    async fn read_to_the_end(&mut self) -> io::Result<()> {
        let mut said = [0; 1024];
        loop {
            match self.0.read(&mut said).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // Many close without a farewell of TLS; what counts is that all of ours was taken.
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Waits until the other system has taken our last byte, or has reset the connection because nobody was there to
    /// read it: one that closes while our bytes are on the way has closed before it knew them.
    async fn settle(&self) -> Result<()> {
        let tcp = self.0.tcp();
        // Linux says that a connection is none any more as soon as both sides have taken the other's end.
        while cfg!(target_os = "linux") && tcp.peer_addr().is_ok() {
            tokio::time::sleep(A_MOMENT).await;
        }
        match tcp.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(cause)) | Err(cause) => Err(broken(cause)),
        }
    }
}

/// Long enough to hear what the system knows already.
const A_MOMENT: Duration = Duration::from_millis(1);

/// What a broken connection means.
fn broken(cause: io::Error) -> Error {
    tls::refusal(&cause)
        .unwrap_or_else(|| Error::unavailable("the connection to the receiver broke"))
        .because(cause)
}
