//! Unpacking a chart's archive in memory, within limits, refusing what would reach outside of it.

use std::io::{self, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::source::SourceFile;

/// What an archive may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together, as Helm limits them.
    pub bytes: u64,
    /// Files, which Helm does not limit.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 100 << 20, files: 20_000 }
    }
}

/// Headers, padding and long names that an archive may have beside the contents of its files.
const OVERHEAD: u64 = 64 << 20;

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Its first bytes are not those of gzip.
    #[error("gzip: invalid header")]
    NotGzip,
    /// The contents of the gzip or of the tar are broken.
    #[error("{0}")]
    Broken(String),
    /// A path starts at the root.
    #[error("chart illegally contains absolute paths")]
    Absolute,
    /// A path leads to the folder that everything should lie in, or beside it.
    #[error("chart illegally contains content outside the base directory: {0:?}")]
    OutsideBase(String),
    /// A path goes up.
    #[error("chart illegally references parent directory")]
    Parent,
    /// A path names a drive.
    #[error("chart contains illegally named files")]
    Drive,
    /// Everything should lie in one folder.
    #[error("chart yaml not in base directory")]
    NoBase,
    /// A link or a device: there is nothing in it that could be loaded.
    #[error("chart illegally contains {kind} {name:?}")]
    Irregular {
        /// What it is.
        kind: &'static str,
        /// Where it is.
        name: String,
    },
    /// It is, or says it is, larger than allowed.
    #[error("decompressed chart is larger than the maximum size {0}")]
    TooLarge(u64),
    /// It holds more files than allowed.
    #[error("chart archive holds more than {0} files")]
    TooMany(usize),
    /// There is nothing in it.
    #[error("no files in chart archive")]
    Empty,
}

/// The files of an archive, without the folder that they lie in.
pub fn unpack(bytes: &[u8], limits: Limits) -> Result<Vec<SourceFile>, ArchiveError> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Err(ArchiveError::NotGzip);
    }
    let capped = Capped { inner: MultiGzDecoder::new(bytes), left: limits.bytes + OVERHEAD };
    let broken = |error: io::Error| {
        if error.get_ref().is_some_and(
            <dyn std::error::Error + std::marker::Send + std::marker::Sync + 'static>::is::<CapReached>,
        ) {
            ArchiveError::TooLarge(limits.bytes)
        } else {
            ArchiveError::Broken(error.to_string())
        }
    };
    let mut archive = tar::Archive::new(capped);
    let mut files = Vec::new();
    let mut left = limits.bytes;
    let mut seen = 0;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        seen += 1;
        if seen > limits.files {
            return Err(ArchiveError::TooMany(limits.files));
        }
        let kind = entry.header().entry_type();
        let full = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if kind.is_dir() || full.ends_with('/') || kind.is_pax_global_extensions() {
            continue;
        }
        let name = inner_name(&full)?;
        if let Some(kind) = irregular(kind) {
            return Err(ArchiveError::Irregular { kind, name: full });
        }
        if entry.size() >= left {
            return Err(ArchiveError::TooLarge(limits.bytes));
        }
        // What the header claims is not allocated before it has come.
        let mut data = Vec::with_capacity(usize::try_from(entry.size().min(1 << 20)).unwrap_or_default());
        entry.read_to_end(&mut data).map_err(broken)?;
        left = left.saturating_sub(data.len() as u64);
        files.push(SourceFile { name, data: without_mark(data) });
    }
    if files.is_empty() { Err(ArchiveError::Empty) } else { Ok(files) }
}

/// File contents without the byte order mark that editors put in front.
pub(crate) fn without_mark(mut data: Vec<u8>) -> Arc<[u8]> {
    if data.starts_with(b"\xef\xbb\xbf") {
        data.drain(..3);
    }
    data.into()
}

fn irregular(kind: tar::EntryType) -> Option<&'static str> {
    match kind {
        _ if kind.is_symlink() => Some("a symbolic link"),
        _ if kind.is_hard_link() => Some("a hard link"),
        _ if kind.is_character_special() || kind.is_block_special() => Some("a device"),
        _ if kind.is_fifo() => Some("a named pipe"),
        _ => None,
    }
}

/// The path below the folder of the chart.
fn inner_name(full: &str) -> Result<String, ArchiveError> {
    // An archive that was made on Windows.
    let delimiter = if full.contains('\\') { '\\' } else { '/' };
    let (base, rest) = full.split_once(delimiter).unwrap_or((full, ""));
    let rest = if delimiter == '\\' { rest.replace('\\', "/") } else { rest.to_owned() };
    if rest.starts_with('/') {
        return Err(ArchiveError::Absolute);
    }
    let name = clean(&rest);
    if name == "." {
        return Err(ArchiveError::OutsideBase(full.to_owned()));
    }
    if name.starts_with("..") {
        return Err(ArchiveError::Parent);
    }
    let drive = name.as_bytes();
    if drive.len() > 2 && drive[0].is_ascii_alphabetic() && &drive[1..3] == b":/" {
        return Err(ArchiveError::Drive);
    }
    if base == "Chart.yaml" {
        return Err(ArchiveError::NoBase);
    }
    Ok(name)
}

/// A relative path without `.`, `..` and double slashes, as far as they can be taken away.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The stream is longer than any honest archive.
#[derive(Debug, thiserror::Error)]
#[error("the archive is too large")]
struct CapReached;

/// A reader that fails at its cap, so that no long name and no padding can swell either.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(CapReached));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}
