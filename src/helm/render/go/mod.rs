//! What of Go's standard library shows in templates: printing, quoting, numbers.

mod float;
mod number;
mod print;
mod print_numbers;
mod quote;

pub(crate) use float::{float_json, float_key, float_shortest, float_text};
pub(crate) use number::{NumberError, parse_float, parse_int, parse_uint};
pub(crate) use print::{sprint, sprintf, sprintln};
pub(crate) use quote::{is_print, quote, quote_rune, unquote, unquote_char};
