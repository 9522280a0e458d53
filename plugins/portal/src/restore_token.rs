//! The file with the portal's restore token, by which what was picked in the dialog is captured again without it.
//!
//! A token is good for one cast, whose answer brings the next. Each kind of dialog has a file of its own.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::options::Kind;

/// Longest token in bytes: portals make UUIDs of 36.
const TOKEN_BYTES_MAX: u64 = 1024;
/// Mode of the file: nobody else may capture by it.
const MODE: u32 = 0o600;
/// Mode of the folder.
const FOLDER_MODE: u32 = 0o700;

/// A file that has a token, or not yet.
#[derive(Debug)]
pub(crate) struct RestoreToken {
    /// `None` where the user has no folder for it.
    path: Option<PathBuf>,
}

impl RestoreToken {
    /// That of the user's state folder.
    pub(crate) fn of_user(kind: Kind) -> Self {
        let folder =
            |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
        Self { path: state.map(|state| Self::path_in(&state, kind)) }
    }

    fn path_in(state: &Path, kind: Kind) -> PathBuf {
        state.join("lanstream").join(format!("portal-{}.token", kind.word()))
    }

    /// Returns the token, if a usable one is there.
    pub(crate) fn read(&self) -> Option<String> {
        let mut text = String::new();
        let file = File::open(self.path.as_ref()?).ok()?;
        file.take(TOKEN_BYTES_MAX).read_to_string(&mut text).ok()?;
        let token = text.trim();
        let is_usable = !token.is_empty() && token.chars().all(|letter| letter.is_ascii_graphic());
        is_usable.then(|| token.to_owned())
    }

    /// Puts a token in place of the one that is there.
    pub(crate) fn keep(&self, token: &str) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Err(io::Error::other("neither XDG_STATE_HOME nor HOME is set"));
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
            DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        }
        let new = path.with_extension(format!("token.{}", std::process::id()));
        let written = write_new(&new, token).and_then(|()| std::fs::rename(&new, path));
        written.inspect_err(|_| drop(std::fs::remove_file(&new)))
    }

    /// Removes the token.
    pub(crate) fn forget(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        std::fs::remove_file(path).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    }
}

fn write_new(path: &Path, token: &str) -> io::Result<()> {
    // One that a process of the same number has left behind.
    let _absent = std::fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(token.as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_kept_for_the_user_alone_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let token = RestoreToken { path: Some(RestoreToken::path_in(folder.path(), Kind::Window)) };
        assert_eq!(token.read(), None);
        token.forget().unwrap();
        for text in ["first", "second"] {
            token.keep(text).unwrap();
            assert_eq!(token.read().as_deref(), Some(text));
        }
        let path = folder.path().join("lanstream/portal-window.token");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        let names = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "nothing is left over");
        token.forget().unwrap();
        assert_eq!(token.read(), None);
    }

    #[test]
    fn what_is_no_token_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let token = RestoreToken { path: Some(path.clone()) };
        for bytes in [&b""[..], b" \n", b"a b", b"\xff\xfe", b"a\0b"] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(token.read(), None, "{bytes:?}");
        }
        std::fs::write(&path, "4f1c-9\n").unwrap();
        assert_eq!(token.read().as_deref(), Some("4f1c-9"));
        assert!(RestoreToken { path: None }.keep("a").is_err());
    }
}
