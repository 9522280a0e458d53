//! A certificate of the user's, in PEM files as `--tls-cert` and `--tls-key` take them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use lanstream::TlsFiles;
use tempfile::TempDir;
use wtransport::Identity;

/// The files, gone with the test.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) folder: TempDir,
    /// SHA-256 of the certificate.
    pub(crate) hash: [u8; 32],
}

impl Files {
    /// For this machine, valid from now on for so many days.
    pub(crate) fn valid_for(days: u32) -> Self {
        let identity = Identity::self_signed_builder()
            .subject_alt_names(["localhost", "127.0.0.1", "::1"])
            .from_now_utc()
            .validity_days(days)
            .build()
            .expect("names are names");
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = &identity.certificate_chain().as_slice()[0];
        let files = Self { folder, hash: *certificate.hash().as_ref() };
        std::fs::write(files.certificate(), certificate.to_pem()).unwrap();
        files.private("key.pem", identity.private_key().to_secret_pem().as_bytes());
        files
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    pub(crate) fn tls(&self) -> TlsFiles {
        TlsFiles { certificate: self.certificate(), key: self.key() }
    }

    /// A file in the same folder that only its owner can read.
    pub(crate) fn private(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.with(name, bytes);
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A file in the same folder.
    pub(crate) fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}
