//! What the figures were measured on and with.

use std::process::Command;

use lanstream_testkit::browser::Engine;
use serde::Serialize;

use crate::repository;

/// The machine and the versions of what took part.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    date: String,
    cpu: String,
    cores: usize,
    memory: String,
    kernel: String,
    system: String,
    browser: String,
    rustc: String,
    /// The commit, with "-dirty" where files differ from it.
    commit: String,
}

impl Machine {
    pub(crate) fn look(browsers: &[Engine]) -> Self {
        let versions = browsers.iter().map(|browser| {
            let (program, arguments) = browser.version();
            first_line(program, arguments)
        });
        Self {
            date: first_line("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: field("/proc/meminfo", "MemTotal"),
            kernel: first_line("uname", &["-sr"]),
            system: field("/etc/os-release", "PRETTY_NAME"),
            browser: versions.collect::<Vec<_>>().join(", "),
            rustc: first_line("rustc", &["--version"]),
            commit: first_line("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { date, cpu, cores, system, browser, commit, .. } = self;
        write!(f, "{date}, {commit}: {cores} cores ({cpu}), {system}, {browser}")
    }
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository::root()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok().and_then(|text| text.lines().next().map(str::trim).map(str::to_owned)).unwrap_or_default()
}

/// The first value of a name in a file of `name: value` or `name=value` lines.
fn field(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    let value = line.split_once([':', '=']).map_or("", |(_, value)| value);
    value.trim_matches([' ', '\t', '"']).to_owned()
}
