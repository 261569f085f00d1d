//! Amounts as Kubernetes writes them: `100m`, `1Gi`.

/// What the server says of one that is none.
pub(crate) const WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// An amount in its base unit.
pub(crate) fn read(text: &str) -> Option<f64> {
    let end = text.find(|char: char| !(char.is_ascii_digit() || "+-.".contains(char))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "Pi" => 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0,
        exponent => {
            let power = exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
            10f64.powi(power)
        }
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    #[test]
    fn units_and_exponents() {
        let close = |text: &str, amount: f64| {
            let read = super::read(text).unwrap();
            assert!((read - amount).abs() <= amount.abs() * 1e-12, "{text}: {read}");
        };
        close("250m", 0.25);
        close("1Gi", 1_073_741_824.0);
        close("1.5k", 1500.0);
        close("2e3", 2000.0);
        assert_eq!(super::read("one"), None);
        assert_eq!(super::read("1Xi"), None);
    }
}
