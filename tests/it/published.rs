//! What is published of the provider: its schema as it was last looked at, and the pages that registries
//! read, judged by their own program.
#![allow(clippy::disallowed_methods, reason = "programs are found by the environment and run")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// Compares with a file below `tests/golden`, or writes it where `BUD_GOLDEN=write` says so.
#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var("BUD_GOLDEN").is_ok_and(|wanted| wanted == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept != text {
        let differs = kept.lines().zip(text.lines()).position(|(one, other)| one != other);
        let line = differs.unwrap_or(kept.lines().count().min(text.lines().count()));
        panic!(
            "tests/golden/{name} differs from line {} on:\n  kept {:?}\n  now  {:?}\nIf it is meant: BUD_GOLDEN=write \
             scripts/test published, and read the difference.",
            line + 1,
            kept.lines().nth(line),
            text.lines().nth(line)
        );
    }
}

/// What the command `schema` prints.
fn schema() -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bud")).arg("schema").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_schema_is_the_one_that_was_looked_at() {
    golden("schema.json", &schema());
}

/// Runs `tfplugindocs validate` over a folder with `docs`; whether it is content, and what it says.
fn validate(program: &Path, folder: &Path, schema: &Path) -> (bool, String) {
    let done = Command::new(program)
        .args(["validate", "--provider-name", "bud", "--provider-dir"])
        .arg(folder)
        .arg("--providers-schema")
        .arg(schema)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.success(), format!("{}{}", text(&done.stdout), text(&done.stderr)))
}

#[test]
fn the_registrys_own_program_finds_nothing_wrong_with_the_pages() {
    let Some(program) = std::env::var_os("BUD_TEST_TFPLUGINDOCS").filter(|path| !path.is_empty()) else {
        println!("skipped: no tfplugindocs");
        return;
    };
    let program = PathBuf::from(program);
    let folder = tempfile::tempdir().unwrap();
    // It looks providers up by their short name, where the hosts print the whole address.
    let printed: Value = serde_json::from_str(&schema()).unwrap();
    let bud = &printed["provider_schemas"]["registry.opentofu.org/budecosystem/bud"];
    assert!(bud["resource_schemas"]["bud_network"].is_object());
    let file = folder.path().join("schema.json");
    let named = json!({ "format_version": "1.0", "provider_schemas": { "bud": bud } });
    std::fs::write(&file, named.to_string()).unwrap();
    let (clean, said) = validate(&program, Path::new(env!("CARGO_MANIFEST_DIR")), &file);
    assert!(clean, "{said}");

    // It is no judge that finds nothing: a page without a resource is refused.
    let pages = folder.path().join("docs/resources");
    std::fs::create_dir_all(&pages).unwrap();
    std::fs::write(pages.join("stranger.md"), "---\npage_title: \"x\"\n---\n").unwrap();
    let (clean, said) = validate(&program, folder.path(), &file);
    assert!(!clean && said.contains("stranger"), "{said}");
}
