//! TLS: whom we trust, who we are, and what a handshake that fails means.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use aoc_core::{Error, Result};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// How a connection becomes a secret one.
pub(super) struct Tls {
    /// Whom the receiver's certificate must name.
    name: ServerName<'static>,
    files: Files,
    /// What the files said; read again after a handshake that failed, as certificates are renewed.
    config: Option<Arc<ClientConfig>>,
}

/// Where trust and identity are.
#[derive(Clone)]
struct Files {
    ca: Option<PathBuf>,
    /// Our certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    /// # Errors
    /// [`Config`](aoc_core::ErrorKind::Config) when no certificate can have this name.
    pub(super) fn new(name: &str, ca: Option<PathBuf>, identity: Option<(PathBuf, PathBuf)>) -> Result<Self> {
        let server_name = ServerName::try_from(name.to_owned()).map_err(|cause| {
            let sentence =
                format!("`{name}` is no name for a certificate, expected a host name or an address");
            Error::config(sentence).at("server_name").because(cause)
        })?;
        Ok(Self { name: server_name, files: Files { ca, identity }, config: None })
    }

    /// Shakes hands.
    ///
    /// # Errors
    /// [`Denied`](aoc_core::ErrorKind::Denied) when one side does not trust the other; else
    /// [`Unavailable`](aoc_core::ErrorKind::Unavailable).
    pub(super) async fn over(&mut self, tcp: TcpStream) -> Result<TlsStream<TcpStream>> {
        let config = match self.config.take() {
            Some(config) => config,
            None => Arc::new(self.files.clone().read().await?),
        };
        let shaken = TlsConnector::from(config.clone()).connect(self.name.clone(), tcp).await;
        let stream = shaken.map_err(|cause| {
            refusal(&cause)
                .unwrap_or_else(|| Error::unavailable("no TLS connection to the receiver"))
                .because(cause)
        })?;
        self.config = Some(config);
        Ok(stream)
    }
}

impl Files {
    async fn read(self) -> Result<ClientConfig> {
        let read = tokio::task::spawn_blocking(move || self.config()).await;
        read.map_err(|cause| Error::internal("the reading thread panicked").because(cause))?
    }

    fn config(&self) -> Result<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| Error::internal("no version of TLS is there").because(cause))?;
        let builder = match &self.ca {
            Some(path) => builder.with_root_certificates(trusted(path)?),
            None => builder.with_platform_verifier().map_err(|cause| {
                Error::unavailable("cannot read the certificates that the system trusts").because(cause)
            })?,
        };
        let Some((certificate, key)) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|cause| unreadable(key, "a key", cause))?;
        let mine = builder.with_client_auth_cert(certificates(certificate)?, secret);
        mine.map_err(|cause| unreadable(certificate, "a certificate for this key", cause))
    }
}

fn trusted(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|cause| unreadable(path, "certificates", cause))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|cause| unreadable(path, "certificates", cause))?;
    if read.is_empty() {
        return Err(Error::unavailable("the file has no certificates, expected PEM").at(path.display()));
    }
    Ok(read)
}

/// Files are replaced while we run; so what is wrong with one now may be right later, and nothing stops for good.
fn unreadable(path: &Path, what: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unavailable(format!("cannot read {what} here, expected PEM")).at(path.display()).because(cause)
}

/// What it means where one side does not trust the other; `None` where that is not what happened.
pub(super) fn refusal(cause: &io::Error) -> Option<Error> {
    match cause.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(wrong) => {
            Some(Error::denied(format!("the receiver's certificate {}", fault(wrong))))
        }
        rustls::Error::AlertReceived(AlertDescription::InternalError | AlertDescription::UserCanceled) => {
            None
        }
        rustls::Error::AlertReceived(alert) => {
            let sentence =
                format!("the receiver refuses us by TLS alert `{alert:?}`, see `certificate` and `key`");
            Some(Error::denied(sentence))
        }
        _ => None,
    }
}

fn fault(wrong: &CertificateError) -> &'static str {
    match wrong {
        // The signature is wrong where another CA has the name of ours.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "is not from a CA that is trusted here, see `ca_file`"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name, see `server_name`"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
        CertificateError::Revoked => "was revoked",
        _ => "is not valid",
    }
}
