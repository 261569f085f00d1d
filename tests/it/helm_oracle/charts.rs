//! Whole charts: `examples/helm/bud` with each of its values files, and one as large as a platform's.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{compare, helm};

fn script(name: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts").join(name);
    let output = Command::new(script).args(arguments).output().expect("the script runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Renders with each set of arguments; what differs is told of all of them together.
fn same(chart: &Path, cases: &[Vec<String>]) {
    let Some(helm) = helm() else { return };
    let different: Vec<String> = std::thread::scope(|scope| {
        // Two programs at a time for each case, which wait for nothing but the processor.
        let compared = |case: &Vec<String>| {
            let arguments: Vec<&str> = case.iter().map(String::as_str).collect();
            compare(&helm, &arguments, chart).map(|difference| format!("=== {case:?}\n{difference}"))
        };
        let (left, right) = cases.split_at(cases.len() / 2);
        let other = scope.spawn(move || right.iter().filter_map(compared).collect::<Vec<_>>());
        let mut all: Vec<_> = left.iter().filter_map(compared).collect();
        all.extend(other.join().expect("the other half"));
        all
    });
    assert!(different.is_empty(), "{} of {} differ\n{}", different.len(), cases.len(), different.join("\n"));
}

#[test]
fn the_chart_of_bud_renders_as_helm_renders_it_with_each_values_file() {
    if helm().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    script("pack", &[folder.path().to_str().expect("a path in UTF-8")]);
    let chart = folder.path().join("bud");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&chart)
        .expect("the chart")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            name.starts_with("values.") && name.ends_with(".yaml") && name != "values.yaml"
        })
        .collect();
    files.sort();
    assert!(files.len() >= 3, "values files of dev, stage and pde: {files:?}");
    let name = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
    let with =
        |arguments: &[&str]| -> Vec<String> { arguments.iter().map(|one| (*one).to_owned()).collect() };
    let (pde, secrets) = (name(&chart.join("values.pde.yaml")), name(&chart.join("secrets.example.yaml")));
    let external = name(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts/external.yaml"));
    let mut cases = vec![
        Vec::new(),
        with(&["-f", &pde, "-f", &secrets, "--namespace", "bud-system"]),
        with(&["-f", &external, "--include-crds"]),
        with(&[
            "-f",
            &pde,
            "--set",
            "onyx.enabled=true,postgresql.metrics.enabled=true,valkey.metrics.enabled=true",
        ]),
        with(&["--set", "microservices.budap.replicas=2"]),
        with(&["--set", "microservices.rsaKeys.existingSecret=mine", "--is-upgrade", "--no-hooks"]),
    ];
    cases.extend(files.iter().map(|file| with(&["-f", &name(file)])));
    same(&chart, &cases);
}

#[test]
fn a_chart_of_many_dependencies_renders_as_helm_renders_it() {
    if helm().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let chart = folder.path().join("large");
    script("large/generate", &[chart.to_str().expect("a path in UTF-8"), "4"]);
    let with = |set: &str| vec!["--set".to_owned(), set.to_owned()];
    same(
        &chart,
        &[
            Vec::new(),
            with("database.enabled=false,parts={cache,columns}"),
            with("cache.tls.certificate=,columns.persistence.size=8"),
            with("cache.architecture=replication,cache.replicaCount=3,cache.service.type=LoadBalancer"),
        ],
    );
}
