//! By what the server is known: a certificate of its own making, which browsers accept by its hash, or the user's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use wtransport::tls::WEBTRANSPORT_ALPN;
use wtransport::tls::rustls::crypto::ring;
use wtransport::tls::rustls::pki_types::pem::PemObject as _;
use wtransport::tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wtransport::tls::rustls::{self, ServerConfig as TlsConfig, version};

use crate::pem_file::{self, FileError};

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
    /// Others may read the key.
    #[error("the private key {path} is not used: {reason}")]
    KeyReadable {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: FileError,
    },
    /// They do not belong together, or are of a kind that can't be used.
    #[error("the certificate {certificate} and the key {key} can't be used together: {reason}")]
    Mismatch {
        /// Which.
        certificate: PathBuf,
        /// Which.
        key: PathBuf,
        /// What is wrong.
        reason: Box<rustls::Error>,
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
        let tls = own_tls_config(&identity).map_err(|error| IdentityError::Generate(error.to_string()))?;
        Ok(Self { hash: *certificate.hash().as_ref(), tls })
    }
}

fn own_tls_config(identity: &wtransport::Identity) -> Result<TlsConfig, rustls::Error> {
    let chain = identity.certificate_chain().as_slice().iter();
    let chain = chain.map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
    let key = PrivateKeyDer::try_from(identity.private_key().secret_der().to_vec())
        .map_err(|reason| rustls::Error::General(reason.to_owned()))?;
    tls_config(chain, key)
}

/// Reads the user's.
pub(crate) fn read(certificate: &Path, key: &Path) -> Result<TlsConfig, IdentityError> {
    let chain = read_chain(certificate)
        .map_err(|reason| IdentityError::Certificate { path: certificate.to_owned(), reason })?;
    let secret = read_key(key)?;
    tls_config(chain, secret).map_err(|reason| IdentityError::Mismatch {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        reason: Box::new(reason),
    })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = pem_file::read(path).map_err(|error| error.to_string())?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|error| error.to_string())?;
    if chain.is_empty() { Err("no certificate is in it".to_owned()) } else { Ok(chain) }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, IdentityError> {
    let fault = |reason| IdentityError::Key { path: path.to_owned(), reason };
    let bytes = match pem_file::read_private(path) {
        Err(reason @ FileError::Readable) => {
            return Err(IdentityError::KeyReadable { path: path.to_owned(), reason });
        }
        read => read.map_err(|error| fault(error.to_string()))?,
    };
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| fault(error.to_string()))
}

fn tls_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<TlsConfig, rustls::Error> {
    let mut tls = TlsConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![WEBTRANSPORT_ALPN.to_vec()];
    Ok(tls)
}
