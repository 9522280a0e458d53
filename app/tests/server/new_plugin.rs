//! What `docs/plugins.md` tells authors to do, done as it is written: a new plugin in Rust and in C is written, built,
//! checked, shown and installed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use lanstream_core::Size;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use lanstream_testkit::wait::until;
use rustix::process::Signal;

use crate::running::{ROOT, Running, alone, stderr, stdout};

/// Returns the commands of the block under a heading.
fn block(heading: &str) -> Vec<String> {
    let document = fs::read_to_string(format!("{ROOT}/docs/plugins.md")).unwrap();
    let section = document.split_once(&format!("## {heading}\n")).expect("the section is there").1;
    let lines = section.lines().skip_while(|line| !line.starts_with("    "));
    lines.map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
}

/// An author with a folder, in which `lanstream` is a command.
struct Author {
    home: tempfile::TempDir,
    folder: PathBuf,
}

impl Author {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let commands = home.path().join("bin");
        fs::create_dir(&commands).unwrap();
        symlink(env!("CARGO_BIN_EXE_lanstream"), commands.join("lanstream")).unwrap();
        // Instead of a browser.
        let opener = commands.join("xdg-open");
        fs::write(&opener, "#!/bin/sh\necho \"$1\" > \"$HOME/opened\"\n").unwrap();
        fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = home.path().to_owned();
        Self { home, folder }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        alone(&mut command);
        let home = self.home.path();
        let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
        command
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"));
        command.env("PATH", path).env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
        command.args(["-ec", line]).current_dir(&self.folder);
        command
    }

    /// Runs a line as a shell does. One that shows a source is ended when a viewer has seen it.
    fn follow(&mut self, line: &str) {
        if let Some(folder) = line.strip_prefix("cd ") {
            self.folder.push(folder);
        } else if line.contains(" --sink ") {
            self.record(line);
        } else if line.starts_with("lanstream --plugin") || line.starts_with("lanstream my-source") {
            self.show(line);
        } else {
            let output = self.command(line).output().unwrap();
            assert!(output.status.success(), "{line}: {}{}", stdout(&output), stderr(&output));
        }
    }

    /// Runs a line with the new sink until it has some frames, and checks what it wrote.
    fn record(&self, line: &str) {
        let running = Running::spawn(self.command(&format!("exec {line} --json")));
        running.door();
        running.next_where("sink-stats", |stats| stats["frames"].as_u64() > Some(5));
        running.signal(Signal::INT);
        let (status, _, stderr) = running.end(PATIENCE);
        assert!(status.success(), "{line}: {stderr}");
        let text = fs::read_to_string(self.folder.join("my-sink.csv")).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let [head, frames @ .., end] = &lines[..] else { panic!("{text}") };
        assert_eq!(*head, "frame,us,width,height,damaged,red,green,blue");
        assert_eq!(*end, format!("# {} frames", frames.len()));
        let first: Vec<u64> = frames[0].split(',').map(|number| number.parse().unwrap()).collect();
        assert_eq!(first[4], first[2] * first[3], "all of the first frame: {text}");
        assert!(first[5..].iter().all(|mean| (1..255).contains(mean)), "{text}");
    }

    fn show(&self, line: &str) {
        let running = Running::spawn(self.command(&format!("exec {line}")));
        let url = running.line();
        let mut viewer = Viewer::join(&Door::from_url(&url), Transport::Http);
        viewer.take_update();
        let size = line
            .split_once("--size ")
            .map_or(Size { width: 640, height: 360 }, |(_, size)| size.parse().unwrap());
        assert_eq!(viewer.picture.size(), Some(size), "{line}");
        let pixels = viewer.picture.rgbx().into_owned();
        let row = size.width as usize * 4;
        assert_eq!(pixels[..row][2..4], [128, 255]);
        assert_eq!(pixels[row * 7 + 1], 7, "it is the gradient");
        assert_eq!(pixels[4], pixels[0].wrapping_add(1));
        if line.ends_with("--open") {
            let opened = self.home.path().join("opened");
            // A file, which leads to the page with a ticket.
            let (page, _token) = url.split_once('#').unwrap();
            let read = || fs::read_to_string(fs::read_to_string(&opened)?.trim_end());
            until("the page is opened", || match read() {
                Ok(text) if text.contains(page) => Ok(()),
                Ok(text) => Err(text),
                Err(error) => Err(error.to_string()),
            });
        }
    }
}

/// Returns the commands that `plugin new` prints or writes after having made the folder.
fn commands_in(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with("cd "))
        .collect()
}

/// Follows the block, with what cargo needs to build without a network and not everything anew.
fn follow(author: &mut Author, heading: &str) {
    let lines = block(heading);
    let (new, rest) = lines.split_first().expect("it has commands");
    author.follow(new);
    let project = author.folder.join(rest[0].strip_prefix("cd ").expect("its folder is entered"));
    let written = fs::read_to_string(project.join("README.md")).unwrap();
    let without_cd: Vec<_> = rest.iter().filter(|line| !line.starts_with("cd ")).collect();
    assert_eq!(without_cd, commands_in(&written), "what README says is what the document says");
    if project.join("Cargo.toml").exists() {
        fs::copy(format!("{ROOT}/Cargo.lock"), project.join("Cargo.lock")).unwrap();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-plugin");
        fs::create_dir_all(&target).unwrap();
        symlink(target, project.join("target")).unwrap();
    }
    rest.iter().for_each(|line| author.follow(line));
}

#[test]
fn a_new_plugin_in_rust_is_built_checked_shown_and_installed_as_the_document_says() {
    let mut author = Author::new();
    follow(&mut author, "In Rust");
    author.follow("cargo fmt --check");
    block("Install").iter().for_each(|line| author.follow(line));
}

#[test]
fn a_new_plugin_in_c_is_built_checked_and_shown_as_the_document_says() {
    let mut author = Author::new();
    follow(&mut author, "In C");
    author.follow("cc -Wall -Wextra -Werror -std=gnu11 -fsyntax-only -I. my-source.c");
}

#[test]
fn a_new_sink_in_rust_is_built_checked_and_used_as_the_document_says() {
    let mut author = Author::new();
    follow(&mut author, "A sink");
    author.follow("cargo fmt --check");
}

#[test]
fn a_new_sink_in_c_is_built_checked_and_used_as_the_document_says() {
    let mut author = Author::new();
    follow(&mut author, "A sink in C");
    author.follow("cc -Wall -Wextra -Werror -std=gnu11 -fsyntax-only -I. my-sink.c");
}

#[test]
fn what_a_new_plugin_prints_is_what_to_do() {
    let author = Author::new();
    let cases = [
        ("source", "rust", "In Rust"),
        ("source", "c", "In C"),
        ("sink", "rust", "A sink"),
        ("sink", "c", "A sink in C"),
    ];
    for (kind, lang, heading) in cases {
        let new = format!("lanstream plugin new my-{kind} --kind {kind} --lang {lang}");
        let output = author.command(&format!("mkdir {kind}-{lang}; cd {kind}-{lang}; {new}")).output();
        let printed = stdout(&output.unwrap());
        assert_eq!(commands_in(&printed), block(heading)[2..], "{printed}");
    }
}

#[test]
fn a_name_that_is_taken_or_cannot_be_is_refused_and_nothing_is_written() {
    let author = Author::new();
    fs::create_dir(author.folder.join("taken")).unwrap();
    let before = fs::read_dir(&author.folder).unwrap().count();
    let cases = [
        ("taken", "taken exists already"),
        ("My-Source", "cannot be the name of a source"),
        ("1st", "cannot be the name of a source"),
        ("a_b", "cannot be the name of a source"),
        ("a-", "cannot be the name of a source"),
        ("''", "cannot be the name of a source"),
        ("../up", "cannot be the name of a source"),
        ("a/b", "cannot be the name of a source"),
        ("pattern", "pattern is a source of lanstream itself"),
        ("plugin", "plugin is a command of lanstream"),
        ("sources", "sources is a command of lanstream"),
        ("good --lang zig", "possible values: rust, c"),
        ("good --kind nothing", "possible values: source, sink"),
        ("ffmpeg --kind sink", "ffmpeg is a sink of lanstream itself"),
        ("A --kind sink", "cannot be the name of a sink"),
    ];
    for (name, reason) in cases {
        let output = author.command(&format!("lanstream plugin new {name}")).output().unwrap();
        assert!(!output.status.success(), "{name}");
        assert!(stderr(&output).contains(reason), "{name}: {}", stderr(&output));
        assert_eq!(fs::read_dir(&author.folder).unwrap().count(), before, "{name}");
    }
}
