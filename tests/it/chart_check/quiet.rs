//! The checks have nothing to say about charts that are as they should be.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{META, check, write};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_chart_is_clean_with_every_values_file() {
    let folder = tempfile::tempdir().expect("folder");
    let packed =
        Command::new(root().join("tests/charts/pack")).arg(folder.path()).status().expect("pack runs");
    assert!(packed.success());
    let chart = folder.path().join("bud");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("examples/helm/bud"))
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("values.") && name.ends_with(".yaml")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    files.push(root().join("tests/charts/external.yaml"));
    for file in files {
        let file = file.to_str().expect("a path");
        let (code, out, errors) =
            check(&[&chart], &["--name", "bud", "--namespace", "bud-system", "-f", file]);
        assert_eq!((code, out.as_str()), (0, "No findings.\n"), "{file}: {errors}");
    }
    let pde = root().join("examples/helm/bud/values.pde.yaml");
    let secrets = root().join("examples/helm/bud/secrets.example.yaml");
    let both = ["-f", pde.to_str().expect("a path"), "-f", secrets.to_str().expect("a path")];
    let (code, out, errors) = check(&[&chart], &both);
    assert_eq!((code, out.as_str()), (0, "No findings.\n"), "{errors}");
    let (code, out, _) = check(&[&chart], &["--set", "minio.presistence.size=1Gi"]);
    assert!(
        code == 1 && out.contains("values minio.presistence: ") && out.contains("\"persistence\""),
        "{out}"
    );
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).expect("small")).expect("small")
    }
}

/// A way to read a table of values, by which all its keys, or only one of them, are read.
const READERS: [&str; 9] = [
    "{{ T.KEY | quote }}",
    "{{ get T \"KEY\" | quote }}",
    "{{ index T \"KEY\" | quote }}",
    "{{ with T }}{{ .KEY | quote }}{{ end }}",
    "{{ if $.Values.never }}{{ T.KEY }}{{ end }}x",
    "{{ range $.Values.nothing }}{{ T.KEY }}{{ else }}x{{ end }}",
    "{{ $t := T }}{{ $t.KEY | quote }}",
    "{{ or true T.KEY }}",
    "{{ include \"one\" (dict \"t\" T \"root\" $) | quote }}",
];

#[test]
fn a_value_that_is_read_somehow_is_never_called_unread() {
    let mut numbers = Numbers(0x5eed_cafe);
    let folder = tempfile::tempdir().expect("folder");
    for round in 0..40 {
        let chart = folder.path().join(format!("chart-{round}"));
        let (mut template, mut values, mut unread) = (String::from("a:\n"), String::new(), Vec::new());
        let mut partial = String::from("{{ define \"one\" }}");
        for table in 0..1 + numbers.below(4) {
            let name = format!("table{table}");
            values.push_str(&format!("{name}:\n  inner:\n"));
            for key in 0..1 + numbers.below(5) {
                let key = format!("key{}", ["alpha", "bravo", "charlie", "delta", "echo"][key]);
                values.push_str(&format!("    {key}: {{a: {}, b: [1, 2]}}\n", numbers.below(100)));
                // The last key of each table is never read.
                let reader = READERS[numbers.below(READERS.len())];
                let path = format!("$.Values.{name}.inner");
                let line = reader.replace('T', &path).replace("KEY", &key);
                template.push_str(&format!("- {line}\n"));
                if reader.contains("include") {
                    partial.push_str(&format!("{{{{ .t.{key} }}}}"));
                }
            }
            values.push_str("    nobody: 1\n");
            unread.push(format!("unread-values: values {name}.inner.nobody: "));
        }
        partial.push_str("{{ end }}");
        write(
            &chart,
            &[
                META,
                ("templates/a.yaml", &template),
                ("templates/_p.tpl", &partial),
                ("values.yaml", &values),
            ],
        );
        let file = chart.join("values.yaml");
        let (code, out, errors) =
            check(&[&chart], &["-f", file.to_str().expect("a path"), "--checks", "unread-values"]);
        let found: Vec<&str> = out.lines().filter(|line| line.starts_with("unread-values")).collect();
        assert_eq!(code, 1, "{errors}{out}\n{template}");
        assert_eq!(found.len(), unread.len(), "{out}\n{template}\n{values}");
        for (line, expected) in found.iter().zip(&unread) {
            assert!(line.starts_with(expected.as_str()), "{line}\n{template}");
        }
    }
}

#[test]
fn every_chart_of_the_oracle_is_checked_or_refused_as_template_refuses_it() {
    let folder = tempfile::tempdir().expect("folder");
    for (index, (name, files, arguments)) in crate::helm_oracle::cases::CASES.iter().enumerate() {
        // What only `template` takes changes what is printed, not what is rendered.
        let only = ["--include-crds", "--no-hooks", "--skip-tests", "--show-only", "-s"];
        if arguments.iter().any(|argument| only.contains(argument)) {
            continue;
        }
        let chart = folder.path().join(format!("chart-{index}"));
        crate::helm_oracle::write(&chart, files);
        let template = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bud"))
            .arg("template")
            .arg(&chart)
            .args(*arguments)
            .output()
            .expect("the program runs");
        let (code, out, errors) = check(&[&chart], arguments);
        assert_eq!(code == 2, !template.status.success(), "{name}: {errors}{out}");
        assert!(!errors.contains("panicked") && !errors.contains("broke off"), "{name}: {errors}");
    }
}
