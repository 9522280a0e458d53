//! The sandbox of a plugin's process, with the real binary and a plugin that reaches for what its manifest may not
//! allow.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use lanstream_plugin_host::{Sandbox, Trust};
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Transport, Viewer};
use rustix::process::Signal;

use crate::plugins::{FOLDER, built_in_c, name};
use crate::running::{ROOT, Running, alone, lanstream, run, stderr, stdout};

/// What the system says of what a manifest could have allowed, and of what it could not.
const DENIED: &str = "Permission denied (its sandbox allows ";
const NEVER: &str = "Operation not permitted (its sandbox allows ";

/// Returns the plugin that reaches, with this manifest. Each test has a name for its own.
fn reach(test: &str, manifest: &str) -> PathBuf {
    let text = manifest.replace('\n', "\\n");
    built_in_c(&format!("reach-{test}"), "evil/reach.c", &[&format!("-DMANIFEST=\"{text}\"")])
}

/// Returns what the plugin says of a deed, such as `read: done`.
fn said(plugin: &Path, deed: &str) -> String {
    said_with(plugin, deed, &[])
}

fn said_with(plugin: &Path, deed: &str, more: &[&str]) -> String {
    let output = run(&[&["--plugin", name(plugin), "reach", "--deed", deed], more].concat());
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{deed}: {said}");
    let (_, result) = said.split_once("plugin source reach: ").unwrap_or_else(|| panic!("{deed}: {said}"));
    result.trim_end().to_owned()
}

fn expect(plugin: &Path, deed: &str, result: &str) {
    let said = said(plugin, deed);
    let (verb, _) = deed.split_once(':').unwrap();
    assert!(said.starts_with(&format!("{verb}: {result}")), "{deed}: {said}");
}

/// What this kernel cannot refuse.
static GAPS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let plugin = reach("gaps", "network = [1]\nsockets = ['/x']");
    Sandbox::of(&plugin, Trust::Named).unwrap().gaps().to_vec()
});

/// Returns whether the kernel has what a test is about, and says so if it has not.
fn kernel_refuses(gap: &str) -> bool {
    let missing = GAPS.iter().find(|missing| missing.contains(gap));
    if let Some(missing) = missing {
        println!("skipped: {missing}");
    }
    missing.is_none()
}

/// Returns a listener, and its port as text.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    (listener, port)
}

#[test]
fn calls_that_the_manifest_does_not_allow_are_refused_and_the_error_says_so() {
    if !kernel_refuses("seccomp") {
        return;
    }
    let plugin = reach("nothing", "network = 'none'\n");
    let (_listener, port) = listener();
    for deed in
        [&format!("tcp:{port}"), &format!("udp:{port}"), "netlink:", "unix:/x", "datagrams:", "shared:"]
    {
        expect(&plugin, deed, &format!("{DENIED}nothing"));
    }
    for deed in ["run:/bin/true", "exec:/bin/true"] {
        expect(&plugin, deed, DENIED);
    }
    for deed in ["ptrace:", "unshare:", "io_uring:", "bpf:", "keyctl:", "type:"] {
        expect(&plugin, deed, NEVER);
    }
    expect(&plugin, "pair:", "done");
}

#[test]
fn calls_that_the_manifest_allows_work() {
    let (_listener, port) = listener();
    let networked = reach("any", "network = 'any'");
    for deed in [&format!("tcp:{port}"), &format!("udp:{port}"), "netlink:"] {
        expect(&networked, deed, "done");
    }
    let starter = reach("programs", "processes = true");
    expect(&starter, "run:/bin/true", "done");
    if kernel_refuses("seccomp") {
        expect(&starter, "namespace:", NEVER);
        expect(&starter, &format!("tcp:{port}"), DENIED);
        expect(&networked, "run:/bin/true", DENIED);
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _local = UnixListener::bind(&socket).unwrap();
    let connected = reach("sockets", &format!("sockets = ['{}']", name(&socket)));
    expect(&connected, &format!("unix:{}", name(&socket)), "done");
    expect(&connected, "shared:", "done");
}

#[test]
fn tcp_is_limited_to_the_ports_that_the_manifest_names() {
    let ((_listener, port), (_other_listener, other)) = (listener(), listener());
    let plugin = reach("ports", &format!("network = [{port}]"));
    expect(&plugin, &format!("tcp:{port}"), "done");
    if kernel_refuses("seccomp") {
        expect(&plugin, &format!("udp:{port}"), DENIED);
        expect(&plugin, "mptcp:", DENIED);
    }
    if kernel_refuses("TCP ports") && kernel_refuses("no Landlock") {
        expect(&plugin, &format!("tcp:{other}"), &format!("{DENIED}TCP to port {port}"));
    }
}

#[test]
fn files_that_the_manifest_does_not_name_are_out_of_reach() {
    if !kernel_refuses("no Landlock") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret");
    std::fs::write(&secret, "key").unwrap();
    let plugin = reach("files", "");
    let with = |deed: &str| format!("{deed}:{}", name(&secret));
    let folder = format!("list:{}", name(home.path()));
    for deed in [
        "early:",
        "read:/etc/shadow",
        &with("read"),
        &folder,
        &with("write"),
        &with("remove"),
        "write:/dev/ptmx",
    ] {
        expect(&plugin, deed, &format!("{DENIED}nothing"));
    }
    if kernel_refuses("truncate") {
        expect(&plugin, &with("truncate"), DENIED);
    }
    if kernel_refuses("end your processes") {
        expect(&plugin, &format!("signal:{}", std::process::id()), NEVER);
    }
    for deed in ["read:/usr/include/lanstream.h", "read:/proc/self/status", "write:/dev/null", "list:/usr"] {
        let said = said(&plugin, deed);
        assert!(said.ends_with(": done") || said.ends_with("No such file or directory"), "{said}");
    }
    // What the system says of all processes can be read, and what is theirs cannot.
    expect(&plugin, &format!("read:/proc/{}/environ", std::process::id()), DENIED);
    assert_eq!(std::fs::read(&secret).unwrap(), b"key");
}

#[test]
fn files_that_the_manifest_names_are_in_reach() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, new) = (folder.path().join("file"), other.path().join("new"));
    std::fs::write(&file, "text").unwrap();
    let reader = reach("reader", &format!("read = ['{}']\ndevices = ['/dev/ptm*']", name(folder.path())));
    expect(&reader, &format!("read:{}", name(&file)), "done");
    expect(&reader, "write:/dev/ptmx", "done");
    let places = format!("write = ['{}', '--file']", name(folder.path()));
    let writer = reach("writer", &places);
    for deed in ["write", "read", "truncate", "remove"] {
        expect(&writer, &format!("{deed}:{}", name(&file)), "done");
    }
    assert_eq!(said_with(&writer, "write:", &["--file", name(&new)]), "write: done");
    assert!(new.exists());
    if kernel_refuses("no Landlock") {
        expect(&writer, &format!("read:{}", name(&new)), DENIED);
        std::fs::write(&file, "text").unwrap();
        expect(&reader, &format!("write:{}", name(&file)), DENIED);
    }
}

#[test]
fn a_path_that_the_user_gives_can_be_read_without_being_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let plugin = reach("given", "");
    assert_eq!(said_with(&plugin, "read:", &["--file", name(&file)]), "read: done");
    let set = format!("file={}", name(&file));
    let check = ["plugin", "check", name(&plugin), "--rule", "create", "--set", "deed=read:", "--set", &set];
    assert!(stdout(&run(&check)).contains("read: done"), "the rules are tried in the same sandbox");
    if kernel_refuses("no Landlock") {
        assert!(said_with(&plugin, "write:", &["--file", name(&file)]).contains(DENIED));
        let check = ["plugin", "check", name(&plugin), "--rule", "create", "--set", "deed=read:/etc/shadow"];
        assert!(stdout(&run(&check)).contains("read: Permission denied"));
    }
}

#[test]
fn a_plugin_without_a_manifest_may_do_what_the_user_may_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let plugin = built_in_c("reach-free", "evil/reach.c", &["-DNO_MANIFEST"]);
    let (_listener, port) = listener();
    for deed in [&format!("read:{}", name(&file)), &format!("tcp:{port}"), "run:/bin/true", "datagrams:"] {
        expect(&plugin, deed, "done");
    }
    let check = stderr(&run(&["plugin", "check", name(&plugin), "--rule", "create"]));
    assert!(check.contains("the sandbox of the plugin is none, as it has no manifest"), "{check}");
}

#[test]
fn what_was_loaded_and_its_sandbox_are_in_the_log() {
    let plugin = reach("log", "processes = true");
    let running = Running::start(&["--plugin", name(&plugin), "reach", "--json", "-v"]);
    Viewer::join(&running.door(), Transport::Http).take_update();
    running.signal(Signal::TERM);
    let (status, _, log) = running.end(PATIENCE);
    let line = format!("plugin source reach ({}): its sandbox allows starting programs", name(&plugin));
    assert!(status.success() && log.contains(&line), "{log}");
}

#[test]
fn where_the_kernel_has_no_landlock_that_is_said_and_the_rest_is_in_force() {
    let (wrapper, source) = (FOLDER.path().join("without-landlock"), "plugins/evil/without-landlock.c");
    let compiled = Command::new("cc").arg("-o").arg(&wrapper).arg(format!("{ROOT}/{source}")).status();
    assert!(compiled.expect("a C compiler is installed").success());
    let without = |arguments: &[&str]| {
        let mut command = Command::new(&wrapper);
        command.arg(env!("CARGO_BIN_EXE_lanstream")).args(arguments);
        alone(&mut command);
        command
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let plugin = reach("old-kernel", "");
    let read = format!("read:{}", name(&file));
    let output = without(&["--plugin", name(&plugin), "reach", "--deed", &read]).output().unwrap();
    assert!(stderr(&output).contains("read: done"), "it cannot be refused: {}", stderr(&output));
    let output = without(&["--plugin", name(&plugin), "reach", "--deed", "tcp:1"]).output().unwrap();
    assert!(stderr(&output).contains(&format!("tcp: {DENIED}nothing")), "{}", stderr(&output));
    let gap = "allows nothing, but the kernel has no Landlock";
    let check = without(&["plugin", "check", name(&plugin), "--rule", "create"]).output().unwrap();
    assert!(check.status.success() && stderr(&check).contains(gap), "{}", stderr(&check));
    let running = Running::spawn(without(&["--plugin", name(&plugin), "reach", "--json"]));
    Viewer::join(&running.door(), Transport::Http).take_update();
    running.signal(Signal::TERM);
    let (status, _, log) = running.end(PATIENCE);
    assert!(status.success() && log.contains(gap), "it is a warning, which nobody has to ask for: {log}");
}

#[test]
fn a_manifest_that_is_wrong_is_a_rule_that_is_broken() {
    let plugin = reach("wrong", "network = 'loopback'");
    let refused = run(&["--plugin", name(&plugin), "reach"]);
    assert_eq!(refused.status.code(), Some(1));
    let reason = "its manifest is wrong: ";
    let text = stderr(&refused);
    assert!(text.contains(reason) && text.contains("'loopback'") && text.contains(name(&plugin)), "{text}");
    let check = run(&["plugin", "check", name(&plugin)]);
    assert_eq!(check.status.code(), Some(1));
    assert!(stdout(&check).contains(reason), "{}", stdout(&check));
}

#[test]
fn in_lanstreams_own_process_there_is_no_sandbox_and_that_is_said() {
    let plugin = reach("in-process", "");
    let running = Running::spawn(lanstream(&["--plugin", name(&plugin), "reach", "--in-process", "--json"]));
    Viewer::join(&running.door(), Transport::Http).take_update();
    running.signal(Signal::TERM);
    let (_, _, log) = running.end(PATIENCE);
    assert!(log.contains("in lanstream's own process it has no sandbox"), "{log}");
}
