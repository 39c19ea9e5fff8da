//! Where a receiver is.

use std::net::IpAddr;

use aoc_core::{Error, Result, http::Url};

/// Where plain http is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Only on this machine.
    ThisMachine,
    /// Anywhere: whoever runs AOC said so.
    Anywhere,
}

impl Plain {
    /// What the option `allow_http` says.
    pub(crate) fn allowed(allow_http: bool) -> Self {
        if allow_http { Self::Anywhere } else { Self::ThisMachine }
    }
}

/// The address of a receiver. Its path and query may be secrets: only its host is ever told.
#[derive(Clone)]
pub(crate) struct Address(Url);

impl Address {
    /// Reads the option of this name.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) saying what is wrong with it.
    pub(crate) fn parse(option: &str, text: &str, plain: Plain) -> Result<Self> {
        let wrong = |what: &str| Error::config(format!("{option}: {what}"));
        let url = Url::parse(text.trim())
            .map_err(|_| wrong("not an address, expected such as `https://siem.example`"))?;
        match url.scheme() {
            "https" => {}
            "http" if plain == Plain::Anywhere || is_this_machine(&url) => {}
            "http" => {
                return Err(wrong(
                    "plain http is taken only for this machine; use https, or say `allow_http = true`",
                ));
            }
            _ => return Err(wrong("expected an address that begins with https://")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("an address must not hold a user or password; there are options for those"));
        }
        if url.fragment().is_some() {
            return Err(wrong("an address must not hold a `#`"));
        }
        Ok(Self(url))
    }

    /// As [`parse`](Self::parse), for an address that paths are put behind.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config), also when it has a query.
    pub(crate) fn base(option: &str, text: &str, plain: Plain) -> Result<Self> {
        let address = Self::parse(option, text, plain)?;
        if address.0.query().is_some() {
            return Err(Error::config(format!("{option}: an address must end with its path")));
        }
        Ok(address)
    }

    /// The address itself.
    pub(crate) fn url(&self) -> Url {
        self.0.clone()
    }

    /// The address with this path behind it, and these pairs as its query.
    pub(crate) fn join(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{}", self.0.path().trim_end_matches('/'), path.trim_start_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Host and port, for sentences.
    pub(crate) fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_of_this_machine_or_plain_because_somebody_said_so() {
        let read = |text, plain| Address::parse("url", text, plain).map(|address| address.host());
        for good in
            ["https://siem.example/a?b=c", "http://127.0.0.1:8080/x", "http://[::1]:1", "http://localhost:9"]
        {
            assert!(read(good, Plain::ThisMachine).is_ok(), "{good}");
        }
        for bad in [
            "http://siem.example",
            "ftp://a",
            "siem",
            "https://u:geheim@a",
            "https://a#b",
            "http://127.evil.example",
        ] {
            let error = read(bad, Plain::ThisMachine).unwrap_err().to_string();
            assert!(error.starts_with("url: ") && !error.contains("geheim"), "{error}");
        }
        assert_eq!(read("http://siem.example:8088/", Plain::Anywhere).unwrap(), "siem.example:8088");
    }

    #[test]
    fn paths_and_queries_come_behind_the_address() {
        let base = Address::base("url", "https://siem.example/prefix/", Plain::ThisMachine).unwrap();
        assert_eq!(base.join("/a/b", &[]).as_str(), "https://siem.example/prefix/a/b");
        assert_eq!(base.join("a", &[("c", "d e")]).as_str(), "https://siem.example/prefix/a?c=d+e");
        assert!(Address::base("url", "https://siem.example/?a=b", Plain::ThisMachine).is_err());
    }
}
