//! Values on the wire, from the host's side: MessagePack out and in, the JSON of a state file.
//!
//! Strict where the hosts are: an object has exactly its attributes, a number keeps its digits.

mod json;
mod msgpack;

pub(crate) use json::{from_json, to_json};
pub(crate) use msgpack::{from_msgpack, to_msgpack};

use bud::value::{Kind, Value};
use unicode_normalization::UnicodeNormalization as _;

/// What a message carries: MessagePack, else JSON, else null.
pub(crate) fn decode(kind: &Kind, msgpack: &[u8], json: &[u8]) -> Result<Value, String> {
    if !msgpack.is_empty() {
        return from_msgpack(kind, msgpack);
    }
    if !json.is_empty() {
        return from_json(kind, json);
    }
    Ok(Value::Null)
}

/// Texts have one form in a host, whatever was sent.
fn text(text: &str) -> Value {
    Value::String(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use bud::value::{Number, Refinement};

    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(Number::parse(text).unwrap())
    }

    #[test]
    fn numbers_travel_as_the_hosts_send_them() {
        let sent = |text: &str| to_msgpack(&Kind::Number, &number(text));
        assert_eq!(sent("1"), [0x01]);
        assert_eq!(sent("-1"), [0xff]);
        assert_eq!(sent("300"), [0xcd, 0x01, 0x2c]);
        assert_eq!(sent("0.5"), [0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(sent("0.1"), b"\xa30.1");
        assert_eq!(sent("18446744073709551615"), b"\xb418446744073709551615");
        for text in ["1", "-70000", "0.5", "0.1", "18446744073709551615", "1234567890.12345678901"] {
            assert_eq!(from_msgpack(&Kind::Number, &sent(text)), Ok(number(text)));
        }
    }

    #[test]
    fn every_shape_comes_back_as_it_went() {
        let kind = Kind::Object(
            [
                ("list".to_owned(), Kind::list(Kind::String)),
                ("map".to_owned(), Kind::map(Kind::Bool)),
                ("any".to_owned(), Kind::Dynamic),
                ("tuple".to_owned(), Kind::Tuple(vec![Kind::Number, Kind::String])),
                ("later".to_owned(), Kind::String),
                ("never".to_owned(), Kind::Number),
            ]
            .into(),
        );
        let value = Value::object([
            ("list", Value::List(vec![Value::string("ä"), Value::unknown()])),
            ("map", Value::object([("k", Value::Bool(true))])),
            ("any", Value::Typed(Box::new(Kind::String), Box::new(Value::string("x")))),
            ("tuple", Value::List(vec![number("1"), Value::string("y")])),
            ("later", Value::Unknown(Refinement(vec![0x81, 0x01, 0xc2]))),
            ("never", Value::Null),
        ]);
        assert_eq!(from_msgpack(&kind, &to_msgpack(&kind, &value)), Ok(value.clone()));
        let settled = value.settled();
        assert_eq!(from_json(&kind, to_json(&kind, &settled).as_bytes()), Ok(settled));
    }

    #[test]
    fn unknown_values_have_their_bytes() {
        assert_eq!(to_msgpack(&Kind::String, &Value::unknown()), [0xd4, 0, 0]);
        let refined = [0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2];
        let value = from_msgpack(&Kind::String, &refined).unwrap();
        assert_eq!(value, Value::Unknown(Refinement(vec![0x81, 0x01, 0xc2])));
        assert_eq!(to_msgpack(&Kind::String, &value), refined);
        assert!(from_msgpack(&Kind::String, &[0xc7, 0x03, 0x0b, 0, 0, 0]).is_err());
    }

    #[test]
    fn what_a_host_cannot_read_is_an_error() {
        let kind = Kind::Object([("a".to_owned(), Kind::String), ("b".to_owned(), Kind::String)].into());
        let one = Kind::Object([("a".to_owned(), Kind::String)].into());
        let short = to_msgpack(&one, &Value::object([("a", Value::Null)]));
        assert_eq!(
            from_msgpack(&kind, &short),
            Err("an object with 2 attributes is required (1 given)".to_owned())
        );
        let other =
            to_msgpack(&Kind::map(Kind::String), &Value::object([("a", Value::Null), ("c", Value::Null)]));
        assert_eq!(from_msgpack(&kind, &other), Err("unsupported attribute \"c\"".to_owned()));
        assert!(from_msgpack(&Kind::String, &[0x01]).is_err());
        assert!(from_msgpack(&Kind::Bool, &[0xc0, 0xc0]).is_err(), "nothing may follow");
        assert_eq!(from_json(&one, br#"{"b":1}"#), Err("unsupported attribute \"b\"".to_owned()));
        assert_eq!(from_json(&one, b"{}"), Ok(Value::object([("a", Value::Null)])));
    }

    #[test]
    fn texts_are_in_one_form() {
        let decomposed = to_msgpack(&Kind::String, &Value::string("a\u{308}"));
        assert_eq!(from_msgpack(&Kind::String, &decomposed), Ok(Value::string("ä")));
    }
}
