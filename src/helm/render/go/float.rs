//! Go's `strconv.FormatFloat` for 64 bits.

/// The digits and the decimal exponent of the shortest text that reads back: 0.d1d2d3… x 10^exponent.
fn shortest_digits(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    (digits, exponent + 1)
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

fn exponent_text(exponent: i32, letter: char) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{letter}{sign}{:02}", exponent.abs())
}

/// `%v` of a float: the shortest form, with an exponent below -4 and from `large` on.
fn shortest(value: f64, large: i32) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let (digits, point) = if value == 0.0 { ("0".to_owned(), 1) } else { shortest_digits(value.abs()) };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let exponent = point - 1;
    if value != 0.0 && (exponent < -4 || exponent >= large) {
        let fraction = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        return format!("{sign}{}{fraction}{}", &digits[..1], exponent_text(exponent, 'e'));
    }
    format!("{sign}{}", plain(&digits, point))
}

fn plain(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)));
    }
    if count <= point {
        return format!("{digits}{}", "0".repeat(usize::try_from(point - count).unwrap_or(0)));
    }
    let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
    format!("{whole}.{fraction}")
}

/// `FormatFloat(value, 'g', -1, 64)`: what `%v` and YAML print.
pub(crate) fn float_shortest(value: f64) -> String {
    shortest(value, 6)
}

/// As encoding/json writes a float.
pub(crate) fn float_json(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let (digits, point) = shortest_digits(size);
        let sign = if value < 0.0 { "-" } else { "" };
        let fraction = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
        let exponent = point - 1;
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{fraction}e{mark}{}", &digits[..1], exponent.abs());
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
    }
    let (digits, point) = shortest_digits(size);
    format!("{}{}", if value < 0.0 { "-" } else { "" }, plain(&digits, point))
}

/// The binary mantissa, its highest bit the 52nd of what is no tiny number, and the exponent behind it.
fn binary(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    match i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0) {
        0 => (mantissa, -1022),
        exponent => (mantissa | 1 << 52, exponent - 1023),
    }
}

/// `%x` of a float: 0x1.8p+01.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = binary(value);
    if mantissa == 0 {
        exponent = 0;
    }
    // The leading 1 goes to the 60th bit.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(precision) => format!("{fraction:0<precision$}")[..precision].to_owned(),
    };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}0x{}{point}{fraction}{}", (mantissa >> 60) & 1, exponent_text(exponent, 'p'))
}

/// `FormatFloat` with a verb (`e`, `E`, `f`, `g`, `G`, `x`, `X`, `b`) and a precision, or the shortest form without one.
pub(crate) fn float_text(value: f64, verb: char, precision: Option<usize>) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let letter = if verb.is_ascii_uppercase() { 'E' } else { 'e' };
    match (verb.to_ascii_lowercase(), precision) {
        ('x', precision) => {
            let text = hexadecimal(value, precision);
            if verb == 'X' { text.to_ascii_uppercase() } else { text }
        }
        ('b', _) => {
            let (mantissa, exponent) = binary(value);
            let sign = if value.is_sign_negative() { "-" } else { "" };
            format!("{sign}{mantissa}p{:+}", exponent - 52)
        }
        ('f', Some(precision)) => format!("{value:.precision$}"),
        ('f', None) => {
            let (digits, point) =
                if value == 0.0 { ("0".to_owned(), 1) } else { shortest_digits(value.abs()) };
            format!("{}{}", if value.is_sign_negative() { "-" } else { "" }, plain(&digits, point))
        }
        ('e', precision) => {
            let text = precision.map_or_else(|| format!("{value:e}"), |digits| format!("{value:.digits$e}"));
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{mantissa}{}", exponent_text(exponent.parse().unwrap_or(0), letter))
        }
        (_, None) => shortest(value, 6).replace('e', &letter.to_string()),
        (_, Some(precision)) => {
            let precision = precision.max(1);
            if value == 0.0 {
                return if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() };
            }
            let text = format!("{:.*e}", precision - 1, value.abs());
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            let digits = digits.trim_end_matches('0');
            let digits = if digits.is_empty() { "0" } else { digits };
            let sign = if value < 0.0 { "-" } else { "" };
            let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
            let mut limit = i32::try_from(precision).unwrap_or(i32::MAX);
            if limit > count && count > exponent {
                limit = count;
            }
            if exponent < -4 || exponent >= limit {
                let fraction = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
                return format!("{sign}{}{fraction}{}", &digits[..1], exponent_text(exponent, letter));
            }
            format!("{sign}{}", plain(digits, exponent + 1))
        }
    }
}

/// A float as a key of a mapping in YAML: `FormatFloat(value, 'g', -1, 32)`.
pub(crate) fn float_key(value: f64) -> String {
    match value {
        _ if value.is_nan() => return ".nan".to_owned(),
        _ if value.is_infinite() => return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        _ => {}
    }
    #[allow(clippy::cast_possible_truncation, reason = "Helm rounds to single precision")]
    let short = value as f32;
    // The shortest digits of the single, which are digits of some double as well.
    format!("{short:e}").parse().map_or_else(|_| value.to_string(), float_shortest)
}
