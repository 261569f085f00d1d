//! The dialect's corners, each as go-yaml has it.

use super::{read, read_object, write};
use crate::helm::value::Value;

fn shown(text: &str) -> String {
    match read(text.as_bytes()) {
        Ok(value) => write(&value),
        Err(error) => error.message,
    }
}

#[test]
fn scalars_are_those_of_yaml_1_1() {
    assert_eq!(
        shown("[yes, No, 0x10, 010, 1_000, 1e3, ~, 2001-01-01, 1:30, .5, '1', +1]"),
        "- true\n- false\n- 16\n- 8\n- 1000\n- 1000\n- null\n- \"2001-01-01\"\n- \"1:30\"\n- 0.5\n- \"1\"\n- 1\n"
    );
}

#[test]
fn anchors_merges_and_keys_of_every_kind() {
    assert_eq!(
        shown("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n1: e\ntrue: f\n"),
        "\"1\": e\na:\n  b: 1\nc:\n  b: 1\n  d: 2\n\"true\": f\n"
    );
}

#[test]
fn errors_name_the_line() {
    assert_eq!(
        shown("a: 1\nb: c: d\n"),
        "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    );
    assert_eq!(shown("a: *x"), "error converting YAML to JSON: yaml: unknown anchor 'x' referenced");
    assert!(shown("a: [1, 2\nb: 3").contains("did not find expected ',' or ']'"));
}

#[test]
fn objects_keep_the_digits_of_whole_numbers() {
    let text = b"a: 9007199254740993\nb: [-9223372036854775808, 1.0]\n9007199254740993: c\n";
    let object = read_object(text).unwrap();
    let map = object.as_map().unwrap();
    assert_eq!(map["a"], Value::Int(9_007_199_254_740_993));
    assert_eq!(map["b"], Value::List(vec![Value::Int(i64::MIN), Value::Float(1.0)]));
    assert!(map.contains_key("9007199254740993"));
    assert_eq!(read(text).unwrap().as_map().unwrap()["a"], Value::Float(9_007_199_254_740_992.0));
}

#[test]
fn deep_nesting_and_alias_bombs_are_refused() {
    assert!(read("[".repeat(100_000).as_bytes()).is_err());
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (name, before) in "bcdefghij".chars().zip("abcdefghi".chars()) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 10].join(",")));
    }
    assert!(shown(&bomb).contains("excessive aliasing"));
}

#[test]
fn long_lines_fold_at_eighty_columns() {
    let text = "word ".repeat(30).trim_end().to_owned();
    let written = write(&Value::String(text));
    assert!(written.lines().count() == 2 && written.lines().all(|line| line.len() <= 90), "{written}");
}
