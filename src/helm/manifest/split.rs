//! Splitting a rendered file into its YAML documents.

/// The documents of a text, in their order, without blank ones. A line that starts with `---` separates,
/// whatever follows on it; white space in front of a document is dropped, behind it it stays.
pub fn documents(text: &str) -> Vec<&str> {
    let text = text.trim_start();
    let mut found = Vec::new();
    let mut start = 0;
    let mut line = 0;
    loop {
        if text[line..].starts_with("---") {
            found.push(&text[start..line]);
            let rest = &text[line + 3..];
            start = text.len() - rest.trim_start_matches([' ', '\t']).len();
            line = start;
        }
        match text[line..].find('\n') {
            Some(end) => line += end + 1,
            None => break,
        }
    }
    found.push(&text[start..]);
    found.into_iter().map(str::trim_start).filter(|document| !document.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_what_stands_between_the_separators() {
        for (text, expected) in [
            ("", vec![]),
            ("  \n---\n \n---  \n", vec![]),
            ("a: 1\n", vec!["a: 1\n"]),
            ("---\na: 1\n---\nb: 2\n", vec!["a: 1\n", "b: 2\n"]),
            ("a: 1\n--- # why\nb: 2", vec!["a: 1\n", "# why\nb: 2"]),
            ("a: |\n  ---\n", vec!["a: |\n  ---\n"]),
            ("\n\n---foo: 1\n", vec!["foo: 1\n"]),
            ("------\na: 1", vec!["---\na: 1"]),
            ("a: 1\n---", vec!["a: 1\n"]),
            ("---\r\na: 1\r\n---\r\nb: 2\r\n", vec!["a: 1\r\n", "b: 2\r\n"]),
        ] {
            assert_eq!(documents(text), expected, "{text:?}");
        }
    }
}
