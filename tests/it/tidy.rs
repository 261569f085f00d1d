//! The architecture as tests: who may use whom, how long a file may be, and what is written where.

use std::fmt::Write as _;
use std::path::Path;

/// Which rooms a room may use, itself aside. A longer path wins over a shorter one; `room::Item` allows
/// that one item only; `*` is everything. ARCHITECTURE.md says the same in words.
const ARROWS: &[(&str, &[&str])] = &[
    ("value", &[]),
    ("diagnostics", &["value::Path"]),
    ("outcome", &[]),
    ("secret", &[]),
    ("time", &[]),
    ("https", &[]),
    ("schema", &["value", "secret", "diagnostics"]),
    ("state", &["value", "schema", "secret", "outcome"]),
    ("lifecycle", &["value", "schema", "state", "diagnostics", "outcome", "time"]),
    ("wire", &["value", "schema", "lifecycle", "diagnostics"]),
    ("foundry", &[]),
    ("cloud", WORLD),
    ("ssh", WORLD),
    ("dns", WORLD),
    ("kube", WORLD),
    ("node", &["ssh", "secret", "time", "outcome", "https"]),
    ("helm", &["kube", "secret", "time", "outcome", "https"]),
    ("helm/chart", &[]),
    ("helm/render", &[]),
    ("helm/manifest", &[]),
    (
        "provider",
        &[
            "value",
            "schema",
            "lifecycle",
            "diagnostics",
            "cloud",
            "ssh",
            "node",
            "dns",
            "kube",
            "secret",
            "time",
        ],
    ),
    (
        "resources",
        &[
            "value",
            "diagnostics",
            "outcome",
            "secret",
            "time",
            "schema",
            "state",
            "lifecycle",
            "foundry",
            "cloud",
            "ssh",
            "dns",
            "kube",
            "node",
            "helm",
            "provider",
        ],
    ),
    ("check", &["value", "schema", "diagnostics", "provider", "resources"]),
    ("simulator", &[]),
    ("cli", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// What a room that talks to the world may use: nothing of Terraform.
const WORLD: &[&str] = &["secret", "time", "outcome", "https"];

/// Words that say nothing about what is in a file.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "models"];

/// The longest a file may be, its tests aside.
const LONGEST: usize = 500;

/// What is written in few places only: the text that gives it away, and where it may stand. A path that
/// ends with a slash is a whole folder.
const ONLY_IN: &[(&[&str], &[&str])] = &[
    (&["tokio::time::sleep", "std::thread::sleep", "thread::sleep("], &["time.rs", "simulator/"]),
    (
        &["env::var(", "env::var_os(", "env::vars(", "env::vars_os("],
        &["provider/env.rs", "wire/handshake.rs", "wire/log.rs", "cli/", "cli.rs"],
    ),
    (&["println!", "print!(", "eprintln!", "eprint!("], &["cli/", "cli.rs", "main.rs"]),
    (&["dbg!("], &[]),
    (&["io::stdout()"], &["wire/handshake.rs", "simulator/running.rs", "cli/", "cli.rs", "main.rs"]),
];

/// One file, with its path below `src` or `tests`.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the whole file is a test of the others.
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/") || name == "tests.rs" || name.ends_with("_tests.rs")
    }

    /// The lines that ship: without inline test modules. rustfmt puts the end of one alone on a line.
    fn shipped(&self) -> Vec<&str> {
        let mut shipped = Vec::new();
        let mut lines = self.text.lines().peekable();
        while let Some(line) = lines.next() {
            let opens = |next: &&str| next.starts_with("mod ") && next.ends_with('{');
            if line == "#[cfg(test)]" && lines.peek().is_some_and(opens) {
                for inside in lines.by_ref() {
                    if inside == "}" {
                        break;
                    }
                }
            } else {
                shipped.push(line);
            }
        }
        shipped
    }

    /// The code that ships, without comments.
    fn code(&self) -> String {
        self.shipped().into_iter().fold(String::new(), |mut code, line| {
            let comment = if line.starts_with("//") { Some(0) } else { line.find(" //") };
            let _ = writeln!(code, "{}", &line[..comment.unwrap_or(line.len())]);
            code
        })
    }

    /// The room, or the part of one, that the file belongs to, and what it may use.
    fn arrows(&self) -> Option<(&'static str, &'static [&'static str])> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let belongs =
            |room: &str| stem == room || stem.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'));
        ARROWS.iter().filter(|(room, _)| belongs(room)).max_by_key(|(room, _)| room.len()).copied()
    }
}

/// What `crate::` names in the code: room and item, the item empty where the whole room is meant.
fn uses(code: &str) -> Vec<(String, String)> {
    let word = |text: &str| -> String {
        text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        // `$crate::` in a macro is expanded where the macro is used.
        if code[..at].ends_with(|letter: char| letter.is_alphanumeric() || "_$".contains(letter)) {
            continue;
        }
        let rest = &code[at + start.len()..];
        let room = word(rest);
        let Some(items) = rest[room.len()..].strip_prefix("::") else {
            found.push((room, String::new()));
            continue;
        };
        match items.strip_prefix('{') {
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                found.extend(
                    list.split(',')
                        .map(str::trim)
                        .filter(|item| !item.is_empty())
                        .map(|item| (room.clone(), word(item))),
                );
            }
            None => found.push((room, word(items))),
        }
    }
    found
}

fn wrong_arrows(file: &File) -> Vec<String> {
    if file.is_test() {
        return Vec::new();
    }
    let Some((room, allowed)) = file.arrows() else {
        return vec![format!("src/{}: no room of the arrow table", file.path)];
    };
    let own = room.split('/').next().unwrap_or_default();
    let may = |used: &str, item: &str| {
        used == own
            || allowed.iter().any(|one| *one == "*" || *one == used || *one == format!("{used}::{item}"))
    };
    let wrong = uses(&file.code()).into_iter().filter(|(used, item)| !may(used, item));
    wrong.map(|(used, item)| format!("src/{}: {room} may not use crate::{used}::{item}", file.path)).collect()
}

fn out_of_place(file: &File) -> Vec<String> {
    if file.is_test() {
        return Vec::new();
    }
    let code = file.code();
    let here = |place: &&str| {
        if place.ends_with('/') { file.path.starts_with(*place) } else { file.path == **place }
    };
    ONLY_IN
        .iter()
        .filter(|(_, places)| !places.iter().any(&here))
        .flat_map(|(texts, _)| texts.iter().filter(|text| code.contains(**text)))
        .map(|text| format!("src/{}: {text} does not belong here", file.path))
        .collect()
}

fn too_long(file: &File) -> Option<String> {
    let lines = file.shipped().len();
    (lines > LONGEST && !file.is_test())
        .then(|| format!("{}: {lines} lines, split it by responsibility", file.path))
}

fn says_nothing(file: &File) -> Option<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//! ").is_some_and(|sentence| !sentence.trim().is_empty());
    (!says).then(|| format!("{}: the first line does not say what the file is for", file.path))
}

fn empty_name(file: &File) -> Option<String> {
    let stem = file.path.strip_suffix(".rs").unwrap_or(&file.path);
    let empty = stem.split('/').find(|part| EMPTY_NAMES.contains(part))?;
    Some(format!("{}: the name {empty:?} says nothing", file.path))
}

/// All Rust files below a folder of the crate, their paths relative to it.
fn files(folder: &str) -> Vec<File> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<File>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.push(File::new(name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(!found.is_empty(), "no files below {folder}");
    found
}

fn refuse(mut faults: Vec<String>) {
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn rooms_use_only_what_the_arrow_table_allows() {
    refuse(files("src").iter().flat_map(wrong_arrows).collect());
}

#[test]
fn clocks_the_environment_and_streams_are_touched_where_they_belong() {
    refuse(files("src").iter().flat_map(out_of_place).collect());
}

#[test]
fn files_are_short() {
    refuse(files("src").iter().chain(&files("tests")).filter_map(too_long).collect());
}

#[test]
fn every_file_says_what_it_is_for() {
    refuse(files("src").iter().chain(&files("tests")).filter_map(says_nothing).collect());
}

#[test]
fn names_say_something() {
    refuse(files("src").iter().chain(&files("tests")).filter_map(empty_name).collect());
}

mod of_the_checks_themselves {
    use super::*;

    #[test]
    fn arrows_are_found_in_every_form() {
        let wrong = |path: &str, text: &str| wrong_arrows(&File::new(path, text)).len();
        assert_eq!(wrong("cloud/azure/client.rs", "use crate::time::Clock;\nuse crate::cloud::Mark;"), 0);
        assert_eq!(wrong("cloud/azure/client.rs", "use crate::value::Value;"), 1);
        assert_eq!(wrong("cloud/mod.rs", "fn f() { crate::diagnostics::Diagnostic::error(a, b) }"), 1);
        assert_eq!(wrong("diagnostics.rs", "use crate::value::Path;"), 0);
        assert_eq!(wrong("diagnostics.rs", "use crate::value::{\n    Path,\n    Value,\n};"), 1);
        assert_eq!(wrong("state/held.rs", "pub use crate::value;"), 0);
        assert_eq!(wrong("value/mod.rs", "use crate::{schema, wire};"), 1);
        assert_eq!(wrong("simulator/mod.rs", "use crate::simulator::Options;\nuse crate::time::Clock;"), 1);
        assert_eq!(wrong("helm/action/mod.rs", "use crate::kube::Client;"), 0);
        assert_eq!(wrong("helm/render/mod.rs", "use crate::kube::Client;"), 1);
        assert_eq!(wrong("resources/mod.rs", "use crate::simulator::Options;"), 1);
        assert_eq!(wrong("attic.rs", ""), 1, "a room must be in the table");
        assert_eq!(wrong("schema/declare.rs", "$crate::lifecycle::Plan // crate::wire::Fault"), 0);
    }

    #[test]
    fn tests_are_free_and_the_code_after_them_is_not() {
        let inline = "#[cfg(test)]\nmod tests {\n    use crate::wire::Fault;\n}\n";
        assert!(wrong_arrows(&File::new("value/mod.rs", inline)).is_empty());
        let after = format!("{inline}use crate::wire::Fault;\n");
        assert_eq!(wrong_arrows(&File::new("value/mod.rs", &after)).len(), 1);
        assert!(wrong_arrows(&File::new("value/tests.rs", "use crate::wire::Fault;")).is_empty());
        let long = "x\n".repeat(LONGEST + 1);
        assert!(too_long(&File::new("a.rs", &long)).is_some());
        assert!(too_long(&File::new("a.rs", &format!("{inline}{}", "x\n".repeat(LONGEST)))).is_none());
    }

    #[test]
    fn what_belongs_elsewhere_is_found() {
        let wrong = |path: &str, text: &str| out_of_place(&File::new(path, text)).len();
        assert_eq!(wrong("time.rs", "tokio::time::sleep(a).await"), 0);
        assert_eq!(wrong("cloud/mod.rs", "tokio::time::sleep(a).await"), 1);
        assert_eq!(wrong("provider/env.rs", "std::env::var(name)"), 0);
        assert_eq!(wrong("provider/context.rs", "std::env::var(name)"), 1);
        assert_eq!(wrong("cloud/mod.rs", "println!(\"x\")"), 1);
        assert_eq!(wrong("cloud/mod.rs", "// println!(\"x\")"), 0);
        assert_eq!(wrong("cli/mod.rs", "println!(\"x\")"), 0);
        assert_eq!(wrong("cli/mod.rs", "dbg!(x)"), 1);
        assert!(says_nothing(&File::new("a.rs", "use b;")).is_some());
        assert!(says_nothing(&File::new("a.rs", "//! What this is for.")).is_none());
        assert!(empty_name(&File::new("cloud/util.rs", "")).is_some());
        assert!(empty_name(&File::new("common/cloud.rs", "")).is_some());
        assert!(empty_name(&File::new("cloud/utility_rates.rs", "")).is_none());
    }
}
