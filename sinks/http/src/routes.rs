//! Which request gets what. The guard comes first, on every path.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Method, Response};
use lanstream_core::admission::{AdmissionError, GuardError, Secret};

use crate::body::Body;
use crate::config::{Config, STREAM_LIMITS, TRANSPORT};
use crate::respond::{self, RequestError, Session};
use crate::upgrade::{Run, Upgrade};

/// What a request is answered with.
pub(crate) enum Reply {
    Response(Response<Body>),
    /// The same, to one that has shown the token.
    Known(Response<Body>),
    /// Pixels of a viewer.
    Pixels(Response<Body>),
    /// The connection changes hands after this response.
    Upgrade(Response<Body>, Run),
}

/// Finds the answer to a request's head. Bodies are never read: nothing here takes one.
pub(crate) fn answer(config: &Config, head: &Parts) -> Result<Reply, RequestError> {
    let host = check(config, head)?;
    if let Some(upgrade) = upgrade_of(config, head) {
        return if head.method == Method::GET {
            accept(config, upgrade, head)
        } else {
            Err(RequestError::Method)
        };
    }
    match (head.uri.path(), &head.method) {
        ("/session", &Method::POST) => exchange(config, head),
        ("/stream", &Method::GET) => pixels(config, head),
        ("/session" | "/stream", &Method::OPTIONS) => Ok(Reply::Response(respond::preflight())),
        ("/reach", &Method::GET) => Ok(Reply::Response(respond::reached())),
        ("/session" | "/stream" | "/reach", _) => Err(RequestError::Method),
        (path, &Method::GET) => {
            let asset =
                config.assets.iter().find(|asset| asset.path == path).ok_or(RequestError::NotFound)?;
            Ok(Reply::Response(respond::asset(asset, host, config)))
        }
        (_, _) => Err(RequestError::Method),
    }
}

/// Host and Origin, by what the path does. Returns the host.
fn check<'a>(config: &Config, head: &'a Parts) -> Result<&'a str, GuardError> {
    let hosts = hosts(head)?;
    let origins = values(head, &ORIGIN);
    let guard = config.admission.guard();
    let acts = head.method != Method::GET || upgrade_of(config, head).is_some();
    if acts { guard.check_action(&hosts, &origins) } else { guard.check(&hosts, &origins) }?;
    hosts.first().copied().ok_or(GuardError::HostMissing)
}

/// The host that is asked, of which there must be one. A request line that names it stands for the header (RFC 9112,
/// section 3.2.2).
fn hosts(head: &Parts) -> Result<Vec<&str>, GuardError> {
    let headers = values(head, &HOST);
    let Some(authority) = head.uri.authority() else { return Ok(headers) };
    let is_plain = head.uri.scheme() == Some(&Scheme::HTTP);
    if headers.len() > 1 || !is_plain {
        return Err(GuardError::HostMissing);
    }
    Ok(vec![authority.as_str()])
}

/// The origin of another page that asks and may.
pub(crate) fn foreign_origin<'a>(config: &Config, head: &'a Parts) -> Option<&'a HeaderValue> {
    let origin = head.headers.get(ORIGIN)?;
    config.admission.guard().is_allowed_foreign(origin.to_str().ok()?).then_some(origin)
}

/// All values of a header; one that is not text counts as one that matches nothing.
fn values<'a>(head: &'a Parts, name: &HeaderName) -> Vec<&'a str> {
    head.headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("")).collect()
}

fn exchange(config: &Config, head: &Parts) -> Result<Reply, RequestError> {
    let secret = authorization(head, "Bearer ").ok_or(GuardError::TokenInvalid)?;
    let (key, ticket) = match config.admission.exchange(&secret) {
        Err(AdmissionError::Refused(GuardError::TokenInvalid)) => {
            config.admission.redeem(&secret).map(|(key, ticket)| (key, Some(ticket.to_hex())))
        }
        exchanged => exchanged.map(|key| (key, None)),
    }?;
    let transports = config.admission.transports();
    let session = Session {
        session: key.to_hex(),
        ticket,
        transports: transports.listed().map(|transport| transport.name).collect(),
        preferred: transports.preferred().map(|transport| transport.name),
    };
    Ok(Reply::Known(session.response()))
}

fn upgrade_of<'a>(config: &'a Config, head: &Parts) -> Option<&'a Upgrade> {
    config.upgrades.iter().find(|upgrade| upgrade.path == head.uri.path())
}

fn accept(config: &Config, upgrade: &Upgrade, head: &Parts) -> Result<Reply, RequestError> {
    let upgraded = (upgrade.accept)(&config.admission, head)?;
    Ok(Reply::Upgrade(upgraded.response.map(|()| Body::Whole(None)), upgraded.run))
}

fn pixels(config: &Config, head: &Parts) -> Result<Reply, RequestError> {
    let key = authorization(head, "Session ").ok_or(AdmissionError::KeyUnknown)?;
    if config.admission.transports().get(TRANSPORT.id).is_none() {
        return Err(RequestError::NotOffered);
    }
    let query = head.uri.query().unwrap_or("");
    let number = query.strip_prefix("route=").and_then(|number| number.parse().ok());
    let number =
        number.ok_or(RequestError::Malformed("route must be the number of one that was asked for"))?;
    let (pump_receiver, permit) = config.admission.stream(&key, STREAM_LIMITS)?;
    Ok(Reply::Pixels(respond::stream(Body::pixels(pump_receiver, number, permit))))
}

fn authorization(head: &Parts, scheme: &str) -> Option<Secret> {
    let values = values(head, &AUTHORIZATION);
    let [value] = values.as_slice() else { return None };
    Secret::from_hex(value.strip_prefix(scheme)?)
}
