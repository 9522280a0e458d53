//! A desktop for tests: a portal that answers as it is told, and streams of PipeWire with pictures that are painted by
//! command. It needs a session bus and a running PipeWire.
//!
//! Words of the command line: `--answer share|decline|fail|never`, `--cursors BITS`, `--format BGRx|RGBx|BGRA|RGBA|
//! xBGR_210LE`, `--no-remote`, `--lose-first`, `--animate`. Commands come on standard input, one a line (`script.rs`);
//! after each, and once it is ready, a line is written.

mod buffer;
mod canvas;
mod params;
mod portal;
mod producer;
mod scene;
mod script;

use std::io::BufRead as _;

use producer::{Order, Producer};
use script::Command;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (producer, told) = Producer::start(&words);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let portal = runtime.block_on(portal::serve(&words, producer.clone())).expect("the bus is there");
    say("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        match Command::read(&line) {
            Some(Command::Close) => runtime.block_on(portal.close()).expect("the bus is there"),
            Some(command) => {
                producer.send(Order::Command(command));
                told.recv().expect("the producer runs");
            }
            None => panic!("no command: {line}"),
        }
        say("done");
    }
}

/// Writes a line to the test.
pub(crate) fn say(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the test reads");
}

/// Returns the word after another.
pub(crate) fn word_after<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).map(String::as_str)
}
