//! Responses, all with the headers that keep a page to itself.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, Response, StatusCode, Version};
use lanstream_core::guard::Refusal;
use lanstream_core::reception::Turned;

use crate::assets::Asset;
use crate::body::Body;
use crate::serve::Server;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Why a request gets no answer but a status and a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Turned(#[from] Turned),
    #[error("there is nothing at this path")]
    NotFound,
    #[error("this path does not take this method")]
    Method,
    #[error("{0}")]
    Malformed(&'static str),
    #[error("this run does not offer this transport")]
    NotOffered,
}

impl Denied {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Refusal::TokenInvalid) | Self::Turned(Turned::Refused(_) | Turned::KeyUnknown) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Turned(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound | Self::NotOffered => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The status and the reason, in words.
pub(crate) fn denied(reason: &Denied) -> Response<Body> {
    response(reason.status(), "text/plain; charset=utf-8", format!("{reason}\n").into())
}

/// One of the viewer's files. `host` has passed the guard; naming it lets older engines open the control channel too.
/// Foreign pages that are let in may show it in a frame.
pub(crate) fn asset(asset: &Asset, host: &str, server: &Server) -> Response<Body> {
    let bytes = bytes::Bytes::from_static(asset.bytes);
    let mut response = response(StatusCode::OK, asset.media_type(), Body::Whole(Some(bytes)));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' ws://{host} {}; base-uri 'none'; form-action 'none'; frame-ancestors 'self' {}",
        webtransport(host, server.offer.webtransport),
        server.reception.guard().foreign().join(" ")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Where a page from `host` may open WebTransport sessions.
fn webtransport(host: &str, port: Option<u16>) -> String {
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    port.map_or_else(String::new, |port| format!("https://{name}:{port}"))
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
