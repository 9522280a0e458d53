//! A Firefox that tests can ask: its Marionette protocol over TCP.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Browser, Engine};
use crate::display::Display;
use crate::wait::until;

/// How long an answer may take on a machine that is busy with other things.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A running Firefox.
#[derive(Debug)]
pub struct Firefox {
    socket: RefCell<BufReader<TcpStream>>,
    calls: Cell<u64>,
    _browser: Browser,
}

impl Firefox {
    /// Fills a display with a page.
    pub fn open(url: &str, on: &Display) -> Self {
        let browser = Engine::Firefox
            .open_with("about:blank", on, |command| command.arg("--marionette").stdout(Stdio::null()));
        let port = browser.profile().join("MarionetteActivePort");
        let socket = until("Firefox's port", || {
            let port = std::fs::read_to_string(&port).map_err(|error| error.to_string())?;
            TcpStream::connect(format!("127.0.0.1:{}", port.trim())).map_err(|error| error.to_string())
        });
        socket.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
        let firefox =
            Self { socket: RefCell::new(BufReader::new(socket)), calls: Cell::new(0), _browser: browser };
        firefox.receive();
        firefox.call("WebDriver:NewSession", &json!({}));
        firefox.navigate(url);
        firefox
    }

    /// Leaves the page for another.
    pub fn navigate(&self, url: &str) {
        self.call("WebDriver:Navigate", &json!({ "url": url }));
    }

    /// What an expression comes to, after what it promises.
    pub fn evaluate(&self, expression: &str) -> Value {
        let script =
            format!("return Promise.resolve({expression}).then(value => JSON.stringify(value ?? null));");
        let answer = self.call("WebDriver:ExecuteScript", &json!({ "script": script, "args": [] }));
        serde_json::from_str(answer["value"].as_str().expect("it is text")).expect("it is JSON")
    }

    fn call(&self, name: &str, params: &Value) -> Value {
        let id = self.calls.get() + 1;
        self.calls.set(id);
        let call = json!([0, id, name, params]).to_string();
        let message = format!("{}:{call}", call.len());
        self.socket.borrow_mut().get_mut().write_all(message.as_bytes()).expect("Firefox listens");
        let mut answer = self.receive();
        assert!(answer[1] == id && answer[2].is_null(), "{name}: {answer}");
        answer[3].take()
    }

    /// A message is its length, a colon and JSON.
    fn receive(&self) -> Value {
        let mut socket = self.socket.borrow_mut();
        let mut length = Vec::new();
        socket.read_until(b':', &mut length).expect("Firefox answers");
        let length = String::from_utf8_lossy(&length).trim_end_matches(':').parse().expect("it is a number");
        let mut message = vec![0; length];
        socket.read_exact(&mut message).expect("Firefox answers");
        serde_json::from_slice(&message).expect("it is JSON")
    }
}
