//! `chart-check` through the binary: what it says, how it ends, and that it is quiet where all is well.

mod quiet;

use std::path::Path;
use std::process::Command;

/// The exit code, what is printed, and what is complained about.
fn check(charts: &[&Path], arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bud"))
        .arg("chart-check")
        .args(charts)
        .args(arguments)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("an exit code"), text(&output.stdout), text(&output.stderr))
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        std::fs::write(path, content).expect("file");
    }
}

const META: (&str, &str) = ("Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
const TEMPLATE: (&str, &str) = (
    "templates/a.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"{{ .Values.name }}\"}\n",
);

#[test]
fn findings_are_paragraphs_and_the_last_line_counts_them() {
    let folder = tempfile::tempdir().expect("folder");
    write(folder.path(), &[META, TEMPLATE]);
    let (code, out, errors) = check(&[folder.path()], &["--set", "nmae=x,name=y"]);
    assert_eq!(
        (code, out.as_str(), errors.as_str()),
        (
            1,
            "unread-values: values nmae: No template reads it. It changes nothing. Most likely \"name\" is meant.\n\n1 finding.\n",
            ""
        )
    );
    let (code, out, _) = check(&[folder.path()], &["--set", "name=y"]);
    assert_eq!((code, out.as_str()), (0, "No findings.\n"));
    let (code, out, _) = check(&[folder.path()], &["--set", "nmae=x,name=y", "--checks", "-unread-values"]);
    assert_eq!((code, out.as_str()), (0, "No findings.\n"));
    let (code, out, _) = check(&[folder.path()], &["--set", "nmae=x", "--checks", "unread-values"]);
    assert_eq!((code, out.lines().last()), (1, Some("1 finding.")));
    let (code, _, errors) = check(&[folder.path()], &["--checks", "spelling"]);
    assert_eq!(code, 2);
    assert!(errors.contains("there is no check \"spelling\"; there are unread-values, "), "{errors}");
}

#[test]
fn several_charts_are_told_apart() {
    let folder = tempfile::tempdir().expect("folder");
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    write(&one, &[META, TEMPLATE]);
    write(&two, &[META, ("templates/a.yaml", "a: {{ .Values.other }}\n")]);
    let (code, out, _) = check(&[&one, &two], &["--set", "name=x"]);
    assert_eq!(code, 1);
    assert!(out.starts_with(&format!("{}: unread-values: values name: ", two.display())), "{out}");
    assert!(out.ends_with("1 finding.\n") && !out.contains(&format!("{}: ", one.display())), "{out}");
}

#[test]
fn a_chart_that_cannot_be_rendered_fails_as_template_does() {
    let folder = tempfile::tempdir().expect("folder");
    write(folder.path(), &[META, ("templates/a.yaml", "a: {{ fail \"no\" }}\n")]);
    let (code, out, errors) = check(&[folder.path()], &[]);
    let template = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bud"))
        .arg("template")
        .arg(folder.path())
        .output()
        .expect("the program runs");
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(errors, String::from_utf8_lossy(&template.stderr));
    assert!(errors.contains("app/templates/a.yaml:1:6"), "{errors}");
    let (code, _, errors) = check(&[&folder.path().join("gone")], &[]);
    assert_eq!(code, 2);
    assert!(errors.starts_with("Error: path ") && errors.ends_with("not found\n"), "{errors}");
}

#[test]
fn a_chart_is_fetched_from_a_repository_by_name_and_version() {
    let (code, _, errors) =
        check(&[Path::new("app")], &["--repo", "http://127.0.0.1:1", "--version", "1.x.x"]);
    assert_eq!(code, 2);
    assert!(errors.contains("127.0.0.1"), "{errors}");
}
