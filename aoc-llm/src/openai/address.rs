//! Where a model is asked.

use aoc_core::{
    Error, Result,
    http::{Base, Url},
};

/// The address of a model, and what is known of its host.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) url: Url,
    /// Host and port, for sentences.
    pub(super) host: String,
    /// Whether it is on this machine.
    pub(super) is_local: bool,
}

/// Whether the way to a host other than this machine may be readable to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Refused,
    Allowed,
}

impl Address {
    /// The path below a configured base.
    ///
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when the base is no address that we talk to.
    pub(super) fn new(base: &str, path: &str, plain: Plain) -> Result<Self> {
        let base = base.trim().trim_end_matches('/');
        if base.ends_with("/chat/completions") {
            return Err(Error::config("give only what stands before `/chat/completions`").at("base_url"));
        }
        let known = Base::parse(base).and_then(|base| base.join(path));
        let is_local = known.as_ref().is_ok_and(is_loopback);
        let url = match known {
            Err(_) if plain == Plain::Allowed && base.starts_with("http://") => plain_url(base, path),
            known => known,
        };
        let url = url.map_err(|error| {
            let is_plain = base.starts_with("http://") && plain == Plain::Refused;
            let hint = if is_plain { "; `allow_http = true` takes it" } else { "" };
            Error::new(error.kind(), format!("{error}{hint}")).at("base_url")
        })?;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { url, host, is_local })
    }
}

/// A base that is taken although others may read what goes there: all other rules hold.
fn plain_url(base: &str, path: &str) -> Result<Url> {
    let wrong = || Error::config("not an address: expected such as `http://host.example:8080/v1`");
    let url: Url = format!("{base}/{}", path.trim_start_matches('/')).parse().map_err(|_| wrong())?;
    let given: Url = base.parse().map_err(|_| wrong())?;
    let has_more = given.query().is_some() || given.fragment().is_some();
    if !url.username().is_empty() || url.password().is_some() || has_more {
        return Err(Error::config("an address must hold no user or password, and end with its path"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_needs_to_be_allowed_but_on_this_machine() {
        let new = |base: &str, plain| Address::new(base, "/chat/completions", plain);
        for base in ["https://api.example/v1/", "http://127.0.0.1:1/v1", "http://localhost:8080"] {
            assert!(new(base, Plain::Refused).unwrap().url.path().ends_with("/chat/completions"), "{base}");
        }
        let lan = "http://10.0.0.5:11434/v1";
        let error = new(lan, Plain::Refused).unwrap_err();
        assert!(
            error.to_string().starts_with("base_url: ") && error.to_string().contains("plain http"),
            "{error}"
        );
        let address = new(lan, Plain::Allowed).unwrap();
        assert_eq!(
            (address.url.as_str(), address.is_local),
            ("http://10.0.0.5:11434/v1/chat/completions", false)
        );
        assert_eq!(address.host, "10.0.0.5:11434");
        assert!(new("http://127.0.0.1:1", Plain::Refused).unwrap().is_local);
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_secrets() {
        for base in [
            "",
            "api.example",
            "ftp://a",
            "http://u:hush@a/v1",
            "https://u:hush@a",
            "https://a?k=hush",
            "http://a#hush",
            "https://a/chat/completions",
        ] {
            for plain in [Plain::Refused, Plain::Allowed] {
                let error = Address::new(base, "/x", plain).unwrap_err();
                assert_eq!(error.kind(), aoc_core::ErrorKind::Config, "{base}");
                assert!(!error.chain().contains("hush"), "{error}");
            }
        }
    }
}
