//! Which request gets what. The guard comes first, on every path.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response};
use lanstream_core::admission::AdmissionError;
use lanstream_core::guard::{Refusal, Secret};

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
        ("/session" | "/stream", &Method::OPTIONS) => Ok(Answer::Response(respond::preflight())),
        ("/session" | "/control" | "/stream", _) => Err(Denied::Method),
        (path, &Method::GET) => {
            let asset = server.assets.iter().find(|asset| asset.path == path).ok_or(Denied::NotFound)?;
            Ok(Answer::Response(respond::asset(asset, host, server)))
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
    let guard = server.admission.guard();
    let acts = head.method != Method::GET || head.uri.path() == "/control";
    if acts { guard.check_action(&hosts, &origins) } else { guard.check(&hosts, &origins) }?;
    hosts.first().copied().ok_or(Refusal::HostMissing)
}

/// The origin of another page that asks and may.
pub(crate) fn foreign_origin<'a>(server: &Server, head: &'a Parts) -> Option<&'a HeaderValue> {
    let origin = head.headers.get(ORIGIN)?;
    server.admission.guard().is_allowed_foreign(origin.to_str().ok()?).then_some(origin)
}

/// All values of a header; one that is not text counts as one that matches nothing.
fn values<'a>(head: &'a Parts, name: &HeaderName) -> Vec<&'a str> {
    head.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("")).collect()
}

fn exchange(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    let token = authorization(head, "Bearer ").ok_or(Refusal::TokenInvalid)?;
    let key = server.admission.exchange(&token)?;
    let (transports, preferred) = (server.offer.names(), server.offer.preferred());
    Ok(Answer::Response(respond::json(format!(
        r#"{{"session":"{}","transports":{transports},"preferred":{preferred}}}"#,
        key.to_hex()
    ))))
}

fn control_key(head: &Parts) -> Result<Secret, Denied> {
    let protocols = values(head, &http::header::SEC_WEBSOCKET_PROTOCOL);
    let mut offered = protocols.iter().flat_map(|value| value.split(',')).map(str::trim);
    let speaks = offered.clone().any(|protocol| protocol == crate::upgrade::PROTOCOL);
    let key = offered.find_map(|protocol| Secret::from_hex(protocol.strip_prefix("session.")?));
    if speaks { Ok(key.ok_or(AdmissionError::KeyUnknown)?) } else { Err(AdmissionError::KeyUnknown.into()) }
}

fn pixels(server: &Server, head: &Parts) -> Result<Answer, Denied> {
    let key = authorization(head, "Session ").ok_or(AdmissionError::KeyUnknown)?;
    if !server.offer.http {
        return Err(Denied::NotOffered);
    }
    let query = head.uri.query().unwrap_or("");
    let number = query.strip_prefix("route=").and_then(|number| number.parse().ok());
    let number = number.ok_or(Denied::Malformed("route must be the number of one that was asked for"))?;
    let (pump_receiver, permit) = server.admission.stream(&key)?;
    Ok(Answer::Response(respond::stream(Body::pixels(pump_receiver, number, permit))))
}

fn authorization(head: &Parts, scheme: &str) -> Option<Secret> {
    let values = values(head, &AUTHORIZATION);
    let [value] = values.as_slice() else { return None };
    Secret::from_hex(value.strip_prefix(scheme)?)
}
