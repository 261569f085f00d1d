//! Complaints about values, word for word as Helm 4.3.1 gave them.

use super::*;

fn complaints(schema: &str, values: &str) -> String {
    let values: serde_json::Value = serde_json::from_str(values).unwrap();
    let Value::Map(values) = super::super::set::json(&values) else { panic!("values are a table") };
    check(&values, schema.as_bytes(), &mut Vec::new()).err().unwrap_or_default()
}

#[test]
fn complaints_are_helms() {
    for (schema, value, expected) in [
        (r#"{"maximum":5000}"#, "1234567.5", "maximum: got 1.2345675×10⁰⁶, want 5,000"),
        (r#"{"minimum":5}"#, "1.5", "minimum: got 1.5, want 5"),
        (r#"{"maxLength":3}"#, r#""abcd""#, "maxLength: got 4, want 3"),
        (r#"{"pattern":"^a+$"}"#, r#""b'q\"c""#, r#"'b\'q"c' does not match pattern '^a+$'"#),
        (r#"{"uniqueItems":true}"#, "[1,2,1]", "items at 0 and 2 are equal"),
        (r#"{"multipleOf":1000}"#, "1234", "multipleOf: got 1,234, want 1,000"),
        (r#"{"multipleOf":0.1}"#, "0.3", ""),
        (
            r#"{"additionalProperties":false}"#,
            r#"{"x":1,"y'":2}"#,
            r"additional properties 'x', 'y\'' not allowed",
        ),
        (r#"{"enum":["x",1,null,true,1.5]}"#, r#""foo""#, "value must be one of 'x', 1, <nil>, true, 1.5"),
        (r#"{"const":"it's"}"#, r#""its""#, r"value must be 'it\'s'"),
        (r#"{"type":["string","null"]}"#, "1", "got number, want null or string"),
        (r#"{"type":"integer"}"#, "1.5", "got number, want integer"),
        (r#"{"type":"integer"}"#, "1.0", ""),
        (r#"{"not":{"type":"string"}}"#, r#""s""#, "'not' failed"),
        ("false", "1", "false schema"),
        (r#"{"exclusiveMinimum":0}"#, "0", "exclusiveMinimum: got 0, want 0"),
        (r#"{"oneOf":[{"type":"number"},{"minimum":1}]}"#, "5", "'oneOf' failed, subschemas 0, 1 matched"),
        (r#"{"if":{"type":"string"},"then":{"minLength":10}}"#, r#""short""#, "minLength: got 5, want 10"),
        (
            r#"{"propertyNames":{"maxLength":2}}"#,
            r#"{"abc":1}"#,
            "invalid propertyName 'abc'\n  - at '': maxLength: got 3, want 2",
        ),
        (
            r#"{"oneOf":[{"type":"string"},{"type":"boolean"}]}"#,
            "1",
            "'oneOf' failed, none matched\n  - at '/v': got number, want string\n  - at '/v': got number, want boolean",
        ),
        (
            r##"{"$ref":"#/$defs/z"}"##,
            "{}",
            "validation failed\n  - at '/v': minProperties: got 0, want 2\n  - at '/v': missing property 'q'",
        ),
        (
            r##"{"allOf":[{"type":"string"},{"$ref":"#/$defs/z"}]}"##,
            "1",
            "'allOf' failed\n  - at '/v': got number, want string\n  - at '/v': got number, want object",
        ),
        (
            r#"{"contains":{"type":"string"}}"#,
            "[1]",
            "no items match contains schema\n  - at '/v/0': got number, want string",
        ),
    ] {
        let schema = format!(
            r#"{{"properties":{{"v":{schema}}},"$defs":{{"z":{{"type":"object","required":["q"],"minProperties":2}}}}}}"#
        );
        let got = complaints(&schema, &format!(r#"{{"v":{value}}}"#));
        let expected = if expected.is_empty() { String::new() } else { format!("- at '/v': {expected}\n") };
        assert_eq!(got, expected, "{schema} {value}");
    }
}

#[test]
fn a_wrong_schema_is_said_to_be_wrong() {
    assert_eq!(complaints("{", "{}"), "unexpected EOF");
    assert_eq!(
        complaints(r##"{"properties":{"a":{"$ref":"#/nope"}}}"##, r#"{"a":1}"#),
        r#"json-pointer in "file:///values.schema.json#/nope" not found"#
    );
    assert!(complaints(r##"{"$ref":"#"}"##, "{}").contains("without end"));
}

#[test]
fn old_drafts_insist_on_formats() {
    let schema =
        r#"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"x":{"format":"ipv4"}}}"#;
    let expected = "- at '/x': 'nope' is not valid ipv4: expected four decimals\n";
    assert_eq!(complaints(schema, r#"{"x":"nope"}"#), expected);
}
