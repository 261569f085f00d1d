//! Templates that mean harm, or run away: each ends at a limit, with its place.

use super::{Capabilities, ChartFile, ChartInput, Engine, KubeVersion, Limits, Outside, Release};
use super::{RenderError, RenderErrorKind, RenderInput};
use crate::helm::outside::{FixedClock, SeededChance};
use crate::helm::value::Map;

/// Small limits, so that a run away ends soon; what may nest is as in production.
fn limits() -> Limits {
    Limits { steps: 20_000, bytes: 1 << 20, ..Limits::default() }
}

fn render(template: &str, limits: Limits) -> Result<String, RenderError> {
    let mut chart = ChartInput::default();
    "c".clone_into(&mut chart.metadata.name);
    chart.templates = vec![ChartFile { name: "templates/a".to_owned(), data: template.as_bytes().into() }];
    let capabilities = Capabilities {
        kube_version: KubeVersion::default(),
        api_versions: Vec::new(),
        helm_version: String::new(),
    };
    let work = move || {
        let (release, values) = (Release::default(), Map::new());
        let input = RenderInput {
            chart: &chart,
            values: &values,
            release: &release,
            capabilities: &capabilities,
            limits,
        };
        let mut chance = SeededChance::new(b"");
        let mut outside =
            Outside { chance: &mut chance, clock: &FixedClock(0), dns: None, lookup: None, draws: None };
        Engine::new().render(&input, &mut outside).map(|files| files["c/templates/a"].clone())
    };
    std::thread::Builder::new().stack_size(Limits::STACK).spawn(work).unwrap().join().unwrap()
}

fn refused(template: &str) -> RenderError {
    match render(template, limits()) {
        Ok(text) => panic!("{template} gives {} bytes", text.len()),
        Err(error) => error,
    }
}

/// Ends with this limit, and is told where.
fn limited(template: &str, cause: &str) {
    let error = refused(template);
    assert!(
        error.message.contains(cause),
        "{template}: {}",
        error.message.chars().take(2000).collect::<String>()
    );
    assert_eq!(error.kind, RenderErrorKind::Limit, "{template}");
    assert_eq!((error.template.as_str(), error.line), ("c/templates/a", 1), "{template}");
}

#[test]
fn recursion_ends() {
    let error = refused(r#"{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}"#);
    assert!(error.message.contains("rendering template has a nested reference name: r"), "{}", error.message);
    // Two that call each other count one by one in Helm; together they are deeper than ours goes.
    let error = refused(
        r#"{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}"#,
    );
    assert!(error.message.contains("templates nested more than 1100 deep"), "{}", error.message);
    let error = refused(r#"{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}"#);
    assert!(error.message.contains("exceeded maximum template depth (1100)"), "{}", error.message);
    let error = refused(r#"{{ $_ := set . "t" "{{ tpl .t . }}" }}{{ tpl .t . }}"#);
    assert!(error.message.contains("templates nested more than 1100 deep"), "{}", error.message);
}

#[test]
fn nesting_of_the_text_ends() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(refused(&deep).message.contains("max expression depth exceeded"));
    let blocks = "{{ if true }}".repeat(100_000);
    let error = refused(&blocks);
    assert_eq!(error.kind, RenderErrorKind::Parse);
    assert!(error.message.contains("max expression depth exceeded"), "{}", error.message);
    let chain = format!("{{{{ if true }}}}{}{{{{ end }}}}", "{{ else if true }}".repeat(100_000));
    assert!(refused(&chain).message.contains("max expression depth exceeded"));
}

#[test]
fn loops_end() {
    limited("{{ range until 30000 }}{{ end }}", "rendering took more than 20000 steps");
    limited(
        "{{ range $i := until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}",
        "rendering took more than 20000 steps",
    );
    let error = refused("{{ range until 2000000000 }}{{ end }}");
    assert!(error.message.contains("the list would have more than"), "{}", error.message);
    let error = refused("{{ untilStep 0 9223372036854775807 1 }}");
    assert!(error.message.contains("the list would have more than"), "{}", error.message);
}

#[test]
fn texts_end() {
    for template in [
        r#"{{ repeat 2000000000 "x" }}"#,
        r#"{{ "x" | indent 2000000000 }}"#,
        r#"{{ randAlphaNum 2000000000 }}"#,
        r#"{{ randBytes 2000000000 }}"#,
    ] {
        let error = refused(template);
        assert!(error.message.contains("the text would have more than"), "{template}: {}", error.message);
    }
    limited(r#"{{ repeat 2000000 "x" }}"#, "the text has more than 1048576 bytes");
    limited(
        r#"{{ range until 100 }}{{ repeat 20000 "x" }}{{ end }}"#,
        "rendering wrote more than 1048576 bytes",
    );
    // Doubling outruns every count of steps.
    limited(
        r#"{{ $s := "xxxxxxxx" }}{{ range until 60 }}{{ $s = print $s $s }}{{ end }}"#,
        "the text has more than 1048576 bytes",
    );
    limited(r#"{{ $s := "xxxxxxxx" }}{{ range until 60 }}{{ $s = replace "x" $s $s }}{{ end }}"#, "bytes");
}

#[test]
fn patterns_do_not_blow_up() {
    let hay = "a".repeat(5000);
    assert_eq!(render(&format!("{{{{ regexMatch \"^(a+)+$\" \"{hay}!\" }}}}"), limits()).unwrap(), "false");
    // A program that would be too large is no pattern, and `regexMatch` takes no pattern for no match.
    let huge = r#"{{ regexMatch "((((x{1000}){1000}){1000}){1000})" "x" }}"#;
    assert_eq!(render(huge, limits()).unwrap(), "false");
}

#[test]
fn values_that_contain_themselves_end() {
    let cyclic = "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ $_ := set $d \"b\" $d }}{{ $e := dict }}{{ $_ := set $e \"a\" $e }}{{ $_ := set $e \"b\" $e }}";
    for rest in [
        "{{ $d | toString | trunc 20 }}",
        "{{ deepCopy $d | len }}",
        "{{ deepEqual $d $e }}",
        "{{ merge $d $e | len }}",
        "{{ mergeOverwrite $d $e | len }}",
        "{{ toJson $d }}",
        "{{ toYaml $d | trunc 20 }}",
    ] {
        // Whether there is a text or an error: it ends, and the process lives.
        let ended = render(&format!("{cyclic}{rest}"), Limits::default());
        assert!(ended.is_err() || ended.is_ok_and(|text| text.len() < 100), "{rest}");
    }
}
