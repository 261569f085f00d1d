//! One case for each meaning of values, each construct and each kind of error.

use super::{differs, helm};

/// Name, files, arguments.
pub(crate) type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const SHOW: &str = "all: {{ .Values | toJson }}\n";
const PARENT: &str = "apiVersion: v2\nname: oracle\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: \">=0.1\"\n  condition: sub.enabled\n  tags: [t]\n";
const SUB: &str = "apiVersion: v2\nname: sub\nversion: 0.1.0\n";
const SUB_SHOW: &str = "sub: {{ .Values | toJson }}\nname: {{ .Chart.Name }}\n";

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    ("functions", &[("templates/_all.tpl", include_str!("functions.tpl")), ("values.yaml", include_str!("functions.yaml")),
        ("templates/a.yaml", "all: {{ include \"all\" . | toJson }}\n")], &[]),
    ("printf of floats", &[("templates/a.yaml", "a: {{ printf \"%x %X %b %.2x %#x %#g %#.0f %08.3e %+v % d|%5.1f|%-8g|%x\" 1.0 -2.5 1.5 3.14159 1.0 1.5 2.0 1.25 1.5 7 -2.25 1.5 (list 1.5 \"two\" nil) | quote }}\n")], &[]),
    ("printf of what the verb is not for", &[("templates/a.yaml", "a: {{ printf \"%5d|%+t|%w|%#w|%08G|%.0T|%12.1T\" \"x\" 7 (list 1.5 nil) \"abc\" (mustToDuration \"90s\") 1 nil | quote }}\nb: {{ printf \"%d %#v %+v\" (semver \"1.2.3\") (semver \"1.2.3-a\") .Capabilities.KubeVersion | quote }}\n")], &[]),
    ("printf of runes and prefixes", &[("templates/a.yaml", "a: {{ printf \"%+q|%+q|%#O|%#o|%.6U|%#U|%#U|%U\" \"é😀\" 511 7 0 97 1 97 -1 | quote }}\n")], &[]),
    ("toml of what is no table", &[("templates/a.yaml", "a: {{ toToml \"1\" | quote }} {{ toToml -0.5 }} {{ toToml (list \"a\" 7) }} {{ toToml (list) }} {{ toToml true }}\nb: {{ toToml (list (dict \"a\" 1)) | quote }}\n")], &[]),
    ("chunks below nothing", &[("templates/a.yaml", "a: {{ chunk -2 (list 1 2 3) }} {{ chunk -2 (list 1) }} {{ chunk -5 (list 1 2) }}\n")], &[]),
    ("chunks of nothing in nothing", &[("templates/a.yaml", "a: {{ chunk 0 (list) | toJson }}\n")], &[]),
    ("chunks of less than nothing in nothing", &[("templates/a.yaml", "a: {{ chunk -1 (list) | toJson }}\n")], &[]),
    ("empty matches beside wide runes", &[("templates/a.yaml", "a: {{ regexReplaceAllLiteral \"x*\" \"é😀a\" \"-\" }} {{ regexReplaceAll \"x*\" \"é\" \"-\" }} {{ regexFindAll \"x*\" \"é😀\" -1 | len }} {{ regexSplit \"x*\" \"é😀\" -1 }}\n")], &[]),
    ("structs and broken texts as JSON", &[("templates/a.yaml", "a: {{ toJson .Capabilities }}\nb: {{ .Capabilities.KubeVersion | toPrettyJson | quote }}\nc: {{ substr 1 5 \"é😀ü\" | toJson }} {{ dict (trunc 1 \"é\") \"\\ufffd<\\u2028\" | toRawJson }} {{ toJson .Release }}\n")], &[]),
    ("clocks beyond the year 9999", &[("templates/a.yaml", "a: {{ dateInZone \"2006-01-02 15:04 MST\" 253402300800 \"Asia/Kolkata\" }} {{ dateInZone \"2006-01-02 15:04 MST\" 253420000000 \"Europe/Berlin\" }} {{ dateInZone \"2006-01-02 15:04\" 1253402300800 \"America/New_York\" }}\n")], &[]),
    ("a version that a method has returned", &[("templates/a.yaml", "{{ $v := (semver \"v1.2.3-a+b\").IncMinor }}a: {{ $v }} {{ kindOf $v }} {{ typeOf $v }} {{ $v.Major }} {{ $v.IncPatch }} {{ toJson (list $v) }}\nb: {{ printf \"%d|%v|%s\" $v (list $v) $v | quote }}\nc: {{ toJson (dict \"v\" $v) }}\n")], &[]),
    ("a method of pointers on a version that is none", &[("templates/a.yaml", "a: {{ (semver \"1.2.3\").IncMinor.LessThan (semver \"1.2.4\") }}\n")], &[]),
    ("the text of a version that is no pointer", &[("templates/a.yaml", "a: {{ (semver \"1.2.3\").IncMinor.Original }}\n")], &[]),
    ("a version that is no pointer where one is wanted", &[("templates/a.yaml", "a: {{ (semver \"1.2.3\").LessThan ((semver \"1.2.3\").IncMinor) }}\n")], &[]),
    ("the clock that is never set", &[("templates/a.yaml", "a: {{ regexMatch \" m=[+][0-9]+[.][0-9]{9}$\" (toString now) }} {{ regexMatch \"m=\" (print now.UTC) }} {{ regexMatch \"m=\" (toString (dateModify \"1h\" now)) }} {{ regexMatch \"m=\" (now.AddDate 0 0 1).String }} {{ regexMatch \"m=\" (toJson now) }} {{ regexMatch \"m=\" (date \"2006\" now) }}\n")], &[]),
    // A dash behind a class was taken for a range that is none, so that a good value of a public chart was refused.
    ("a dash behind a class of runes", &[("templates/a.yaml", "a: {{ regexMatch `^[\\w-\\.]+$` \"my-master.x\" }} {{ regexFind \"[&&a~~]+\" \"x&a~\" }} {{ regexReplaceAll \"(?P<n>b)(?P<n>c)?\" \"abcb\" \"<${n}>\" }} {{ regexFind \"(?i)K\" \"\\u212a\" }}\n")], &[]),
    ("operators that repeat operators", &[("templates/a.yaml", "a: {{ mustRegexMatch \"a**\" \"a\" }}\n")], &[]),
    ("an expression that panics", &[("templates/a.yaml", "a: {{ regexFind \"[z-a]`\" \"a\" }}\n")], &[]),
    ("a class of no name", &[("templates/a.yaml", "a: {{ mustRegexFind `\\p{Alphabetic}` \"a\" }}\n")], &[]),
    // The messages were those of another library.
    ("toml that is none", &[("templates/a.yaml", include_str!("toml.tpl"))], &[]),
    ("times of toml without a zone", &[("templates/a.yaml", "{{ $t := fromToml \"a = 2024-01-02T03:04:05\\nb = 2024-01-02\\nc = 03:04\\nd = 2024-01-02 03:04:05.5+02:00\\ne = [{a = 1}]\\nf = -nan\\n[[g]]\\n\" }}a: {{ range $k, $v := $t }}{{ $k }} {{ $v }} {{ typeOf $v }};{{ end }}\nb: {{ toToml $t | quote }}\n")], &[]),
    ("offsets of more than a day", &[("templates/a.yaml", "a: {{ mustToDate \"2006-01-02 -0700\" \"2024-01-01 +2500\" }}\n")], &[]),
    // A fault of go-yaml's decoder was told before one of its parser that stands behind it.
    ("a fault of the decoder before one of the parser", &[("templates/a.yaml", "a: {[1]: 2}\nb: }\n")], &[]),
    ("a key that is none before a value that is none", &[("templates/a.yaml", "{[1]: {{ \"{\" }}{a: 1}: 2}}\n")], &[]),
    ("a text that is no base64 before a key that is none", &[("templates/a.yaml", "a: !!binary x\n? [1]\n: 2\n")], &[]),
    ("a number that JSON has not before a key that is none", &[("templates/a.yaml", "a: .nan\nb: {[1]: 2}\n")], &[]),
    ("a number that JSON has not before a broken line", &[("templates/a.yaml", "a: .inf\nb: ]\n")], &[]),
    ("aliases of what is refused", &[("templates/a.yaml", "a: &x {[1]: 2}\nb: [*x, *x]\nc: *y\n")], &[]),
    // go-yaml forgets that an empty flow collection may be a key.
    ("an empty mapping behind a mapping", &[("templates/a.yaml", "b: c\n{}\n")], &[]),
    ("an empty mapping as a key", &[("templates/a.yaml", "{}: a\n")], &[]),
    ("an empty list as a key", &[("templates/a.yaml", "kind: x\n[]: a\n")], &[]),
    ("an empty mapping as a key below", &[("templates/a.yaml", "a:\n  {}: b\nc: d\n")], &[]),
    ("an empty mapping as a key in brackets", &[("templates/a.yaml", "x: [{}: a]\n")], &[]),
    ("a list as a key", &[("templates/a.yaml", "[a]: b\n")], &[]),
    // Months and weekdays were texts.
    ("months and weekdays are numbers", &[("templates/a.yaml", "{{ $t := toDate \"2006-01-02\" \"2024-02-07\" }}a: {{ $t.Month }} {{ eq $t.Month 2 }} {{ lt $t.Weekday 4 }} {{ add $t.Month 1 }} {{ int $t.Month }} {{ kindOf $t.Month }} {{ typeOf $t.Weekday }} {{ $t.Month | toString | upper }} {{ $t.Month.String }} {{ toJson $t.Month }} {{ if $t.Weekday }}x{{ end }} {{ printf \"%d %s %v %02d %q %x %#v\" $t.Month $t.Month $t.Weekday $t.Month $t.Month $t.Month $t.Month | quote }}\n{{ range $t.Weekday }}{{ . }};{{ end }}\nb: {{ toYaml (dict \"m\" $t.Month) }}{{ toToml (dict \"m\" $t.Month) }}\n")], &[]),
    ("a month where a text is wanted", &[("templates/a.yaml", "a: {{ upper now.Month }}\n")], &[]),
    ("methods of times", &[("templates/a.yaml", "{{ $t := toDate \"2006-01-02 15:04:05\" \"2024-02-07 13:14:15\" }}a: {{ $t.Add 5000000000 }} {{ $t.Add (mustToDuration \"36h\") }} {{ $t.Truncate (mustToDuration \"1h\") }} {{ $t.Round (mustToDuration \"1h\") }} {{ $t.Round (mustToDuration \"7h\") }} {{ $t.UnixMicro }} {{ $t.Compare ($t.AddDate 0 0 1) }} {{ $t.MarshalText | toString }} {{ $t.UTC.GoString }} {{ printf \"%#v\" $t.UTC }} {{ printf \"%x\" $t }} {{ printf \"%d\" $t.UTC }} {{ printf \"%+d\" (list $t.UTC) }} {{ printf \"%t\" $t | trunc 52 }}\n")], &[]),
    ("a duration where another number is given", &[("templates/a.yaml", "a: {{ now.Add (int 5) }}\n")], &[]),
    ("a duration where a text is given", &[("templates/a.yaml", "a: {{ (mustToDuration \"1h\").Round \"x\" }}\n")], &[]),
    ("names of zones in dates", &[("templates/a.yaml", "a: {{ range list \"GMT\" \"GMT+3\" \"GMT-11\" \"CEST\" \"WITA\" \"ChST\" \"AAAAT\" \"+03\" \"UTC\" \"EST\" }}{{ toDate \"2006-01-02 15:04 MST\" (printf \"2024-02-07 13:14 %s\" .) }};{{ end }}\n")], &[]),
    ("a name that is no zone's", &[("templates/a.yaml", "a: {{ mustToDate \"2006-01-02 MST\" \"2024-02-07 ABCD\" }}\n")], &[]),
    ("an hour that no zone has", &[("templates/a.yaml", "a: {{ mustToDate \"2006-01-02 MST\" \"2024-02-07 GMT+24\" }}\n")], &[]),
    ("null deletes", &[("values.yaml", "a: 1\nb: {c: {d: 2, e: 3}, f: 4}\n"), ("templates/a.yaml", SHOW)], &["--set", "a=null,b.c.d=null,b.f=null"]),
    ("null in defaults", &[("values.yaml", "a: null\nb: {c: null, d: 1}\n"), ("templates/a.yaml", SHOW)], &[]),
    ("null deletes in a subchart", &[("Chart.yaml", PARENT), ("values.yaml", "sub: {a: null, b: {c: null}}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/values.yaml", "a: 1\nb: {c: 2, d: 3}\n"), ("charts/sub/templates/s.yaml", SUB_SHOW), ("templates/a.yaml", SHOW)], &[]),
    ("globals", &[("Chart.yaml", PARENT), ("values.yaml", "global: {a: {b: 1}}\nsub: {global: {c: 2}}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/values.yaml", "global: {a: {d: 3}, e: 4}\n"), ("charts/sub/templates/s.yaml", SUB_SHOW), ("templates/a.yaml", SHOW)], &["--set", "global.x=5"]),
    ("defaults of a subchart are seen above", &[("Chart.yaml", PARENT), ("charts/sub/Chart.yaml", SUB), ("charts/sub/values.yaml", "port: 80\n"), ("templates/a.yaml", "p: {{ .Values.sub.port }} {{ .Subcharts.sub.Values.port }}\n")], &[]),
    ("condition off", &[("Chart.yaml", PARENT), ("values.yaml", "sub: {enabled: false}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/templates/s.yaml", SUB_SHOW), ("templates/a.yaml", SHOW)], &[]),
    ("condition over tag", &[("Chart.yaml", PARENT), ("values.yaml", "tags: {t: false}\nsub: {enabled: true}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/templates/s.yaml", SUB_SHOW)], &[]),
    ("tag off", &[("Chart.yaml", PARENT), ("values.yaml", "tags: {t: false}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/templates/s.yaml", SUB_SHOW), ("templates/a.yaml", SHOW)], &[]),
    ("alias", &[("Chart.yaml", "apiVersion: v2\nname: oracle\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 0.1.0, alias: one}\n- {name: sub, version: 0.1.0, alias: two}\n"), ("values.yaml", "one: {a: 1}\ntwo: {a: 2}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/templates/s.yaml", SUB_SHOW)], &[]),
    ("import-values", &[("Chart.yaml", "apiVersion: v2\nname: oracle\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 0.1.0\n  import-values:\n  - data\n  - {child: in, parent: out}\n"), ("charts/sub/Chart.yaml", SUB), ("charts/sub/values.yaml", "exports: {data: {a: 1}}\nin: {b: 2}\n"), ("templates/a.yaml", SHOW)], &[]),
    ("missing dependency", &[("Chart.yaml", PARENT), ("templates/a.yaml", SHOW)], &[]),
    ("schema", &[("values.schema.json", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"b\"]}"), ("values.yaml", "a: 1\n"), ("templates/a.yaml", SHOW)], &[]),
    ("schema of a subchart", &[("Chart.yaml", PARENT), ("charts/sub/Chart.yaml", SUB), ("charts/sub/values.schema.json", "{\"properties\":{\"a\":{\"minimum\":3}}}"), ("charts/sub/values.yaml", "a: 1\n"), ("templates/a.yaml", SHOW)], &[]),
    ("numbers", &[("values.yaml", "a: 9007199254740993\nb: 1e3\nc: 0x1f\nd: 010\ne: 1.0\nf: 123456789.5\ng: -0\nh: 1e100\ni: 0o17\nj: 1_000\n"), ("templates/a.yaml", "all: {{ range $k, $v := .Values }}{{ $k }}={{ $v }} {{ kindOf $v }};{{ end }}\n")], &["--set", "k=12345678901,l=1.5,m=007"]),
    ("yaml 1.1", &[("values.yaml", "a: yes\nb: No\nc: on\nd: y\ne: ~\nf: NULL\ng: 'yes'\n1: x\n2.5: y\ntrue: z\n"), ("templates/a.yaml", SHOW)], &[]),
    ("anchors", &[("values.yaml", "a: &x {b: 1, c: [1]}\nd: *x\ne:\n  <<: *x\n  b: 2\n"), ("templates/a.yaml", SHOW)], &[]),
    ("documents", &[("values.yaml", "a: 1\nb: {c: 1}\n---\nb: {d: 2}\n"), ("templates/a.yaml", SHOW)], &[]),
    ("crlf, mark and tabs", &[("values.yaml", "\u{feff}a: 1\r\nb: \"x\ty\"\r\nc: |\r\n  l1\r\n  l2\r\n"), ("templates/a.yaml", "\u{feff}all: {{ .Values | toJson }}\r\n")], &[]),
    ("unicode", &[("values.yaml", "a: é😀\n\"ключ\": \"\\u2028\\u0001\"\n"), ("templates/a.yaml", "y: |\n{{ toYaml .Values | indent 2 }}\n")], &[]),
    ("set", &[("values.yaml", "l: [1, 2, 3]\n"), ("templates/a.yaml", SHOW)], &["--set", "l[1]=x,m[0].n=1,o={a,b},p\\.q=r,s=", "--set-string", "t=1", "--set-json", "u={\"v\":[1]}", "--set-literal", "w=a,b=c"]),
    ("order and hooks", &[("templates/a.yaml", "kind: Service\nmetadata: {name: s}\n---\nkind: Namespace\nmetadata: {name: n}\n---\nkind: Zebra\n---\n# nothing\n---\nkind: Job\nmetadata:\n  name: j\n  annotations: {\"helm.sh/hook\": \"pre-install,test\", \"helm.sh/hook-weight\": \"3\"}\n"), ("templates/b.yaml", "kind: Deployment\n---\nkind: ConfigMap\n")], &[]),
    ("skip tests", &[("templates/a.yaml", "kind: Pod\nmetadata:\n  name: j\n  annotations: {\"helm.sh/hook\": test}\n")], &["--skip-tests"]),
    ("no hooks", &[("templates/a.yaml", "kind: Pod\nmetadata:\n  name: j\n  annotations: {\"helm.sh/hook\": pre-install}\n")], &["--no-hooks"]),
    ("crds", &[("crds/c.yaml", "kind: CustomResourceDefinition\n"), ("templates/a.yaml", "kind: Pod\n")], &["--include-crds"]),
    ("show only", &[("templates/a.yaml", "kind: Pod\n"), ("templates/b.yaml", "kind: Job\n")], &["--show-only", "templates/b.yaml"]),
    ("show only of nothing", &[("templates/a.yaml", "kind: Pod\n")], &["--show-only", "templates/z.yaml"]),
    ("capabilities", &[("templates/a.yaml", "a: {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has \"x/v1\" }} {{ .Capabilities.APIVersions.Has \"apps/v1\" }} {{ .Release.IsUpgrade }} {{ .Release.Namespace }}\n")], &["--kube-version", "1.30.2", "-a", "x/v1", "--is-upgrade", "-n", "ns"]),
    ("kube version too old", &[("Chart.yaml", "apiVersion: v2\nname: oracle\nversion: 1.0.0\nkubeVersion: \">=2.0\"\n"), ("templates/a.yaml", SHOW)], &[]),
    ("files", &[("f/a.txt", "one\ntwo\n"), ("f/b.bin", "x"), ("templates/a.yaml", "a: {{ .Files.Get \"f/a.txt\" | quote }} {{ .Files.Lines \"f/a.txt\" }}\nb:\n{{ (.Files.Glob \"f/*\").AsConfig | indent 2 }}\n{{ (.Files.Glob \"f/*.txt\").AsSecrets | indent 2 }}\n")], &[]),
    ("helmignore", &[(".helmignore", "*.md\nf/\n!f/keep\n"), ("f/a", "1"), ("x.md", "2"), ("y.txt", "3"), ("templates/a.yaml", "a: {{ range $k, $_ := .Files }}{{ $k }},{{ end }}\n")], &[]),
    ("library", &[("Chart.yaml", "apiVersion: v2\nname: oracle\nversion: 1.0.0\ntype: library\n"), ("templates/a.yaml", SHOW)], &[]),
    ("notes and partials", &[("templates/NOTES.txt", "hello"), ("templates/_p.yaml", "kind: Pod\n"), ("templates/a.yaml", "kind: Job\n")], &[]),
    ("trimming and comments", &[("templates/a.yaml", "a: {{- /* c */ -}} x\n{{- if true }}\nb: 1\n{{- else }}\nb: 2\n{{- end }}\nc: {{ \"x\" -}}   y\n")], &[]),
    ("variables", &[("templates/a.yaml", "{{- $x := 1 }}{{ range list 1 2 3 }}{{ $x = add $x . }}{{ end }}\na: {{ $x }}\n{{ with $y := \"q\" }}b: {{ $y }}{{ . }}{{ end }}\nc: {{ range $i, $e := list \"a\" \"b\" }}{{ if $i }},{{ end }}{{ $e }}{{ else }}none{{ end }}\n")], &[]),
    ("blocks and templates", &[("templates/a.yaml", "{{ block \"b\" . }}a: {{ .Chart.Name }}{{ end }}\n{{ define \"c\" }}c: {{ . }}{{ end }}{{ template \"c\" 5 }}\n")], &[]),
    ("nil pointer", &[("templates/a.yaml", "a: {{ .Values.x.y.z }}\n")], &[]),
    ("range of another form", &[("templates/a.yaml", "a: {{ semverCompare \"0x1F\" \"1.2.3\" }}\n")], &[]),
    ("range of unreadable bounds", &[("templates/a.yaml", "a: {{ semverCompare \"1x.2\" \"1.2.3\" }}\n")], &[]),
    ("range with a span", &[("templates/a.yaml", "a: {{ semverCompare \"10 - X<0.0.0\" \"1.2.3\" }}{{ semverCompare \"1 - 2 || ~3.x\" \"v3.1\" }}\nb: {{ (semver \"v1.2.3-a+b\").IncPatch }}{{ (semver \"1.2.3+b\").IncMinor }}\n")], &[]),
    ("required", &[("templates/a.yaml", "a: {{ required \"need x\" .Values.x }}\n")], &[]),
    ("fail in include", &[("templates/_h.tpl", "{{ define \"h\" }}{{ fail \"no\" }}{{ end }}"), ("templates/a.yaml", "a: 1\nb: {{ include \"h\" . }}\n")], &[]),
    ("error in include", &[("templates/_h.tpl", "{{ define \"h\" }}\n{{ .Values.q.r }}{{ end }}"), ("templates/a.yaml", "a: 1\nb: {{ include \"h\" . | nindent 2 }}\n")], &[]),
    ("error in tpl", &[("templates/a.yaml", "a: {{ tpl \"{{ .Values.q.r }}\" . }}\n")], &[]),
    ("unparseable tpl", &[("templates/a.yaml", "a: {{ tpl \"{{ if }}\" . }}\n")], &[]),
    ("no such template", &[("templates/a.yaml", "a: {{ include \"nope\" . }}\n")], &[]),
    ("parse error", &[("templates/a.yaml", "a: 1\n{{ if .x }}\n")], &[]),
    ("unknown function", &[("templates/a.yaml", "a: {{ env \"HOME\" }}\n")], &[]),
    ("wrong argument", &[("templates/a.yaml", "a: {{ upper 5 }}\n")], &[]),
    ("wrong count", &[("templates/a.yaml", "a: {{ trunc 5 }}\n")], &[]),
    ("bad comparison", &[("templates/a.yaml", "a: {{ eq 1 \"a\" }}\n")], &[]),
    ("comparison of a map", &[("templates/a.yaml", "a: {{ eq (dict) (dict \"A\" 1 \"b\" (list 2.5 \"x\")) }}\n")], &[]),
    ("comparison of a map and a list", &[("templates/a.yaml", "a: {{ ne (dict \"A\" 1) (list 1) }}\n")], &[]),
    ("comparison of a number and a list", &[("templates/a.yaml", "a: {{ eq 1 (list 1) }}\n")], &[]),
    ("bad index", &[("templates/a.yaml", "a: {{ index (list 1) 5 }}\n")], &[]),
    ("range over text", &[("templates/a.yaml", "a: {{ range .Values.s }}x{{ end }}\n"), ("values.yaml", "s: 1.5\n")], &[]),
    ("recursion", &[("templates/a.yaml", "{{ define \"r\" }}{{ include \"r\" . }}{{ end }}a: {{ include \"r\" . }}\n")], &[]),
    ("output that is no yaml", &[("templates/a.yaml", "a: b: c\n")], &[]),
    ("values that are no yaml", &[("values.yaml", "a: [1\nb: 2\n"), ("templates/a.yaml", SHOW)], &[]),
    ("values that are no map", &[("values.yaml", "- a\n"), ("templates/a.yaml", SHOW)], &[]),
    ("bad set", &[("templates/a.yaml", SHOW)], &["--set", "a[-1]=x"]),
    ("missing values file", &[("templates/a.yaml", SHOW)], &["-f", "nope.yaml"]),
    ("bad chart", &[("Chart.yaml", "apiVersion: v2\nname: oracle\nversion: x.y\n"), ("templates/a.yaml", SHOW)], &[]),
];

#[test]
fn every_case_renders_as_helm_renders_it() {
    let Some(helm) = helm() else { return };
    let different: Vec<String> = CASES
        .iter()
        .filter_map(|(name, files, arguments)| {
            differs(&helm, files, arguments).map(|difference| format!("=== {name}\n{difference}"))
        })
        .collect();
    assert!(different.is_empty(), "{} of {} differ\n{}", different.len(), CASES.len(), different.join("\n"));
}
