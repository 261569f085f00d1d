//! Bytes captured from real hosts, random values of random types, and bytes that mean harm.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{read, write};
use crate::value::{Kind, Number, Refinement, Value};
use crate::wire::fault::Problem;

fn kind(json: &str) -> Kind {
    Kind::from_json(&serde_json::from_str(json).unwrap()).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

/// The bytes mean the value, and the value is written with the very same bytes.
#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "a table of values reads better")]
fn golden(hex: &str, of: &str, value: Value) {
    let (bytes, kind) = (bytes(hex), kind(of));
    assert_eq!(read(&bytes, &kind).unwrap(), value);
    assert_eq!(write(&value, &kind).unwrap(), bytes);
}

#[test]
fn what_the_hosts_send() {
    let number = |text| Value::Number(Number::parse(text).unwrap());
    let length_is_known = Refinement(bytes("82 01c2 03 9200c3"));
    golden("c0", r#"["list","string"]"#, Value::Null);
    golden("d40000", r#""string""#, Value::unknown());
    golden("c7070c 8201c2039200c3", r#""number""#, Value::Unknown(length_is_known));
    golden("a2c3bc", r#""string""#, Value::string("ü"));
    golden("d9 20 6161616161616161616161616161616161616161616161616161616161616161", r#""string""#, {
        Value::string("a".repeat(32))
    });
    golden("07", r#""number""#, Value::int(7));
    golden("ff", r#""number""#, Value::int(-1));
    golden("cd0100", r#""number""#, Value::int(256));
    golden("cb3fe0000000000000", r#""number""#, number("0.5"));
    golden("a3302e31", r#""number""#, number("0.1"));
    golden("b43138343436373434303733373039353531363135", r#""number""#, number("18446744073709551615"));
    golden("92c3c2", r#"["set","bool"]"#, Value::List(vec![Value::Bool(true), Value::Bool(false)]));
    golden("81a16b90", r#"["map",["list","string"]]"#, Value::object([("k", Value::List(vec![]))]));
    golden("82 a161 01 a162 c0", r#"["object",{"a":"number","b":"string"}]"#, {
        Value::object([("a", Value::int(1)), ("b", Value::Null)])
    });
}

#[test]
fn dynamic_values_carry_their_type() {
    let typed = |kind: Kind, value| Value::Typed(Box::new(kind), Box::new(value));
    golden("c0", r#""dynamic""#, Value::Null);
    golden("d40000", r#""dynamic""#, Value::unknown());
    golden("92 c408 22737472696e6722 a178", r#""dynamic""#, typed(Kind::String, Value::string("x")));
    golden("92 c408 22737472696e6722 d40000", r#""dynamic""#, typed(Kind::String, Value::unknown()));
    // The type may also come as text.
    let text = bytes("92 a8 22737472696e6722 a178");
    assert_eq!(read(&text, &Kind::Dynamic).unwrap(), typed(Kind::String, Value::string("x")));
    // A pair around an unknown value of unknown type is that value.
    let pair = bytes("92 c409 2264796e616d696322 d40000");
    assert_eq!(read(&pair, &Kind::Dynamic).unwrap(), Value::unknown());
}

#[test]
fn numbers_in_every_width() {
    for (hex, text) in [
        ("d080", "-128"),
        ("d1 8000", "-32768"),
        ("d2 80000000", "-2147483648"),
        ("d3 8000000000000000", "-9223372036854775808"),
        ("cc ff", "255"),
        ("cd ffff", "65535"),
        ("ce ffffffff", "4294967295"),
        ("cf ffffffffffffffff", "18446744073709551615"),
        ("ca 3f000000", "0.5"),
    ] {
        assert_eq!(
            read(&bytes(hex), &Kind::Number).unwrap(),
            Value::Number(Number::parse(text).unwrap()),
            "{hex}"
        );
    }
}

#[test]
fn an_extension_of_a_future_kind_is_unknown() {
    assert_eq!(
        read(&bytes("d8 55 00000000000000000000000000000000"), &Kind::Bool).unwrap(),
        Value::unknown()
    );
    assert_eq!(read(&bytes("c7 00 0c"), &Kind::Bool).unwrap(), Value::unknown());
}

#[track_caller]
fn refused(hex: &str, of: &str, path: &str, problem: Problem) {
    let fault = read(&bytes(hex), &kind(of)).unwrap_err();
    assert_eq!((fault.path.to_string().as_str(), fault.problem), (path, problem));
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let mismatch = |expected: &str, found| Problem::Mismatch { expected: expected.into(), found };
    let object = r#"["object",{"a":["list","string"],"m":["map","bool"],"s":["set",["list","bool"]]}]"#;
    refused("a178", r#""bool""#, "", mismatch("bool", "string"));
    refused("81 a161 92 a178 01", object, "a[1]", mismatch("string", "number"));
    refused("81 a16d 81 a16b 90", object, r#"m["k"]"#, mismatch("bool", "a list"));
    refused("81 a173 91 91 01", object, "s", mismatch("bool", "number"));
    refused("81 a178 c0", object, "x", Problem::Surplus);
    refused("82 a161 c0 a161 c0", object, "a", Problem::Twice);
    refused("82 a16b c0 a16b c0", r#"["map","bool"]"#, r#"["k"]"#, Problem::Twice);
    refused("90", object, "", mismatch("object", "a list"));
    refused("91 c3", r#"["tuple",["bool","bool"]]"#, "", Problem::Length { expected: 2, found: 1 });
    refused("a2 c328", r#""string""#, "", Problem::Utf8);
    refused("cb 7ff0000000000000", r#""number""#, "", Problem::Number);
    refused("a3 4e614e", r#""number""#, "", Problem::Number);
    refused("92 c405 22696e7422 01", r#""dynamic""#, "", Problem::Type);
    refused("92 c409 2264796e616d696322 a178", r#""dynamic""#, "", mismatch("any type", "string"));
    refused("c3 c3", r#""bool""#, "", Problem::Trailing(1));
    refused("", r#""bool""#, "", Problem::Truncated);
}

#[test]
fn lengths_that_were_made_up_take_no_memory() {
    refused("dd ffffffff", r#"["list","string"]"#, "[0]", Problem::Truncated);
    refused("df ffffffff", r#"["map","string"]"#, "", Problem::Truncated);
    refused("db ffffffff 61", r#""string""#, "", Problem::Truncated);
    refused("c9 ffffffff 0c", r#""string""#, "", Problem::Truncated);
    refused("92 c6 ffffffff", r#""dynamic""#, "", Problem::Truncated);
    refused("c8 0401 0c", r#""string""#, "", Problem::Truncated);
    let mut long = bytes("c8 0401 0c");
    long.resize(long.len() + 0x401, 0x80);
    assert_eq!(read(&long, &Kind::String).unwrap_err().problem, Problem::Refinement(0x401));
}

#[test]
fn a_message_of_empty_parts_does_not_fill_the_memory() {
    let wide: BTreeMap<String, Kind> = (0..1000).map(|index| (index.to_string(), Kind::Bool)).collect();
    let mut message = bytes("dd 00004e20");
    message.resize(message.len() + 20_000, 0x80);
    let fault = read(&message, &Kind::list(Kind::Object(wide))).unwrap_err();
    assert_eq!(fault.problem, Problem::Size(super::PARTS));
}

#[test]
fn endless_nesting_is_refused() {
    let level = bytes(r"92 c412 5b226c697374222c2264796e616d6963225d 91");
    let fault = read(&level.repeat(100_000), &Kind::Dynamic).unwrap_err();
    assert_eq!(fault.problem, Problem::Depth(super::DEPTH));
}

#[test]
fn answers_that_are_not_of_the_type_are_refused() {
    let of = kind(r#"["object",{"a":["list","dynamic"],"b":["tuple",["bool"]]}]"#);
    let refused = |name: &str, value: Value| write(&Value::object([(name, value)]), &of).unwrap_err();
    let typed = |kind: Kind| Value::Typed(Box::new(kind), Box::new(Value::Null));
    assert_eq!(refused("c", Value::Null).problem, Problem::Surplus);
    assert_eq!(refused("b", Value::List(vec![])).problem, Problem::Length { expected: 1, found: 0 });
    let mixed = refused("a", Value::List(vec![typed(Kind::Bool), typed(Kind::String)]));
    assert_eq!((mixed.path.to_string().as_str(), mixed.problem), ("a", Problem::Mixed));
    assert_eq!(refused("a", Value::List(vec![Value::Bool(true)])).path.to_string(), "a[0]");
    // What the value does not have is null.
    assert_eq!(write(&Value::object([] as [(&str, _); 0]), &of).unwrap(), bytes("82 a161 c0 a162 c0"));
}

// === Random values of random types ===

fn any_kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![Just(Kind::String), Just(Kind::Number), Just(Kind::Bool), Just(Kind::Dynamic),];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Kind::list),
            inner.clone().prop_map(|kind| Kind::Set(Box::new(kind))),
            inner.clone().prop_map(Kind::map),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Kind::Tuple),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4).prop_map(Kind::Object),
        ]
    })
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(|number| Number::parse(&number.to_string()).unwrap()),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?".prop_map(|text| Number::parse(&text).unwrap()),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    use unicode_normalization::UnicodeNormalization;
    any::<String>().prop_map(|text| text.nfc().collect())
}

fn any_value(kind: Kind) -> BoxedStrategy<Value> {
    let known = match kind {
        Kind::String => any_text().prop_map(Value::String).boxed(),
        Kind::Number => any_number().prop_map(Value::Number).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Dynamic => return any_dynamic().boxed(),
        Kind::List(element) | Kind::Set(element) if *element == Kind::Dynamic => {
            prop::collection::vec(any::<bool>(), 0..4)
                .prop_map(|truths| {
                    let typed = |truth| Value::Typed(Box::new(Kind::Bool), Box::new(Value::Bool(truth)));
                    Value::List(truths.into_iter().map(typed).collect())
                })
                .boxed()
        }
        Kind::Map(element) if *element == Kind::Dynamic => Just(Value::Map(BTreeMap::new())).boxed(),
        Kind::List(element) | Kind::Set(element) => {
            prop::collection::vec(any_value(*element), 0..4).prop_map(Value::List).boxed()
        }
        Kind::Map(element) => {
            prop::collection::btree_map(any_text(), any_value(*element), 0..4).prop_map(Value::Map).boxed()
        }
        Kind::Tuple(kinds) => {
            kinds.into_iter().map(any_value).collect::<Vec<_>>().prop_map(Value::List).boxed()
        }
        Kind::Object(attributes) => {
            let (names, kinds): (Vec<_>, Vec<_>) = attributes.into_iter().unzip();
            let values = kinds.into_iter().map(any_value).collect::<Vec<_>>();
            values.prop_map(move |values| Value::object(names.iter().cloned().zip(values))).boxed()
        }
    };
    let refinement = prop::collection::vec(any::<u8>(), 2..40).prop_map(Refinement);
    prop_oneof![
        8 => known,
        1 => Just(Value::Null),
        1 => Just(Value::unknown()),
        1 => refinement.prop_map(Value::Unknown),
    ]
    .boxed()
}

fn any_dynamic() -> impl Strategy<Value = Value> {
    let typed = prop_oneof![
        any_value(Kind::String).prop_map(|value| (Kind::String, value)),
        any_value(Kind::list(Kind::Number)).prop_map(|value| (Kind::list(Kind::Number), value)),
        any_value(Kind::Tuple(vec![Kind::Bool])).prop_map(|value| (Kind::Tuple(vec![Kind::Bool]), value)),
    ];
    prop_oneof![
        1 => Just(Value::Null),
        1 => Just(Value::unknown()),
        4 => typed.prop_map(|(kind, value)| Value::Typed(Box::new(kind), Box::new(value))),
    ]
}

fn any_pair() -> impl Strategy<Value = (Kind, Value)> {
    any_kind().prop_flat_map(|kind| (Just(kind.clone()), any_value(kind)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back((kind, value) in any_pair()) {
        let bytes = write(&value, &kind).unwrap();
        prop_assert_eq!(read(&bytes, &kind).unwrap(), value);
    }

    #[test]
    fn known_values_survive_json_as_well((kind, value) in any_pair()) {
        let value = value.settled();
        let json = value.to_json(&kind).unwrap();
        prop_assert_eq!(Value::from_json(json.as_bytes(), &kind).unwrap(), value);
    }

    #[test]
    fn cut_bytes_are_refused((kind, value) in any_pair(), at in any::<prop::sample::Index>()) {
        let bytes = write(&value, &kind).unwrap();
        prop_assert!(read(&bytes[..at.index(bytes.len())], &kind).is_err());
    }

    #[test]
    fn random_bytes_never_break_anything(kind in any_kind(), bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = read(&bytes, &kind);
    }

    #[test]
    fn a_flipped_byte_never_breaks_anything(
        (kind, value) in any_pair(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = write(&value, &kind).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(value) = read(&bytes, &kind) {
            prop_assert_eq!(read(&write(&value, &kind).unwrap(), &kind).unwrap(), value);
        }
    }
}
