//! Windows that cannot be: each says why, with an exit status, and none opens.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;

use lanstream_testkit::display::Display;

use crate::lanstream;

fn on(display: &Display, arguments: &[&str]) -> Output {
    lanstream(arguments).env("DISPLAY", &display.name).output().unwrap()
}

fn expect(output: &Output, status: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(words), "{words:?} is not in: {said}");
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn no_display() {
    let output = lanstream(&["pattern", "--webview"]).output().unwrap();
    expect(&output, 1, "there is no display: set DISPLAY or WAYLAND_DISPLAY");
    assert_eq!(output.stdout, b"", "nothing was served");
}

#[test]
fn what_is_no_page() {
    let display = Display::start(320, 240);
    for url in ["nonsense", "file:///etc/passwd#secret", "http://", "-1"] {
        expect(&on(&display, &["view", url]), 1, "that is no URL of a page");
    }
    expect(&on(&display, &["view", "-"]), 1, "standard input has no URL");
    expect(&on(&display, &["view"]), 2, "required");
}

#[test]
fn nobody_there() {
    let display = Display::start(320, 240);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/#secret", listener.local_addr().unwrap());
    drop(listener);
    expect(&on(&display, &["view", &url]), 1, "nothing answers at 127.0.0.1:");
}

#[test]
fn somebody_else_there() {
    let display = Display::start(320, 240);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/#secret", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = socket.read(&mut request).unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    expect(&on(&display, &["view", &url]), 1, "answers, but not as lanstream does");
    assert!(!other.join().unwrap().contains("secret"));
}
