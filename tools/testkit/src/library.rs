//! Libraries that tests load as plugins, built as the tests themselves are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Builds the workspace's libraries and examples as cargo built `program`, which is one of its binaries. Returns the
/// folder that they are in.
pub fn build_workspace(program: &str) -> &Path {
    let binary = Path::new(program);
    let (folder, target) = (binary.parent().expect("a profile's folder"), binary.ancestors().nth(2));
    let mut command = Command::new(env!("CARGO"));
    // The whole workspace with its examples has the features of the tests, so nothing is built twice.
    command.args(["build", "--quiet", "--workspace", "--lib", "--examples"]).current_dir(ROOT);
    command.arg("--target-dir").arg(target.expect("a target folder"));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    assert!(command.status().expect("cargo runs").success(), "the workspace does not build");
    folder
}

/// Builds the plugin in C that is `plugins/SOURCE` into the library `folder/NAME.so`.
pub fn build_in_c(folder: &Path, name: &str, source: &str, flags: &[&str]) -> PathBuf {
    let file = folder.join(format!("{name}.so"));
    let include = format!("-I{ROOT}/plugins/include");
    let mut command = Command::new("cc");
    command.args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O1", &include]).args(flags);
    command.arg("-o").arg(&file).arg(format!("{ROOT}/plugins/{source}")).arg("-lm");
    assert!(command.status().expect("a C compiler is installed").success(), "{source} does not compile");
    file
}
