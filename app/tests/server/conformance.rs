//! `lanstream plugin check`: good plugins keep all rules, and each deed of the evil one breaks the rule that it is
//! about, whatever it does to the process of its trial.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Mutex;

use lanstream_testkit::process::Process;
use lanstream_testkit::wait::until;
use rustix::process::Signal;
use serde_json::Value;

use crate::plugins::{built_in_c, built_in_rust, evil, name};
use crate::running::{lanstream, run, stderr, stdout};

/// What is tried at the same time. Trials wait more than they compute.
const WORKERS: usize = 4;
/// Rules of a source, and of a sink.
const SOURCE_RULES: usize = 33;
const SINK_RULES: usize = 26;
/// Seconds that a rule may take, where one of them hangs.
const SECONDS: &str = "2";

/// Findings of a check.
fn findings(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// Runs `job` on all items, some at the same time. The reason why one failed is in the panic.
fn on_all<T: Send>(items: Vec<T>, job: impl Fn(T) + Sync) {
    let items = Mutex::new(items);
    let next = || items.lock().unwrap().pop();
    let work = || std::iter::from_fn(next).for_each(&job);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| match panic.downcast_ref::<String>() {
                Some(reason) => panic!("{reason}"),
                None => std::panic::resume_unwind(panic),
            });
        }
    });
}

/// Returns the processes that were started with a command, such as `plugin-trial`, and a file.
pub(crate) fn processes_of(command: &str, file: &Path) -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(command) && line.contains(name(file))).collect()
}

/// Returns how many rules a good plugin is tried by.
fn rules_of(file: &Path) -> usize {
    let file = name(file);
    match () {
        () if file.contains("pam") || file.contains("tape") => 1 + SINK_RULES,
        () if file.contains("evil-sink") => 1 + SOURCE_RULES + SINK_RULES,
        () => 1 + SOURCE_RULES,
    }
}

#[test]
fn good_plugins_keep_all_rules() {
    let plasma = built_in_c("plasma-kept", "examples/plasma/plasma.c", &[]);
    let plugins = vec![
        (plasma, vec!["--set", "size=320x180"]),
        (built_in_rust("solid-color"), vec![]),
        (built_in_rust("pattern-plugin"), vec![]),
        (built_in_rust("clock"), vec![]),
        (evil("none:kept"), vec![]),
        (evil("lent:good"), vec![]),
        (evil("lent:kept"), vec![]),
        (evil("cursor:good"), vec![]),
        (evil("audio:good"), vec![]),
        (evil("playback:good"), vec![]),
        (built_in_rust("orbit"), vec![]),
        (built_in_rust("metronome"), vec![]),
        (built_in_rust("reel"), vec![]),
        (built_in_rust("pam"), vec!["--set", "file=/dev/null"]),
        (
            built_in_c("tape-kept", "fixtures/tape.c", &[]),
            vec!["--set", "sound=/dev/null", "--set", "lines=/dev/null"],
        ),
        (evil("sink:none"), vec![]),
    ];
    on_all(plugins, |(file, more)| {
        let output = run(&[&["plugin", "check", name(&file), "--json"], &more[..]].concat());
        let findings = findings(&output);
        let others: Vec<_> = findings.iter().filter(|finding| finding["verdict"] != "kept").collect();
        let broken = |finding: &&Value| finding["verdict"] == "broken";
        assert!(!others.iter().any(broken), "{}: {others:#?}", file.display());
        assert_eq!(output.status.code(), Some(0), "{}: {}", file.display(), stderr(&output));
        assert!(others.len() <= 5, "{}: {others:#?}", file.display());
        assert_eq!(findings.len(), rules_of(&file), "{}", file.display());
        let file_name = file.file_name().unwrap().to_string_lossy();
        let is_example = !file_name.starts_with("evil") && !file_name.starts_with("tape");
        let is_confined = stderr(&output).starts_with("the sandbox of the plugin allows ");
        assert_eq!(is_confined, is_example, "{}", stderr(&output));
        for (rule, who) in [
            ("lent", &["evil-lent-good.so", "evil-lent-kept.so"][..]),
            ("cursor", &["evil-cursor-good.so", "liborbit.so"]),
            ("playback", &["evil-playback-good.so", "libreel.so"]),
            (
                "audio",
                &["evil-audio-good.so", "libmetronome.so", "evil-sink-none.so", "tape-kept.so", "libpam.so"],
            ),
        ] {
            let is_kept = |finding: &Value| finding["rule"] == rule && finding["verdict"] == "kept";
            let is_tried = who.iter().any(|who| *who == file_name);
            assert_eq!(findings.iter().any(is_kept), is_tried, "{rule}: {}", file.display());
        }
        assert_eq!(processes_of("plugin-trial", &file), [""; 0]);
    });
}

/// Deeds of the evil plugin, and the rule that each breaks.
const DEEDS: &[(&str, &str)] = &[
    ("entry:null", "load"),
    ("entry:unaligned", "load"),
    ("entry:major", "load"),
    ("entry:size", "load"),
    ("entry:no-factory", "load"),
    ("entry:segv", "load"),
    ("entry:exit", "load"),
    ("entry:hang", "load"),
    ("factory:endless", "load"),
    ("source:name-utf8", "load"),
    ("source:name-long", "load"),
    ("source:options", "load"),
    ("option:help-utf8", "load"),
    ("option:long", "load"),
    ("factory:any-kind", "factories"),
    ("factory:renamed", "factories"),
    ("entry:any-major", "other-major"),
    ("entry:old-minor", "newer-minor"),
    ("host:size", "newer-minor"),
    ("extension:any", "extension"),
    ("create:segv", "create"),
    ("create:abort", "create"),
    ("create:overflow", "create"),
    ("create:exit", "create"),
    ("create:hang", "create"),
    ("create:allocate", "create"),
    ("create:null-instance", "create"),
    ("create:error-text", "create"),
    ("describe:segv", "create"),
    ("describe:hang", "create"),
    ("destroy:segv", "create"),
    ("destroy:hang", "create"),
    ("layout:width", "create"),
    ("layout:stride", "create"),
    ("layout:odd-stride", "create"),
    ("layout:format", "create"),
    ("text:utf8", "create"),
    ("text:len", "create"),
    ("capture:segv", "capture"),
    ("capture:overflow", "capture"),
    ("capture:hang", "capture"),
    ("capture:ended", "capture"),
    ("capture:never", "capture"),
    ("wait:hang", "capture"),
    ("wait:abort", "capture"),
    ("event:unknown", "capture"),
    ("region:count", "capture"),
    ("region:outside", "capture"),
    ("error:kind", "capture"),
    ("error:utf8", "capture"),
    ("lent:short", "capture"),
    ("destroy:unused", "create-destroy"),
    ("destroy:unused", "destroy-early"),
    ("instances:one", "two-instances"),
    ("option:crash", "options"),
    ("option:silent", "errors"),
    ("option:null-text", "errors"),
    ("create:open", "descriptor-limit"),
    ("timeout:ignored", "timeout"),
    ("wake:deaf", "wake"),
    ("layout:silent", "events"),
    ("name:silent", "events"),
    ("write:beyond", "bounds"),
    ("write:byte-before", "bounds"),
    ("write:byte-beyond", "bounds"),
    ("write:padding", "stride"),
    ("write:packed", "stride"),
    ("write:rows", "stride"),
    ("write:even", "sizes"),
    ("damage:none", "damage"),
    ("damage:none", "updated"),
    ("lent:thread", "lent"),
    ("lent:double", "lent"),
    ("lent:abort", "lent"),
    ("lent:address", "lent"),
    ("lent:kept-again", "lent"),
    ("lent:kept-destroy", "lent"),
    ("cursor:table", "create"),
    ("cursor:no-function", "create"),
    ("cursor:unaligned", "create"),
    ("cursor:unasked", "capture"),
    ("cursor:segv", "cursor"),
    ("cursor:hang", "cursor"),
    ("cursor:silent", "cursor"),
    ("cursor:wide", "cursor"),
    ("cursor:huge", "cursor"),
    ("cursor:empty", "cursor"),
    ("cursor:hotspot", "cursor"),
    ("cursor:far", "cursor"),
    ("cursor:lowest", "cursor"),
    ("cursor:long", "cursor"),
    ("cursor:short", "cursor"),
    ("cursor:null", "cursor"),
    ("cursor:address", "cursor"),
    ("cursor:serial", "cursor"),
    ("cursor:repainted", "cursor"),
    ("audio:table", "create"),
    ("audio:no-function", "create"),
    ("audio:unasked", "capture"),
    ("audio:segv", "audio"),
    ("audio:hang", "audio"),
    ("audio:silent", "audio"),
    ("audio:long", "audio"),
    ("audio:huge", "audio"),
    ("audio:odd", "audio"),
    ("audio:null", "audio"),
    ("audio:address", "audio"),
    ("audio:nan", "audio"),
    ("audio:infinite", "audio"),
    ("playback:table", "create"),
    ("playback:no-function", "create"),
    ("playback:no-control", "create"),
    ("playback:unasked", "capture"),
    ("playback:segv", "playback"),
    ("playback:hang", "playback"),
    ("playback:silent", "playback"),
    ("playback:track", "playback"),
    ("playback:tracks", "playback"),
    ("playback:huge", "playback"),
    ("playback:null", "playback"),
    ("playback:address", "playback"),
    ("playback:utf8", "playback"),
    ("playback:name-null", "playback"),
    ("playback:name-long", "playback"),
    ("playback:control-silent", "playback"),
    ("playback:control-segv", "playback"),
    ("playback:control-hang", "playback"),
    ("playback:deaf", "playback"),
    ("wait:spin", "idle"),
    ("destroy:callback", "silence"),
    ("create:threads", "threads"),
    ("create:thread", "threads"),
    ("create:open", "descriptors"),
    ("create:close", "foreign-descriptors"),
    ("capture:close", "foreign-descriptors"),
    ("create:leak", "memory"),
    ("create:fork", "processes"),
    ("create:daemon", "processes"),
    ("capture:print", "stdout"),
    ("create:block-signals", "process-state"),
    ("create:handle-signal", "process-state"),
    ("create:locale", "process-state"),
    ("create:folder", "process-state"),
    ("create:umask", "process-state"),
    ("destroy:environment", "process-state"),
    ("sink-table:no-frame", "load"),
    ("sink-factory:endless", "load"),
    ("sink-option:positional", "load"),
    ("sink-factory:renamed", "factories"),
    ("sink-host:size", "newer-minor"),
    ("sink-extension:any", "extension"),
    ("sink-create:segv", "create"),
    ("sink-create:hang", "create"),
    ("sink-create:null-instance", "create"),
    ("sink-delivery:unknown", "create"),
    ("sink-destroy:segv", "create"),
    ("sink-begin:segv", "frames"),
    ("sink-begin:silent", "frames"),
    ("sink-frame:segv", "frames"),
    ("sink-frame:hang", "frames"),
    ("sink-frame:exit", "frames"),
    ("sink-frame:status", "frames"),
    ("sink-frame:silent", "frames"),
    ("sink-error:kind", "frames"),
    ("sink-error:utf8", "frames"),
    ("sink-write:pixel", "frames"),
    ("sink-finish:segv", "frames"),
    ("sink-finish:fail", "frames"),
    ("sink-destroy:unused", "create-destroy"),
    ("sink-destroy:unused", "destroy-early"),
    ("sink-instances:one", "two-instances"),
    ("sink-option:crash", "options"),
    ("sink-option:silent", "errors"),
    ("sink-create:open", "descriptors"),
    ("sink-create:open", "descriptor-limit"),
    ("sink-read:before", "read-bounds"),
    ("sink-read:beyond", "read-bounds"),
    ("sink-read:packed", "read-bounds"),
    ("sink-read:late", "kept-frame"),
    ("sink-begin:once", "resize"),
    ("sink-audio:segv", "audio"),
    ("sink-audio:status", "audio"),
    ("sink-sound:beyond", "audio"),
    ("sink-sound:aligned", "audio"),
    ("sink-finish:unused", "finish-empty"),
    ("sink-interrupt:segv", "interrupt"),
    ("sink-interrupt:ignored", "interrupt"),
    ("sink-destroy:callback", "silence"),
    ("sink-create:threads", "threads"),
    ("sink-create:thread", "threads"),
    ("sink-frame:close", "foreign-descriptors"),
    ("sink-create:leak", "memory"),
    ("sink-create:fork", "processes"),
    ("sink-finish:print", "stdout"),
    ("sink-begin:block-signals", "process-state"),
    ("sink-create:folder", "process-state"),
];

#[test]
fn each_deed_of_the_evil_plugin_breaks_its_rule_and_leaves_nothing_behind() {
    let library = built_in_c("evil", "evil/evil.c", &[]);
    let folder = tempfile::tempdir().unwrap();
    on_all(DEEDS.to_vec(), |(deed, rule)| {
        // A name of its own, by which its processes are found.
        let file = folder.path().join(format!("{}-{rule}.so", deed.replace(':', "-")));
        fs::copy(&library, &file).unwrap();
        let arguments = ["plugin", "check", name(&file), "--json", "--rule", rule, "--time-limit", SECONDS];
        let output = lanstream(&arguments).env("LANSTREAM_EVIL", deed).output().unwrap();
        let said = format!("{deed}: {}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(1), "{said}");
        let is_broken = |finding: &Value| finding["verdict"] == "broken" && finding["rule"] == rule;
        assert!(findings(&output).iter().any(is_broken), "{said}");
        assert!(stderr(&output).contains(&format!("trying {rule}:")), "{said}");
        assert_eq!(processes_of("plugin-trial", &file), [""; 0], "{said}");
    });
}

#[test]
fn what_needs_a_broken_rule_is_not_tried() {
    for (deed, rule, kept) in [("create:hang", "create", 3), ("capture:abort", "capture", 13)] {
        let file = evil(deed);
        let output = run(&["plugin", "check", name(&file), "--json", "--time-limit", SECONDS]);
        let findings = findings(&output);
        let of = |verdict: &str| {
            findings.iter().filter(|finding| finding["verdict"] == verdict).collect::<Vec<_>>()
        };
        assert_eq!(of("broken").iter().map(|finding| &finding["rule"]).collect::<Vec<_>>(), [rule], "{deed}");
        let needs = format!("it needs {rule}, which is not kept");
        assert!(of("skipped").iter().all(|finding| finding["reason"] == needs), "{deed}: {findings:#?}");
        assert_eq!(of("kept").len(), kept, "{deed}: {findings:#?}");
    }
}

#[test]
fn what_is_no_plugin_and_what_is_no_rule_is_told_apart_from_a_broken_rule() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.so");
    fs::write(&text, "no library").unwrap();
    let no_symbol = built_in_c("check-no-symbol", "evil/evil.c", &["-DNO_SYMBOL"]);
    let cases = [
        (vec![name(&text)], "no library that can be loaded"),
        (vec![name(&no_symbol)], "does not export `lanstream_plugin`"),
        (vec!["/nowhere.so"], "No such file"),
        (vec![name(&no_symbol), "--rule", "beauty"], "there is no rule named beauty: there are load, create"),
        (vec![name(&no_symbol), "--set", "size"], "NAME=VALUE"),
        (vec![], "<FILE>"),
    ];
    for (arguments, reason) in cases {
        let output = run(&[&["plugin", "check"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_table_says_what_is_broken_and_where_the_rule_is_explained() {
    let file = evil("damage:none");
    let output = run(&["plugin", "check", name(&file), "--rule", "damage", "--rule", "timeout"]);
    let table = stdout(&output);
    let row = |word: &str| table.lines().find(|line| line.starts_with(word)).unwrap_or_default().to_owned();
    assert!(row("broken").contains("docs/plugins.md#damage"), "{table}");
    assert!(table.contains("changed outside of the 0 rectangles"), "{table}");
    assert!(table.ends_with("2 rules kept, 1 broken, 0 not tried\n"), "{table}");
    let tried: Vec<_> =
        stderr(&output).lines().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    let sandbox = "the sandbox of the plugin is none, as it has no manifest";
    assert_eq!(tried, [sandbox, "trying load", "trying timeout", "trying damage"]);
}

#[test]
fn a_check_that_is_killed_leaves_no_trial_behind() {
    let file = built_in_c("evil-orphan", "evil/evil.c", &["-DEVIL=\"create:hang\""]);
    let mut command = lanstream(&["plugin", "check", name(&file), "--time-limit", "600"]);
    let mut check = Process::start(command.stdout(Stdio::null()).stderr(Stdio::piped()));
    let trying = BufReader::new(check.stderr()).lines().map_while(Result::ok);
    trying.into_iter().find(|line| line.starts_with("trying create")).expect("it says what it tries");
    let trial = || processes_of("plugin-trial", &file).into_iter().find(|line| line.contains(" create "));
    until("the trial", || trial().ok_or("it has not started"));
    check.signal(Signal::KILL);
    check.wait();
    until("the end of the trial", || trial().map_or(Ok(()), Err));
}
