//! Attribute names: bare where Nix allows it, else as a string.

use super::text;

/// Words that cannot stand bare as a name.
const KEYWORDS: [&str; 10] = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or"];

/// Writes an attribute name.
pub(super) fn write(name: &str, out: &mut String) {
    let mut letters = name.chars();
    let bare = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-'".contains(letter))
        && !KEYWORDS.contains(&name);
    if bare {
        out.push_str(name);
    } else {
        text::write_line(name, out);
    }
}
