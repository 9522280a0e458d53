//! The reports of the Rust tests that fail, printed once more after all tests: the output of many test binaries lies
//! between a failure and the end.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Time for the last lines to come after the tests have ended. A process that a test left behind may keep the pipe open
/// for ever.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Runs `cargo test` and passes on what it prints.
///
/// # Errors
///
/// A test fails, or the command cannot be run.
pub(super) fn run_tests(command: &mut Command) -> anyhow::Result<()> {
    let line = super::line_of(command);
    println!("$ {line}");
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("can't run {line}"))?;
    let output = child.stdout.take().context("it has no output")?;
    let (sender, reports) = mpsc::channel();
    std::thread::spawn(move || pass_on(output, &sender));
    let status = child.wait().with_context(|| format!("can't wait for {line}"))?;
    while let Ok(report) = reports.recv_timeout(LAST_LINES) {
        println!("{report}");
    }
    ensure!(status.success(), "{line} ended with {status}");
    Ok(())
}

/// Prints each line, and sends those that report failures.
fn pass_on(output: impl Read, reports: &mpsc::Sender<String>) {
    let mut part = Part::Progress;
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        println!("{line}");
        part = part.after(&line);
        if part != Part::Progress && reports.send(line).is_err() {
            return;
        }
    }
}

/// Part of a test binary's output.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// Names of tests and whether they pass.
    Progress,
    /// What the tests that failed printed, and their names.
    Failures,
    /// The line that counts them.
    Result,
}

impl Part {
    /// Returns the part that a line belongs to.
    fn after(self, line: &str) -> Self {
        match (self, line) {
            (_, "failures:") => Self::Failures,
            (Self::Failures, line) if line.starts_with("test result:") => Self::Result,
            (Self::Failures, _) => Self::Failures,
            (Self::Progress | Self::Result, _) => Self::Progress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 2 tests
test good ... ok
test bad ... FAILED

failures:

---- bad stdout ----
it is wrong

failures:
    bad

test result: FAILED. 1 passed; 1 failed
   Doc-tests lanstream
running 0 tests
test result: ok. 0 passed; 0 failed";

    fn reports_of(output: &[u8]) -> Vec<String> {
        let (sender, reports) = mpsc::channel();
        pass_on(output, &sender);
        drop(sender);
        reports.iter().collect()
    }

    #[test]
    fn failures_are_reported_with_what_they_printed() {
        let reports = reports_of(OUTPUT.as_bytes());
        let expected: Vec<_> = OUTPUT.lines().skip(4).take(9).collect();
        assert_eq!(reports, expected);
    }

    #[test]
    fn nothing_is_reported_where_all_pass() {
        assert!(reports_of(b"running 1 test\ntest good ... ok\n\ntest result: ok. 1 passed").is_empty());
    }

    #[test]
    fn output_that_is_no_text_is_passed_on() {
        assert_eq!(reports_of(b"failures:\n\xff\n").len(), 2);
    }
}
