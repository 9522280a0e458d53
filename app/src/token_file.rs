//! A file that keeps the secret of a URL, so that a later run at the same port has the same URL.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use lanstream_core::admission::Secret;

/// Maximum number of bytes that are read: the digits of a secret, and the end of a line.
const BYTES_MAX: u64 = 66;

/// Reason why a file does not have a secret that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFileError {
    /// It can neither be read nor be made.
    #[error("it can be neither read nor made: {0}")]
    Io(#[from] io::Error),
    /// It has something else.
    #[error(
        "it has no secret, which is 64 hexadecimal digits: name a file that is not there, and it will be made"
    )]
    NoSecret,
    /// It is a device, a pipe or a folder.
    #[error("it is a directory, a pipe or a device: name a regular file")]
    Irregular,
    /// Others may read it.
    #[error(
        "other users of this machine may read it: have `chmod 600` keep them from it, or name another file"
    )]
    Readable,
    /// It is another user's.
    #[error("it belongs to another user, who can read it: name another file")]
    Foreign,
}

/// Reads the secret in the file at `path`: 64 hexadecimal digits. If there is no file, it is made with a new secret, to
/// be read by its owner alone.
///
/// # Errors
/// [`TokenFileError`]. Without one, only the user of this process, and the system's own, can read the secret.
pub fn read_or_create(path: &Path) -> Result<Secret, TokenFileError> {
    match open(path) {
        Ok(file) => read(file),
        Err(TokenFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(error) => Err(error),
    }
}

/// Opens a regular file. It is looked at before, too: to open a pipe waits for its writer.
fn open(path: &Path) -> Result<File, TokenFileError> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(TokenFileError::Irregular);
    }
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(TokenFileError::Irregular) }
}

fn read(file: File) -> Result<Secret, TokenFileError> {
    check_owner(&file)?;
    let mut text = String::new();
    match file.take(BYTES_MAX).read_to_string(&mut text) {
        Ok(_) => Secret::from_hex(text.trim_end()).ok_or(TokenFileError::NoSecret),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(TokenFileError::NoSecret),
        Err(error) => Err(error.into()),
    }
}

fn create(path: &Path) -> Result<Secret, TokenFileError> {
    let secret = Secret::new(crate::server::random()?);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{}", secret.to_hex())?;
    Ok(secret)
}

/// Refuses a file that another user can read. It is asked of the open file, which nobody can exchange.
#[cfg(unix)]
fn check_owner(file: &File) -> Result<(), TokenFileError> {
    use std::os::unix::fs::MetadataExt as _;
    /// Permissions of the group and of all others.
    const OTHERS: u32 = 0o077;
    let metadata = file.metadata()?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(TokenFileError::Foreign);
    }
    if metadata.mode() & OTHERS != 0 { Err(TokenFileError::Readable) } else { Ok(()) }
}

/// Elsewhere, who may read a file follows from the folder that it is in.
#[cfg(not(unix))]
fn check_owner(_: &File) -> Result<(), TokenFileError> {
    Ok(())
}
