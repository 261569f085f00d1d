//! What the parser makes of templates, and what it refuses.

use super::parse;
use crate::helm::render::text::Str;

fn shown(text: &str) -> String {
    match parse("x.yaml", &Str::from(text)).and_then(|parsed| parsed.trees("x.yaml")) {
        Ok(trees) => {
            trees.iter().map(|tree| format!("{}={}", tree.name, tree.root)).collect::<Vec<_>>().join("|")
        }
        Err(error) => error.message("x.yaml"),
    }
}

#[test]
fn trees_print_as_go_prints_them() {
    assert_eq!(shown("a {{- .b | c }}"), "template: x.yaml:1: function \"c\" not defined");
    assert_eq!(shown("{{ define \"d\" }}x{{ end }}{{ .a.b | upper }}"), "d=x|x.yaml={{.a.b | upper}}");
    assert_eq!(
        shown("{{ if .a }}1{{ else if .b }}2{{ end }}"),
        "x.yaml={{if .a}}1{{else}}{{if .b}}2{{end}}{{end}}"
    );
}

#[test]
fn errors_name_the_line() {
    assert_eq!(shown("a\n{{ if }}"), "template: x.yaml:2: missing value for if");
    assert!(shown("a\n{{ if .x }}").starts_with("template: x.yaml:2: unexpected EOF"));
}

#[test]
fn nesting_without_end_is_refused() {
    // What may nest needs more than the stack of a test; renders have one that is large enough.
    let parsed = || {
        assert!(shown(&format!("{{{{ {} }}}}", "(".repeat(100_000))).contains("x.yaml:1:"));
        assert!(shown(&"{{ if .a }}".repeat(100_000)).contains("x.yaml:1:"));
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(parsed).unwrap().join().unwrap();
}
