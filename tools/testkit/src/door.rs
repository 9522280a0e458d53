//! Address and secret of a server, and the requests with which a viewer comes in.

use std::net::SocketAddr;

use crate::http::{Peer, Response, request};
use crate::websocket::{HANDSHAKE, WebSocket};

/// Where a server is and what opens it.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where it listens.
    pub address: SocketAddr,
    /// The run's secret.
    pub token: String,
}

impl Door {
    /// Reads the URL that a server prints.
    pub fn from_url(url: &str) -> Self {
        let (address, token) =
            url.strip_prefix("http://").and_then(|rest| rest.split_once("/#")).expect("a URL");
        Self { address: address.parse().expect("an address"), token: token.to_owned() }
    }

    /// Returns the port of the page.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the header that names it.
    pub fn host(&self) -> String {
        format!("Host: {}", self.address)
    }

    /// Returns the header of a request from its own page.
    pub fn origin(&self) -> String {
        format!("Origin: {}", self.page())
    }

    /// The origin of the page here.
    pub fn page(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request of its own connection, with the right host.
    pub fn ask(&self, line: &str, headers: &[String]) -> Response {
        let mut peer = Peer::connect(self.address);
        peer.send(&request(line, &[&[self.host()], headers].concat()));
        peer.response().expect("an answer")
    }

    /// Asks for a key, which may be refused.
    pub fn exchange(&self) -> Response {
        self.ask("POST /session", &[self.origin(), format!("Authorization: Bearer {}", self.token)])
    }

    /// A viewer's key.
    pub fn key(&self) -> String {
        let response = self.exchange();
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        let answer: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        answer["session"].as_str().expect("a key").to_owned()
    }

    /// The handshake of a control channel.
    pub fn handshake(&self, key: &str) -> Vec<u8> {
        let protocol = format!("Sec-WebSocket-Protocol: lanstream.1, session.{key}");
        let own = [self.host(), self.origin(), protocol];
        let headers: Vec<_> = HANDSHAKE.into_iter().map(str::to_owned).chain(own).collect();
        request("GET /control", &headers)
    }

    /// Opens the control channel; the status where it is refused.
    pub fn control(&self, key: &str) -> Result<WebSocket, u16> {
        let mut peer = Peer::connect(self.address);
        peer.send(&self.handshake(key));
        let (status, _) = peer.head().expect("an answer");
        if status == 101 { Ok(WebSocket { peer }) } else { Err(status) }
    }

    /// Opens the stream of a route; the status where it is refused.
    pub fn stream(&self, key: &str, number: u32) -> Result<Peer, u16> {
        let mut peer = Peer::connect(self.address);
        peer.send(&request(
            &format!("GET /stream?route={number}"),
            &[self.host(), format!("Authorization: Session {key}")],
        ));
        let (status, _) = peer.head().expect("an answer");
        if status == 200 { Ok(peer) } else { Err(status) }
    }
}
