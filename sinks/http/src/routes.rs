//! Which request gets what. The guard comes first, on every path.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response};
use lanstream_core::guard::{Refusal, Secret};
use lanstream_core::protocol::PROBE_BYTES_MAX;
use lanstream_core::reception::Turned;

use crate::body::Body;
use crate::respond::{self, Denied};
use crate::serve::Server;

/// What a request is answered with.
pub(crate) enum Answer {
    Response(Response<Body>),
    /// The connection becomes the control channel of the viewer with this key.
    Control(Secret),
}

/// Finds the answer to a request's head. Bodies are never read: nothing here takes one.
pub(crate) fn answer(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    let host = check(server, head)?;
    match (head.uri.path(), &head.method) {
        ("/session", &Method::POST) => exchange(server, head),
        ("/control", &Method::GET) => Ok(Answer::Control(control_key(head)?)),
        ("/stream", &Method::GET) => pixels(server, head),
        ("/probe", &Method::GET) => probe(server, head),
        ("/session" | "/stream" | "/probe", &Method::OPTIONS) => Ok(Answer::Response(respond::preflight())),
        ("/session" | "/control" | "/stream" | "/probe", _) => Err(Denied::Method),
        (path, &Method::GET) => {
            let asset = server.assets.iter().find(|asset| asset.path == path).ok_or(Denied::NotFound)?;
            Ok(Answer::Response(respond::asset(asset, host, server.reception.guard().foreign())))
        }
        (_, _) => Err(Denied::Method),
    }
}

/// Host and Origin, by what the path does. Returns the host.
fn check<'a>(server: &Server, head: &'a Parts) -> Result<&'a str, Refusal> {
    let mut hosts = values(head, &HOST);
    // A request line may name a host of its own, which counts like a header.
    hosts.extend(head.uri.authority().map(|authority| authority.as_str()));
    let origins = values(head, &ORIGIN);
    let guard = server.reception.guard();
    let acts = head.method != Method::GET || head.uri.path() == "/control";
    if acts { guard.check_action(&hosts, &origins) } else { guard.check(&hosts, &origins) }?;
    hosts.first().copied().ok_or(Refusal::HostMissing)
}

/// The origin of another page that asks and may.
pub(crate) fn foreign_origin<'a>(server: &Server, head: &'a Parts) -> Option<&'a HeaderValue> {
    let origin = head.headers.get(ORIGIN)?;
    server.reception.guard().is_allowed_foreign(origin.to_str().ok()?).then_some(origin)
}

/// All values of a header; one that is not text counts as one that matches nothing.
fn values<'a>(head: &'a Parts, name: &HeaderName) -> Vec<&'a str> {
    head.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("")).collect()
}

fn exchange(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    let token = authorization(head, "Bearer ").ok_or(Refusal::TokenInvalid)?;
    let key = server.reception.exchange(&token)?;
    let transports = server.offer.names();
    Ok(Answer::Response(respond::json(format!(
        r#"{{"session":"{}","transports":{transports}}}"#,
        key.to_hex()
    ))))
}

fn control_key(head: &Parts) -> Result<Secret, Denied> {
    let protocols = values(head, &http::header::SEC_WEBSOCKET_PROTOCOL);
    let mut offered = protocols.iter().flat_map(|value| value.split(',')).map(str::trim);
    let speaks = offered.clone().any(|protocol| protocol == crate::upgrade::PROTOCOL);
    let key = offered.find_map(|protocol| Secret::from_hex(protocol.strip_prefix("session.")?));
    if speaks { Ok(key.ok_or(Turned::KeyUnknown)?) } else { Err(Turned::KeyUnknown.into()) }
}

fn pixels(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    let key = authorization(head, "Session ").ok_or(Turned::KeyUnknown)?;
    if !server.offer.http {
        return Err(Denied::NotOffered);
    }
    let (pump, place) = server.reception.stream(&key)?;
    Ok(Answer::Response(respond::stream(Body::pixels(pump, place))))
}

fn probe(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    if !authorization(head, "Session ").is_some_and(|key| server.reception.is_present(&key)) {
        return Err(Turned::KeyUnknown.into());
    }
    let query = head.uri.query().unwrap_or("");
    let bytes: u32 = query.strip_prefix("bytes=").and_then(|number| number.parse().ok()).unwrap_or(0);
    if bytes == 0 || bytes > PROBE_BYTES_MAX {
        return Err(Denied::Malformed("bytes must be a number from 1 to 4194304"));
    }
    Ok(Answer::Response(respond::bytes(Body::Zeros(bytes as usize))))
}

fn authorization(head: &Parts, scheme: &str) -> Option<Secret> {
    let values = values(head, &AUTHORIZATION);
    let [value] = values.as_slice() else { return None };
    Secret::from_hex(value.strip_prefix(scheme)?)
}
