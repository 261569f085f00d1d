//! Numbers: which of the three forms of the wire keeps all digits.

use crate::value::Number;

/// The form in which a number is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form<'number> {
    /// A whole number that fits.
    Whole(i64),
    /// A number with a fraction that is exactly a binary float.
    Float(f64),
    /// Everything else: the decimal text.
    Text(&'number str),
}

/// The form of a number: what the hosts themselves would choose, as far as the value is concerned.
pub(super) fn form(number: &Number) -> Form<'_> {
    if let Some(whole) = number.as_i64() {
        return Form::Whole(whole);
    }
    let float = number.as_f64();
    // An exact float with the decimal text of another one would be compared as another number.
    if Number::from_f64(float).as_ref() == Some(number) && is_exact(float, number) {
        return Form::Float(float);
    }
    Form::Text(number.text())
}

/// The number that a binary float denotes exactly; absent for infinities and NaN.
pub(super) fn of_float(float: f64) -> Option<Number> {
    // The shortest decimal is the float's own value only where that is short; else all digits count.
    let shortest = Number::from_f64(float)?;
    if is_exact(float, &shortest) { Some(shortest) } else { Number::parse(&format!("{float:.1074}")) }
}

/// Whether the float is exactly the number and not only the nearest float to it.
fn is_exact(float: f64, number: &Number) -> bool {
    // 1074 decimal places hold every float there is.
    Number::parse(&format!("{float:.1074}")).as_ref() == Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &Form<'_>) {
        assert_eq!(form(&Number::parse(text).unwrap()), *expected);
    }

    #[test]
    fn the_form_keeps_all_digits() {
        check("0", &Form::Whole(0));
        check("-0.0", &Form::Whole(0));
        check("15e1", &Form::Whole(150));
        check("9223372036854775807", &Form::Whole(i64::MAX));
        check("-9223372036854775808", &Form::Whole(i64::MIN));
        check("9223372036854775808", &Form::Text("9223372036854775808"));
        check("1e22", &Form::Float(1e22));
        check("18446744073709551615", &Form::Text("18446744073709551615"));
        check("0.5", &Form::Float(0.5));
        check("-1.25e-1", &Form::Float(-0.125));
        check("0.1", &Form::Text("0.1"));
        check("1234567890.12345678901", &Form::Text("1234567890.12345678901"));
        check("1e400", &Form::Text("1e400"));
    }

    #[test]
    fn a_float_is_the_number_that_it_denotes() {
        assert_eq!(of_float(0.5).unwrap().text(), "0.5");
        assert_eq!(of_float(1e15), Number::parse("1e15"));
        assert!(of_float(0.1).unwrap().text().starts_with("0.1000000000000000055511151231257827"));
        assert_eq!(of_float(f64::NAN).is_none(), of_float(f64::INFINITY).is_none());
        assert!(of_float(f64::NAN).is_none());
    }
}
