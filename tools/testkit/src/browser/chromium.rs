//! A Chromium that tests can ask: its DevTools protocol over a pair of pipes, with which it ends as well.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Browser, Engine};
use crate::display::Display;
use crate::wait::until;

/// How long an answer may take on a machine that is busy with other things.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A running Chromium.
#[derive(Debug)]
pub struct Chromium {
    input: RefCell<ChildStdin>,
    messages: Receiver<Value>,
    calls: Cell<u64>,
    /// What it told by itself.
    events: RefCell<Vec<Value>>,
    browser: Browser,
}

/// One page in it.
#[derive(Debug)]
pub struct Page<'a> {
    chromium: &'a Chromium,
    session: String,
}

impl Chromium {
    /// Fills a display with a page.
    pub fn open(url: &str, on: &Display) -> Self {
        Self::open_with(url, on, &[])
    }

    /// Fills a display with a page, with more arguments.
    pub fn open_with(url: &str, on: &Display, arguments: &[&str]) -> Self {
        let mut browser = Engine::Chromium.open_with(url, on, |command| piped(command.args(arguments)));
        let input = browser.process.stdin();
        let output = browser.process.stdout();
        let (messages, events) = (listen(output), RefCell::default());
        Self { input: RefCell::new(input), messages, calls: Cell::new(0), events, browser }
    }

    /// Returns the number of its process, the parent of all others.
    pub fn id(&self) -> u32 {
        self.browser.process.id()
    }

    /// Ends it and all of its processes without a farewell.
    pub fn kill(&mut self) {
        self.browser.process.kill();
    }

    /// The page that it was opened with.
    pub fn page(&self) -> Page<'_> {
        let target = until("Chromium's page", || {
            let targets = self.call(None, "Target.getTargets", &json!({}));
            let targets = targets["targetInfos"].as_array().expect("it is a list").clone();
            targets.into_iter().find(|target| target["type"] == "page").ok_or("there is none")
        });
        self.attach(&target["targetId"])
    }

    /// A page in another window.
    pub fn another(&self, url: &str) -> Page<'_> {
        let made = self.call(None, "Target.createTarget", &json!({ "url": url, "newWindow": true }));
        self.attach(&made["targetId"])
    }

    fn attach(&self, target: &Value) -> Page<'_> {
        let wanted = json!({ "targetId": target, "flatten": true });
        let attached = self.call(None, "Target.attachToTarget", &wanted);
        let session = attached["sessionId"].as_str().expect("it is text").to_owned();
        let page = Page { chromium: self, session };
        // An empty page comes first, and goes with whatever was asked of it.
        let progress = "location.protocol === 'http:' ? document.readyState : location.href";
        until("a loaded page", || match page.try_evaluate(progress)?.as_str() {
            Some("complete") => Ok(()),
            other => Err(format!("it is {other:?}")),
        });
        page
    }

    /// Answers for the person who is asked for a permission, by any of the names that it may have.
    pub fn set_permission(&self, names: &[&str], origin: &str, setting: &str) {
        let set = |name: &&str| {
            let params = json!({ "permission": { "name": name }, "setting": setting, "origin": origin });
            self.try_call(None, "Browser.setPermission", &params).is_ok()
        };
        assert!(names.iter().filter(|name| set(name)).count() > 0, "it knows none of {names:?}");
    }

    fn call(&self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.try_call(session, method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&self, session: Option<&str>, method: &str, params: &Value) -> Result<Value, String> {
        let id = self.calls.get() + 1;
        self.calls.set(id);
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        let mut input = self.input.borrow_mut();
        input.write_all(format!("{call}\0").as_bytes()).expect("Chromium listens");
        loop {
            let mut message = self.messages.recv_timeout(ANSWER_LIMIT).expect("Chromium answers");
            if message["id"] == id {
                let error = &message["error"];
                return if error.is_null() { Ok(message["result"].take()) } else { Err(error.to_string()) };
            }
            self.events.borrow_mut().push(message);
        }
    }
}

impl Page<'_> {
    /// What an expression comes to, after what it promises.
    pub fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// The same, or why there is none: a page may be on its way.
    pub fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let wanted = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut done = self.chromium.try_call(Some(&self.session), "Runtime.evaluate", &wanted)?;
        let thrown = &done["exceptionDetails"];
        if thrown.is_null() { Ok(done["result"]["value"].take()) } else { Err(thrown.to_string()) }
    }

    /// Has the browser do something with the page, as its protocol says.
    pub fn command(&self, method: &str, params: &Value) -> Value {
        self.chromium.call(Some(&self.session), method, params)
    }

    /// All that is in the page's console so far.
    pub fn console(&self) -> Vec<String> {
        // Whoever starts to listen is told of what was before.
        self.command("Log.enable", &json!({}));
        self.command("Runtime.enable", &json!({}));
        let events = self.chromium.events.borrow();
        let mine = events.iter().filter(|event| event["sessionId"] == self.session.as_str());
        let said = mine.filter_map(|event| match event["method"].as_str() {
            Some("Log.entryAdded") => Some(event["params"]["entry"].to_string()),
            Some("Runtime.consoleAPICalled" | "Runtime.exceptionThrown") => Some(event["params"].to_string()),
            _ => None,
        });
        said.collect()
    }

    /// Makes the page's window as large as this, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Presses a key as a person does.
    pub fn press(&self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.command("Input.dispatchKeyEvent", &event);
        }
    }

    /// Taps the page with a finger.
    pub fn tap(&self, x: u32, y: u32) {
        let touched = json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y }] });
        self.command("Input.dispatchTouchEvent", &touched);
        self.command("Input.dispatchTouchEvent", &json!({ "type": "touchEnd", "touchPoints": [] }));
    }

    /// What the viewer says of itself; null before it is there.
    pub fn state(&self) -> Value {
        self.evaluate("window.lanstream?.state ?? null")
    }

    /// What the viewer says to the person before it.
    pub fn banner(&self) -> String {
        let text = self.evaluate("window.lanstream?.shadowRoot.querySelector('.banner').textContent ?? ''");
        text.as_str().expect("it is text").to_owned()
    }

    /// Waits until the state is as wanted.
    pub fn state_where(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, || {
            let state = self.state();
            if wanted(&state) { Ok(state) } else { Err(state) }
        })
    }

    /// Waits until it tells the person so.
    pub fn banner_with(&self, words: &str) {
        until(&format!("a banner with {words:?}"), || {
            let banner = self.banner();
            if banner.contains(words) { Ok(()) } else { Err(format!("it says {banner:?}")) }
        });
    }

    /// Waits until it shows a live picture.
    pub fn playing(&self) -> Value {
        self.state_where("a playing page", |state| state["playing"] == true)
    }
}

/// The protocol's descriptors are 3 and 4; the shell moves ours there.
fn piped(command: &mut Command) -> &mut Command {
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let environment: Vec<_> =
        command.get_envs().map(|(k, v)| (k.to_owned(), v.map(ToOwned::to_owned))).collect();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"exec "$0" --remote-debugging-pipe "$@" 3<&0 4>&1 </dev/null >/dev/null"#]);
    shell.arg(program).args(arguments);
    shell.envs(environment.into_iter().filter_map(|(k, v)| Some((k, v?))));
    *command = shell;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null())
}

/// Messages end with a zero byte.
fn listen(output: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        for message in BufReader::new(output).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message).expect("each message is JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("chromium output".to_owned()).spawn(read).unwrap();
    receiver
}
