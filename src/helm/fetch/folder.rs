//! Charts and values files on this machine's disk.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::helm::chart::archive::Limits;
use crate::helm::chart::ignore::{BadIgnore, Ignore, PathKind};
use crate::helm::chart::{Chart, LoadError, SourceFile, without_mark};

/// How deep folders may lie in folders; links to a folder above end here.
const DEEPEST: usize = 100;
/// How many parts of paths a link may lead through.
const MOST_STEPS: usize = 10_000;

/// Why there is no chart at a path, in Helm's words.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// There is nothing.
    #[error("path {0:?} not found")]
    NotFound(String),
    /// A file cannot be read.
    #[error("{reason}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why, and which one.
        reason: String,
    },
    /// A folder has no Chart.yaml.
    #[error("unable to detect chart at {0}: open {0}: no such file or directory")]
    NoChart(String),
    /// A device, a socket or a pipe lies in a chart.
    #[error("cannot load irregular file {0} as it has file mode type bits set")]
    Irregular(String),
    /// The chart is larger than allowed.
    #[error("error reading {path}: chart exceeds maximum decompressed size of {limit} bytes")]
    TooLarge {
        /// The file that is one too many.
        path: String,
        /// What is allowed.
        limit: u64,
    },
    /// The chart holds more files than allowed.
    #[error("chart holds more than {0} files")]
    TooMany(usize),
    /// Folders lie in folders without end: most likely a link leads up.
    #[error("folders are nested more than {DEEPEST} deep at {0}")]
    Nested(String),
    /// `.helmignore` cannot be used.
    #[error(transparent)]
    Ignore(#[from] BadIgnore),
    /// A file is no archive.
    #[error("file '{path}' seems to be a YAML file, but expected a gzipped archive")]
    IsYaml {
        /// Which one.
        path: String,
    },
    /// A file is no archive.
    #[error("file '{path}' does not appear to be a gzipped archive; got '{found}'")]
    NotArchive {
        /// Which one.
        path: String,
        /// What it looks like.
        found: &'static str,
    },
    /// The files are no chart.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Loads the chart in a folder or an archive.
pub fn load(path: &Path, limits: Limits) -> Result<Chart, DiskError> {
    let metadata = std::fs::metadata(path).map_err(|error| io_error("stat", path, &error))?;
    if metadata.is_dir() {
        return Ok(Chart::load(read_folder(path, limits)?, limits)?);
    }
    Ok(Chart::unpack(&read_archive(path, limits)?, limits)?)
}

/// The bytes of a packed chart.
pub(super) fn read_archive(path: &Path, limits: Limits) -> Result<Vec<u8>, DiskError> {
    std::fs::metadata(path).map_err(|error| io_error("stat", path, &error))?;
    let bytes = read(path, limits.bytes)
        .map_err(|error| io_error("open", path, &error))?
        .ok_or_else(|| DiskError::TooLarge { path: path.display().to_string(), limit: limits.bytes })?;
    if !bytes.starts_with(b"\x1f\x8b\x08") {
        let shown = path.display().to_string();
        if shown.ends_with(".yml") || shown.ends_with(".yaml") {
            return Err(DiskError::IsYaml { path: shown });
        }
        return Err(DiskError::NotArchive { path: shown, found: looks_like(&bytes) });
    }
    Ok(bytes)
}

/// A file that lies beside another, with an ending more; nothing where there is none.
pub(super) fn read_beside(path: &Path, ending: &str) -> Result<Option<Vec<u8>>, DiskError> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".");
    beside.push(ending);
    let beside = PathBuf::from(beside);
    match std::fs::read(&beside) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error("open", &beside, &error)),
    }
}

/// The files of a chart's folder, in the order of their paths, without what `.helmignore` leaves out.
pub fn read_folder(folder: &Path, limits: Limits) -> Result<Vec<SourceFile>, DiskError> {
    let folder = std::path::absolute(folder).map_err(|error| io_error("open", folder, &error))?;
    let meta = folder.join("Chart.yaml");
    match std::fs::metadata(&meta) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(DiskError::NoChart(meta.display().to_string()));
        }
        Err(error) => return Err(io_error("open", &meta, &error)),
    }
    let mut walk = Walk { ignore: ignored(&folder)?, limits, left: limits.bytes, files: Vec::new() };
    walk.folder(&folder, "", 0)?;
    Ok(walk.files)
}

/// `.helmignore` of a chart's folder.
pub(super) fn ignored(folder: &Path) -> Result<Ignore, DiskError> {
    let rules = folder.join(".helmignore");
    let rules = match std::fs::read(&rules) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io_error("open", &rules, &error)),
    };
    Ok(Ignore::parse(&rules)?)
}

struct Walk {
    ignore: Ignore,
    limits: Limits,
    left: u64,
    files: Vec<SourceFile>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), DiskError> {
        if depth > DEEPEST {
            return Err(DiskError::Nested(folder.display().to_string()));
        }
        let mut entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| io_error("open", folder, &error))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let part = entry.file_name().to_string_lossy().into_owned();
            let name = if below.is_empty() { part } else { format!("{below}/{part}") };
            let path = entry.path();
            // Links are followed, as Helm follows them: the folder is the user's own.
            let found = entry.file_type().map_err(|error| io_error("lstat", &path, &error))?;
            let (is_folder, is_file) = if found.is_symlink() {
                let metadata = std::fs::metadata(&path).map_err(|error| broken_link(&path, &error))?;
                (metadata.is_dir(), metadata.is_file())
            } else {
                (found.is_dir(), found.is_file())
            };
            let kind = if is_folder { PathKind::Folder } else { PathKind::File };
            if self.ignore.leaves_out(&name, kind) {
                continue;
            }
            if is_folder {
                self.folder(&path, &name, depth + 1)?;
                continue;
            }
            if !is_file {
                return Err(DiskError::Irregular(path.display().to_string()));
            }
            if self.files.len() == self.limits.files {
                return Err(DiskError::TooMany(self.limits.files));
            }
            let data = read(&path, self.left)
                .map_err(|error| io_error("open", &path, &error))?
                .ok_or_else(|| DiskError::TooLarge { path: name.clone(), limit: self.limits.bytes })?;
            self.left -= data.len() as u64;
            self.files.push(SourceFile { name, data: without_mark(data) });
        }
        Ok(())
    }
}

/// A whole file; nothing where it is larger than what is left, even if it grows meanwhile.
fn read(path: &Path, left: u64) -> io::Result<Option<Vec<u8>>> {
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    if size > left {
        return Ok(None);
    }
    let mut data = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(left.saturating_add(1)).read_to_end(&mut data)?;
    Ok((data.len() as u64 <= left).then_some(data))
}

/// In the words of Go, which Helm passes on.
pub(super) fn io_error(verb: &str, path: &Path, error: &io::Error) -> DiskError {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        _ => error.to_string(),
    };
    DiskError::Io { path: path.to_owned(), reason: format!("{verb} {}: {why}", path.display()) }
}

/// A link that leads nowhere: Helm names the link, and the path that is not there.
fn broken_link(link: &Path, error: &io::Error) -> DiskError {
    let missing = ends_at(link).unwrap_or_else(|| link.to_owned());
    match io_error("lstat", &missing, error) {
        DiskError::Io { path, reason } => {
            let reason = format!("error evaluating symlink {}: {reason}", link.display());
            DiskError::Io { path, reason }
        }
        error => error,
    }
}

/// The first path on the way of a link that is not there.
fn ends_at(link: &Path) -> Option<PathBuf> {
    let mut done = PathBuf::new();
    let mut left: Vec<OsString> = link.iter().rev().map(OsString::from).collect();
    for _ in 0..MOST_STEPS {
        let part = left.pop()?;
        let Component::Normal(_) = Path::new(&part).components().next()? else {
            match part.to_str() {
                Some("..") => drop(done.pop()),
                Some(".") => {}
                _ => done = PathBuf::from(&part),
            }
            continue;
        };
        let here = done.join(&part);
        let Ok(found) = std::fs::symlink_metadata(&here) else { return Some(here) };
        if found.is_symlink() {
            let target = std::fs::read_link(&here).ok()?;
            left.extend(target.iter().rev().map(OsString::from));
        } else {
            done = here;
        }
    }
    None
}

/// What a browser would take the bytes for.
fn looks_like(bytes: &[u8]) -> &'static str {
    let head = &bytes[..bytes.len().min(512)];
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    match head {
        _ if head.starts_with(b"PK\x03\x04") => "application/zip",
        _ if head.starts_with(b"%PDF-") => "application/pdf",
        _ if head.iter().any(binary) => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}
