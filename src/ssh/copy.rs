//! Files for a machine: whole or not at all, with their mode and owner from the first byte on.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use crate::secret::Secret;
use crate::time::Patience;

use super::error::SshError;
use super::exec::{Command, Exit, Stdin};
use super::script::{Privilege, Script};
use super::session::Session;

/// A file to be on a machine.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its absolute path there. Folders above that are missing are made, readable by all.
    pub path: String,
    /// Its permissions, such as 0o600.
    pub mode: u32,
    /// Its owner as `chown` takes it, `user` or `user:group`; whoever writes it where there is none.
    pub owner: Option<String>,
    /// What is in it.
    pub content: Content,
    /// As whom it is written.
    pub privilege: Privilege,
    /// How long it may take.
    pub limit: Duration,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// Bytes.
    Bytes(Bytes),
    /// A secret.
    Secret(Secret),
    /// A file of this machine, which is sent piece by piece.
    File(PathBuf),
}

/// What was done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was written.
    Written,
    /// It was there already, the same to the byte; mode and owner were set again.
    Same,
}

/// Looks whether the file is there already. Reads the checksum in hexadecimal: a checksum may give a short
/// secret away, and arguments are for everybody to read.
const COMPARE: Script = Script {
    name: "compare",
    text: r#"set -eu
path=$1 mode=$2 owner=$3
IFS= read -r want
[ -f "$path" ] && [ ! -L "$path" ] || exit 66
got=$(sha256sum <"$path")
[ "${got%% *}" = "$want" ] || exit 66
[ -z "$owner" ] || chown -- "$owner" "$path"
chmod -- "$mode" "$path""#,
};

/// Writes the file. Reads the checksum in a line, and then the content. A cut connection looks like the end of
/// the content, so that nothing counts before the checksum is right.
const PLACE: Script = Script {
    name: "place",
    text: r#"set -eu
path=$1 mode=$2 owner=$3
folder=$(dirname -- "$path")
[ -d "$folder" ] || (umask 022; mkdir -p -- "$folder")
umask 077
IFS= read -r want
new=$path.bud-new.$$
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$new"
got=$(sha256sum <"$new")
[ "${got%% *}" = "$want" ] || exit 65
[ -z "$owner" ] || chown -- "$owner" "$new"
chmod -- "$mode" "$new"
sync "$new" 2>/dev/null || sync
mv -f -- "$new" "$path""#,
};

/// Status of [`PLACE`]: what came is not what was announced. Like `EX_DATAERR` of `sysexits.h`.
const DAMAGED: Exit = Exit::Status(65);
/// Status of [`COMPARE`]: it is not there, or is another. Like `EX_NOINPUT`.
const ANOTHER: Exit = Exit::Status(66);

impl Session {
    /// Puts a file onto the machine, unless it is there already. Afterwards it is there whole, or as it was.
    ///
    /// # Errors
    /// [`SshError::Damaged`] where it did not arrive whole, [`SshError::Source`] where it cannot be read here,
    /// [`SshError::Command`] where the machine cannot write it.
    pub async fn place_file(&self, file: &Upload, patience: &Patience) -> Result<Placed, SshError> {
        let patience = patience.at_most(file.limit);
        let (sum, first, rest) = open(&file.content).await?;
        let mode = format!("{:04o}", file.mode & 0o7777);
        let arguments = [file.path.as_str(), &mode, file.owner.as_deref().unwrap_or_default()];
        let named = |script: Script| {
            let line = script.line(file.privilege, &arguments);
            Command::new(format!("{} {}", script.name, file.path), line, file.limit)
        };
        let sum = format!("{sum}\n");

        let compare = named(COMPARE).reading(Stdin::Bytes(Bytes::from(sum.clone())));
        let name = compare.name.clone();
        let compared = self.exec(compare, &patience).await?;
        match compared.exit {
            exit if exit.is_success() => return Ok(Placed::Same),
            ANOTHER => {}
            exit => return Err(self.ended_badly(name, exit, compared.stderr)),
        }

        let mut head = sum.into_bytes();
        head.extend_from_slice(&first);
        let stdin = match rest {
            None => Stdin::Bytes(Bytes::from(head)),
            Some(rest) => Stdin::Stream(Bytes::from(head), Box::new(rest)),
        };
        let place = named(PLACE).reading(stdin);
        let name = place.name.clone();
        let placed = self.exec(place, &patience).await?;
        match placed.exit {
            exit if exit.is_success() => Ok(Placed::Written),
            DAMAGED => Err(SshError::Damaged { at: self.place().clone(), path: file.path.clone() }),
            exit => Err(self.ended_badly(name, exit, placed.stderr)),
        }
    }
}

/// The checksum of what is to be sent, its first bytes, and the file with the rest, if it is one.
async fn open(content: &Content) -> Result<(String, Bytes, Option<tokio::fs::File>), SshError> {
    let path = match content {
        Content::Bytes(bytes) => return Ok((hex(&Sha256::digest(bytes)), bytes.clone(), None)),
        Content::Secret(secret) => {
            let bytes = Bytes::copy_from_slice(secret.expose().as_bytes());
            return Ok((hex(&Sha256::digest(&bytes)), bytes, None));
        }
        Content::File(path) => path,
    };
    let unread = |error: std::io::Error| SshError::Source {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let mut file = tokio::fs::File::open(path).await.map_err(unread)?;
    let mut sum = Sha256::new();
    let mut piece = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut piece).await.map_err(unread)?;
        if length == 0 {
            break;
        }
        sum.update(&piece[..length]);
    }
    let file = tokio::fs::File::open(path).await.map_err(unread)?;
    Ok((hex(&sum.finalize()), Bytes::new(), Some(file)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_written_as_sha256sum_does() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&Sha256::digest(b"")), empty);
    }
}
