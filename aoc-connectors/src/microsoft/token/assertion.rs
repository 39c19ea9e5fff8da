//! Certificates, and the assertions signed with them.

use std::{path::Path, sync::Arc, time::UNIX_EPOCH};

use aoc_core::{http::Url, prelude::*};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk},
};
use pem::Pem;
use sha2::{Digest, Sha256};

/// A certificate and its key.
pub(super) struct Certificate {
    stamp: String,
    thumbprint: String,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

/// How long an assertion is good, in seconds.
const LIFE: i64 = 600;

impl Certificate {
    /// Reads the file, unless it has not changed. One that changes into something of no use, such as half of a file,
    /// leaves the certificate that was there before.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when there is no certificate.
    pub(super) async fn load(path: &Path, kept: &mut Option<Arc<Self>>) -> Result<Arc<Self>> {
        let problem = match (Self::read(path, kept.as_deref()).await, &kept) {
            (Ok(None), Some(same)) => return Ok(same.clone()),
            (Ok(Some(new)), _) => return Ok(kept.insert(Arc::new(new)).clone()),
            (Ok(None), None) => Error::internal("no certificate"),
            (Err(problem), _) => problem,
        };
        let Some(old) = kept else { return Err(problem) };
        tracing::warn!(error = %problem.chain(), "the changed certificate cannot be used; the one before still is");
        Ok(old.clone())
    }

    /// What the file holds; nothing when that is the certificate we have.
    async fn read(path: &Path, old: Option<&Self>) -> Result<Option<Self>> {
        // Whoever reads the sentence over the API need not know the path.
        let named = |cause: std::io::Error| Error::unavailable(cause.to_string()).at(path.display());
        let unreadable =
            |cause| Error::denied("cannot read the file").because(named(cause)).at("certificate");
        let about: std::fs::Metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
        let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let stamp = format!("{} {}", changed.unwrap_or_default().as_nanos(), about.len());
        if old.is_some_and(|old| old.stamp == stamp) {
            return Ok(None);
        }
        let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
        let useless = |what| {
            let file = Error::denied(path.display().to_string());
            Error::denied(what).because(file).at("certificate")
        };
        Self::parse(&bytes, stamp).map(Some).map_err(useless)
    }

    fn parse(bytes: &[u8], stamp: String) -> Result<Self, &'static str> {
        let blocks = pem::parse_many(bytes).ok().filter(|blocks| !blocks.is_empty()).ok_or(NO_PEM)?;
        let key = blocks.iter().find(|block| block.tag().ends_with("PRIVATE KEY")).ok_or(NO_KEY)?;
        if key.tag() == "ENCRYPTED PRIVATE KEY" || key.headers().get("Proc-Type").is_some() {
            return Err(ENCRYPTED);
        }
        let key = EncodingKey::from_rsa_pem(pem::encode(key).as_bytes()).map_err(|_| NO_RSA)?;
        let modulus = modulus(&key).ok_or(NO_RSA)?;
        if modulus.len() < 256 {
            return Err("the RSA key is too short; 2048 bits are needed");
        }
        let certificates: Vec<&Pem> = blocks.iter().filter(|block| block.tag() == "CERTIFICATE").collect();
        if certificates.is_empty() {
            return Err("holds no certificate; put certificate and key into one file");
        }
        // Of a chain, the one whose key we have; in a certificate the modulus stands as it is.
        let is_ours = |block: &&&Pem| memchr::memmem::find(block.contents(), &modulus).is_some();
        let ours = certificates.iter().find(is_ours).ok_or("the private key is not the certificate's")?;
        Ok(Self { stamp, thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(ours.contents())), key })
    }

    /// What tells it from the one before.
    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// A signed word that we are this application, for this token endpoint.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) when the key cannot sign.
    pub(super) fn assertion(&self, client_id: &str, audience: &Url, now: Timestamp) -> Result<String> {
        let now = now.instant().timestamp();
        let claims = Claims {
            aud: audience.as_str(),
            iss: client_id,
            sub: client_id,
            jti: guid()?,
            nbf: now,
            iat: now,
            exp: now + LIFE,
        };
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        let signed = jsonwebtoken::encode(&header, &claims, &self.key);
        signed.map_err(|cause| Error::denied("the private key cannot sign").because(cause).at("certificate"))
    }
}

const NO_PEM: &str = "is no PEM file; convert PKCS#12 with `openssl pkcs12 -in a.pfx -nodes -out a.pem`";
const NO_KEY: &str = "holds no private key; put certificate and key into one PEM file";
const ENCRYPTED: &str = "the private key is encrypted; take the password off with `openssl pkey -in a.pem`";
const NO_RSA: &str = "the private key is not an RSA key, which the login service needs";

/// The public half's modulus.
fn modulus(key: &EncodingKey) -> Option<Vec<u8>> {
    match Jwk::from_encoding_key(key, Algorithm::PS256).ok()?.algorithm {
        AlgorithmParameters::RSA(public) => URL_SAFE_NO_PAD.decode(public.n).ok(),
        _ => None,
    }
}

/// A random GUID.
fn guid() -> Result<String> {
    let mut bytes = [0; 16];
    let no_chance =
        |cause: getrandom::Error| Error::internal("this machine gives no random numbers").because(cause);
    getrandom::fill(&mut bytes).map_err(no_chance)?;
    let mut number = u128::from_be_bytes(bytes);
    // Version 4, variant 1.
    number = number & !(0xf << 76) | 0x4 << 76;
    number = number & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{number:032x}");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
