//! A plugin's file, checked before it is loaded: nobody but its owner and root can change what is there.
//!
//! The file is opened once and checked by its descriptor. It is loaded by its path without symbolic links, since the
//! loader resolves `$ORIGIN` and debuggers find symbols by that name; afterwards the path must still lead to the file
//! that was checked. No folder on the path can be written to by others, so nobody but the owner can exchange it in
//! between.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::error::LoadError;

/// Reason to load a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The user named the file.
    Named,
    /// It lies in the folder of installed plugins, where it is found without being named: it and its folder must belong
    /// to the user or root, and be writable for nobody else.
    Installed,
}

/// A file that may be loaded.
pub(crate) struct CheckedFile {
    /// Where it is, without symbolic links.
    pub(crate) path: PathBuf,
    file: File,
}

impl CheckedFile {
    /// Opens the file at `path`, and checks it and the folders that lead to it.
    pub(crate) fn open(path: &Path, trust: Trust) -> Result<Self, LoadError> {
        let unreadable = |error| LoadError::File { path: path.to_owned(), error };
        let real = path.canonicalize().map_err(unreadable)?;
        let file = File::open(&real).map_err(unreadable)?;
        check(&real, &real, &file.metadata().map_err(unreadable)?, trust, Place::Own)?;
        for (index, folder) in real.ancestors().skip(1).enumerate() {
            let place = if index == 0 { Place::Own } else { Place::Above };
            check(&real, folder, &folder.metadata().map_err(unreadable)?, trust, place)?;
        }
        Ok(Self { path: real, file })
    }

    /// Returns the file that was opened.
    #[cfg(target_os = "linux")]
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns what the system knows of the file that was opened.
    #[cfg(target_os = "linux")]
    pub(crate) fn metadata(&self) -> std::io::Result<Metadata> {
        self.file.metadata()
    }

    /// Returns an error if another file is at the path now.
    pub(crate) fn check_is_there(&self) -> Result<(), LoadError> {
        let path = &self.path;
        let unreadable = |error| LoadError::File { path: path.clone(), error };
        let (opened, there) =
            (self.file.metadata().map_err(unreadable)?, path.metadata().map_err(unreadable)?);
        if is_same(&opened, &there) { Ok(()) } else { Err(LoadError::Exchanged { path: path.clone() }) }
    }
}

/// Where something lies on a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The file, or the folder that holds it.
    Own,
    /// A folder further up.
    Above,
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn check(plugin: &Path, what: &Path, of: &Metadata, trust: Trust, place: Place) -> Result<(), LoadError> {
    use std::os::unix::fs::MetadataExt as _;
    /// Bits of a mode: the group may write, everybody may write.
    const GROUP_WRITABLE: u32 = 0o020;
    const WORLD_WRITABLE: u32 = 0o002;
    /// Bit of a mode: only owners may remove files of a folder.
    const STICKY: u32 = 0o1000;
    let (path, what) = (plugin.to_owned(), what.display().to_string());
    let is_strict = trust == Trust::Installed && place == Place::Own;
    let mode = of.mode();
    let is_writable = if is_strict {
        mode & (GROUP_WRITABLE | WORLD_WRITABLE) != 0
    } else {
        mode & WORLD_WRITABLE != 0 && (mode & STICKY == 0 || !of.is_dir())
    };
    if is_writable {
        return Err(LoadError::Writable { path, what });
    }
    if trust == Trust::Installed && !is_of_user(of.uid()) {
        return Err(LoadError::Owner { path, what });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(_: &Path, _: &Path, _: &Metadata, _: Trust, _: Place) -> Result<(), LoadError> {
    Ok(())
}

/// Returns whether the user `id` is root or runs this process.
#[cfg(target_os = "linux")]
fn is_of_user(id: u32) -> bool {
    id == 0 || id == rustix::process::geteuid().as_raw()
}

/// Installed plugins are not loaded on other systems.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_of_user(_id: u32) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn opened(path: &Path, trust: Trust) -> Result<PathBuf, String> {
        CheckedFile::open(path, trust).map(|file| file.path).map_err(|error| error.to_string())
    }

    #[test]
    fn what_others_can_write_to_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("plugins");
        let file = folder.join("a.so");
        create_dir(&folder).unwrap();
        write(&file, "").unwrap();
        let refused = |path: &Path, mode, trust| {
            let before = path.metadata().unwrap().permissions();
            set_permissions(path, Permissions::from_mode(mode)).unwrap();
            let said = opened(&file, trust).err();
            set_permissions(path, before).unwrap();
            said.is_some_and(|said| said.contains("can be written to by other users"))
        };
        let cases = [
            (file.as_path(), 0o664, false, true),
            (&file, 0o666, true, true),
            (&file, 0o1666, true, true),
            (&folder, 0o775, false, true),
            (&folder, 0o777, true, true),
            (&folder, 0o1777, false, true),
            (root.path(), 0o777, true, true),
            (root.path(), 0o1777, false, false),
            (root.path(), 0o755, false, false),
        ];
        for (path, mode, named, installed) in cases {
            assert_eq!(refused(path, mode, Trust::Named), named, "{} {mode:o}", path.display());
            assert_eq!(refused(path, mode, Trust::Installed), installed, "{} {mode:o}", path.display());
        }
        assert_eq!(opened(&file, Trust::Installed), Ok(file.canonicalize().unwrap()));
    }

    #[test]
    fn what_belongs_to_another_user_is_not_installed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.so");
        write(&file, "").unwrap();
        // Only root can give a file away.
        if std::os::unix::fs::chown(&file, Some(1), None).is_ok() {
            assert!(opened(&file, Trust::Installed).unwrap_err().contains("belongs to another user"));
            assert!(opened(&file, Trust::Named).is_ok());
        }
    }

    #[test]
    fn a_link_is_followed_once_and_an_exchanged_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other, link] = ["a.so", "b.so", "link.so"].map(|name| folder.path().join(name));
        write(&file, "").unwrap();
        write(&other, "").unwrap();
        symlink(&file, &link).unwrap();
        let checked = CheckedFile::open(&link, Trust::Installed).unwrap();
        std::fs::remove_file(&link).unwrap();
        symlink(&other, &link).unwrap();
        assert_eq!(checked.path, file.canonicalize().unwrap(), "it is loaded by what the link led to");
        checked.check_is_there().unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert!(matches!(checked.check_is_there(), Err(LoadError::Exchanged { .. })));
    }
}
