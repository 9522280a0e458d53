//! A WebKitGTK browser that tests can ask: its WebDriver over HTTP.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{MINI_BROWSER, fill_with_webkit, prepare_webkit};
use crate::display::Display;
use crate::http::{Peer, request};
use crate::process::Process;
use crate::wait::until;

/// How long an answer may take on a machine that is busy with other things.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A running driver and its browser. They end before their profile is removed: fields go in order.
#[derive(Debug)]
pub struct Webkit {
    port: u16,
    session: String,
    _driver: Process,
    _profile: TempDir,
}

impl Webkit {
    /// Fills a display with a page.
    pub fn open(url: &str, on: &Display) -> Self {
        let profile = TempDir::with_prefix("lanstream-browser-").unwrap();
        let mut command = Command::new("WebKitWebDriver");
        prepare_webkit(&mut command, on, profile.path());
        let driver = Process::start(command.arg("--port=0").stdout(Stdio::null()).stderr(Stdio::null()));
        let port = until("the driver's port", || port_of(driver.id()).ok_or("there is none"));
        let mut webkit = Self { port, session: String::new(), _driver: driver, _profile: profile };
        webkit.begin();
        fill_with_webkit(on);
        webkit.call("url", &json!({ "url": url }));
        webkit
    }

    fn begin(&mut self) {
        let browser = json!({ "binary": MINI_BROWSER, "args": ["--automation", "--full-screen"] });
        let wanted = json!({ "alwaysMatch": { "webkitgtk:browserOptions": browser } });
        let made = self.post("/session", &json!({ "capabilities": wanted }));
        made["sessionId"].as_str().expect("it is text").clone_into(&mut self.session);
    }

    /// What an expression comes to, after what it promises.
    pub fn evaluate(&self, expression: &str) -> Value {
        let script =
            format!("return Promise.resolve({expression}).then(value => JSON.stringify(value ?? null));");
        let answer = self.call("execute/sync", &json!({ "script": script, "args": [] }));
        serde_json::from_str(answer.as_str().expect("it is text")).expect("it is JSON")
    }

    fn call(&self, command: &str, parameters: &Value) -> Value {
        self.post(&format!("/session/{}/{command}", self.session), parameters)
    }

    fn post(&self, path: &str, parameters: &Value) -> Value {
        let mut driver = Peer::connect((Ipv4Addr::LOCALHOST, self.port).into());
        driver.stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
        let body = parameters.to_string();
        let headers = [
            format!("Host: 127.0.0.1:{}", self.port),
            "Connection: close".to_owned(),
            "Content-Type: application/json".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        driver.send(&[request(&format!("POST {path}"), &headers), body.into_bytes()].concat());
        let answer = driver.response().expect("the driver answers");
        let mut body: Value = serde_json::from_slice(&answer.body).expect("it is JSON");
        assert_eq!(answer.status, 200, "{path}: {body}");
        body["value"].take()
    }
}

/// The port that a process listens on. The driver finds one itself, and does not say which.
fn port_of(pid: u32) -> Option<u16> {
    let output = Command::new("ss").args(["-ltnpH"]).output().expect("ss is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains(&format!("pid={pid},")))?;
    let address = line.split_ascii_whitespace().nth(3)?;
    address.rsplit_once(':')?.1.parse().ok()
}
