//! Charts from elsewhere, what they depend on and who has signed them: the `template` command beside real Helm.

mod dependencies;
mod mirrored;
mod provenance;
mod refused;
mod retries;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Our program, in a folder of its own.
fn ours(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terraform-provider-bud"))
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What it prints where it must succeed.
#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = ours(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Its one error.
#[track_caller]
fn error(folder: &Path, arguments: &[&str]) -> String {
    let output = ours(folder, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(output.stdout.is_empty(), "{arguments:?} printed something");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.starts_with("Error: "), "{arguments:?}: {told}");
    assert_eq!(told.matches("Error: ").count(), 1, "{arguments:?}: {told}");
    told
}

fn write(folder: &Path, files: &[(&str, String)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
