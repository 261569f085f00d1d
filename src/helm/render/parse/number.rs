//! Numbers and character constants in templates, by Go's rules.

use crate::helm::render::go;

/// A constant that may be several kinds of number at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Number {
    /// As it stands in the template.
    pub(crate) text: String,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
}

impl Number {
    /// Reads a constant.
    pub(super) fn new(text: &str, is_character: bool) -> Result<Self, String> {
        let mut number = Self { text: text.to_owned(), ..Self::default() };
        if is_character {
            let inner = &text.as_bytes()[1..];
            let (value, rest) = go::unquote_char(inner, b'\'').ok_or("invalid syntax")?;
            if rest != b"'" {
                return Err(format!("malformed character constant: {text}"));
            }
            number.int = Some(i64::from(value));
            number.uint = Some(u64::from(value));
            number.float = Some(f64::from(value));
            return Ok(number);
        }
        if let Some(digits) = text.strip_suffix('i') {
            // A complex number is of use to no function; zero is the one that is also a real number.
            let zero = go::parse_float(digits).is_some_and(|part| part == 0.0);
            return if zero {
                Ok(Self { int: Some(0), uint: Some(0), float: Some(0.0), ..number })
            } else {
                Err(format!("complex constants are not supported: {text}"))
            };
        }
        number.uint = go::parse_uint(text, 0).ok();
        number.int = go::parse_int(text, 0).ok();
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        #[allow(clippy::cast_precision_loss, reason = "what Go does too")]
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else if let Some(float) = go::parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", go::quote(text.as_bytes())));
            }
            number.float = Some(float);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "kept only if exact")]
            if float.abs() < 9.2e18 {
                let int = float as i64;
                if int as f64 == float {
                    number.int = Some(int);
                    number.uint = u64::try_from(int).ok();
                }
            }
        }
        if number.int.is_none() && number.uint.is_none() && number.float.is_none() {
            return Err(format!("illegal number syntax: {}", go::quote(text.as_bytes())));
        }
        Ok(number)
    }

    /// Whether its syntax says that it is a float64 where any type will do.
    pub(crate) fn looks_like_float(&self) -> bool {
        let text = self.text.as_bytes();
        let is_hex = text.len() > 2
            && text[0] == b'0'
            && matches!(text[1], b'x' | b'X')
            && !self.text.contains(['p', 'P']);
        self.float.is_some()
            && !is_hex
            && text.first() != Some(&b'\'')
            && self.text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}
