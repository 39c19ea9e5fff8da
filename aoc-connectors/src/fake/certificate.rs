//! Certificates: the thumbprint and the RSA key out of a PEM text.

use aoc_core::prelude::*;
use jsonwebtoken::DecodingKey;
use sha2::{Digest, Sha256};

/// A registered certificate.
#[derive(Clone)]
pub(super) struct Certificate {
    /// SHA-256 of the certificate.
    pub(super) thumbprint: Vec<u8>,
    pub(super) key: DecodingKey,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

impl Certificate {
    pub(super) fn read(text: &str) -> Result<Self> {
        let none = || Error::invalid("no PEM text with an RSA certificate");
        let parts = pem::parse_many(text).map_err(|cause| none().because(cause))?;
        let certificate = parts.into_iter().find(|part| part.tag() == "CERTIFICATE").ok_or_else(none)?;
        let der = certificate.contents();
        let (modulus, exponent) = rsa_key(der).ok_or_else(none)?;
        let key = DecodingKey::from_rsa_raw_components(modulus, exponent);
        Ok(Self { thumbprint: Sha256::digest(der).to_vec(), key })
    }
}

/// The modulus and exponent out of a certificate (RFC 5280, 4.1).
fn rsa_key(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (certificate, _) = element(certificate, 0x30)?;
    let (mut body, _) = element(certificate, 0x30)?;
    if body.first() == Some(&0xa0) {
        body = element(body, 0xa0)?.1; // version
    }
    for tag in [0x02, 0x30, 0x30, 0x30, 0x30] {
        body = element(body, tag)?.1; // serial number, algorithm, issuer, validity, subject
    }
    let (key_info, _) = element(body, 0x30)?;
    let (_, key) = element(key_info, 0x30)?;
    let (bits, _) = element(key, 0x03)?;
    let (numbers, _) = element(bits.strip_prefix(&[0])?, 0x30)?;
    let (modulus, rest) = element(numbers, 0x02)?;
    let (exponent, _) = element(rest, 0x02)?;
    let plain = |number: &'_ [u8]| number.iter().take_while(|byte| **byte == 0).count();
    Some((&modulus[plain(modulus)..], &exponent[plain(exponent)..]))
}

/// The content of a DER element of this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(long & 0x7f)).filter(|(d, _)| d.len() <= 4)?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}
