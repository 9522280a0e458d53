//! The conformance suite on plugins in C that are built with AddressSanitizer and UndefinedBehaviorSanitizer. Rust's
//! sanitizers need an unstable compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::plugins::{built_in_c, name};
use crate::running::{lanstream, run, stderr, stdout};

const FLAGS: [&str; 3] = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
/// Seconds that a rule may take: with sanitizers everything takes several times as long.
const SECONDS: &str = "60";

/// Builds a plugin with sanitizers.
fn sanitized(name: &str, source: &str, flags: &[&str]) -> PathBuf {
    built_in_c(&format!("{name}-sanitized"), source, &[&FLAGS, flags].concat())
}

/// Checks a plugin. The sanitizer's library has to be the first that is loaded, since lanstream is built without it.
/// Leaks are what the rule `memory` is about; the process of a rule leaves much behind on purpose.
fn checked(file: &Path, more: &[&str]) -> Output {
    let found =
        Command::new("cc").arg("-print-file-name=libasan.so").output().expect("a C compiler is installed");
    let library = stdout(&found);
    assert!(Path::new(library.trim()).is_absolute(), "the compiler has no AddressSanitizer: {library}");
    let arguments = ["plugin", "check", name(file), "--json", "--time-limit", SECONDS];
    let mut command = lanstream(&[&arguments, more].concat());
    command.env("LD_PRELOAD", library.trim()).env("ASAN_OPTIONS", "detect_leaks=0");
    command.output().unwrap()
}

fn broken(output: &Output) -> Vec<Value> {
    let findings = stdout(output);
    let findings = findings.lines().map(|line| serde_json::from_str::<Value>(line).expect("an object"));
    findings.filter(|finding| finding["verdict"] == "broken").collect()
}

#[test]
#[ignore = "takes minutes: everything is slower with sanitizers"]
fn good_plugins_keep_all_rules_with_sanitizers() {
    let plugins = [
        (sanitized("plasma", "examples/plasma/plasma.c", &[]), &["--set", "size=160x90"][..]),
        (sanitized("evil-none", "evil/evil.c", &["-DEVIL=\"none:none\""]), &[]),
        (sanitized("evil-lent-good", "evil/evil.c", &["-DEVIL=\"lent:good\""]), &[]),
        (sanitized("evil-lent-kept", "evil/evil.c", &["-DEVIL=\"lent:kept\""]), &[]),
        (sanitized("reach-show", "evil/reach.c", &["-DMANIFEST=\"\""]), &[]),
    ];
    for (file, more) in plugins {
        let output = checked(&file, more);
        let broken = broken(&output);
        assert!(output.status.success(), "{}: {broken:#?} {}", file.display(), stderr(&output));
    }
}

#[test]
#[ignore = "builds plugins with sanitizers"]
fn a_write_beyond_an_allocation_is_found_with_sanitizers_and_only_with_them() {
    let flags = ["-DEVIL=\"capture:overrun\""];
    let plain = built_in_c("evil-overrun", "evil/evil.c", &flags);
    let rule = ["--rule", "capture"];
    let unnoticed = run(&[&["plugin", "check", name(&plain)], &rule[..]].concat());
    assert!(unnoticed.status.success(), "{}", stdout(&unnoticed));
    let output = checked(&sanitized("evil-overrun", "evil/evil.c", &flags), &rule);
    assert_eq!(output.status.code(), Some(1));
    let [broken] = broken(&output).try_into().unwrap();
    assert_eq!(broken["rule"], "capture");
    assert!(broken["reason"].as_str().unwrap().starts_with("`capture` ended the process"), "{broken}");
    assert!(stderr(&output).contains("heap-buffer-overflow"), "{}", stderr(&output));
}
