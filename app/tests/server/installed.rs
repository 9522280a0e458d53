//! Installed plugins: their sources are commands without being named, they are loaded only where they matter, and one
//! that dies is not loaded again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use lanstream_core::Size;
use lanstream_testkit::viewer::{Transport, Viewer};
use serde_json::Value;

use crate::plugins::{built_in_c, evil, name};
use crate::running::{Running, lanstream, stderr, stdout};

/// What the plugin with the deed `entry:print` says when it is loaded.
const LOADED: &str = "printed by a plugin";

/// A user with folders of their own.
struct User(tempfile::TempDir);

impl User {
    fn new() -> Self {
        let user = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(user.plugins()).unwrap();
        user
    }

    fn plugins(&self) -> PathBuf {
        self.0.path().join("data/lanstream/plugins")
    }

    fn install(&self, file: &Path, name: &str) -> PathBuf {
        let installed = self.plugins().join(name);
        fs::copy(file, &installed).unwrap();
        installed
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = lanstream(arguments);
        command.env("HOME", self.0.path());
        command.env("XDG_DATA_HOME", self.0.path().join("data"));
        command.env("XDG_CACHE_HOME", self.0.path().join("cache"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn listed(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", stderr(output));
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_installed_plugin_is_a_command_like_a_built_in_one() {
    let user = User::new();
    let file = user.install(&built_in_c("plasma-installed", "examples/plasma/plasma.c", &[]), "plasma.so");
    assert_eq!(stdout(&user.run(&["plugin", "path"])).trim_end(), name(&user.plugins()));
    let help = stdout(&user.run(&["--help"]));
    assert!(help.contains("Show waves of colour"), "{help}");
    assert!(stdout(&user.run(&["plasma", "--help"])).contains("[default: 640x360]"));
    let [line] = listed(&user.run(&["plugin", "list", "--json"])).try_into().unwrap();
    assert_eq!(
        line,
        serde_json::json!({
            "file": name(&file), "name": "plasma", "version": "1.0.0", "sources": ["plasma"], "sandbox": line["sandbox"],
        })
    );
    let text = stdout(&user.run(&["plugin", "list"]));
    assert!(text.starts_with("plasma") && text.contains(name(&file)), "{text}");
    assert!(text.contains("(its sandbox allows nothing"), "{text}");
    assert!(line["sandbox"].as_str().is_some_and(|sandbox| sandbox.starts_with("allows nothing")), "{line}");
    let running = Running::spawn(user.command(&["plasma", "--size", "40x20", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    assert_eq!(viewer.picture.size(), Size::new(40, 20));
}

#[test]
fn plugins_are_loaded_only_where_they_matter_and_again_only_when_they_change() {
    let user = User::new();
    let file = user.install(&evil("entry:print"), "evil.so");
    let loads = |arguments: &[&str]| stderr(&user.run(arguments)).contains(LOADED);
    for arguments in [&["pattern", "--help"][..], &["--version"], &["--nonsense"], &["plugin", "path"]] {
        assert!(!loads(arguments), "{arguments:?}");
    }
    assert!(loads(&["sources"]), "it is not known yet");
    assert!(!loads(&["sources"]) && !loads(&["plugin", "list"]), "it is known");
    assert!(stdout(&user.run(&["--help"])).contains("Break a rule"));
    fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"x"))
        .unwrap();
    assert!(loads(&["unknown"]), "it has changed");
}

#[test]
fn a_plugin_that_died_is_skipped_until_its_file_changes() {
    let user = User::new();
    let file = user.install(&evil("entry:print-segv"), "evil.so");
    user.install(&built_in_c("plasma-beside", "examples/plasma/plasma.c", &[]), "plasma.so");
    let first = user.run(&["sources"]);
    assert!(stderr(&first).contains(LOADED) && stderr(&first).contains("signal: 11"), "{}", stderr(&first));
    let second = user.run(&["plugin", "list", "--json"]);
    assert!(!stderr(&second).contains(LOADED), "{}", stderr(&second));
    let [refused, plasma] = listed(&second).try_into().unwrap();
    let refusal = refused["refusal"].as_str().unwrap();
    let again = format!("`lanstream plugin check {}` tries it again", name(&file));
    assert!(refusal.contains("signal: 11") && refusal.contains(&again), "{refusal}");
    assert_eq!(plasma["sources"], serde_json::json!(["plasma"]), "another one is not concerned");
    let line = stderr(&user.run(&["sources"]));
    assert!(line.lines().any(|line| line.contains("is skipped") && line.contains(&again)), "{line}");
    let broken = user.run(&["plugin", "check", name(&file)]);
    assert_eq!(broken.status.code(), Some(1), "it still dies");
    assert!(stderr(&user.run(&["sources"])).contains("is skipped"));
    user.install(&evil("none:mended"), "evil.so");
    assert!(stdout(&user.run(&["--help"])).contains("Break a rule"), "it is another file now");
}

#[test]
fn the_first_that_is_one_too_many_is_named() {
    let user = User::new();
    (0..70)
        .for_each(|number| fs::write(user.plugins().join(format!("{number:02}.so")), "no library").unwrap());
    let said = stderr(&user.run(&["sources"]));
    let left_out: Vec<_> = said.lines().filter(|line| line.contains("are left out")).collect();
    assert!(matches!(left_out[..], [line] if line.contains("/64.so")), "{said}");
    assert_eq!(
        said.lines().filter(|line| line.contains("00.so") || line.contains("63.so")).count(),
        2,
        "{said}"
    );
}

#[test]
fn a_check_that_passes_has_a_plugin_tried_again() {
    let user = User::new();
    let file = user.install(&evil("entry:while-marked"), "evil.so");
    let marked = |arguments: &[&str]| user.command(arguments).env("LANSTREAM_MARK", "1").output().unwrap();
    assert!(stderr(&marked(&["sources"])).contains("signal: 6"));
    assert!(stderr(&user.run(&["sources"])).contains("is skipped"), "it would not die now, but nobody knows");
    let passed = user.run(&["plugin", "check", name(&file)]);
    assert!(passed.status.success(), "{}", stdout(&passed));
    let again = user.run(&["--help"]);
    assert!(stdout(&again).contains("Break a rule"), "{}", stderr(&again));
}

#[test]
fn a_folder_or_file_that_others_can_write_to_is_not_searched() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let user = User::new();
    let library = evil("none:open");
    let file = user.install(&library, "evil.so");
    let refusal = |because: &str| {
        let lines = listed(&user.run(&["plugin", "list", "--json"]));
        lines[0]["refusal"].as_str().is_some_and(|refusal| refusal.contains(because))
    };
    let with_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for (path, mode) in [(file.clone(), 0o644), (user.plugins(), 0o755)] {
        with_mode(&path, mode | 0o020);
        assert!(refusal("can be written to by other users"), "{}", path.display());
        with_mode(&path, mode);
        assert!(!refusal(""), "{}", path.display());
    }
    // What a link leads to is what counts.
    fs::remove_file(&file).unwrap();
    let elsewhere = user.0.path().join("elsewhere.so");
    fs::copy(&library, &elsewhere).unwrap();
    with_mode(&elsewhere, 0o666);
    symlink(&elsewhere, &file).unwrap();
    assert!(refusal("elsewhere.so can be written to by other users"));
}

#[test]
fn a_link_that_is_exchanged_while_plugins_are_loaded_never_loads_what_anybody_can_change() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let user = User::new();
    let [good, open] = ["good", "open"].map(|name| user.0.path().join(format!("{name}.so")));
    fs::copy(evil("none:exchanged"), &good).unwrap();
    fs::copy(evil("entry:print"), &open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o666)).unwrap();
    let (link, next) = (user.plugins().join("evil.so"), user.plugins().join("next"));
    symlink(&good, &link).unwrap();
    let is_over = AtomicBool::new(false);
    let outputs: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let targets = [&open, &good].into_iter().cycle();
            for target in targets.take_while(|_| !is_over.load(Ordering::Relaxed)) {
                symlink(target, &next).unwrap();
                fs::rename(&next, &link).unwrap();
            }
        });
        // What was found must not be remembered, so that it is loaded each time.
        let list = || user.command(&["plugin", "list", "--json"]).env("XDG_CACHE_HOME", "/dev/null").output();
        let outputs = (0..50).map(|_| list()).collect();
        is_over.store(true, Ordering::Relaxed);
        outputs
    });
    let mut loads = 0;
    for output in outputs {
        let output = output.unwrap();
        assert!(!stderr(&output).contains(LOADED), "{}", stderr(&output));
        loads += listed(&output).iter().filter(|line| line["name"] == "evil").count();
    }
    assert!(0 < loads && loads < 50, "both were found: {loads}");
}

#[test]
fn neither_the_current_folder_nor_a_relative_one_is_searched() {
    let user = User::new();
    let library = evil("none:relative");
    let folder = user.0.path().join("here");
    fs::create_dir_all(folder.join("data/lanstream/plugins")).unwrap();
    for place in ["evil.so", "data/lanstream/plugins/evil.so", "lanstream.so"] {
        fs::copy(&library, folder.join(place)).unwrap();
    }
    for data in ["", ".", "data", "./data"] {
        let mut command = user.command(&["evil"]);
        let output = command.env("XDG_DATA_HOME", data).current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{data:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("unrecognized subcommand"), "{data:?}: {}", stderr(&output));
    }
}

#[test]
fn without_a_home_there_is_no_folder_and_the_commands_go_on() {
    let without = |arguments: &[&str]| {
        let mut command = lanstream(arguments);
        command.env_remove("HOME").env_remove("XDG_DATA_HOME").output().unwrap()
    };
    assert!(without(&["sources"]).status.success());
    let path = without(&["plugin", "path"]);
    assert_eq!(path.status.code(), Some(1));
    assert!(stderr(&path).contains("HOME"), "{}", stderr(&path));
}

#[test]
fn a_sink_of_an_installed_plugin_is_had_without_naming_its_file() {
    let user = User::new();
    let file = user.install(&evil("sink-frame:complete"), "evil.so");
    let [line] = listed(&user.run(&["plugin", "list", "--json"])).try_into().unwrap();
    assert_eq!(line["sources"], serde_json::json!(["evil"]));
    assert_eq!(line["sinks"], serde_json::json!(["evil-sink"]));
    let text = stdout(&user.run(&["plugin", "list"]));
    assert!(text.contains("source evil, sink evil-sink") && text.contains(name(&file)), "{text}");
    assert!(stdout(&user.run(&["sinks"])).contains("--sink evil-sink"));
    let output = user.run(&["pattern", "--size", "640x360", "--sink", "evil-sink", "--evil-sink.level", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let unknown = user.run(&["pattern", "--size", "640x360", "--sink", "good-sink"]);
    assert!(stderr(&unknown).contains("evil-sink"), "it says which there are: {}", stderr(&unknown));
}
