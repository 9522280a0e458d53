//! What must hold for any request: it has an answer, and none but who shows the token is known, and none but who shows
//! a key gets pixels.
//!
//! The fuzzer looks for a request for which it does not, and a test replays those that it found.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use lanstream_core::Micros;
use lanstream_core::admission::{Admission, Guard, Secret, Settings};
use lanstream_core::pipeline;
use lanstream_core::sink::Transports;

use crate::assets::Asset;
use crate::config::{Config, TRANSPORT};
use crate::routes::{self, Reply};

/// In place of the token and of a viewer's key.
const TOKEN: &str = "{token}";
const KEY: &str = "{key}";
const PORT: u16 = 8000;
const ASSETS: [Asset; 1] = [Asset { path: "/", bytes: b"page" }];

/// The first line is a method and a target, the others are header fields.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let token = Secret::new([7; 32]);
    let config = config(token.clone());
    let Ok(key) = config.admission.exchange(&token) else { return };
    let request = text.replace(TOKEN, &token.to_hex()).replace(KEY, &key.to_hex());
    let Some(head) = head(&request) else { return };
    let _ = routes::foreign_origin(&config, &head);
    match routes::answer(&config, &head) {
        Ok(Reply::Known(_)) => assert!(request.contains(&token.to_hex()), "it is known without a token"),
        Ok(Reply::Pixels(_)) => assert!(request.contains(&key.to_hex()), "it has pixels without a key"),
        Ok(Reply::Upgrade(..)) => panic!("there is no upgrade"),
        Ok(Reply::Response(response)) => assert!(response.status().is_success()),
        Err(reason) => assert!(!crate::respond::rejection(&reason).status().is_success()),
    }
}

fn config(token: Secret) -> Config {
    let (_, feed_handle) = pipeline::feed();
    let admission = Admission::new(Settings {
        guard: Guard::new(&[SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))], &[], &[]),
        token,
        feed_handle,
        clock: || Micros(1),
        state: Arc::default(),
        transports: Transports::new(vec![TRANSPORT], None).expect("there is one"),
        encoders: Arc::default(),
        draw: || [9; 32],
        observer: Box::new(|_| {}),
    });
    Config { admission: Arc::new(admission), assets: &ASSETS, upgrades: Arc::new([]) }
}

/// Returns the head of a request, or `None` where it is none.
fn head(request: &str) -> Option<Parts> {
    let (line, fields) = request.split_once('\n').unwrap_or((request, ""));
    let (method, target) = line.split_once(' ')?;
    let mut builder = Request::builder().method(method).uri(target);
    for (name, value) in fields.lines().filter_map(|field| field.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        builder = builder.header(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(builder.body(()).ok()?.into_parts().0)
}

#[cfg(test)]
#[path = "../../../core/fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::replay::replay;

    #[test]
    fn what_the_fuzzer_started_from_and_changes_of_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/fuzz/corpus/http");
        replay(&corpus, 20_000, super::check);
    }

    #[test]
    fn the_corpus_has_requests_that_are_answered() {
        // A corpus of refusals would prove nothing.
        let config = super::config(super::Secret::new([7; 32]));
        let request = "GET /\nHost: 127.0.0.1:8000";
        let head = super::head(request).expect("it is a request");
        assert!(matches!(super::routes::answer(&config, &head), Ok(super::Reply::Response(_))));
    }
}
