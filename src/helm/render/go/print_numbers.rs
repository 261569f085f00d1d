//! Go's `fmt` of numbers: integers in every base, runes, floats.

use super::print::{Flags, ascii, bad_verb, pad};
use super::{float_text, is_print, quote_rune};
use crate::helm::render::datum::Datum;

pub(super) fn print_int(out: &mut Vec<u8>, arg: &Datum, value: i128, verb: char, flags: Flags) {
    if verb == 'v' && flags.sharp_v && matches!(arg, Datum::Uint8(_) | Datum::Uint64(_)) {
        return print_int(out, arg, value, 'x', Flags { sharp: true, sharp_v: false, ..flags });
    }
    let (radix, prefix) = match verb {
        'd' | 'v' => (10, ""),
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'O' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'c' | 'q' | 'U' => {
            let rune = u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
            let text = match verb {
                'c' => rune.to_string(),
                'q' => {
                    let quoted = quote_rune(rune);
                    if flags.plus { ascii(&quoted) } else { quoted }
                }
                _ => {
                    let digits = flags.precision.unwrap_or(4).max(4);
                    #[allow(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "Go takes the 64 bits as they are"
                    )]
                    let number = format!("U+{:0>digits$X}", value as u64);
                    let shown = flags.sharp && u32::try_from(value).ok().and_then(char::from_u32).is_some();
                    if shown && is_print(rune) { format!("{number} '{rune}'") } else { number }
                }
            };
            let zero = flags.zero && verb != 'U';
            return pad(out, text.as_bytes(), Flags { zero, ..flags });
        }
        _ => return bad_verb(out, arg, verb, flags),
    };
    let magnitude = value.unsigned_abs();
    let mut digits = match radix {
        2 => format!("{magnitude:b}"),
        8 => format!("{magnitude:o}"),
        16 if verb == 'X' => format!("{magnitude:X}"),
        16 => format!("{magnitude:x}"),
        _ => magnitude.to_string(),
    };
    let sign = match (value < 0, flags.plus, flags.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    if let Some(precision) = flags.precision {
        if precision == 0 && value == 0 {
            return pad(out, b"", Flags { zero: false, ..flags });
        }
        digits = format!("{digits:0>precision$}");
    } else if flags.zero
        && !flags.minus
        && let Some(width) = flags.width
    {
        let width = width.saturating_sub(sign.len());
        digits = format!("{digits:0>width$}");
    }
    let prefix = match verb {
        'O' if flags.sharp && !digits.starts_with('0') => "0o0",
        'O' => prefix,
        _ if flags.sharp && !(radix == 8 && digits.starts_with('0')) => prefix,
        _ => "",
    };
    pad(out, format!("{sign}{prefix}{digits}").as_bytes(), Flags { zero: false, ..flags });
}

pub(super) fn print_float(out: &mut Vec<u8>, arg: &Datum, value: f64, verb: char, flags: Flags) {
    let text = match verb {
        'v' => float_text(value, 'g', flags.precision),
        'e' | 'E' | 'f' => float_text(value, verb, flags.precision.or(Some(6))),
        'F' => float_text(value, 'f', flags.precision.or(Some(6))),
        'g' | 'G' | 'x' | 'X' | 'b' => float_text(value, verb, flags.precision),
        _ => return bad_verb(out, arg, verb, flags),
    };
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (&text[..1], digits.to_owned()),
        None => ("+", text.clone()),
    };
    let sign = if flags.space && !flags.plus && sign == "+" { " " } else { sign };
    if !value.is_finite() {
        let sign = if value.is_nan() && !flags.space && !flags.plus { "" } else { sign };
        return pad(out, format!("{sign}{digits}").as_bytes(), Flags { zero: false, ..flags });
    }
    let mut digits = digits;
    if flags.sharp && verb != 'b' {
        digits = with_point(&digits, verb, flags.precision);
    }
    if sign == "+" && !flags.plus {
        return pad(out, digits.as_bytes(), flags);
    }
    if flags.zero && !flags.minus {
        let width = flags.width.unwrap_or(0).saturating_sub(1);
        digits = format!("{digits:0>width$}");
    }
    pad(out, format!("{sign}{digits}").as_bytes(), Flags { zero: false, ..flags });
}

/// `#`: always a decimal point, and for `%g` as many digits as the precision says.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let hex = matches!(verb, 'x' | 'X');
    let tail = text.find(['p', 'P']).or_else(|| text.find(['e', 'E']).filter(|_| !hex)).unwrap_or(text.len());
    let (number, tail) = text.split_at(tail);
    let mut wanted = if matches!(verb, 'v' | 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let significant = number.chars().filter(|each| *each != '.').skip_while(|each| *each == '0').count();
    wanted = wanted.saturating_sub(significant);
    let mut shown = number.to_owned();
    if !number.contains('.') {
        wanted = wanted.saturating_sub(usize::from(number == "0"));
        shown.push('.');
    }
    shown.push_str(&"0".repeat(wanted));
    shown + tail
}
