//! The render engine beside the real Helm (`BUD_TEST_HELM`): equal text, and equal errors.

mod again;
pub(crate) mod cases;
mod charts;
mod draw;
mod fragments;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The judge; without it there is nothing to compare with.
fn helm() -> Option<PathBuf> {
    let path = std::env::var_os("BUD_TEST_HELM").map(PathBuf::from);
    if path.is_none() {
        println!("BUD_TEST_HELM is not set: tests/peers/build helm makes it");
    }
    path
}

fn run(program: &Path, arguments: &[&str], chart: &Path) -> Rendered {
    let output = Command::new(program)
        .args(["template", "oracle"])
        .arg(chart)
        .args(arguments)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let errors = text(&output.stderr);
    let error = errors.find("Error: ").map_or(String::new(), |at| errors[at..].to_owned());
    (output.status.success(), text(&output.stdout), error)
}

pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        std::fs::write(path, content).expect("file");
    }
    if !folder.join("Chart.yaml").exists() {
        let meta = "apiVersion: v2\nname: oracle\nversion: 1.2.3\nappVersion: \"4.5\"\n";
        std::fs::write(folder.join("Chart.yaml"), meta).expect("file");
    }
}

/// Whether it rendered, what was printed, and the error.
type Rendered = (bool, String, String);

/// What both make of a chart's files.
fn rendered(helm: &Path, files: &[(&str, &str)], arguments: &[&str]) -> (Rendered, Rendered) {
    let folder = tempfile::tempdir().expect("folder");
    let chart = folder.path().join("oracle");
    write(&chart, files);
    let ours = Path::new(env!("CARGO_BIN_EXE_terraform-provider-bud"));
    (run(helm, arguments, &chart), run(ours, arguments, &chart))
}

/// Renders with both; the difference, if there is one.
fn differs(helm: &Path, files: &[(&str, &str)], arguments: &[&str]) -> Option<String> {
    let (theirs, ours) = rendered(helm, files, arguments);
    (theirs != ours).then(|| difference(&theirs, &ours))
}

/// Renders a chart with both; the difference, if there is one.
fn compare(helm: &Path, arguments: &[&str], chart: &Path) -> Option<String> {
    let ours = Path::new(env!("CARGO_BIN_EXE_terraform-provider-bud"));
    let (theirs, ours) = (run(helm, arguments, chart), run(ours, arguments, chart));
    (theirs != ours).then(|| difference(&theirs, &ours))
}

fn difference(theirs: &Rendered, ours: &Rendered) -> String {
    let first = |text: &str, other: &str| -> String {
        let same = text.lines().zip(other.lines()).take_while(|(a, b)| a == b).count();
        text.lines().skip(same).take(4).collect::<Vec<_>>().join("\n")
    };
    format!(
        "helm:\n{}\n{}\nbud:\n{}\n{}",
        first(&theirs.1, &ours.1),
        theirs.2,
        first(&ours.1, &theirs.1),
        ours.2
    )
}
