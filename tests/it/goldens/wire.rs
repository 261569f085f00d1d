//! Bytes on the wire: what we write for a value, and what we make of bytes that hosts may send.

use bud::value::{Kind, Number, Refinement, Value};
use bud::wire::msgpack::{read, write};

use super::golden;
use crate::harness::codec;

fn kind(json: &str) -> Kind {
    Kind::from_json(&serde_json::from_str(json).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

fn typed(of: &str, value: Value) -> Value {
    Value::Typed(Box::new(kind(of)), Box::new(value))
}

/// Values of every shape that we send, with their types.
fn sent() -> Vec<(&'static str, Value)> {
    let rule = r#"["map",["object",{"ports":["list","string"],"priority":"number","zone":"string"}]]"#;
    let ssh = Value::object([
        ("priority", Value::int(100)),
        ("ports", Value::List(vec![Value::string("22")])),
        ("zone", Value::Null),
    ]);
    vec![
        (r#""bool""#, Value::Null),
        (r#""bool""#, Value::Bool(true)),
        (r#""string""#, Value::string("")),
        (r#""string""#, Value::string("naïve ☃")),
        (r#""string""#, Value::string("x".repeat(40))),
        (r#""string""#, Value::unknown()),
        (r#""string""#, Value::Unknown(Refinement(bytes("81 01c2")))),
        (r#""number""#, number("0")),
        (r#""number""#, number("127")),
        (r#""number""#, number("128")),
        (r#""number""#, number("-33")),
        (r#""number""#, number("65536")),
        (r#""number""#, number("9007199254740993")),
        (r#""number""#, number("0.25")),
        (r#""number""#, number("0.3")),
        (r#""number""#, number("1e400")),
        (r#"["list","string"]"#, Value::List(vec![])),
        (r#"["set","number"]"#, Value::List(vec![Value::int(2), Value::int(1)])),
        (r#"["tuple",["string","bool"]]"#, Value::List(vec![Value::string("a"), Value::Bool(false)])),
        (r#"["map","string"]"#, Value::object([("b", Value::unknown()), ("a", Value::string("1"))])),
        (rule, Value::object([("ssh", ssh)])),
        (r#""dynamic""#, typed(r#""string""#, Value::string("x"))),
        (r#""dynamic""#, typed(r#"["object",{"a":"number"}]"#, Value::object([("a", Value::int(1))]))),
        (r#""dynamic""#, Value::Null),
    ]
}

/// Bytes as hosts, or whoever pretends to be one, may send them.
const RECEIVED: &[(&str, &str)] = &[
    (r#""number""#, "cf 0000000000000007"),
    (r#""number""#, "d3 ffffffffffffffff"),
    (r#""number""#, "ca 3f000000"),
    (r#""number""#, "a3 302e33"),
    (r#""number""#, "cb 7ff8000000000000"),
    (r#""number""#, "a3 616263"),
    (r#""string""#, "a3 65cc81"),
    (r#""string""#, "a1 ff"),
    (r#""string""#, "07"),
    (r#""string""#, "d4 00 00"),
    (r#""string""#, "c7 03 0c 81 01 c2"),
    (r#""string""#, "c7 01 05 00"),
    (r#""bool""#, "c3 c3"),
    (r#"["object",{"a":"number"}]"#, "81 a162 01"),
    (r#"["object",{"a":"number","b":"string"}]"#, "82 a162 a178 a161 01"),
    (r#"["object",{"a":"number","b":"string"}]"#, "81 a161 01"),
    (r#"["list","string"]"#, "92 a161"),
    (r#"["list","string"]"#, "dd ffffffff"),
    (r#"["tuple",["string","bool"]]"#, "91 a161"),
    (r#""dynamic""#, "92 c408 22737472696e6722 a178"),
    (r#""dynamic""#, "92 a8 22737472696e6722 a178"),
    (r#""dynamic""#, "92 c403 22782200 a178"),
    (r#""string""#, ""),
];

#[test]
fn bytes_are_those_that_were_looked_at() {
    let mut text = "# Written by us: type, bytes, value.\n".to_owned();
    for (of, value) in sent() {
        let written = write(&value, &kind(of)).unwrap();
        text.push_str(&format!("{of} {} {value:?}\n", hex(&written)));
        // What we wrote is read by us, and by the host's half of our tests, as the same.
        assert_eq!(read(&written, &kind(of)).unwrap(), value);
        assert_eq!(codec::from_msgpack(&kind(of), &written), Ok(value));
    }
    text.push_str("\n# Read by us: type, bytes, value or fault.\n");
    for (of, sent) in RECEIVED {
        let made = match read(&bytes(sent), &kind(of)) {
            Ok(value) => format!("{value:?}"),
            Err(fault) => format!("refused: {fault}"),
        };
        text.push_str(&format!("{of} {} {made}\n", if sent.is_empty() { "-" } else { sent }));
    }
    golden("wire.txt", &text);
}
