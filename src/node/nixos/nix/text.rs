//! Strings: everything survives, whatever stands in it.

/// Writes text as a string in double quotes.
pub(super) fn write_line(text: &str, out: &mut String) {
    out.push('"');
    escape(text, out);
    out.push('"');
}

/// Text as it stands between double quotes.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Nix turns a bare carriage return into a newline.
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if letters.peek() == Some(&'{') => out.push_str("\\$"),
            letter => out.push(letter),
        }
    }
}

/// Whether text can be written as an indented string and come back the same: its indentation is ours
/// alone, and the few sequences that mean something there are not in it.
pub(super) fn is_block(text: &str) -> bool {
    let mut lines = text.split('\n');
    // The text ends with a newline, so that the closing quotes stand alone on their line.
    text.matches('\n').count() > 1
        && text.ends_with('\n')
        && !text.starts_with('\n')
        && !["''", "'$", "$${", "\r"].iter().any(|sequence| text.contains(sequence))
        && lines.all(|line| line.is_empty() || !line.trim().is_empty())
        // What all lines have in common would be taken for indentation.
        && text.lines().any(|line| line.starts_with(|first: char| first != ' ' && first != '\t'))
        && !text.lines().any(|line| line.starts_with('\t') || line.ends_with('\''))
}

/// Writes a block whose lines stand `depth` steps of two spaces in.
pub(super) fn write_block(text: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth + 1);
    out.push_str("''\n");
    for line in text.lines() {
        if !line.is_empty() {
            out.push_str(&indent);
            out.push_str(&line.replace("${", "''${"));
        }
        out.push('\n');
    }
    out.push_str(&"  ".repeat(depth));
    out.push_str("''");
}
