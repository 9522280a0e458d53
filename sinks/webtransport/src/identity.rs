//! By what the server is known: a certificate of its own making, which browsers accept by its hash, or the user's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wtransport::tls::WEBTRANSPORT_ALPN;
use wtransport::tls::rustls::crypto::ring;
use wtransport::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wtransport::tls::rustls::{self, ServerConfig as TlsConfig, version};

/// What the certificate of our own is for: where a page on this machine finds us.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Browsers accept by its hash what is valid for at most 14 days.
pub(crate) const VALID_FOR: Duration = Duration::from_secs(13 * 24 * 3600);
/// It is valid since then, so that a clock that is set back a little does not make it invalid.
pub(crate) const BACKDATED: Duration = Duration::from_secs(3600);

/// Whose certificate is presented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// One made at the start and replaced long before it expires.
    #[default]
    SelfSigned,
    /// The user's, which browsers must trust by themselves.
    Files {
        /// PEM, the server's own certificate first.
        certificate: PathBuf,
        /// PEM.
        key: PathBuf,
    },
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file is not there, or is something else.
    #[error("{path} is no PEM certificate: {reason}")]
    Certificate {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is not there, or is something else.
    #[error("{path} is no PEM private key: {reason}")]
    Key {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// They do not belong together, or are of a kind that can't be used.
    #[error("the certificate {certificate} and the key {key} can't be used together: {reason}")]
    Mismatch {
        /// Which.
        certificate: PathBuf,
        /// Which.
        key: PathBuf,
        /// What is wrong.
        reason: rustls::Error,
    },
    /// Ours could not be made.
    #[error("no certificate could be made: {0}")]
    Generate(String),
}

/// A certificate of our own making.
#[derive(Clone, Debug)]
pub(crate) struct SelfSigned {
    pub(crate) tls: TlsConfig,
    /// SHA-256 of the certificate.
    pub(crate) hash: [u8; 32],
}

impl SelfSigned {
    /// A new one: ECDSA on P-256, which is what browsers accept by its hash.
    pub(crate) fn new(now: SystemTime) -> Result<Self, IdentityError> {
        let since = now - BACKDATED;
        let identity = wtransport::Identity::self_signed_builder()
            .subject_alt_names(NAMES)
            .validity_period(since.into(), (since + VALID_FOR).into())
            .build()
            .map_err(|error| IdentityError::Generate(error.to_string()))?;
        let certificate = identity.certificate_chain().as_slice().first();
        let certificate = certificate.ok_or_else(|| IdentityError::Generate("it is empty".into()))?;
        let tls = tls_config(&identity).map_err(|error| IdentityError::Generate(error.to_string()))?;
        Ok(Self { hash: *certificate.hash().as_ref(), tls })
    }
}

/// Reads the user's.
pub(crate) async fn read(certificate: &Path, key: &Path) -> Result<TlsConfig, IdentityError> {
    let chain = wtransport::tls::CertificateChain::load_pemfile(certificate).await.map_err(|error| {
        IdentityError::Certificate { path: certificate.to_owned(), reason: error.to_string() }
    })?;
    let secret = wtransport::tls::PrivateKey::load_pemfile(key)
        .await
        .map_err(|error| IdentityError::Key { path: key.to_owned(), reason: error.to_string() })?;
    tls_config(&wtransport::Identity::new(chain, secret)).map_err(|reason| IdentityError::Mismatch {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        reason,
    })
}

fn tls_config(identity: &wtransport::Identity) -> Result<TlsConfig, rustls::Error> {
    let chain = identity.certificate_chain().as_slice().iter();
    let chain = chain.map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
    let key = PrivateKeyDer::try_from(identity.private_key().secret_der().to_vec())
        .map_err(|reason| rustls::Error::General(reason.to_owned()))?;
    let mut tls = TlsConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![WEBTRANSPORT_ALPN.to_vec()];
    Ok(tls)
}
