//! A certificate of the user's, in PEM files as `--tls-cert` and `--tls-key` take them.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::path::PathBuf;

use lanstream::TlsFiles;
use tempfile::TempDir;
use wtransport::Identity;

/// The files, gone with the test.
#[derive(Debug)]
pub struct Files {
    pub folder: TempDir,
    /// SHA-256 of the certificate.
    pub hash: [u8; 32],
}

impl Files {
    /// For this machine, valid from now on for so many days.
    pub fn valid_for(days: u32) -> Self {
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
        std::fs::write(files.key(), identity.private_key().to_secret_pem()).unwrap();
        files
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    pub fn tls(&self) -> TlsFiles {
        TlsFiles { certificate: self.certificate(), key: self.key() }
    }

    /// Another file in the same folder.
    pub fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}
