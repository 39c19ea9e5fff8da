//! Addresses as audit records write them.

use std::net::{IpAddr, Ipv6Addr};

/// The address without port, brackets, zone or `::ffff:`; `None` for what is no address, such as a host name.
///
/// Of a list the first address counts, and of `HOST (address)` the one in parentheses.
pub(crate) fn clean(text: &str) -> Option<String> {
    let text = text.split([',', ';']).next().unwrap_or_default().trim();
    single(text).or_else(|| {
        let (before, rest) = text.split_once('(')?;
        single(rest.split(')').next()?.trim()).or_else(|| single(before.trim()))
    })
}

/// Whether the text says that there is no address.
pub(crate) fn says_none(text: &str) -> bool {
    let text = text.trim();
    ["", "<null>", "null", "none", "-", "n/a", "unknown", "not available"]
        .iter()
        .any(|none| text.eq_ignore_ascii_case(none))
}

fn single(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        let is_port = |port: &str| port.bytes().all(|c| c.is_ascii_digit());
        let fits = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return if fits { bare(inside) } else { None };
    }
    bare(text).or_else(|| match text.split_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => bare(host),
        _ => None,
    })
}

/// An address without brackets and port, in the one spelling that each address has (RFC 5952).
fn bare(text: &str) -> Option<String> {
    let text = text.split('%').next().unwrap_or_default();
    let address: IpAddr = match text.parse() {
        Ok(address) => address,
        // Azure Monitor puts `::` before addresses that have all eight groups already.
        Err(_) => text.strip_prefix("::")?.parse::<Ipv6Addr>().ok()?.into(),
    };
    Some(address.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_records_give_them() {
        for (text, expected) in [
            ("1.2.3.4", Some("1.2.3.4")),
            (" 1.2.3.4\r\n", Some("1.2.3.4")),
            ("1.2.3.4:99", Some("1.2.3.4")),
            ("[1.2.3.4]:99", Some("1.2.3.4")),
            ("[1.2.3.4]", Some("1.2.3.4")),
            ("2603:10a6:20b::69", Some("2603:10a6:20b::69")),
            ("[2603:10a6:20b::69]:35639", Some("2603:10a6:20b::69")),
            ("[2603:10a6:20b::69]", Some("2603:10a6:20b::69")),
            ("::1", Some("::1")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("[::ffff:1.2.3.4]:99", Some("1.2.3.4")),
            ("::ffff:0102:0304", Some("1.2.3.4")),
            ("FE80::1%eth0", Some("fe80::1")),
            ("[fe80::1%12]:443", Some("fe80::1")),
            ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", Some("2001:db8:85a3::8a2e:370:7334")),
            ("::2a02:cf40:add:4002:91f2:a9b2:e09a:6fc6", Some("2a02:cf40:add:4002:91f2:a9b2:e09a:6fc6")),
            ("MAIL01 (10.1.2.3)", Some("10.1.2.3")),
            ("1.2.3.4, 10.0.0.1", Some("1.2.3.4")),
            ("mail.contoso.com", None),
            ("mail.contoso.com:443", None),
            ("<null>", None),
            ("", None),
            ("1.2.3.4.5", None),
            ("256.1.1.1", None),
            ("[1.2.3.4", None),
            ("[1.2.3.4]x", None),
        ] {
            assert_eq!(clean(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn junk_that_says_none_is_no_oddity() {
        for text in ["", " ", "<null>", "NULL", "-", "Unknown"] {
            assert!(says_none(text), "{text}");
        }
        assert!(!says_none("mail.contoso.com"));
    }
}
