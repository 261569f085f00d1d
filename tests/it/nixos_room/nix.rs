//! Nix itself as the judge, where it is on the machine.

use std::path::Path;
use std::process::{Command, Output};

/// Runs nix-instantiate; nothing where there is none.
pub(super) fn instantiate(arguments: &[&str]) -> Option<Output> {
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new("nix-instantiate")
        .args(arguments)
        // Nothing outside of the test's own folder is written or read.
        .env("HOME", scratch.path())
        .env("NIX_STATE_DIR", scratch.path())
        .env("NIX_STORE_DIR", scratch.path().join("store"))
        .env("NIX_REMOTE", "dummy://")
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: no nix-instantiate");
            None
        }
        Err(error) => panic!("nix-instantiate: {error}"),
    }
}

/// The value of an expression; nothing where there is no Nix.
pub(super) fn value(expression: &str) -> Option<serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("expression.nix");
    std::fs::write(&file, expression).unwrap();
    evaluate(&file)
}

/// The value of a file; nothing where there is no Nix.
pub(super) fn evaluate(file: &Path) -> Option<serde_json::Value> {
    let output = instantiate(&["--eval", "--strict", "--json", file.to_str().unwrap()])?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{}", std::fs::read_to_string(file).unwrap());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Writes a flake into a folder.
pub(super) fn lay(folder: &Path, flake: &std::collections::BTreeMap<String, String>) {
    for (path, text) in flake {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}
