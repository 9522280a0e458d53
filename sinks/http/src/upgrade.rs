//! The upgrade to WebSocket: the handshake here, the rest is the control handler's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::body::Body;
use crate::respond::RequestError;

/// The subprotocol of the control channel.
pub(crate) const PROTOCOL: &str = "lanstream.1";
/// From RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer to a well-formed handshake.
pub(crate) fn accept(head: &Parts) -> Result<Response<Body>, RequestError> {
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let has = |name, word: &str| text(name).split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
    let key = text(SEC_WEBSOCKET_KEY);
    if !has(CONNECTION, "upgrade")
        || !has(UPGRADE, "websocket")
        || text(SEC_WEBSOCKET_VERSION) != "13"
        || key.is_empty()
    {
        return Err(RequestError::Malformed("this path takes a WebSocket handshake of version 13"));
    }
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID.as_bytes());
    let accept = HeaderValue::from_str(&STANDARD.encode(hash.digest().bytes()));
    let mut response = Response::new(Body::Whole(None));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    headers.insert(
        SEC_WEBSOCKET_ACCEPT,
        accept.map_err(|_| RequestError::Malformed("Sec-WebSocket-Key is not text"))?,
    );
    Ok(response)
}

/// The connection itself, once the answer is written. Returns `None` if the peer is gone, or sent data before the answer.
pub(crate) async fn taken_over(upgrade: hyper::upgrade::OnUpgrade) -> Option<TcpStream> {
    let upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    parts.read_buf.is_empty().then(|| parts.io.into_inner())
}
