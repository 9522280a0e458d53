//! The backend of systems that have none yet: every call says so.

use lanstream_core::source::{Error, ErrorKind, Source};

use crate::{Listed, Options, Target};

pub(crate) fn open(_target: &Target, _options: &Options) -> Result<Box<dyn Source>, Error> {
    Err(missing())
}

pub(crate) fn list(_options: &Options) -> Result<Vec<Listed>, Error> {
    Err(missing())
}

fn missing() -> Error {
    let message = "screen capture is not yet on this system; `lanstream pattern` works everywhere";
    Error::new(ErrorKind::Unsupported, message)
}
