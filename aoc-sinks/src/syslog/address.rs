//! Where a receiver is.

use std::net::Ipv6Addr;

use aoc_core::{Error, Result};

/// The host and the port of `host`, `host:port`, `[address]:port` or a bare IPv6 address.
///
/// # Errors
/// [`Config`](aoc_core::ErrorKind::Config) for anything else.
pub(super) fn split(address: &str, usual_port: u16) -> Result<(String, u16)> {
    read(address, usual_port).ok_or_else(|| {
        let sentence = format!("not an address: `{address}`, expected such as `siem.contoso.com:6514`");
        Error::config(sentence).at("address")
    })
}

fn read(address: &str, usual_port: u16) -> Option<(String, u16)> {
    if address.parse::<Ipv6Addr>().is_ok() {
        return Some((address.to_owned(), usual_port));
    }
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, (!rest.is_empty()).then(|| rest.strip_prefix(':')))
        }
        None => {
            let (host, port) = address.split_once(':').map_or((address, None), |(h, p)| (h, Some(Some(p))));
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            (host.chars().all(is_name).then_some(host)?, port)
        }
    };
    let port = match port {
        Some(port) => port?.parse().ok().filter(|port| *port > 0)?,
        None => usual_port,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for (text, host, port) in [
            ("siem", "siem", 514),
            ("siem.contoso.com:6514", "siem.contoso.com", 6514),
            ("192.0.2.7:1", "192.0.2.7", 1),
            ("2001:db8::7", "2001:db8::7", 514),
            ("[2001:db8::7]", "2001:db8::7", 514),
            ("[2001:db8::7]:601", "2001:db8::7", 601),
        ] {
            assert_eq!(split(text, 514).unwrap(), (host.to_owned(), port), "{text}");
        }
        for text in ["", ":514", "siem:", "siem:0", "siem:70000", "tls://siem:1", "[siem]:1", "[::1]1", "a b"]
        {
            let error = split(text, 514).unwrap_err().to_string();
            assert!(error.starts_with(&format!("address: not an address: `{text}`")), "{error}");
        }
    }
}
