//! The promises of every sink, over bare streams and over TLS.

use std::sync::Arc;

use aoc_core::{ErrorKind, Sink, testkit::sink::Receiver};
use aoc_sinks::{
    SyslogSink,
    syslog::{Framing, Syslog},
};
use async_trait::async_trait;

use super::{certificates::Authority, receiver::Server, wire::Frames};

struct Pair {
    server: Server,
    sink: Arc<SyslogSink>,
    /// Whom the sink trusts, and who it does not, where there is TLS.
    authorities: Option<(Authority, Authority)>,
}

impl Pair {
    fn new(server: Server, config: Syslog, authorities: Option<(Authority, Authority)>) -> Self {
        Self { server, sink: Arc::new(SyslogSink::new(config).unwrap()), authorities }
    }
}

#[async_trait]
impl Receiver for Pair {
    fn sink(&self) -> Arc<dyn Sink> {
        self.sink.clone()
    }

    async fn arrived(&self) -> Vec<String> {
        self.server.ids()
    }

    async fn refuse(&self, kind: Option<ErrorKind>) -> bool {
        match (kind, &self.authorities) {
            (Some(ErrorKind::Unavailable), _) => self.server.close().await,
            (Some(ErrorKind::Denied), Some((_, stranger))) => {
                self.server.greet(stranger.server("127.0.0.1", None))
            }
            (Some(_), _) => return false,
            (None, _) => {
                self.server.reopen().await;
                if let Some((friend, _)) = &self.authorities {
                    self.server.greet(friend.server("127.0.0.1", None));
                }
            }
        }
        true
    }
}

mod bare {
    use super::*;

    async fn pair() -> Pair {
        let server = Server::tcp(Frames::Lines).await;
        let config = Syslog { framing: Some(Framing::Newline), bom: false, ..server.config() };
        Pair::new(server, config, None)
    }

    aoc_core::suite!(sink, pair);
}

mod secret {
    use super::*;

    async fn pair() -> Pair {
        let (friend, stranger) = (Authority::new(), Authority::new());
        let server = Server::tls(friend.server("127.0.0.1", None)).await;
        let config = Syslog { ca_file: Some(friend.file()), ..server.config() };
        Pair::new(server, config, Some((friend, stranger)))
    }

    aoc_core::suite!(sink, pair);
}
