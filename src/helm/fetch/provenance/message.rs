//! A message that is signed in clear (RFC 9580, 7), and the digests in it.

use std::collections::BTreeMap;

use super::armor;
use crate::helm::value::Value;
use crate::helm::yaml;

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";

/// A message.
pub(super) struct Message {
    /// What is signed: lines end as on the wire, and have no blanks at their ends.
    pub(super) signed: Vec<u8>,
    /// The same for people.
    text: String,
    /// The packets of the signature.
    pub(super) signature: Vec<u8>,
}

impl Message {
    pub(super) fn read(data: &[u8]) -> Result<Self, &'static str> {
        let whole = std::str::from_utf8(data).map_err(|_| "it is no text")?;
        let mut lines = whole.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        if !lines.any(|line| line == BEGIN) {
            return Err("it holds no signed message");
        }
        loop {
            let line = lines.next().ok_or("its message has no end")?;
            if line.trim().is_empty() {
                break;
            }
            // Anything else in front of the message would look as if it was signed.
            if line.split_once(':').is_none_or(|(key, _)| key.trim() != "Hash") {
                return Err("it has a header that is not allowed");
            }
        }
        let mut text: Vec<&str> = Vec::new();
        loop {
            let line = lines.next().ok_or("its message has no signature")?;
            if line == SIGNATURE {
                break;
            }
            text.push(line.strip_prefix("- ").unwrap_or(line).trim_end_matches([' ', '\t']));
        }
        let rest: Vec<&str> = std::iter::once(SIGNATURE).chain(lines).collect();
        let block = armor::blocks(rest.join("\n").as_bytes())?.into_iter().next();
        let block = block.filter(|block| block.kind == "PGP SIGNATURE").ok_or("it has no signature")?;
        Ok(Self { signed: text.join("\r\n").into_bytes(), text: text.join("\n"), signature: block.body })
    }

    /// The digests of the signed files.
    pub(super) fn files(&self) -> Result<BTreeMap<String, String>, &'static str> {
        let sums = self.text.split("\n...\n").nth(1).ok_or("it names no files")?;
        let sums = yaml::read(sums.as_bytes()).map_err(|_| "its list of files is no YAML")?;
        let files = sums.as_map().and_then(|sums| sums.get("files")).and_then(Value::as_map);
        let pair = |(name, sum): (&String, &Value)| Some((name.clone(), sum.as_str()?.to_owned()));
        Ok(files.into_iter().flatten().filter_map(pair).collect())
    }
}
