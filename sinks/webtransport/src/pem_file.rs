//! Files with a certificate or a key: regular ones of a reasonable size, and of keys only those that others can't read.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of a file: a chain of certificates takes a few thousand.
const BYTES_MAX: u64 = 1 << 20;

/// Reason why a file is not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is not there, or the system refuses it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a device, a pipe or a folder.
    #[error("it is a directory, a pipe or a device, and not a regular file")]
    Irregular,
    /// It is longer than any that is meant.
    #[error("it has more than {BYTES_MAX} bytes")]
    TooLong,
    /// Others may read a private key.
    #[error("other users of this machine may read it: run `chmod 600` on it")]
    Readable,
}

/// Reads a file that everyone may read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    read_open(&open(path)?)
}

/// Reads a file with a private key.
pub(crate) fn read_private(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = open(path)?;
    // Asked of the open file, which nobody can exchange.
    if is_readable_by_others(&file.metadata()?) {
        return Err(FileError::Readable);
    }
    read_open(&file)
}

/// Opens a regular file. It is looked at before, too: to open a pipe waits for its writer.
fn open(path: &Path) -> Result<File, FileError> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(FileError::Irregular);
    }
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(FileError::Irregular) }
}

fn read_open(file: &File) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX { Err(FileError::TooLong) } else { Ok(bytes) }
}

/// As OpenSSH asks it, of keys of this user: a key of the system's own may be shared with a group.
#[cfg(unix)]
fn is_readable_by_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    /// Permissions of all others, and of the group besides.
    const OTHERS: u32 = 0o007;
    const GROUP_AND_OTHERS: u32 = 0o077;
    let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
    metadata.mode() & if is_own { GROUP_AND_OTHERS } else { OTHERS } != 0
}

/// Elsewhere, who may read a file follows from the folder that it is in.
#[cfg(not(unix))]
fn is_readable_by_others(_: &Metadata) -> bool {
    false
}
