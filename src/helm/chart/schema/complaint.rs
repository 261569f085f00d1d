//! What is wrong with values: a tree of places and reasons, and its text.

use serde_json::Value as Json;

/// What a complaint is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// A reason of its own.
    Reason,
    /// Several reasons of one schema.
    Group,
    /// What a referenced schema says.
    Reference,
}

/// One place and what is wrong there.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) make: Make,
    pub(super) path: Vec<String>,
    pub(super) reason: String,
    pub(super) causes: Vec<Complaint>,
}

impl Complaint {
    /// The text of the whole tree, as Helm cuts it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        match self.make {
            Make::Group => self.causes.iter().for_each(|cause| cause.put(&mut text, 1)),
            Make::Reason | Make::Reference => self.put(&mut text, 1),
        }
        let mut text = text.strip_prefix('\n').unwrap_or(&text).to_owned();
        text.push('\n');
        text
    }

    fn put(&self, text: &mut String, depth: usize) {
        // What one reference says alone is said without it.
        let skipped = self.make == Make::Reference && self.causes.len() == 1;
        if !skipped {
            let place: String = self.path.iter().map(|part| format!("/{}", escaped(part))).collect();
            let indent = "  ".repeat(depth - 1);
            text.push_str(&format!("\n{indent}- at {}: {}", quoted(&place), self.reason));
        }
        for cause in &self.causes {
            cause.put(text, if skipped { depth } else { depth + 1 });
        }
    }
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// A text between single quotes.
pub(super) fn quoted(text: &str) -> String {
    let inner = format!("{text:?}").replace("\\\"", "\"").replace("\\'", "'").replace('\'', "\\'");
    format!("'{}'", &inner[1..inner.len() - 1])
}

/// Texts between single quotes with commas.
pub(super) fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// A simple value as Go shows it.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::String(text) => quoted(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
        other => other.to_string(),
    }
}

/// A whole number with commas between thousands, as Go's English has it.
pub(super) fn grouped(number: usize) -> String {
    with_commas(&number.to_string())
}

fn with_commas(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number as Go's English has it: with commas, and from a million on with powers of ten.
pub(super) fn number(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or_default();
    if value != 0.0 && !(-4..6).contains(&power) {
        let digits = format!("{:02}", power.unsigned_abs());
        let raised: String = digits.chars().map(superscript).collect();
        let sign = if power < 0 { "⁻" } else { "" };
        return format!("{mantissa}×10{sign}{raised}");
    }
    let plain = format!("{value}");
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    match digits.split_once('.') {
        Some((whole, rest)) => format!("{sign}{}.{rest}", with_commas(whole)),
        None => format!("{sign}{}", with_commas(digits)),
    }
}

const fn superscript(digit: char) -> char {
    match digit {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    }
}
