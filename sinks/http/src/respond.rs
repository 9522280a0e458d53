//! Responses, all with the headers that keep a page to itself.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Authority;
use http::{HeaderName, Response, StatusCode, Version};
use lanstream_core::admission::{AdmissionError, GuardError};
use lanstream_core::sink::Endpoint;
use serde::Serialize;

use crate::assets::Asset;
use crate::body::Body;
use crate::config::Config;
use crate::upgrade::UpgradeError;

/// What a host without a port means.
const HTTP_PORT: u16 = 80;
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Why a request gets no answer but a status and a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error(transparent)]
    Refused(#[from] GuardError),
    #[error(transparent)]
    AdmissionError(#[from] AdmissionError),
    #[error("there is nothing at this path")]
    NotFound,
    #[error("this path does not take this method")]
    Method,
    #[error("{0}")]
    Malformed(&'static str),
    #[error("this run does not offer this transport")]
    NotOffered,
}

impl From<UpgradeError> for RequestError {
    fn from(error: UpgradeError) -> Self {
        match error {
            UpgradeError::Admission(error) => Self::AdmissionError(error),
            UpgradeError::Malformed(reason) => Self::Malformed(reason),
        }
    }
}

impl RequestError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(GuardError::TokenInvalid)
            | Self::AdmissionError(AdmissionError::Refused(_) | AdmissionError::KeyUnknown) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::AdmissionError(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound | Self::NotOffered => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The status and the reason, in words. The connection ends with it: whoever is refused keeps nothing.
pub(crate) fn rejection(reason: &RequestError) -> Response<Body> {
    let mut response = response(reason.status(), "text/plain; charset=utf-8", format!("{reason}\n").into());
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// One of the viewer's files. `host` has passed the guard; naming it lets older engines open the control channel too.
/// Foreign pages that are let in may show it in a frame.
pub(crate) fn asset(asset: &Asset, host: &str, config: &Config) -> Response<Body> {
    let bytes = bytes::Bytes::from_static(asset.bytes);
    let mut response = response(StatusCode::OK, asset.media_type(), Body::Whole(Some(bytes)));
    let upgrades = config.upgrades.iter().map(|upgrade| upgrade.endpoint);
    let endpoints = upgrades.chain(config.admission.transports().endpoints());
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'self' {}",
        connect_sources(host, endpoints),
        config.admission.guard().foreign().join(" ")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Returns where a page from `host` may connect besides its own origin. Older engines want its own host named. A policy
/// can't name an IPv6 address.
fn connect_sources(host: &str, endpoints: impl Iterator<Item = Endpoint>) -> String {
    let Ok(authority) = host.parse::<Authority>() else { return String::new() };
    let (name, own_port) = (authority.host(), authority.port_u16().unwrap_or(HTTP_PORT));
    let source = |Endpoint { scheme, port }| match port {
        Some(port) if name.starts_with('[') => (port != own_port).then(|| format!("{scheme}://*:{port}")),
        None if name.starts_with('[') => None,
        Some(port) => Some(format!("{scheme}://{name}:{port}")),
        None => Some(format!("{scheme}://{host}")),
    };
    endpoints.filter_map(source).collect::<Vec<_>>().join(" ")
}

/// The answer to a browser that asks whether another page may ask.
pub(crate) fn preflight() -> Response<Body> {
    let mut response = response(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", Body::Whole(None));
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// The empty answer that every page may have, though none may read it: a page that is refused can tell a server that
/// does not allow its origin from no server at all.
pub(crate) fn reached() -> Response<Body> {
    let mut response = response(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", Body::Whole(None));
    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// Lets the page of `origin`, which the user allowed, read the response.
pub(crate) fn share(response: &mut Response<Body>, origin: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
}

/// The answer to the run's token or a page ticket.
#[derive(Serialize)]
pub(crate) struct Session<'a> {
    pub(crate) session: String,
    /// What lets the viewer of a page ticket come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<String>,
    /// Names of the transports that viewers may use for pixels.
    pub(crate) transports: Vec<&'a str>,
    /// The one that they must take if they can, without measuring.
    pub(crate) preferred: Option<&'a str>,
}

impl Session<'_> {
    pub(crate) fn response(&self) -> Response<Body> {
        let text = serde_json::to_string(self).expect("names and digits are JSON");
        response(StatusCode::OK, "application/json", text.into())
    }
}

/// Bytes for as long as `body` lasts. As HTTP/1.0, so that they end with the connection and are not cut into chunks,
/// which the browser would have to move together again.
pub(crate) fn stream(body: Body) -> Response<Body> {
    let mut response = response(StatusCode::OK, "application/octet-stream", body);
    *response.version_mut() = Version::HTTP_10;
    response
}

fn response(status: StatusCode, media_type: &'static str, body: Body) -> Response<Body> {
    const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
        (OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_what_it_can_and_no_address_that_browsers_refuse() {
        for (host, port, named) in [
            ("127.0.0.1:8000", Some(8000), "ws://127.0.0.1:8000 https://127.0.0.1:8000"),
            ("localhost:8000", Some(4433), "ws://localhost:8000 https://localhost:4433"),
            ("studio.test", None, "ws://studio.test"),
            ("[::1]:8000", Some(8000), ""),
            ("[::1]:8000", Some(4433), "https://*:4433"),
            ("[::1]", None, ""),
        ] {
            let control = Endpoint { scheme: "ws", port: None };
            let sessions = port.map(|_| Endpoint { scheme: "https", port });
            let endpoints = [Some(control), sessions].into_iter().flatten();
            assert_eq!(connect_sources(host, endpoints), named, "{host} {port:?}");
        }
    }
}
