//! What a receiver knows a request by: its signature and its name.

use std::time::{SystemTime, UNIX_EPOCH};

use aoc_core::{http::RequestBuilder, prelude::*};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::forward::Piece;

/// Signs requests.
pub(super) struct Signer(Secret);

impl Signer {
    /// With this secret.
    pub(super) fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The request with the headers that sign this body at this time.
    pub(super) fn sign(&self, request: RequestBuilder, body: &[u8]) -> Result<RequestBuilder> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let signature = self.signature(&now, body)?;
        Ok(request.header("x-aoc-timestamp", now).header("x-aoc-signature", signature))
    }

    fn signature(&self, timestamp: &str, body: &[u8]) -> Result<String> {
        let wrong = |cause| Error::internal("a request cannot be signed").because(cause);
        let mut hash = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).map_err(wrong)?;
        hash.update(timestamp.as_bytes());
        hash.update(b".");
        hash.update(body);
        Ok(format!("v1={}", hex(&hash.finalize().into_bytes())))
    }
}

/// What names a delivery, the same whenever it comes again: the key of its event, where that fits into a header and there
/// is one event only, else a digest of all keys.
pub(super) fn delivery(pieces: &[Piece]) -> String {
    if let [piece] = pieces
        && piece.key.as_str().len() <= LONGEST
        && piece.key.as_str().bytes().all(|byte| byte.is_ascii_graphic())
    {
        return piece.key.to_string();
    }
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update((piece.key.as_str().len() as u64).to_le_bytes());
        hash.update(piece.key.as_str());
    }
    format!("~{}", hex(&hash.finalize()[..16]))
}

/// A key that is longer is told by its digest.
const LONGEST: usize = 256;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        let signature = Signer::new(Secret::new("Jefe")).signature("1767603600", br#"{"id":"1"}"#).unwrap();
        let openssl = "4fd4c6da4dfae590b749ecdb33b032657be81187427f12d838529592c227ee00";
        assert_eq!(signature, format!("v1={openssl}"));
    }

    #[test]
    fn a_delivery_is_named_by_what_it_holds() {
        let piece = |key: &str| Piece { index: 0, key: key.to_owned().into(), body: Vec::new() };
        assert_eq!(delivery(&[piece("entra_audit:1")]), "entra_audit:1");
        let odd = delivery(&[piece("entra_audit:ä\n1")]);
        assert!(odd.starts_with('~') && odd.is_ascii(), "{odd}");
        assert_ne!(delivery(&[piece("a"), piece("bc")]), delivery(&[piece("ab"), piece("c")]));
    }
}
