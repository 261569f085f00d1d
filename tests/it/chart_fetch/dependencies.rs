//! `helm dependency update` and `build` beside ours: the same versions, the same lock, the same render.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use bud::helm::fetch::{
    ChartSource, Choice, DependencyError, DependencyOptions, Mirrors, NoLogins, Resolved, dependencies,
};
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

use super::{copy, error, ours, printed, write};
use crate::chart_server::Bench;

/// A bench whose server has `one` in four versions and `two` in one.
fn bench() -> Option<Bench> {
    let packer = Bench::new(None)?;
    for version in ["1.2.3", "1.10.0", "2.0.0-rc.1", "1.9.0+build.7"] {
        packer.pack("one", version);
    }
    let last = packer.pack("two", "0.3.0");
    let bench = Bench::new(last.parent());
    packer.end();
    bench
}

/// A chart that asks for these, with a template that shows what it was given.
fn chart(folder: &Path, meta: &str, asked: &str) {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: parent }\ndata:\n\
                    {{- range $name, $sub := .Subcharts }}\n  {{ $name }}: {{ $sub.Chart.Version | quote }}\n{{- end }}\n";
    write(
        folder,
        &[
            ("Chart.yaml", format!("{meta}name: parent\nversion: 0.1.0\n{asked}")),
            ("templates/map.yaml", template.to_owned()),
        ],
    );
}

fn files(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// A lock file without the time at which it was written.
fn lock(folder: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with("generated: ")).collect::<Vec<_>>().join("\n")
}

/// Lets both update a copy of the chart, and compares everything that is left.
#[track_caller]
fn same(bench: &Bench, case: &str, folder: &Path, lock_name: &str) {
    let (helms, mine) = (folder.join("../helms"), folder.join("../mine"));
    for copied in [&helms, &mine] {
        let _ = std::fs::remove_dir_all(copied);
        copy(folder, copied);
    }
    let ca = bench.ca();
    bench.done(&["dependency", "update", helms.to_str().unwrap(), "--ca-file", &ca]);
    let rendered = |folder: &Path| {
        let output = bench.helm(&["template", "it", folder.to_str().unwrap()]);
        assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let theirs = rendered(&helms);
    let shown = printed(
        bench.home.path(),
        &["template", "it", mine.to_str().unwrap(), "--ca-file", &ca, "--dependency-update"],
    );
    assert_eq!(shown, theirs, "{case}: what is rendered in memory");
    assert_eq!(lock(&mine, lock_name), lock(&helms, lock_name), "{case}: lock");
    assert_eq!(files(&mine), files(&helms), "{case}: files");
    assert_eq!(files(&mine.join("charts")), files(&helms.join("charts")), "{case}: charts");
    assert_eq!(rendered(&mine), theirs, "{case}: what Helm renders of ours");
    // Helm finds our lock in order, and so do we.
    let before = std::fs::read_to_string(mine.join(lock_name)).unwrap_or_default();
    bench.done(&["dependency", "update", mine.to_str().unwrap(), "--ca-file", &ca]);
    assert_eq!(
        std::fs::read_to_string(mine.join(lock_name)).unwrap_or_default(),
        before,
        "{case}: written again"
    );
}

#[test]
fn an_update_is_helms() {
    let Some(bench) = bench() else { return };
    let (http, oci) = (bench.endpoint("charts_http"), bench.endpoint("charts_oci"));
    let folder = bench.path("parents").join("parent");
    let beside = bench.path("parents").join("beside");
    chart(&beside, "apiVersion: v2\n", "");
    let text = std::fs::read_to_string(beside.join("Chart.yaml")).unwrap();
    std::fs::write(beside.join("Chart.yaml"), text.replace("parent", "beside").replace("0.1.0", "3.1.4-x+y"))
        .unwrap();
    let v2 = "apiVersion: v2\n";
    let cases = [
        ("the highest", format!("dependencies:\n- name: one\n  version: \">=1 <3\"\n  repository: {http}\n")),
        ("pre-releases", format!("dependencies:\n- name: one\n  version: \">=1-0\"\n  repository: {http}\n")),
        ("a slash more", format!("dependencies:\n- name: one\n  version: ~1.9\n  repository: {http}/\n")),
        ("a registry", format!("dependencies:\n- name: one\n  version: ^1.2.0\n  repository: {oci}\n")),
        ("a build", format!("dependencies:\n- name: one\n  version: 1.9.0+build.7\n  repository: {oci}\n")),
        (
            "everything that is hashed",
            format!(
                "dependencies:\n- name: one\n  version: \">0 <1.5 || >1.8 & <3\"\n  repository: {http}\n  condition: one.on,b.c\n  \
                 tags: [a, \"<b>\"]\n  enabled: true\n  alias: uno\n  import-values:\n  - data\n  - child: a.b\n    parent: c\n\
                 - name: two\n  version: x\n  repository: {oci}\n"
            )
            .replace(" & ", ", "),
        ),
        (
            "one twice",
            format!(
                "dependencies:\n- name: one\n  version: 1.2.3\n  repository: {http}\n  alias: a\n\
                 - name: one\n  version: 1.2.3\n  repository: {http}\n  alias: b\n"
            ),
        ),
        ("a folder", "dependencies:\n- name: beside\n  version: \">=3-0\"\n  repository: file://../beside\n".to_owned()),
        ("not even a list", String::new()),
    ];
    for (case, asked) in cases {
        let _ = std::fs::remove_dir_all(&folder);
        chart(&folder, v2, &asked);
        same(&bench, case, &folder, "Chart.lock");
    }
    // Nothing is missing where nothing is asked for: `template` then writes nothing, unlike `dependency update`.
    let _ = std::fs::remove_dir_all(&folder);
    chart(&folder, v2, "dependencies: []\n");
    let before = files(&folder);
    let theirs = bench.helm(&["template", "it", folder.to_str().unwrap(), "--dependency-update"]);
    assert!(theirs.status.success() && files(&folder) == before, "{:?}", files(&folder));
    let ours =
        printed(bench.home.path(), &["template", "it", folder.to_str().unwrap(), "--dependency-update"]);
    assert_eq!((ours, files(&folder)), (String::from_utf8_lossy(&theirs.stdout).into_owned(), before));
    // What lies there of its own stays, what was fetched earlier goes.
    let asked = format!(
        "dependencies:\n- name: local\n  version: 1.x\n- name: one\n  version: 1.10.0\n  repository: {http}\n"
    );
    let _ = std::fs::remove_dir_all(&folder);
    chart(&folder, v2, &asked);
    chart(&folder.join("charts/local"), v2, "");
    let text = std::fs::read_to_string(folder.join("charts/local/Chart.yaml")).unwrap();
    let text = text.replace("parent", "local").replace("0.1.0", "1.5.0");
    std::fs::write(folder.join("charts/local/Chart.yaml"), text).unwrap();
    bench.done(&["pull", "two", "--repo", &http, "-d", folder.join("charts").to_str().unwrap()]);
    std::fs::write(folder.join("charts/_notes.txt"), "no chart").unwrap();
    same(&bench, "what lies there", &folder, "Chart.lock");
    let _ = std::fs::remove_dir_all(&folder);
    chart(&folder, "apiVersion: v1\n", "");
    write(
        &folder,
        &[(
            "requirements.yaml",
            format!("dependencies:\n- name: one\n  version: 1.x\n  repository: {http}\n"),
        )],
    );
    same(&bench, "the first version of charts", &folder, "requirements.lock");
    bench.end();
}

fn resolved(folder: &Path, choice: Choice, source: &ChartSource) -> Result<Resolved, DependencyError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mirrors = Mirrors::default();
    let options = DependencyOptions {
        choice,
        mirrors: &mirrors,
        logins: &NoLogins,
        source: source.clone(),
        generated: "2026-01-02T03:04:05Z".to_owned(),
    };
    let patience = Patience::new(Duration::from_secs(60), CancellationToken::new());
    runtime.block_on(dependencies(folder, &options, &patience))
}

#[test]
fn a_build_takes_what_is_locked_and_refuses_another_chart() {
    let Some(bench) = bench() else { return };
    let (http, ca) = (bench.endpoint("charts_http"), bench.ca());
    bench.done(&["repo", "add", "sim", &http]);
    let folder = bench.path("parent");
    let asked =
        |range: &str| format!("dependencies:\n- name: one\n  version: \"{range}\"\n  repository: {http}\n");
    chart(&folder, "apiVersion: v2\n", &asked("1.2.3"));
    bench.done(&["dependency", "update", "parent", "--ca-file", &ca]);
    // The range now allows more, and the lock is made for it.
    chart(&folder, "apiVersion: v2\n", &asked("1.x"));
    let told = bench.refused(&["dependency", "build", "parent"]);
    let said = resolved(&folder, Choice::Build, &ChartSource::default()).unwrap_err();
    assert!(matches!(said, DependencyError::OutOfSync { lock: "Chart.lock", .. }), "{said}");
    assert!(told.contains("out of sync") && said.to_string().contains("out of sync"), "{told}");
    chart(&folder, "apiVersion: v2\n", &asked("1.2.3"));
    std::fs::remove_dir_all(folder.join("charts")).unwrap();
    let before = files(&folder);
    let built = resolved(&folder, Choice::Build, &ChartSource::default()).unwrap();
    assert!(!built.lock_changed);
    assert_eq!(files(&folder), before, "nothing is written by resolving");
    built.write().unwrap();
    let mine = files(&folder.join("charts"));
    std::fs::remove_dir_all(folder.join("charts")).unwrap();
    bench.done(&["dependency", "build", "parent"]);
    assert_eq!(files(&folder.join("charts")), mine);
    bench.end();
}

#[test]
fn what_cannot_be_resolved_is_one_error() {
    let Some(bench) = bench() else { return };
    let http = bench.endpoint("charts_http");
    let folder = bench.path("parent");
    let one = |version: &str, repository: &str| {
        format!("dependencies:\n- name: one\n  version: \"{version}\"\n  repository: \"{repository}\"\n")
    };
    let cases = [
        (one("1.x.y.z", &http), "dependency \"one\" has an invalid version/constraint format", true),
        (one("", &http), "dependency \"one\" has an invalid version/constraint format", true),
        (one(">9", &http), "can't get a valid version for 1 subchart(s): \"one\"", true),
        (one(">9", &http).replace("one", "none"), "has no chart \"none\"", false),
        (one("1.x", "@sim"), "no repository definition for @sim", false),
        (one("1.x", "alias:sim"), "no repository definition for alias:sim", false),
        (one("1.x", "sim"), "no repository definition for sim", true),
        (one("1.x", "file://../nowhere"), "nowhere not found", true),
        (one("1.x", ""), "charts/one not found", true),
        (one("1.x", "http://127.0.0.1:1/charts"), "gave no answer", false),
        (one("1.x", &format!("{http}/nothing")), "answered 404", false),
    ];
    for (asked, says, as_helm) in cases {
        let _ = std::fs::remove_dir_all(&folder);
        chart(&folder, "apiVersion: v2\n", &asked);
        let said = error(bench.home.path(), &["template", "it", "parent", "--dependency-update"]);
        let told = bench.refused(&["template", "it", "parent", "--dependency-update"]);
        let says = if says.contains('@') || says.contains("alias:") { "helm program" } else { says };
        assert!(said.contains(says), "{asked}: {said}");
        assert!(!as_helm || told.contains(says), "{asked}: {told}");
        assert!(
            !folder.join("charts").exists() && !folder.join("Chart.lock").exists(),
            "{asked}: something is left"
        );
    }
    // Without the flag nobody is asked, and Helm's own words name what is missing.
    let missing = ours(bench.home.path(), &["template", "it", "parent"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("missing in charts/ directory: one"));
    bench.end();
}
