//! The sections of configuration that are the server's own: `[alerts]`, `[server]` and `[auth]`, and what `[llm]` says beside its component.

mod alerts;
mod ask;

use std::{net::SocketAddr, num::NonZeroU32};

use aoc_core::{Error, Result, config::Config};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    alerts::AlertsConfig,
    ask::{AskConfig, ReadBy},
};

/// The sections this build knows.
pub const SECTIONS: [&str; 9] =
    ["store", "index", "profiles", "sources", "sinks", "alerts", "llm", "server", "auth"];

/// `[server]`: where the server listens and who may talk to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Origins of other web pages that may read the API, such as `https://portal.example.com`. None by default.
    pub cors_origins: Vec<String>,
    /// The address under which people reach the server, such as `https://aoc.example.com`, where a proxy stands
    /// in front of it.
    pub public_url: Option<String>,
    /// Whether `/mcp/sse` and `/mcp/messages/` answer: the older transport of MCP, for clients that cannot use `/mcp`.
    pub mcp_legacy_sse: bool,
    /// Whether each call of a tool over MCP becomes an event, where this process may write.
    pub mcp_audit: bool,
    /// How many calls of tools a caller may make over MCP in a minute.
    pub mcp_calls_per_minute: NonZeroU32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            cors_origins: Vec::new(),
            public_url: None,
            mcp_legacy_sse: true,
            mcp_audit: true,
            mcp_calls_per_minute: NonZeroU32::MIN.saturating_add(119),
        }
    }
}

impl ServerConfig {
    /// Reads and checks `[server]`.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) with the key that is wrong.
    pub fn of(config: &Config) -> Result<Self> {
        let server: Self = config.section("server")?;
        for origin in &server.cors_origins {
            check_origin(origin).map_err(|error| error.at("server.cors_origins"))?;
        }
        if let Some(url) = &server.public_url {
            let host = host_of_url(url);
            host.ok_or_else(|| {
                Error::config(format!("not an address: `{url}`, expected such as `https://aoc.example.com`"))
                    .at("server.public_url")
            })?;
        }
        Ok(server)
    }

    /// Whether only programs on this machine can reach the server.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// The host of `public_url`, without port, in lower case.
    pub fn public_host(&self) -> Option<String> {
        self.public_url.as_deref().and_then(host_of_url)
    }
}

/// `[auth]`: who may sign in. This build cannot check that yet, and refuses to start where it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Whether callers must show who they are. `true` is refused: this build cannot check it yet.
    pub enabled: bool,
}

impl AuthConfig {
    /// Refuses a configuration that wants callers checked: what should be closed is never served openly.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when authentication is asked for.
    pub fn check(config: &Config) -> Result<()> {
        let auth: Self = config.section("auth")?;
        if auth.enabled {
            return Err(Error::config(
                "this build cannot authenticate callers yet, so it does not start; set `enabled = false` only if \
                 everybody who reaches the server may read everything",
            )
            .at("auth.enabled"));
        }
        Ok(())
    }
}

fn check_origin(origin: &str) -> Result<()> {
    let exact = host_of_url(origin).is_some() && origin.matches('/').count() == 2 && !origin.contains('*');
    if exact {
        return Ok(());
    }
    Err(Error::config(format!(
        "`{origin}` is not an exact origin, expected such as `https://portal.example.com`, without a path"
    )))
}

/// The host of an `http` or `https` URL, without port, in lower case.
fn host_of_url(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = host_of(authority);
    (!host.is_empty() && !authority.contains('@')).then_some(host)
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case.
pub(crate) fn host_of(authority: &str) -> String {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<ServerConfig> {
        ServerConfig::of(&Config::read(text, "test", std::iter::empty()).unwrap())
    }

    #[test]
    fn hosts_are_read_from_urls() {
        for (url, host) in [
            ("https://AOC.example.com/x", Some("aoc.example.com")),
            ("http://[::1]:8000", Some("::1")),
            ("https://a.example.:443", Some("a.example")),
            ("ftp://a.example", None),
            ("https://", None),
            ("https://user@a.example", None),
        ] {
            assert_eq!(host_of_url(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn origins_are_exact() {
        assert!(server("[server]\ncors_origins = [\"https://portal.example.com\"]").is_ok());
        for origin in ["*", "https://*.example.com", "portal.example.com", "https://portal.example.com/"] {
            let error = server(&format!("[server]\ncors_origins = [\"{origin}\"]")).unwrap_err().to_string();
            assert!(error.starts_with("server.cors_origins: ") && error.contains("exact origin"), "{error}");
        }
    }

    #[test]
    fn authentication_that_is_asked_for_keeps_the_server_from_starting() {
        let config = Config::read("[auth]\nenabled = true", "test", std::iter::empty()).unwrap();
        let error = AuthConfig::check(&config).unwrap_err().to_string();
        assert!(error.starts_with("auth.enabled: this build cannot authenticate"), "{error}");
    }
}
