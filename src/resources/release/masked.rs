//! What is secret in rendered texts, masked: data of Secrets always, and hidden values wherever they stand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;

/// What stands in the place of a secret.
const MASK: &str = "(sensitive value)";

/// Hidden texts that are shorter are too common to be looked for: masking `a` everywhere shows more than it
/// hides.
const SHORTEST: usize = 4;

/// A text without hidden values, as they are or as base64.
pub(super) fn hide(text: &str, secrets: &[Secret]) -> String {
    let mut forms: Vec<String> = Vec::new();
    for secret in secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST) {
        forms.push(secret.to_owned());
        forms.push(secret.trim().to_owned());
        forms.push(STANDARD.encode(secret));
        // As YAML and JSON write it.
        if let Ok(quoted) = serde_json::to_string(secret) {
            forms.push(quoted.trim_matches('"').to_owned());
        }
        // Each line of a text of several: blocks of YAML are indented.
        forms.extend(secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).map(str::to_owned));
    }
    // Longer ones first: one may hold another.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms.iter().fold(text.to_owned(), |text, form| {
        if form.len() >= SHORTEST && text.contains(form.as_str()) {
            text.replace(form.as_str(), MASK)
        } else {
            text
        }
    })
}

/// The text of an object, with the values of a Secret's data masked.
pub(super) fn object(text: &str, kind: &str, secrets: &[Secret]) -> String {
    let text = hide(text, secrets);
    if kind == "Secret" { data(&text) } else { text }
}

/// Masks every value below `data:` and `stringData:` line by line, so that the rest of the text, comments and
/// order included, stays as the chart wrote it.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut below = false;
    // The indentation of the keys below; deeper lines are parts of values.
    let mut keys: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let indent = body.len() - body.trim_start_matches(' ').len();
        let blank = body.trim().is_empty();
        if indent == 0 && !blank && !body.starts_with('#') && !body.starts_with('-') {
            let (key, rest) = body.split_once(':').unwrap_or((body, ""));
            let key = key.trim().trim_matches(['"', '\'']);
            below = matches!(key, "data" | "stringData");
            keys = None;
            if below && !rest.trim().is_empty() && !rest.trim().starts_with('#') {
                // `data: {a: b}` in one line.
                let shown = if rest.trim() == "{}" { "{}" } else { MASK };
                out.push_str(&format!("{}: {shown}\n", body.split_once(':').map_or(body, |(key, _)| key)));
                continue;
            }
            out.push_str(line);
            continue;
        }
        if !below {
            out.push_str(line);
            continue;
        }
        let level = *keys.get_or_insert(indent);
        if blank || indent > level || body.trim_start().starts_with('#') {
            // Parts of values, and comments that may hold some.
            continue;
        }
        match key_of(body) {
            Some(key) => out.push_str(&format!("{key}: {MASK}\n")),
            None => out.push_str(&format!("{}{MASK}\n", " ".repeat(level))),
        }
    }
    out
}

/// The key of a line with its indentation and its quotes.
fn key_of(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    let start = line.len() - trimmed.len();
    let end = match trimmed.chars().next()? {
        quote @ ('"' | '\'') => trimmed[1..].find(quote)? + 2,
        _ => trimmed.find(": ").or_else(|| trimmed.strip_suffix(':').map(str::len))?,
    };
    Some(&line[..start + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secrets_data_is_masked_and_the_rest_stays() {
        let text = "# Source: c/s.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  labels:\n    data: keep\ndata:\n  a: aGlkZGVu\n  \
                    \"b.c\": |\n    aGlk\n    ZGVu\n  # hidden\n  d:\n    hidden\nstringData: {e: hidden}\ntype: Opaque\n";
        let masked = object(text, "Secret", &[]);
        assert!(
            !masked.contains("aGlk") && !masked.contains("hidden") && !masked.contains("ZGVu"),
            "{masked}"
        );
        for kept in [
            "    data: keep\n",
            "  a: (sensitive value)\n",
            "  \"b.c\": (sensitive value)\n",
            "type: Opaque\n",
        ] {
            assert!(masked.contains(kept), "{kept} in {masked}");
        }
        assert_eq!(
            object("kind: ConfigMap\ndata:\n  a: b\n", "ConfigMap", &[]),
            "kind: ConfigMap\ndata:\n  a: b\n"
        );
    }

    #[test]
    fn hidden_values_are_found_in_every_form() {
        let secrets = [Secret::new("top\"secret"), Secret::new("top\"secret-and-more"), Secret::new("ab")];
        let text =
            format!("a: top\"secret-and-more b: top\\\"secret c: {} ab", STANDARD.encode("top\"secret"));
        assert_eq!(hide(&text, &secrets), format!("a: {MASK} b: {MASK} c: {MASK} ab"));
    }
}
