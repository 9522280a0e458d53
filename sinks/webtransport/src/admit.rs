//! Who gets a session: host, origin, path and ticket are checked before it is accepted.

use lanstream_core::admission::{Admission, AdmissionError, GuardError, PumpReceiver, Secret};

/// The path of pixel sessions. A ticket of the viewer's follows it.
const PATH: &str = "/pixels";

/// What a session asks for.
pub(crate) struct Request<'a> {
    pub(crate) authority: &'a str,
    pub(crate) origin: Option<&'a str>,
    pub(crate) path: &'a str,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("nothing is here")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] GuardError),
    #[error(transparent)]
    AdmissionError(#[from] AdmissionError),
}

/// Where the viewer gets its pumps, if it is one.
pub(crate) fn admit(admission: &Admission, request: &Request<'_>) -> Result<PumpReceiver, RequestError> {
    let origins: Vec<_> = request.origin.into_iter().collect();
    admission.guard().check_action(&[request.authority], &origins)?;
    let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
    if path != PATH {
        return Err(RequestError::NotFound);
    }
    let ticket =
        query.strip_prefix("ticket=").and_then(Secret::from_hex).ok_or(AdmissionError::TicketUnknown)?;
    Ok(admission.session(&ticket)?)
}
