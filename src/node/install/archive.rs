//! The installer's archive on our side: got once, kept by its checksum, the same bytes for every node.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::https;
use crate::node::nixos::Architecture;
use crate::outcome::Recovery;
use crate::time::{Ended, Patience};

use super::wanted::Installer;

/// Between two attempts to go on with a download.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a download is gone on with.
const TRIES: u32 = 5;
/// The largest archive. Those of nixos-images have about 300 MB.
const MOST: u64 = 4 << 30;

/// Where an archive comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallerSource {
    /// A file.
    File(PathBuf),
    /// An address.
    Url(String),
}

/// What is known of an archive before it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: whatever is there now is recorded.
    Anything,
    /// What an earlier run has recorded. The address may give something newer now.
    Recorded(String),
    /// What the user wants, and nothing else.
    Given(String),
}

/// An archive that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obtained {
    /// The archive; its checksum is to be recorded.
    pub installer: Installer,
    /// What was recorded, where the address gives something else now and the recorded bytes are gone.
    pub replaced: Option<String>,
}

/// Why there is no archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstallerError {
    /// A file of ours cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is another one than the user wants.
    #[error("{from} has the checksum {has}, and {wanted} is wanted")]
    Checksum {
        /// Where it comes from.
        from: String,
        /// Its SHA-256.
        has: String,
        /// The wanted one.
        wanted: String,
    },
    /// The server does not give it.
    #[error("{url} answers {status}")]
    Answer {
        /// The address.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// There is no connection, or it ends again and again.
    #[error("{url}: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// It is larger than any installer.
    #[error("{url} has more than {MOST} bytes")]
    TooLarge {
        /// The address.
        url: String,
    },
    /// The run was stopped, or its time is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl InstallerError {
    /// What may be done about it.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Unreachable { .. } => Recovery::Retry(None),
            Self::Answer { status, .. } if *status >= 500 || *status == 429 => Recovery::Retry(None),
            Self::Answer { .. } => Recovery::Rejected(Some("url".to_owned())),
            Self::Checksum { .. } => Recovery::Rejected(Some("sha256".to_owned())),
            Self::File { .. } => Recovery::Rejected(Some("file".to_owned())),
            Self::TooLarge { .. } | Self::Ended(_) => Recovery::Fatal,
        }
    }
}

/// The archive that is taken where nobody names one: of the newest supported NixOS. It is overwritten with newer
/// bytes every week, so that no checksum of it can be known beforehand.
pub fn default_source(architecture: Architecture) -> InstallerSource {
    let name = match architecture {
        Architecture::X86 => "x86_64",
        Architecture::Arm => "aarch64",
    };
    InstallerSource::Url(format!(
        "https://github.com/nix-community/nixos-images/releases/download/nixos-26.05/nixos-kexec-installer-noninteractive-{name}-linux.tar.gz"
    ))
}

/// Gets an archive into the folder, or finds it there. Authorities in PEM are trusted beside the machine's own.
///
/// # Errors
/// [`InstallerError`]; what was got so far stays, and is gone on with.
pub async fn obtain(
    source: &InstallerSource,
    expected: &Expected,
    folder: &Path,
    authorities: Option<&[u8]>,
    patience: &Patience,
) -> Result<Obtained, InstallerError> {
    let url = match source {
        InstallerSource::File(file) => {
            let installer = measure(file).await?;
            return settle(installer, expected, &file.display().to_string());
        }
        InstallerSource::Url(url) => url,
    };
    if let Expected::Recorded(sum) | Expected::Given(sum) = expected {
        let kept = folder.join(name(sum));
        if let Ok(installer) = measure(&kept).await
            && installer.sha256 == *sum
        {
            return Ok(Obtained { installer, replaced: None });
        }
    }
    tokio::fs::create_dir_all(folder).await.map_err(|error| unwritable(folder, &error))?;
    // Several runs may download at once, and each wants its own bytes.
    let partial = folder.join(format!("{}.part", uuid::Uuid::new_v4()));
    let done = download(url, &partial, authorities, patience).await;
    let settled = match done {
        Ok(()) => measure(&partial).await.and_then(|installer| settle(installer, expected, url)),
        Err(error) => Err(error),
    };
    match settled {
        Ok(mut obtained) => {
            let kept = folder.join(name(&obtained.installer.sha256));
            tokio::fs::rename(&partial, &kept).await.map_err(|error| unwritable(&kept, &error))?;
            obtained.installer.file = kept;
            Ok(obtained)
        }
        Err(error) => {
            let _ = tokio::fs::remove_file(&partial).await;
            Err(error)
        }
    }
}

fn name(sum: &str) -> String {
    format!("installer-{sum}.tar.gz")
}

/// Compares with what is expected.
fn settle(installer: Installer, expected: &Expected, from: &str) -> Result<Obtained, InstallerError> {
    match expected {
        Expected::Given(wanted) if *wanted != installer.sha256 => Err(InstallerError::Checksum {
            from: from.to_owned(),
            has: installer.sha256,
            wanted: wanted.clone(),
        }),
        Expected::Recorded(old) if *old != installer.sha256 => {
            Ok(Obtained { installer, replaced: Some(old.clone()) })
        }
        _ => Ok(Obtained { installer, replaced: None }),
    }
}

/// Checksum and size of a file.
async fn measure(path: &Path) -> Result<Installer, InstallerError> {
    let unread = |error: std::io::Error| unwritable(path, &error);
    let mut file = tokio::fs::File::open(path).await.map_err(unread)?;
    let (mut sum, mut bytes, mut piece) = (Sha256::new(), 0_u64, vec![0; 256 * 1024]);
    loop {
        let length = file.read(&mut piece).await.map_err(unread)?;
        if length == 0 {
            break;
        }
        sum.update(&piece[..length]);
        bytes += length as u64;
    }
    let sha256 = sum.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Ok(Installer { file: path.to_owned(), sha256, bytes })
}

/// Downloads; a connection that ends is gone on with where it ended, if the server can.
async fn download(
    url: &str,
    to: &Path,
    authorities: Option<&[u8]>,
    patience: &Patience,
) -> Result<(), InstallerError> {
    let client =
        client(authorities).map_err(|reason| InstallerError::Unreachable { url: url.to_owned(), reason })?;
    let mut file = tokio::fs::File::create(to).await.map_err(|error| unwritable(to, &error))?;
    let (mut got, mut tries) = (0_u64, 0);
    loop {
        tries += 1;
        let part = patience.race(part(&client, url, &mut file, to, &mut got)).await?;
        let error = match part {
            Ok(()) => break,
            Err(error) => error,
        };
        if !matches!(error.recovery(), Recovery::Retry(_)) || tries == TRIES {
            return Err(error);
        }
        patience.pause(PAUSE).await?;
    }
    file.sync_all().await.map_err(|error| unwritable(to, &error))
}

async fn part(
    client: &reqwest::Client,
    url: &str,
    file: &mut tokio::fs::File,
    path: &Path,
    got: &mut u64,
) -> Result<(), InstallerError> {
    let unreachable = |error: reqwest::Error| InstallerError::Unreachable {
        url: url.to_owned(),
        reason: https::reasons(error),
    };
    let mut request = client.get(url);
    if *got > 0 {
        request = request.header("Range", format!("bytes={got}-"));
    }
    let mut answer = request.send().await.map_err(unreachable)?;
    match answer.status().as_u16() {
        206 if *got > 0 => {}
        200 => {
            // From its beginning, whatever was asked for.
            file.set_len(0).await.map_err(|error| unwritable(path, &error))?;
            tokio::io::AsyncSeekExt::rewind(file).await.map_err(|error| unwritable(path, &error))?;
            *got = 0;
        }
        status => return Err(InstallerError::Answer { url: url.to_owned(), status }),
    }
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        *got += chunk.len() as u64;
        if *got > MOST {
            return Err(InstallerError::TooLarge { url: url.to_owned() });
        }
        file.write_all(&chunk).await.map_err(|error| unwritable(path, &error))?;
    }
    file.flush().await.map_err(|error| unwritable(path, &error))
}

fn client(authorities: Option<&[u8]>) -> Result<reqwest::Client, String> {
    let extra = authorities.map(https::certificates).transpose()?.unwrap_or_default();
    let tls = https::tls(extra, None).map_err(|error| error.to_string())?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("terraform-provider-bud/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        .read_timeout(Duration::from_secs(60))
        .build()
        .map_err(https::reasons)
}

fn unwritable(path: &Path, error: &std::io::Error) -> InstallerError {
    InstallerError::File { path: path.display().to_string(), reason: error.to_string() }
}
