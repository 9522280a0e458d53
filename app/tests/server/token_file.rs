//! `--token-file`: a later run has the same URL, and a secret that others could know is refused.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use lanstream_testkit::viewer::{Transport, Viewer};
use rustix::process::Signal;

use crate::running::{END_WITHIN, Running, SMALL, run, small, stderr};

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_later_run_has_the_same_url_and_knows_who_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let first = Running::start(&[&SMALL[..], &["--json", "--token-file", name(&file)]].concat());
    let door = first.door();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", door.token));
    first.signal(Signal::TERM);
    first.end(END_WITHIN);
    let port = door.port().to_string();
    let second =
        Running::start(&[&SMALL[..], &["--json", "--port", &port, "--token-file", name(&file)]].concat());
    assert_eq!(second.door().token, door.token);
    Viewer::join(&door, Transport::Http).take_update();
}

#[test]
fn runs_without_it_have_secrets_of_their_own() {
    let [first, second] = [small(&["--json"]), small(&["--json"])];
    assert_ne!(first.door().token, second.door().token);
}

#[test]
fn a_secret_that_others_could_know_or_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let secret = "5a".repeat(32);
    let cases: [(&[u8], u32, &str); 6] = [
        (secret.as_bytes(), 0o644, "other users of this machine may read it"),
        (secret.as_bytes(), 0o660, "other users of this machine may read it"),
        (b"", 0o600, "it has no secret, which is 64 hexadecimal digits"),
        (&secret.as_bytes()[1..], 0o600, "it has no secret"),
        (&[secret.as_bytes(), b"00"].concat(), 0o600, "it has no secret"),
        (&[0xff; 64], 0o600, "it has no secret"),
    ];
    for (content, mode, reason) in cases {
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let output = run(&[&SMALL[..], &["--token-file", name(&file)]].concat());
        let said = stderr(&output);
        assert!(said.contains(&format!("--token-file {}: {reason}", name(&file))), "{reason}: {said}");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains(&secret[..32]), "{said}");
    }
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    for irregular in [&pipe, Path::new("/dev/zero"), folder.path()] {
        let said = stderr(&run(&[&SMALL[..], &["--token-file", name(irregular)]].concat()));
        assert!(said.contains("name a regular file"), "{said}");
    }
    let nowhere = run(&[&SMALL[..], &["--token-file", "/nowhere/token"]].concat());
    assert!(
        stderr(&nowhere).contains("it can be neither read nor made: No such file"),
        "{}",
        stderr(&nowhere)
    );
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        println!("only root can make a file of another user's");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "5a".repeat(32)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::chown(&file, Some(65534), None).unwrap();
    let output = run(&[&SMALL[..], &["--token-file", name(&file)]].concat());
    assert!(stderr(&output).contains("it belongs to another user"), "{}", stderr(&output));
}
