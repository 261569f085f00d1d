//! `data.bud_chart` under the real hosts: charts from a folder, a repository and a registry, rendered without a
//! cluster.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::{Folder, World, each};

/// Files of a chart that shows what it is given.
fn files(version: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Chart.yaml", format!("apiVersion: v2\nname: shown\nversion: {version}\nappVersion: \"7\"\ndescription: Shows\n")),
        ("values.yaml", "# kept as written\ncount: 1\nname: null\n".into()),
        ("values.schema.json", r#"{"properties":{"count":{"type":"integer"}}}"#.into()),
        (
            "templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\n\
             data:\n  count: {{ .Values.count | quote }}\n  chance: {{ randAlphaNum 8 | quote }}\n  at: {{ now | unixEpoch | quote }}\n\
             {{- if .Values.wrong }}\n  wrong: {{ .Values.wrong.deep.er }}\n{{- end }}\n"
                .into(),
        ),
        ("templates/NOTES.txt", "Installed {{ .Chart.Version }}.\n".into()),
    ]
}

fn packed(version: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, text) in files(version) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("shown/{name}"), text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// The configuration: arguments of the provider, and of the data source.
fn write(folder: &Folder<'_>, provider: &str, arguments: &str) {
    let rest = format!(
        "data \"bud_chart\" \"it\" {{\n{arguments}\n}}\n\
         output \"it\" {{\n  value = data.bud_chart.it\n  sensitive = true\n}}"
    );
    folder.write(provider, &rest);
}

/// What the data source gave.
fn given(folder: &Folder<'_>) -> Value {
    folder.apply().succeeded();
    let run = folder.run(&["output", "-json", "it"]).succeeded();
    let given: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = given["manifest"].as_str().unwrap_or_default();
    assert!(given["skip_render"] == true || text.contains("kind: ConfigMap"), "{text}");
    given
}

#[test]
fn a_folder_is_rendered_the_same_twice() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let chart = folder.path("shown");
        for (name, text) in files("1.2.3") {
            let path = chart.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let arguments = "chart = \"./shown\"\nname = \"one\"\nnamespace = \"two\"\n\
                         values = [yamlencode({ count = 2 }), yamlencode({ count = 3 })]\n\
                         set = [{ name = \"name\", value = \"true\", type = \"string\" }]";
        write(&folder, "", arguments);
        let first = given(&folder);
        let manifest = first["manifest"].as_str().unwrap();
        assert!(manifest.contains("  name: one\n  namespace: two\n"), "{manifest}");
        assert!(manifest.contains("  count: \"3\"\n"), "{manifest}");
        assert_eq!(first["metadata"]["version"], "1.2.3");
        assert_eq!(first["metadata"]["app_version"], "7");
        assert_eq!(first["metadata"]["type"], "application");
        assert_eq!(first["default_values"], "# kept as written\ncount: 1\nname: null\n");
        assert_eq!(first["computed_values"], "count: 3\nname: \"true\"\n");
        assert_eq!(first["notes"], "Installed 1.2.3.\n");
        assert_eq!(first["chart_digest"], Value::Null);
        let file = first["manifests"]["shown/templates/map.yaml"].as_str().unwrap();
        assert!(file.starts_with("---\n") && file.contains("kind: ConfigMap"), "{file}");
        folder.is_settled("two reads");
        assert_eq!(given(&folder), first);
        write(&folder, "", &format!("{arguments}\nskip_render = true"));
        assert_eq!(given(&folder)["manifest"], Value::Null);
        assert_eq!(world.requests(), Vec::new(), "no cloud was asked");
    });
}

#[test]
fn repositories_and_registries_are_asked_through_mirrors_and_with_logins() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1+x"] {
            world.shelve(&packed(version));
        }
        let ca = format!("repository_ca_file = \"{}\"\n", world.env()["BUD_AZURE_CA_FILE"]);
        let (repository, registry) = (world.endpoint("charts"), world.endpoint("charts_oci"));
        let host_port = registry.strip_prefix("oci://").unwrap().split('/').next().unwrap().to_owned();
        let version = |provider: &str, arguments: &str| {
            write(&folder, provider, &format!("{ca}{arguments}"));
            let given = given(&folder);
            assert!(given["chart_digest"].as_str().unwrap().starts_with("sha256:"), "{given}");
            given["metadata"]["version"].as_str().unwrap().to_owned()
        };
        for address in [&repository, &registry] {
            let at = format!("repository = \"{address}\"\nchart = \"shown\"\n");
            assert_eq!(version("", &at), "1.10.0", "{address}");
            assert_eq!(version("", &format!("{at}version = \"<1.10\"")), "1.9.0", "{address}");
            assert_eq!(version("", &format!("{at}devel = true")), "2.0.0-rc.1+x", "{address}");
            assert_eq!(version("", &format!("{at}version = \"2.0.0-rc.1+x\"")), "2.0.0-rc.1+x", "{address}");
        }
        assert_eq!(version("", &format!("chart = \"{registry}/shown:1.0.0\"")), "1.0.0");
        assert_eq!(version("", &format!("chart = \"{repository}/shown-1.9.0.tgz\"")), "1.9.0");
        let mirrors = format!("chart_mirrors = {{ \"https://charts.example.com/x\" = \"{registry}\" }}");
        let elsewhere =
            "repository = \"https://charts.example.com/x/\"\nchart = \"shown\"\nversion = \"1.0.0\"";
        assert_eq!(version(&mirrors, elsewhere), "1.0.0");
        let logins = format!(
            "registry_auth = {{ \"{host_port}\" = {{ type = \"basic\", username = \"ann\", password = \"pass:word\" }} }}"
        );
        for kind in ["basic", "token"] {
            world.chart_access(kind, "ann", "pass:word");
            let at = format!("repository = \"{registry}\"\nchart = \"shown\"\nversion = \"~1.9.0\"");
            assert_eq!(version(&logins, &at), "1.9.0", "{kind}");
            let at = format!("repository = \"{repository}\"\nchart = \"shown\"\n");
            let login = "repository_username = \"ann\"\nrepository_password = \"pass:word\"\n";
            assert_eq!(version("", &format!("{at}{login}")), "1.10.0", "{kind}");
        }
    });
}

#[test]
fn what_is_wrong_is_one_error_on_the_attribute() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        world.shelve(&packed("1.0.0"));
        let ca = format!("repository_ca_file = \"{}\"\n", world.env()["BUD_AZURE_CA_FILE"]);
        let at = |rest: &str| {
            format!("{ca}repository = \"{}\"\nchart = \"shown\"\n{rest}", world.endpoint("charts"))
        };
        let registry = |rest: &str| {
            format!("{ca}repository = \"{}\"\nchart = \"shown\"\n{rest}", world.endpoint("charts_oci"))
        };
        let cases = [
            ("chart = \"./missing\"".to_owned(), "chart", "not found"),
            (at("version = \"1.x.y.z\""), "version", "improper constraint"),
            (at("version = \">2\""), "version", "it has 1.0.0"),
            (registry("version = \">2\""), "version", "it has 1.0.0"),
            (at("").replace("\"shown\"", "\"show\""), "chart", "the nearest are shown"),
            (
                format!("repository = \"{}\"\nchart = \"shown\"", world.endpoint("charts")),
                "repository",
                "certificate",
            ),
            (
                "repository = \"https://127.0.0.1:1/\"\nchart = \"shown\"".to_owned(),
                "repository",
                "gave no answer",
            ),
            (
                "repository = \"ftp://a/b\"\nchart = \"shown\"".to_owned(),
                "repository",
                "neither https nor oci",
            ),
            (at("values = [\"count: true\"]"), "values", "got boolean, want integer"),
            (at("values = [\"a: [\"]"), "values", "YAML"),
            (at("set = [{ name = \"a[\", value = \"1\" }]"), "set", "a["),
            (at("values = [\"wrong: { a: 1 }\"]"), "chart", "shown/templates/map.yaml:"),
            (at("kube_version = \"one\""), "kube_version", "one"),
            (at("repository_password = \"x\""), "data ", "repository_username"),
            (at("name = \"No_Name\""), "name", "invalid release name"),
        ];
        let mut wrong = Vec::new();
        for (arguments, line, says) in cases {
            write(&folder, "", &arguments);
            let run = folder.run(&["plan", "-json"]);
            let errors = run.errors();
            let good = !run.status.success()
                && errors.len() == 1
                && (errors[0].code.starts_with(line) || errors[0].code.starts_with("data "))
                && (errors[0].detail.contains(says) || errors[0].summary.contains(says));
            if !good {
                wrong.push(format!("{arguments}\n  wanted {says:?} at {line:?}, got {errors:#?}"));
            }
        }
        assert!(wrong.is_empty(), "{}: {}", host.name, wrong.join("\n"));
        world.chart_access("token", "ann", "pass:word");
        for arguments in
            [at(""), registry(""), registry("repository_username = \"ann\"\nrepository_password = \"no\"")]
        {
            write(&folder, "", &arguments);
            let run = folder.run(&["plan", "-json"]);
            let errors = run.errors();
            assert_eq!(errors.len(), 1, "{}", run.out);
            assert_eq!(errors[0].summary, "Chart repository refuses the login", "{errors:#?}");
        }
    });
}

#[test]
fn dependencies_are_fetched_and_nothing_is_written() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        for version in ["1.0.0", "1.10.0", "2.0.0"] {
            world.shelve(&packed(version));
        }
        let parent = folder.path("parent");
        std::fs::create_dir_all(&parent).unwrap();
        let chart = |range: &str, repository: &str| {
            let text = format!(
                "apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n- name: shown\n  version: \"{range}\"\n  \
                 repository: {repository}\n"
            );
            std::fs::write(parent.join("Chart.yaml"), text).unwrap();
        };
        let registry = world.endpoint("charts_oci");
        let mirrors = format!("chart_mirrors = {{ \"https://charts.example.com/x\" = \"{registry}\" }}");
        let arguments = format!(
            "repository_ca_file = \"{}\"\nchart = \"./parent\"\ndependency_update = true",
            world.env()["BUD_AZURE_CA_FILE"]
        );
        chart("1.x", "https://charts.example.com/x");
        write(&folder, &mirrors, &arguments);
        let first = given(&folder);
        let manifest = first["manifest"].as_str().unwrap();
        assert!(manifest.contains("# Source: parent/charts/shown/templates/map.yaml"), "{manifest}");
        assert_eq!(first["metadata"]["name"], "parent");
        folder.is_settled("dependencies");
        let left: Vec<_> = std::fs::read_dir(&parent).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(left, ["Chart.yaml"], "nothing is written into the chart's folder");
        for (range, repository, summary, says) in [
            (">9", registry.as_str(), "Dependencies cannot be fetched", "can't get a valid version"),
            ("1.x", "\"@sim\"", "Dependencies cannot be fetched", "helm program"),
            ("1.x", "https://127.0.0.1:1", "Chart repository cannot be reached", "Dependency \"shown\""),
        ] {
            chart(range, repository);
            let errors = folder.run(&["plan", "-json"]).errors();
            assert_eq!(errors.len(), 1, "{errors:#?}");
            assert_eq!(errors[0].summary, summary, "{errors:#?}");
            assert!(errors[0].detail.contains(says), "{errors:#?}");
        }
    });
}

#[test]
fn a_registry_of_azure_is_logged_in_to_with_the_account() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        world.shelve(&packed("1.2.3"));
        world.chart_access("acr", "", "");
        let registry = world.endpoint("charts_oci");
        let host_port = registry.strip_prefix("oci://").unwrap().split('/').next().unwrap().to_owned();
        let login = |kind: &str| format!("registry_auth = {{ \"{host_port}\" = {{ type = \"{kind}\" }} }}");
        let arguments = format!(
            "repository_ca_file = \"{}\"\nrepository = \"{registry}\"\nchart = \"shown\"",
            world.env()["BUD_AZURE_CA_FILE"]
        );
        write(&folder, &login("acr"), &arguments);
        assert_eq!(given(&folder)["metadata"]["version"], "1.2.3");
        let one = |provider: &str| {
            write(&folder, provider, &arguments);
            let errors = folder.run(&["plan", "-json"]).errors();
            assert_eq!(errors.len(), 1, "{errors:#?}");
            errors.into_iter().next().unwrap()
        };
        assert_eq!(one(&login("anonymous")).summary, "Chart repository refuses the login");
        // Somebody whom Azure does not know is not known to its registry either.
        let wrong = one(&format!("{}\nazure = {{ client_secret = \"wrong\" }}", login("acr")));
        assert_eq!(wrong.summary, "No login for the registry", "{wrong:#?}");
        assert!(wrong.detail.contains(&host_port) && wrong.detail.contains("client_secret"), "{wrong:#?}");
        let ecr = one(&login("ecr"));
        assert_eq!(ecr.summary, "Login not available", "{ecr:#?}");
        assert!(ecr.detail.contains("get-login-password"), "{ecr:#?}");
        assert_eq!(one(&login("basic")).summary, "Argument missing");
        let both = format!("registry_auth = {{ \"{host_port}\" = {{ type = \"acr\", username = \"a\" }} }}");
        assert_eq!(one(&both).summary, "Argument of no use");
    });
}

#[test]
fn a_chart_that_is_not_signed_is_refused_where_it_must_be() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/provenance/ann.asc");
        for (arguments, summary, says) in [
            (
                format!("verify = true\nkeyring = \"{keys}\""),
                "Chart's signature does not hold",
                "is not signed",
            ),
            ("verify = true".to_owned(), "Argument missing", "gpg --export"),
            (format!("keyring = \"{keys}\""), "Argument missing", "keyring is of use with verify only"),
            ("verify = true\nkeyring = \"main.tf\"".to_owned(), "Bad keyring", "no keyring"),
        ] {
            write(&folder, "", &format!("chart = \"./shown-1.0.0.tgz\"\n{arguments}"));
            std::fs::write(folder.path("shown-1.0.0.tgz"), packed("1.0.0")).unwrap();
            let errors = folder.run(&["plan", "-json"]).errors();
            assert_eq!(errors.len(), 1, "{errors:#?}");
            assert_eq!(errors[0].summary, summary, "{errors:#?}");
            assert!(errors[0].detail.contains(says), "{errors:#?}");
        }
    });
}
