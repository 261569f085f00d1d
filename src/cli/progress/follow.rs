//! A file that grows, line by line: also one that is not there yet, and one that is begun anew.

use std::fs::File;
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file and how far it was read.
pub(super) struct Follow {
    path: PathBuf,
    read: u64,
    /// The beginning of a line whose end has not been written yet.
    rest: Vec<u8>,
}

impl Follow {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), read: 0, rest: Vec::new() }
    }

    /// The whole lines that came since the last call; none while there is no file.
    pub(super) fn more(&mut self) -> Result<Vec<String>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (self.read, self.rest) = (0, Vec::new());
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() < self.read {
            (self.read, self.rest) = (0, Vec::new());
        }
        file.seek(SeekFrom::Start(self.read))?;
        let fresh = file.read_to_end(&mut self.rest)?;
        self.read += fresh as u64;
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let tail = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, tail);
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }
}

/// Between two looks at the file.
pub(super) async fn tick() {
    let patience =
        bud::time::Patience::new(Duration::from_secs(3600), tokio_util::sync::CancellationToken::new());
    let _ = patience.pause(Duration::from_millis(200)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lines_are_given_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress");
        let mut follow = Follow::new(&path);
        assert_eq!(follow.more().unwrap(), Vec::<String>::new(), "there is no file yet");
        let mut file = File::create(&path).unwrap();
        write!(file, "one\ntw").unwrap();
        assert_eq!(follow.more().unwrap(), ["one"]);
        write!(file, "o\nthree\n").unwrap();
        assert_eq!(follow.more().unwrap(), ["two", "three"]);
        assert_eq!(follow.more().unwrap(), Vec::<String>::new());
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(follow.more().unwrap(), ["new"], "a file that is begun anew");
    }
}
