//! Binary data in letters, as OpenPGP writes it (RFC 9580, 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A block of letters.
pub(super) struct Block {
    /// What it says it is, such as `PGP SIGNATURE`.
    pub(super) kind: String,
    pub(super) body: Vec<u8>,
}

/// The blocks of a text. The checksum behind a block is no protection, and is passed over.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block>, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "its armor is no text")?;
    let mut lines = text.lines().map(str::trim_end);
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(kind) = marked(line, "BEGIN") else { continue };
        // Headers such as `Comment: …` end with an empty line.
        if !lines.any(str::is_empty) {
            return Err("its armor has no empty line behind its headers");
        }
        let mut letters = String::new();
        loop {
            let line = lines.next().ok_or("its armor has no end")?;
            match marked(line, "END") {
                Some(end) if end == kind => break,
                Some(_) => return Err("its armor ends as something else than it begins"),
                None if line.starts_with('=') => {}
                None => letters.push_str(line),
            }
        }
        let body = STANDARD.decode(letters).map_err(|_| "its armor holds letters that are none of base64")?;
        found.push(Block { kind: kind.to_owned(), body });
    }
    Ok(found)
}

fn marked<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?.strip_prefix(what)?.strip_prefix(' ')?.strip_suffix("-----")
}
