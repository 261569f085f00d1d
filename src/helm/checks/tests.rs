//! Each check with a chart that trips it and one that does not.

use super::*;
use crate::helm::chart::archive::Limits as ArchiveLimits;
use crate::helm::chart::{SchemaCheck, SourceFile, read_values};
use crate::helm::outside::{FixedClock, SeededChance};
use crate::helm::render::{Capabilities, Limits, Release};
use crate::helm::template::SubchartNotes;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";

fn chart(files: &[(&str, &str)]) -> Chart {
    let meta = (!files.iter().any(|(name, _)| *name == "Chart.yaml")).then_some(&("Chart.yaml", CHART));
    let file =
        |(name, text): &(&str, &str)| SourceFile { name: (*name).to_owned(), data: text.as_bytes().into() };
    Chart::load(files.iter().chain(meta).map(file).collect(), ArchiveLimits::default()).unwrap()
}

fn examined(files: &[(&str, &str)], values: &str, kubernetes: Option<&str>) -> Vec<Finding> {
    examined_with(files, values, kubernetes, &[])
}

fn examined_with(
    files: &[(&str, &str)],
    values: &str,
    kubernetes: Option<&str>,
    classes: &[(&str, &str)],
) -> Vec<Finding> {
    let mut capabilities = Capabilities::without_cluster();
    if let Some(version) = kubernetes {
        capabilities.kube_version = KubeVersion::parse(version).unwrap();
    }
    let options = TemplateOptions {
        release: Release {
            name: "r".to_owned(),
            namespace: "ns".to_owned(),
            is_install: true,
            revision: 1,
            ..Release::default()
        },
        capabilities,
        schema: SchemaCheck::Check,
        notes: SubchartNotes::Leave,
        limits: Limits::default(),
    };
    let mut chance = SeededChance::new(b"checks");
    let mut outside =
        Outside { chance: &mut chance, clock: &FixedClock(0), dns: None, lookup: None, draws: None };
    let values = read_values(values.as_bytes()).unwrap();
    let (chart, all) = (chart(files), Selection::default());
    let classes = classes.iter().map(|(name, by)| ((*name).to_owned(), (*by).to_owned())).collect();
    examine(&Engine::new(), &chart, &values, &options, &mut outside, &classes, &all).unwrap().1
}

/// The findings, each with its check and place.
fn places(files: &[(&str, &str)], values: &str) -> Vec<String> {
    examined(files, values, None).iter().map(|one| format!("{} {}", one.check.name(), one.place)).collect()
}

/// The values that no template reads.
fn unread(template: &str, defaults: &str, values: &str) -> Vec<String> {
    let files = [("templates/a.yaml", template), ("values.yaml", defaults)];
    places(&files, values)
        .iter()
        .filter_map(|one| one.strip_prefix("unread-values values "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_misspelt_value_is_found_with_what_is_meant() {
    let files = [("templates/a.yaml", "a: {{ .Values.image.tag }}\n"), ("values.yaml", "image: {tag: x}\n")];
    let found = examined(&files, "image: {tga: y}\nimagge: {tag: z}\n", None);
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "unread-values: values image.tga: No template reads it. It changes nothing. Most likely \"tag\" is meant.",
            "unread-values: values imagge: No template reads it. It changes nothing. Most likely \"image\" is meant.",
        ]
    );
    let moved = examined(&files[..1], "image: {tag: y}\nother: 1\ntag: z\n", None);
    assert_eq!(moved.len(), 2);
}

#[test]
fn a_value_in_the_wrong_place_is_named_with_the_right_one() {
    let files = [
        ("templates/a.yaml", "a: {{ .Values.service.targetPort }}\n"),
        ("values.yaml", "service: {targetPort: 1}\n"),
    ];
    let found = examined(&files, "targetPort: 2\n", None);
    assert_eq!(found.len(), 1);
    assert!(found[0].advice.contains("\"service.targetPort\""), "{}", found[0]);
}

#[test]
fn whatever_takes_values_as_a_whole_reads_all_of_them() {
    for template in [
        "{{ toYaml .Values.x }}",
        "a: {{ .Values.x }}",
        "a: {{ .Values | toJson }}",
        "{{ range $k, $v := .Values.x }}{{ $k }}: {{ toYaml $v | nindent 2 }}\n{{ end }}",
        "a: {{ deepCopy .Values.x | toJson }}",
        "a: {{ merge (dict) .Values.x | toJson }}",
        "a: {{ tpl (toYaml .Values.x) . | quote }}",
        "a: {{ omit .Values.x \"zz\" | toJson }}",
        "a: {{ include \"all\" (dict \"v\" .Values.x) }}{{ define \"all\" }}{{ toJson .v }}{{ end }}",
        "a: {{ if .Values.x }}set{{ end }}",
        "a: {{ .Values.AsMap | toJson }}",
        "{{ with .Values.x }}{{ toYaml . }}{{ end }}",
    ] {
        assert_eq!(unread(template, "x: {}\n", "x: {a: {b: 1, c: [{d: 2}]}}\n"), [""; 0], "{template}");
    }
}

#[test]
fn every_way_to_ask_for_a_key_counts_and_only_that_key() {
    for ask in [
        ".Values.x.a",
        "index .Values \"x\" \"a\"",
        "index .Values.x \"a\"",
        "get .Values.x \"a\"",
        "hasKey .Values.x \"a\"",
        "dig \"a\" \"no\" .Values.x",
        "(.Values.x).a",
        "(.Values.x | default dict).a",
        "pluck \"a\" .Values.x | first",
        "(pick .Values.x \"a\").a",
        "tpl \"{{ .Values.x.a }}\" .",
        "include \"one\" .Values.x",
        "ternary .Values.x.a \"\" true",
        "$.Values.x.a",
        "required \"x\" .Values.x.a",
    ] {
        for template in [
            format!("{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}a: {{{{ {ask} | quote }}}}\n"),
            // The same on ways that are not taken.
            format!(
                "{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}{{{{ if .Values.off }}}}a: {{{{ {ask} | quote }}}}{{{{ end }}}}\n"
            ),
            format!(
                "{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}{{{{ range .Values.none }}}}{{{{ with $ }}}}{{{{ {ask} | quote }}}}{{{{ end }}}}{{{{ end }}}}\n"
            ),
            format!(
                "{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}a: {{{{ and .Values.off ({ask}) | quote }}}}\n"
            ),
            format!(
                "{{{{ define \"dead\" }}}}{{{{ if true }}}}{{{{ {ask} }}}}{{{{ .Values.x.a }}}}{{{{ end }}}}{{{{ end }}}}{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}a: b{{{{ .Values.x.y }}}}\n"
            ),
        ] {
            let found = unread(&template, "x: {a: 1}\n", "x: {a: 2, b: 3}\n");
            // A way with arguments that nobody follows may read more, never less.
            assert!(
                !found.contains(&"x.a".to_owned()) && !found.contains(&"x".to_owned()),
                "{template}: {found:?}"
            );
        }
        let template =
            format!("{{{{ define \"one\" }}}}{{{{ .a }}}}{{{{ end }}}}a: {{{{ {ask} | quote }}}}\n");
        assert_eq!(unread(&template, "x: {a: 1}\n", "x: {a: 2, b: 3}\n"), ["x.b"], "{template}");
    }
}

#[test]
fn a_branch_of_a_shared_template_counts_for_each_that_might_take_it() {
    let template = "{{ define \"svc\" }}{{ if .cfg.probe.enabled }}{{ .cfg.probe.path }}{{ end }}{{ end }}\
                    a: {{ include \"svc\" (dict \"cfg\" .Values.one) }}\nb: {{ include \"svc\" (dict \"cfg\" .Values.two) }}\n";
    let defaults = "one: {probe: {enabled: true, path: /}}\ntwo: {probe: {enabled: false, path: /}}\n";
    assert_eq!(unread(template, defaults, "two: {probe: {path: /x, pth: /y}}\n"), ["two.probe.pth"]);
}

#[test]
fn a_variable_that_is_set_on_a_way_not_taken_is_read() {
    let template =
        "{{ $c := .Values.a }}{{ if .Values.second }}{{ $c = .Values.b }}{{ end }}x: {{ $c.host }}\n";
    assert_eq!(unread(template, "a: {host: 1}\nb: {host: 2}\n", "b: {host: 3}\n"), [""; 0]);
}

#[test]
fn what_stands_in_lists_is_looked_at_item_by_item() {
    let template = "{{ range .Values.hosts }}h: {{ .name }}\n{{ end }}";
    assert_eq!(unread(template, "", "hosts: [{name: a}, {name: b, prot: 1}]\n"), ["hosts[1].prot"]);
}

const PARENT: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n\
- {name: sub, version: 1.x.x, condition: switch.sub, tags: [front]}\n\
- {name: sub, version: 1.x.x, alias: other, condition: other.enabled}\n\
- {name: lib, version: 1.x.x, import-values: [data]}\n";
const SUB: &str = "apiVersion: v2\nname: sub\nversion: 1.0.0\n";
const LIB: &str = "apiVersion: v2\nname: lib\nversion: 1.0.0\n";

fn family() -> Vec<(&'static str, &'static str)> {
    vec![
        ("Chart.yaml", PARENT),
        ("values.yaml", "global: {name: x}\nother: {enabled: false}\n"),
        ("templates/a.yaml", "a: {{ .Values.global.name }}\n"),
        ("charts/sub/Chart.yaml", SUB),
        ("charts/sub/values.yaml", "port: 80\n"),
        ("charts/sub/templates/s.yaml", "s: {{ .Values.port }}{{ .Values.global.zone }}\n"),
        ("charts/lib/Chart.yaml", LIB),
        ("charts/lib/values.yaml", "exports: {data: {x: 1}}\n"),
    ]
}

#[test]
fn dependencies_conditions_tags_globals_and_exports_are_read_by_helm_itself() {
    let values = "switch: {sub: true, sbu: 1}\nother: {enabled: false, whatever: 1}\ntags: {front: true, back: false}\n\
                  global: {name: a, zone: b, zome: c}\nsub: {port: 1, prot: 2}\nlib: {exports: {data: {x: 2}}, extra: 1}\n";
    let found = places(&family(), values);
    let expected = ["global.zome", "lib.extra", "sub.prot", "switch.sbu", "tags.back"]
        .map(|path| format!("unread-values values {path}"));
    assert_eq!(found, expected);
    let other = places(&family(), "other: {enabled: true, port: 3, prt: 4}\n");
    assert_eq!(other, ["unread-values values other.prt"]);
}

#[test]
fn what_go_could_not_format_is_found_with_its_template() {
    let template = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata:\n  a: {{ printf \"%d\" .Values.port | quote }}\n  b: 'date +%!'\n";
    let found = examined(&[("templates/a.yaml", template), ("values.yaml", "port: x\n")], "", None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].place.to_string(), "ConfigMap ns/c data.a (app/templates/a.yaml)");
    assert!(
        found[0].what.contains("\"%!d(string=x)\"") && found[0].what.contains("app/templates/a.yaml:5:"),
        "{}",
        found[0]
    );
    let fine = template.replace("%d", "%v");
    assert_eq!(places(&[("templates/a.yaml", &fine), ("values.yaml", "port: x\n")], ""), [""; 0]);
}

#[test]
fn what_is_printed_and_not_there_is_found_before_helm_takes_it_out() {
    let template = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata:\n  # {{ .Values.comment }}\n  a: x{{ .Values.port }}\n  b: {{ include \"p\" . | quote }}\n";
    let partial = "{{ define \"p\" }}{{ .Values.deep }}{{ end }}";
    let files = [("templates/a.yaml", template), ("templates/_p.tpl", partial)];
    let found = examined(&files, "", None);
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{shown:?}");
    assert!(shown[0].contains("ConfigMap ns/c data.a") && shown[0].contains("a.yaml:6:"), "{}", shown[0]);
    assert!(shown[1].contains("data.b") && shown[1].contains("_p.tpl:1:"), "{}", shown[1]);
    assert_eq!(places(&files, "port: 1\ndeep: 2\n"), [""; 0]);
}

#[test]
fn a_dependency_is_there_once() {
    let sub = |version: &str| format!("apiVersion: v2\nname: sub\nversion: {version}\n");
    let parent = |declared: &str| format!("{CHART}dependencies:\n{declared}");
    let (one, two) = (sub("1.0.0"), sub("2.0.0"));
    let once = parent("- {name: sub, version: 1.x.x}\n");
    let two_ways = parent("- {name: sub, version: 1.x.x}\n- {name: sub, version: 2.x.x, alias: next}\n");
    let folders = |meta: &str, first: &str, second: &str| {
        places(
            &[("Chart.yaml", meta), ("charts/sub/Chart.yaml", first), ("charts/sub-old/Chart.yaml", second)],
            "",
        )
    };
    assert_eq!(folders(&once, &one, &one), ["dependencies app/charts"]);
    assert_eq!(folders(&once, &one, &two), ["dependencies app/charts"]);
    assert_eq!(folders(&two_ways, &one, &two), [""; 0]);
    assert_eq!(folders(CHART, &one, &two), ["dependencies app/charts"]);
    assert_eq!(places(&[("Chart.yaml", &once), ("charts/sub/Chart.yaml", &one)], ""), [""; 0]);
}

#[test]
fn the_lock_is_in_step() {
    let meta = format!("{CHART}dependencies:\n- {{name: sub, version: ^1.0.0, repository: https://a}}\n");
    let sub = "apiVersion: v2\nname: sub\nversion: 1.2.0\n";
    let locked = |entries: &str| {
        let lock = format!("dependencies:\n{entries}digest: x\n");
        places(&[("Chart.yaml", &meta), ("Chart.lock", &lock), ("charts/sub/Chart.yaml", sub)], "").len()
    };
    assert_eq!(locked("- {name: sub, version: 1.2.0, repository: https://a}\n"), 0);
    assert_eq!(locked("- {name: sub, version: 1.2.0, repository: https://b}\n"), 1);
    assert_eq!(locked("- {name: sub, version: 1.3.0, repository: https://a}\n"), 1);
    assert_eq!(locked("- {name: sub, version: 2.0.0, repository: https://a}\n"), 2);
    assert_eq!(locked("- {name: gone, version: 1.0.0, repository: https://a}\n"), 2);
}

#[test]
fn a_global_for_a_dependency_that_is_off_is_no_mistake() {
    let mut files = family();
    files.retain(|(name, _)| *name != "Chart.yaml" && *name != "charts/sub/templates/s.yaml");
    let meta = format!("{CHART}dependencies:\n- {{name: sub, version: 1.x.x, condition: sub.enabled}}\n");
    files.extend([
        ("Chart.yaml", meta.as_str()),
        ("charts/sub/templates/s.yaml", "s: {{ .Values.global.zone }}\n"),
    ]);
    assert_eq!(places(&files, "sub: {enabled: false}\nglobal: {zone: a}\n"), [""; 0]);
    let found = places(&files, "sub: {enabled: false}\nglobal: {zome: a}\n");
    assert_eq!(found, ["unread-values values global.zome"]);
}

const DEPLOYMENT: &str =
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n";

#[test]
fn replicas_are_not_fixed_beside_an_autoscaler() {
    let with = |scaler: &str| places(&[("templates/a.yaml", &format!("{DEPLOYMENT}---\n{scaler}"))], "");
    let hpa = |min: u8, max: u8, name: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h}}\nspec:\n  minReplicas: {min}\n  maxReplicas: {max}\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n"
        )
    };
    let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: k}\nspec: {scaleTargetRef: {name: web}}\n";
    let there = ["fixed-replicas Deployment ns/web spec.replicas (app/templates/a.yaml)"];
    assert_eq!(with(&hpa(1, 5, "web")), there);
    assert_eq!(with(keda), there);
    assert_eq!(with(&hpa(3, 3, "web")), [""; 0]);
    assert_eq!(with(&hpa(1, 5, "api")), [""; 0]);
    let free = DEPLOYMENT.replace("replicas: 3", "paused: false");
    assert_eq!(places(&[("templates/a.yaml", &format!("{free}---\n{keda}"))], ""), [""; 0]);
}

#[test]
fn an_object_is_rendered_once() {
    let twice = format!("{DEPLOYMENT}{}", DEPLOYMENT.replace("replicas: 3", "replicas: 4"));
    let there = ["duplicate-objects Deployment ns/web (app/templates/a.yaml)"];
    assert_eq!(places(&[("templates/a.yaml", &twice)], ""), there);
    let apart = format!("{DEPLOYMENT}{}", DEPLOYMENT.replace("name: web", "name: web, namespace: other"));
    assert_eq!(places(&[("templates/a.yaml", &apart)], ""), [""; 0]);
    let hook = |event: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: {{helm.sh/hook: {event}}}\n"
        )
    };
    let hooks =
        |first: &str, second: &str| places(&[("templates/a.yaml", &(hook(first) + &hook(second)))], "").len();
    assert_eq!(hooks("pre-install", "\"pre-install,pre-upgrade\""), 1);
    assert_eq!(hooks("pre-install", "pre-upgrade"), 0);
}

#[test]
fn a_gpu_has_one_owner() {
    let plugin = |name: &str, image: &str, selector: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{nodeSelector: {selector}, containers: [{{image: \"{image}\"}}]}}}}}}\n"
        )
    };
    let policy = |enabled: bool| {
        format!(
            "---\napiVersion: nvidia.com/v1\nkind: ClusterPolicy\nmetadata: {{name: p}}\nspec: {{devicePlugin: {{enabled: {enabled}}}}}\n"
        )
    };
    let count = |text: String| places(&[("templates/a.yaml", &text)], "").len();
    let nvidia = plugin("nvidia", "nvcr.io/nvidia/k8s-device-plugin:v0.17.1", "{}");
    let hami = plugin("hami", "docker.io/projecthami/hami:v2.5.0", "{gpu: \"on\"}");
    assert_eq!(count(format!("{nvidia}{hami}")), 1);
    assert_eq!(count(format!("{nvidia}{}", policy(true))), 1);
    assert_eq!(count(format!("{nvidia}{}", policy(false))), 0);
    assert_eq!(count(format!("{hami}{}", plugin("b", "projecthami/hami", "{gpu: \"off\"}"))), 0);
    let amd = plugin("amd", "rocm/k8s-device-plugin", "{}");
    assert_eq!(count(format!("{nvidia}{amd}")), 0);
}

#[test]
fn apis_are_those_of_the_wanted_kubernetes() {
    let budget = |api: &str| format!("apiVersion: {api}\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\n");
    let on =
        |api: &str, version: &str| examined(&[("templates/a.yaml", &budget(api))], "", Some(version)).len();
    assert_eq!(on("policy/v1beta1", "1.25.0"), 1);
    assert_eq!(on("policy/v1beta1", "1.24.9"), 0);
    assert_eq!(on("policy/v1", "1.20.0"), 1);
    assert_eq!(on("policy/v1", "1.33.4+k3s1"), 0);
    assert_eq!(on("example.com/v1beta1", "1.33.0"), 0);
}

#[test]
fn many_nodes_do_not_share_a_volume_for_one() {
    let claim = |class: &str, more: &str| {
        let text = format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec:\n  accessModes: [ReadWriteMany]\n  storageClassName: {class}\n{more}"
        );
        places(&[("templates/a.yaml", &text)], "")
    };
    let there = ["access-modes PersistentVolumeClaim ns/c spec.accessModes[0] (app/templates/a.yaml)"];
    assert_eq!(claim("managed-premium", ""), there);
    assert_eq!(claim("local-path", ""), there);
    assert_eq!(claim("nfs", ""), [""; 0]);
    assert_eq!(claim("managed-csi", "  volumeMode: Block\n"), [""; 0]);
    let class = |provisioner: &str| {
        format!(
            "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: default}}\nprovisioner: {provisioner}\n"
        )
    };
    assert_eq!(claim("default", &class("nfs.csi.k8s.io")), [""; 0]);
    assert_eq!(claim("default", &class("disk.csi.azure.com")), there);
}

#[test]
fn the_clusters_own_classes_count_more_than_their_names() {
    let count = |class: &str, classes: &[(&str, &str)]| {
        let text = format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec:\n  accessModes: [ReadWriteMany]\n{class}"
        );
        examined_with(&[("templates/a.yaml", &text)], "", None, classes).len()
    };
    let named = "  storageClassName: fast\n";
    assert_eq!(count(named, &[]), 0);
    assert_eq!(count(named, &[("fast", "ebs.csi.aws.com")]), 1);
    assert_eq!(count(named, &[("fast", "nfs.csi.k8s.io")]), 0);
    assert_eq!(count("  storageClassName: local-path\n", &[("local-path", "nfs.csi.k8s.io")]), 0);
    assert_eq!(count("", &[("", "rancher.io/local-path")]), 1, "the default class");
    assert_eq!(count("  storageClassName: \"\"\n", &[("", "rancher.io/local-path")]), 0, "none is asked for");
}

#[test]
fn checks_are_chosen_by_name() {
    let parse = |names: &[&str]| Selection::parse(names.iter().copied());
    let count = |names: &[&str]| Check::ALL.iter().filter(|check| parse(names).unwrap().has(**check)).count();
    assert_eq!(count(&[]), 8);
    assert_eq!(count(&["gpu-owners", " access-modes"]), 2);
    assert_eq!(count(&["-gpu-owners"]), 7);
    assert_eq!(count(&["all", "-gpu-owners"]), 7);
    assert_eq!(parse(&["gpu"]), Err(UnknownCheck { name: "gpu".to_owned() }));
    for check in Check::ALL {
        assert_eq!(Check::named(check.name()), Some(check));
    }
}
