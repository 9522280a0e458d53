//! What is remembered of installed plugins, in a file of the user's cache folder.
//!
//! An entry counts as long as the plugin's file is the same by its number, length and time of change, and this program
//! is of the same version. A file that cannot be read, or is not whole, is the same as none.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::process::descriptor::PluginInfo;
use crate::process::wire::{Fields, MalformedError, Write as _};
use crate::trust::CheckedFile;

/// Name of the file.
const NAME: &str = "plugins";
/// First text of the file: another version of this program, or of the file's format, has all plugins asked again.
const VERSION: &str = concat!("lanstream plugins 2 ", env!("CARGO_PKG_VERSION"));

/// What is remembered, by the path of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record(BTreeMap<PathBuf, Entry>);

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    identity: Identity,
    outcome: Outcome,
}

/// What tells a file from any other, and from itself after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    len: u64,
    changed_s: i64,
    changed_ns: i64,
}

/// How it went when the plugin was asked for its sources.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Plugin(PluginInfo),
    /// Its process died for this reason.
    Died(String),
}

impl PartialEq for Outcome {
    /// Compares what is written.
    fn eq(&self, other: &Self) -> bool {
        let written = |outcome: &Self| {
            let mut out = Vec::new();
            outcome.write(&mut out);
            out
        };
        written(self) == written(other)
    }
}

impl Record {
    pub(super) fn read(folder: &Path) -> Self {
        let bytes = std::fs::read(folder.join(NAME)).unwrap_or_default();
        Self::parse(&bytes).unwrap_or_default()
    }

    /// Writes the file as a whole. What cannot be written is found again next time.
    pub(super) fn write(&self, folder: &Path) {
        if let Err(error) = self.replace(folder) {
            tracing::debug!(%error, "what was found in installed plugins is not remembered");
        }
    }

    fn replace(&self, folder: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let temporary = folder.join(format!("{NAME}.{}", std::process::id()));
        std::fs::write(&temporary, self.bytes())?;
        std::fs::rename(&temporary, folder.join(NAME))
    }

    /// Returns what is known of a file as it is now.
    pub(super) fn get(&self, file: &CheckedFile) -> Option<&Outcome> {
        let entry = self.0.get(&file.path)?;
        (Identity::of(file)? == entry.identity).then_some(&entry.outcome)
    }

    pub(super) fn insert(&mut self, file: &CheckedFile, outcome: Outcome) {
        if let Some(identity) = Identity::of(file).filter(|_| file.path.to_str().is_some()) {
            self.0.insert(file.path.clone(), Entry { identity, outcome });
        }
    }

    /// Removes what is known of a file. Returns whether there was anything.
    pub(super) fn remove(&mut self, path: &Path) -> bool {
        self.0.remove(path).is_some()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.text(VERSION);
        let entries: Vec<_> = self.0.iter().collect();
        out.list(&entries, |out, (path, entry)| {
            out.text(&path.to_string_lossy());
            entry.identity.write(out);
            entry.outcome.write(out);
        });
        out
    }

    fn parse(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        if fields.text()? != VERSION {
            return Err(MalformedError);
        }
        let entries = fields.list(|fields| {
            let path = PathBuf::from(fields.text()?);
            let (identity, outcome) = (Identity::read(fields)?, Outcome::read(fields)?);
            Ok((path, Entry { identity, outcome }))
        })?;
        Ok(Self(entries.into_iter().collect()))
    }
}

impl Identity {
    fn of(file: &CheckedFile) -> Option<Self> {
        let of = file.metadata().ok()?;
        let (changed_s, changed_ns) = (of.mtime(), of.mtime_nsec());
        Some(Self { device: of.dev(), inode: of.ino(), len: of.len(), changed_s, changed_ns })
    }

    fn write(&self, out: &mut Vec<u8>) {
        [self.device, self.inode, self.len].into_iter().for_each(|number| out.u64(number));
        [self.changed_s, self.changed_ns].into_iter().for_each(|number| out.i64(number));
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, MalformedError> {
        let (device, inode, len) = (fields.u64()?, fields.u64()?, fields.u64()?);
        Ok(Self { device, inode, len, changed_s: fields.i64()?, changed_ns: fields.i64()? })
    }
}

impl Outcome {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Plugin(info) => {
                out.u32(1);
                info.write(out);
            }
            Self::Died(reason) => {
                out.u32(2);
                out.text(reason);
            }
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, MalformedError> {
        Ok(match fields.u32()? {
            1 => Self::Plugin(PluginInfo::read(fields)?),
            2 => Self::Died(fields.text()?.to_owned()),
            _ => return Err(MalformedError),
        })
    }
}

#[cfg(test)]
mod tests {
    use lanstream_core::options::OptionSpec;
    use lanstream_core::registry::Descriptor;

    use super::*;
    use crate::trust::Trust;

    fn plugin() -> Outcome {
        let options = vec![OptionSpec::integer("fps", 1, 60, "Rate").default("30")];
        let source = Descriptor { name: "a".into(), about: "A".into(), examples: "".into(), options };
        let sink = Descriptor { name: "b".into(), options: Vec::new(), ..source.clone() };
        let (sources, sinks) = (vec![source], vec![sink]);
        Outcome::Plugin(PluginInfo { name: "a".into(), version: "1".into(), sources, sinks })
    }

    #[test]
    fn what_is_remembered_counts_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.so");
        std::fs::write(&path, "a").unwrap();
        let opened = || CheckedFile::open(&path, Trust::Installed).unwrap();
        for outcome in [plugin(), Outcome::Died("signal: 11".to_owned())] {
            let mut record = Record::default();
            record.insert(&opened(), outcome.clone());
            record.write(folder.path());
            assert_eq!(Record::read(folder.path()).get(&opened()), Some(&outcome));
        }
        std::fs::write(&path, "ab").unwrap();
        assert_eq!(Record::read(folder.path()).get(&opened()), None, "its length is another");
    }

    #[test]
    fn a_record_that_is_not_whole_or_of_another_version_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.so");
        std::fs::write(&path, "a").unwrap();
        let mut record = Record::default();
        record.insert(&CheckedFile::open(&path, Trust::Installed).unwrap(), plugin());
        let bytes = record.bytes();
        for end in 0..bytes.len() {
            assert!(Record::parse(&bytes[..end]).is_err(), "cut off at {end}");
        }
        let mut other = bytes;
        other[4 + VERSION.len() - 1] ^= 1;
        assert!(Record::parse(&other).is_err());
        assert_eq!(Record::read(&folder.path().join("nothing")), Record::default());
    }
}
