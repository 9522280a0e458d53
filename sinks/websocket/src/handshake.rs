//! The handshake of a control channel (RFC 6455, section 4.2): who asks for one, and the response.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Response, StatusCode};
use lanstream_core::admission::{Admission, AdmissionError, Secret};
use tokio_util::sync::CancellationToken;

use crate::channel::ControlChannel;

/// The subprotocol of the control channel. Another, offered beside it, holds the viewer's key.
const PROTOCOL: &str = "lanstream.1";
const KEY_PREFIX: &str = "session.";
/// From RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Reason why there is no control channel.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The viewer is not admitted.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// The request is no handshake.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Answers handshakes of control channels, which end when its sink does.
#[derive(Clone, Debug)]
pub struct ControlAcceptor {
    pub(crate) stop: CancellationToken,
}

impl ControlAcceptor {
    /// Path of the handshake.
    pub const PATH: &str = "/control";
    /// Scheme by which pages connect.
    pub const SCHEME: &str = "ws";

    /// Admits the viewer whose key is in the request, whose Host and Origin must have been checked. Returns the
    /// response, and the channel that takes over the connection after it.
    ///
    /// # Errors
    /// See [`HandshakeError`].
    pub fn accept(
        &self,
        admission: &Admission,
        head: &Parts,
    ) -> Result<(Response<()>, ControlChannel), HandshakeError> {
        let key = viewer_key(head).ok_or(AdmissionError::KeyUnknown)?;
        let response = response(head)?;
        let (control, viewer_guard) = admission.enter(&key)?;
        Ok((response, ControlChannel { control, viewer_guard, stop: self.stop.clone() }))
    }
}

/// Returns the key of the viewer that speaks the subprotocol.
fn viewer_key(head: &Parts) -> Option<Secret> {
    let values = head.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let offered: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let key = offered.iter().find_map(|protocol| Secret::from_hex(protocol.strip_prefix(KEY_PREFIX)?));
    key.filter(|_| offered.contains(&PROTOCOL))
}

fn response(head: &Parts) -> Result<Response<()>, HandshakeError> {
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let has = |name, word: &str| text(name).split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    let key = text(SEC_WEBSOCKET_KEY);
    if !has(CONNECTION, "upgrade")
        || !has(UPGRADE, "websocket")
        || text(SEC_WEBSOCKET_VERSION) != "13"
        || key.is_empty()
    {
        return Err(HandshakeError::Malformed("this path takes a WebSocket handshake of version 13"));
    }
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers: [(HeaderName, HeaderValue); 4] = [
        (CONNECTION, HeaderValue::from_static("upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL)),
        (SEC_WEBSOCKET_ACCEPT, accept_value(key)?),
    ];
    response.headers_mut().extend(headers);
    Ok(response)
}

/// Returns the proof that the server speaks WebSocket.
fn accept_value(key: &str) -> Result<HeaderValue, HandshakeError> {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID.as_bytes());
    HeaderValue::from_str(&STANDARD.encode(hash.digest().bytes()))
        .map_err(|_| HandshakeError::Malformed("Sec-WebSocket-Key is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&'static str, &str)]) -> Parts {
        let mut request = http::Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    const UPGRADE_HEADERS: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_example_of_the_rfc() {
        let response = response(&head(&UPGRADE_HEADERS)).unwrap();
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_handshake_lacks_nothing() {
        for missing in UPGRADE_HEADERS {
            let headers: Vec<_> = UPGRADE_HEADERS.into_iter().filter(|header| *header != missing).collect();
            assert!(response(&head(&headers)).is_err(), "{missing:?}");
        }
    }

    #[test]
    fn a_key_comes_with_the_subprotocol() {
        let key = "0f".repeat(32);
        let found = |protocols: &str| viewer_key(&head(&[("sec-websocket-protocol", protocols)])).is_some();
        assert!(found(&format!("lanstream.1, session.{key}")));
        assert!(!found(&format!("session.{key}")), "another subprotocol");
        assert!(!found("lanstream.1, session.0f"), "a key that is none");
    }
}
