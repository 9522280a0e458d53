//! Responses, all with the headers that keep a page to itself.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, Response, StatusCode, Version};
use lanstream_core::admission::{AdmissionError, GuardError};

use crate::assets::Asset;
use crate::body::Body;
use crate::server::Config;

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

impl RequestError {
    fn status(&self) -> StatusCode {
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

/// The status and the reason, in words.
pub(crate) fn rejection(reason: &RequestError) -> Response<Body> {
    response(reason.status(), "text/plain; charset=utf-8", format!("{reason}\n").into())
}

/// One of the viewer's files. `host` has passed the guard; naming it lets older engines open the control channel too.
/// Foreign pages that are let in may show it in a frame.
pub(crate) fn asset(asset: &Asset, host: &str, config: &Config) -> Response<Body> {
    let bytes = bytes::Bytes::from_static(asset.bytes);
    let mut response = response(StatusCode::OK, asset.media_type(), Body::Whole(Some(bytes)));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'self' {}",
        elsewhere(host, config.offer.webtransport),
        config.admission.guard().foreign().join(" ")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Where a page from `host` may connect besides its own origin, whose host and port it may reach by WebSocket and WebTransport too:
/// older engines want the first named, and sessions may be on a `port` of their own. A policy can't name an IPv6 address.
fn elsewhere(host: &str, port: Option<u16>) -> String {
    let (name, own_port) = split(host);
    let sessions_elsewhere = port.filter(|port| *port != own_port);
    if name.starts_with('[') {
        return sessions_elsewhere.map_or_else(String::new, |port| format!("https://*:{port}"));
    }
    let sessions = port.map_or_else(String::new, |port| format!("https://{name}:{port}"));
    format!("ws://{host} {sessions}")
}

/// Name and port of a host.
fn split(host: &str) -> (&str, u16) {
    let parts = host.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?)));
    parts.unwrap_or((host, HTTP_PORT))
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

/// Lets the page of `origin`, which the user allowed, read the response.
pub(crate) fn share(response: &mut Response<Body>, origin: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
}

/// A JSON object.
pub(crate) fn json(text: String) -> Response<Body> {
    response(StatusCode::OK, "application/json", text.into())
}

/// Bytes for as long as `body` lasts. As HTTP/1.0, so that they end with the connection and are not cut into chunks, which
/// the browser would have to move together again.
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
            ("studio.test", None, "ws://studio.test "),
            ("[::1]:8000", Some(8000), ""),
            ("[::1]:8000", Some(4433), "https://*:4433"),
            ("[::1]", None, ""),
        ] {
            assert_eq!(elsewhere(host, port), named, "{host} {port:?}");
        }
    }
}
