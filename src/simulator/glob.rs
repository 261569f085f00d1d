//! Patterns of fault scripts: `*` stands for any run of characters, case does not matter.

/// Whether the pattern describes the whole text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let pattern = pattern.to_lowercase();
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut rest = rest;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_any_run() {
        assert!(matches("*/virtualNetworks/*", "/a/virtualnetworks/v"));
        assert!(matches("/a", "/A"));
        assert!(matches("*", ""));
        assert!(matches("*a*a", "aa"));
        assert!(!matches("/a", "/a/b"));
        assert!(!matches("*a*a", "a"));
        assert!(!matches("/b*", "/a/b"));
    }
}
