//! Sprig's arithmetic.

use super::{Function, MOST, Outcome, Param, int, many, ok, plain, utf8};
use crate::helm::render::datum::{Datum, List, ListKind};
use crate::helm::render::go;

use Param::{Any, Float, Int, Str as S};

pub(super) const TABLE: &[Function] = &[
    plain("atoi", &[S], |args| Ok(Datum::Int(go::parse_int(&utf8(&args[0]), 10).unwrap_or(0)))),
    plain("int64", &[Any], |args| Ok(Datum::Int64(to_int(&args[0])))),
    plain("int", &[Any], |args| Ok(Datum::Int(to_int(&args[0])))),
    plain("float64", &[Any], |args| Ok(Datum::Float(to_float(&args[0])))),
    plain("toDecimal", &[Any], |args| {
        let shown = go::sprint(&args[..1]);
        Ok(Datum::Int64(go::parse_int(&String::from_utf8_lossy(&shown), 8).unwrap_or(0)))
    }),
    many("seq", &[Int], seq),
    plain("until", &[Int], |args| {
        let count = int(&args[0]);
        steps(0, count, if count < 0 { -1 } else { 1 }).map(ints)
    }),
    plain("untilStep", &[Int, Int, Int], |args| steps(int(&args[0]), int(&args[1]), int(&args[2])).map(ints)),
    plain("add1", &[Any], |args| Ok(Datum::Int64(to_int(&args[0]).wrapping_add(1)))),
    many("add", &[Any], |args| Ok(Datum::Int64(args.iter().map(to_int).fold(0, i64::wrapping_add)))),
    plain("sub", &[Any, Any], |args| Ok(Datum::Int64(to_int(&args[0]).wrapping_sub(to_int(&args[1]))))),
    plain("div", &[Any, Any], |args| divide(args, i64::wrapping_div)),
    plain("mod", &[Any, Any], |args| divide(args, i64::wrapping_rem)),
    many("mul", &[Any, Any], |args| Ok(Datum::Int64(args.iter().map(to_int).fold(1, i64::wrapping_mul)))),
    many("max", &[Any, Any], |args| Ok(Datum::Int64(args.iter().map(to_int).max().unwrap_or(0)))),
    many("biggest", &[Any, Any], |args| Ok(Datum::Int64(args.iter().map(to_int).max().unwrap_or(0)))),
    many("min", &[Any, Any], |args| Ok(Datum::Int64(args.iter().map(to_int).min().unwrap_or(0)))),
    many("maxf", &[Any, Any], |args| {
        Ok(Datum::Float(args.iter().map(to_float).reduce(nan_or(f64::max)).unwrap_or(0.0)))
    }),
    many("minf", &[Any, Any], |args| {
        Ok(Datum::Float(args.iter().map(to_float).reduce(nan_or(f64::min)).unwrap_or(0.0)))
    }),
    plain("add1f", &[Any], |args| decimal(&[args[0].clone(), Datum::Int(1)], Decimal::add)),
    many("addf", &[Any], |args| decimal(&[&[Datum::Int(0)], args].concat(), Decimal::add)),
    many("subf", &[Any, Any], |args| decimal(args, Decimal::sub)),
    many("mulf", &[Any, Any], |args| decimal(args, Decimal::mul)),
    many("divf", &[Any, Any], |args| {
        if args[1..].iter().any(|arg| to_float(arg) == 0.0) {
            return Err("decimal division by 0".to_owned());
        }
        decimal(args, Decimal::div)
    }),
    plain("ceil", &[Any], |args| Ok(Datum::Float(to_float(&args[0]).ceil()))),
    plain("floor", &[Any], |args| Ok(Datum::Float(to_float(&args[0]).floor()))),
    many("round", &[Any, Int, Float], |args| {
        let threshold = if let Some(Datum::Float(threshold)) = args.get(2) { *threshold } else { 0.5 };
        let power = 10f64.powi(i32::try_from(int(&args[1])).unwrap_or(0));
        let digit = power * to_float(&args[0]);
        let rounded = if digit.fract() >= threshold { digit.ceil() } else { digit.floor() };
        Ok(Datum::Float(rounded / power))
    }),
];

fn nan_or(choose: fn(f64, f64) -> f64) -> impl Fn(f64, f64) -> f64 {
    move |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { choose(a, b) }
}

/// cast's `ToInt64`: 0 for what is no number.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "what Go's conversions do")]
pub(super) fn to_int(datum: &Datum) -> i64 {
    match datum {
        Datum::Bool(truth) => i64::from(*truth),
        Datum::Int(int) | Datum::Int64(int) => *int,
        Datum::Uint8(int) => i64::from(*int),
        Datum::Uint64(int) => *int as i64,
        Datum::Float(float) => {
            // On amd64 what does not fit becomes the smallest integer.
            if float.is_nan() || *float >= 9.223_372_036_854_776e18 || *float < -9.223_372_036_854_776e18 {
                i64::MIN
            } else {
                *float as i64
            }
        }
        Datum::Str(text) => go::parse_int(trim_zero_decimal(&text.lossy()), 0).unwrap_or(0),
        _ => 0,
    }
}

/// `5.00` as `5`.
fn trim_zero_decimal(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    }
}

/// cast's `ToFloat64`.
#[allow(clippy::cast_precision_loss, reason = "what Go's conversions do")]
pub(super) fn to_float(datum: &Datum) -> f64 {
    match datum {
        Datum::Bool(truth) => f64::from(u8::from(*truth)),
        Datum::Int(int) | Datum::Int64(int) => *int as f64,
        Datum::Uint8(int) => f64::from(*int),
        Datum::Uint64(int) => *int as f64,
        Datum::Float(float) => *float,
        Datum::Str(text) => go::parse_float(&text.lossy()).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn divide(args: &[Datum], operation: fn(i64, i64) -> i64) -> Outcome {
    match to_int(&args[1]) {
        0 => Err("runtime error: integer divide by zero".to_owned()),
        divisor => Ok(Datum::Int64(operation(to_int(&args[0]), divisor))),
    }
}

fn ints(numbers: Vec<i64>) -> Datum {
    Datum::List(List::new(ListKind::Ints, numbers.into_iter().map(Datum::Int).collect()))
}

fn steps(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    let down = stop < start;
    if (down && step >= 0) || (!down && step <= 0) {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    if count > (MOST / 16) as u64 {
        return Err(format!("the list would have more than {} items", MOST / 16));
    }
    let mut numbers = Vec::new();
    let mut at = start;
    while if down { at > stop } else { at < stop } {
        numbers.push(at);
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(numbers)
}

fn seq(args: &[Datum]) -> Outcome {
    let numbers: Vec<i64> = args.iter().map(int).collect();
    let found = match numbers.as_slice() {
        [end] => {
            let step = if *end < 1 { -1 } else { 1 };
            steps(1, end + step, step)?
        }
        [start, end] => {
            let step = if end < start { -1 } else { 1 };
            steps(*start, end + step, step)?
        }
        [start, step, end] => {
            let increment = if end < start { -1 } else { 1 };
            if end < start && *step > 0 {
                return ok("");
            }
            steps(*start, end + increment, *step)?
        }
        _ => return ok(""),
    };
    let texts: Vec<String> = found.iter().map(i64::to_string).collect();
    ok(texts.join(" "))
}

/// A decimal number: `coefficient` x 10^-`scale`.
#[derive(Debug, Clone)]
struct Decimal {
    coefficient: num_bigint::BigInt,
    scale: u32,
}

impl Decimal {
    fn from_float(value: f64) -> Self {
        let text = go::float_text(value, 'f', None);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = [whole, fraction].concat();
        Self {
            coefficient: digits.parse().unwrap_or_default(),
            scale: u32::try_from(fraction.len()).unwrap_or(0),
        }
    }

    fn scaled(&self, scale: u32) -> num_bigint::BigInt {
        &self.coefficient * num_bigint::BigInt::from(10).pow(scale - self.scale)
    }

    fn add(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self { coefficient: self.scaled(scale) + other.scaled(scale), scale }
    }

    fn sub(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self { coefficient: self.scaled(scale) - other.scaled(scale), scale }
    }

    fn mul(&self, other: &Self) -> Self {
        Self { coefficient: &self.coefficient * &other.coefficient, scale: self.scale + other.scale }
    }

    /// To 16 digits after the point, rounded half away from zero, as shopspring/decimal.
    fn div(&self, other: &Self) -> Self {
        use num_bigint::{BigInt, Sign};
        let shift = 16 + other.scale;
        let (mut top, mut bottom) = (self.coefficient.clone(), other.coefficient.clone());
        if shift >= self.scale {
            top *= BigInt::from(10).pow(shift - self.scale);
        } else {
            bottom *= BigInt::from(10).pow(self.scale - shift);
        }
        let quotient = &top / &bottom;
        let rest = &top - &quotient * &bottom;
        let twice = BigInt::from(rest.magnitude() * 2u32);
        let mut coefficient = quotient;
        if twice.magnitude() >= bottom.magnitude() {
            let negative = (top.sign() == Sign::Minus) != (bottom.sign() == Sign::Minus);
            coefficient += if negative { -1 } else { 1 };
        }
        Self { coefficient, scale: 16 }
    }

    fn float(&self) -> f64 {
        format!("{}e-{}", self.coefficient, self.scale).parse().unwrap_or(f64::NAN)
    }
}

fn decimal(args: &[Datum], operation: fn(&Decimal, &Decimal) -> Decimal) -> Outcome {
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        let value = to_float(arg);
        if !value.is_finite() {
            return Err(format!("Cannot create a Decimal from {}", go::float_shortest(value)));
        }
        values.push(Decimal::from_float(value));
    }
    let mut result = values[0].clone();
    for value in &values[1..] {
        result = operation(&result, value);
    }
    Ok(Datum::Float(result.float()))
}
