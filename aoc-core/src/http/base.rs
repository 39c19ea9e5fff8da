//! Addresses we are configured to talk to, and links that are followed only there.

use std::fmt;

use reqwest::Url;

use super::host;
use crate::{Error, Result};

/// The configured address of another server: scheme, host, port, and a path before all others.
#[derive(Clone, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Reads an address. `http` is taken only for this machine.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) saying what is wrong with it.
    pub fn parse(text: &str) -> Result<Self> {
        let url = Url::parse(text.trim()).map_err(|cause| {
            // A password may stand before the host.
            let shown = text.rsplit('@').next().unwrap_or_default();
            let message = format!("not an address: `{shown}`, expected such as `https://host.example`");
            Error::config(message).because(cause)
        })?;
        let wrong = |what: &str| Err(Error::config(format!("`{}://{}`: {what}", url.scheme(), host(&url))));
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return wrong("plain http is taken only for this machine; use https"),
            _ => return wrong("expected an address that begins with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("an address must not hold a user or password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("an address must end with its path");
        }
        Ok(Self(url))
    }

    /// The address with a path and query behind it, taken as they are.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when that makes no address of this server.
    pub fn join(&self, path: &str) -> Result<Url> {
        let text = format!("{}/{}", self.0.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
        let url = Url::parse(&text).map_err(|cause| Error::internal("not a path").because(cause))?;
        if self.is_mine(&url) { Ok(url) } else { Err(Error::internal("a path that leads to another host")) }
    }

    /// A link that the other side gave, if it leads to scheme, host and port of this address.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) when it leads elsewhere: no request may follow it.
    pub fn follow(&self, link: &str) -> Result<Url> {
        let url = Url::parse(link);
        match url {
            Ok(url) if self.is_mine(&url) => Ok(url),
            Ok(url) => Err(Error::denied(format!(
                "{} gave a link to {}, which is not followed, because the token must not go there",
                host(&self.0),
                host(&url)
            ))),
            Err(cause) => {
                Err(Error::denied(format!("{} gave a link that is none", host(&self.0))).because(cause))
            }
        }
    }

    /// Host and port, for sentences.
    pub fn host(&self) -> String {
        host(&self.0)
    }

    /// Scheme, host and port: what a token is asked for, such as `https://graph.microsoft.com`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    fn is_mine(&self, url: &Url) -> bool {
        let place = |url: &Url| {
            (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
        };
        place(url) == place(&self.0) && url.username().is_empty() && url.password().is_none()
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base({self})")
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_of_this_machine() {
        for good in
            ["https://graph.microsoft.com", "http://127.0.0.1:8080/x", "http://[::1]:1", "http://localhost:9"]
        {
            assert!(Base::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "ftp://a",
            "graph",
            "https://u:p@a",
            "https://a/?b=c",
            "https://a#b",
        ] {
            let error = Base::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }

    #[test]
    fn links_are_followed_only_to_the_same_scheme_host_and_port() {
        let base = Base::parse("https://manage.office.com").unwrap();
        assert!(base.follow("https://manage.office.com:443/api/v1.0/x$y?z=1").is_ok());
        for foreign in [
            "https://manage.office.com.evil.example/api",
            "https://manage.office.com@evil.example/",
            "https://user@manage.office.com/",
            "http://manage.office.com/api",
            "https://manage.office.com:8443/api",
            "//manage.office.com/api",
            "/api",
            "https://evil.example/?https://manage.office.com",
            "https://manage.office.com\\@evil.example/",
        ] {
            let followed = base.follow(foreign);
            let safe = followed.as_ref().is_ok_and(|url| url.host_str() == Some("manage.office.com"));
            assert!(followed.is_err() || safe, "{foreign}");
        }
        assert!(base.follow("https://user@manage.office.com/").is_err());
    }

    #[test]
    fn paths_are_taken_as_they_are() {
        let base = Base::parse("http://127.0.0.1:1/prefix/").unwrap();
        let url = base.join("/api/a$b$c?x=1%2B2").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:1/prefix/api/a$b$c?x=1%2B2");
    }
}
