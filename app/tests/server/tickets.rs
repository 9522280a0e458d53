//! Tickets: secrets that let one viewer in, once, within a time. `--open` gives one to the browser, in a file of the
//! user's own.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use lanstream_testkit::wait;
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{Running, SMALL, lanstream};
use crate::serving::Serving;

/// Long enough for any test.
const LONG: Duration = Duration::from_secs(3600);

/// The key and the next ticket that a ticket is exchanged for.
fn exchanged(door: &Door) -> (String, Door) {
    let answer: Value = serde_json::from_slice(&door.exchange().body).expect("JSON");
    let text = |name: &str| answer[name].as_str().expect("a secret").to_owned();
    (text("session"), Door { token: text("ticket"), ..door.clone() })
}

#[test]
fn a_ticket_lets_one_viewer_in_once_and_the_same_again_by_the_next() {
    let serving = Serving::motion();
    let door = Door::from_url(&serving.server.ticket_url(LONG));
    assert_eq!(door.address, serving.door.address);
    assert_ne!(door.token, serving.door.token);
    let (key, next) = exchanged(&door);
    let control = door.control(&key).expect("a fresh key opens the control channel");
    assert_eq!(door.exchange().status, 401, "it was used");
    drop(control);
    Viewer::join(&next, Transport::Http).watch(serving.kind, 3);
    assert_eq!(next.exchange().status, 401, "it was used, too");
    let answer: Value = serde_json::from_slice(&serving.door.exchange().body).expect("JSON");
    assert_eq!(answer.get("ticket"), None, "who has the token needs none");
}

#[test]
fn a_ticket_whose_answer_was_lost_is_good_and_still_lets_one_viewer_in() {
    let serving = Serving::motion();
    let door = Door::from_url(&serving.server.ticket_url(LONG));
    let (lost_key, lost_next) = exchanged(&door);
    let (key, next) = exchanged(&door);
    assert!(door.control(&lost_key).is_err(), "its key is void");
    assert_eq!(lost_next.exchange().status, 401);
    let _control = door.control(&key).expect("a fresh key opens the control channel");
    assert_eq!([&door, &next].map(|door| door.exchange().status), [401, 200]);
}

#[test]
fn a_ticket_that_is_too_old_and_one_that_is_wrong() {
    let serving = Serving::motion();
    let old = Door::from_url(&serving.server.ticket_url(Duration::ZERO));
    assert_eq!(old.exchange().status, 401);
    let good = Door::from_url(&serving.server.ticket_url(LONG));
    let wrong = Door { token: good.token.chars().rev().collect(), ..good.clone() };
    assert_eq!((wrong.exchange().status, good.exchange().status), (401, 200));
}

/// A folder with a program that is started in place of a browser and writes down how.
fn browser(folder: &Path) -> String {
    let program = folder.join("xdg-open");
    let command = folder.join("command");
    let script = format!(
        "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/cmdline > {0}.part\nmv {0}.part {0}\n",
        command.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", folder.display())
}

#[test]
fn a_browser_is_opened_without_a_secret_in_its_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = lanstream(&[&SMALL[..], &["--json", "--open"]].concat());
    command.env("PATH", browser(folder.path())).env("XDG_RUNTIME_DIR", folder.path());
    let running = Running::spawn(command);
    let door = running.door();
    let said = wait::until("a browser is opened", || fs::read_to_string(folder.path().join("command")));
    assert!(!said.contains(&door.token) && !said.contains('#'), "{said}");
    let file = Path::new(said.lines().last().unwrap());
    assert_eq!(file.parent(), Some(folder.path()));
    assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    let page = fs::read_to_string(file).unwrap();
    assert!(!page.contains(&door.token), "the token stays here");
    let url = page.split('"').find_map(|word| word.strip_prefix("0; url=")).expect("it leads on");
    Viewer::join(&Door::from_url(url), Transport::Http).watch(lanstream_pattern::Kind::Motion, 3);
    running.signal(Signal::TERM);
    running.end(PATIENCE);
    assert!(!file.exists(), "the file goes with the run");
}
