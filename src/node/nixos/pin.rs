//! Which NixOS: a revision of nixpkgs with its hash, and what is known of it.

/// Where a nixpkgs comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A commit of the repository on GitHub.
    GitHub {
        /// 40 hexadecimal digits.
        revision: String,
    },
    /// An archive.
    Tarball {
        /// Its address.
        url: String,
    },
}

/// A NixOS that is pinned: chosen when a cluster is made, then kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Release, such as `26.05`; the system's `stateVersion`.
    pub release: String,
    /// Where it comes from.
    pub source: Source,
    /// Hash of the unpacked source, `sha256-…`.
    pub hash: String,
    /// When the commit was made, in seconds since 1970, where it is known.
    pub last_modified: Option<u64>,
    /// The minor versions of Kubernetes in it; empty for a source that we do not know.
    pub kubernetes: Vec<KubernetesMinor>,
}

/// A minor version of Kubernetes: the 36 of 1.36.
pub type KubernetesMinor = u32;

struct Known {
    release: &'static str,
    revision: &'static str,
    hash: &'static str,
    last_modified: u64,
    kubernetes: &'static [KubernetesMinor],
}

/// What this version of the provider knows, newest first. A cluster keeps the one it was made with, so a
/// line may be added here, but never changed.
const KNOWN: &[Known] = &[Known {
    release: "26.05",
    revision: "cf9d2fb3e50fa1cd5114c47505ea9177f7ff5f49",
    hash: "sha256-cFTsMQz8Hzn8MT49oaeLSHg62tE86NykugCWkeM2ypk=",
    last_modified: 1_789_749_394,
    kubernetes: &[34, 35, 36],
}];

impl From<&Known> for Pin {
    fn from(known: &Known) -> Self {
        Self {
            release: known.release.to_owned(),
            source: Source::GitHub { revision: known.revision.to_owned() },
            hash: known.hash.to_owned(),
            last_modified: Some(known.last_modified),
            kubernetes: known.kubernetes.to_vec(),
        }
    }
}

/// What a new cluster gets.
pub fn default_pin() -> Pin {
    Pin::from(&KNOWN[0])
}

/// The newest pin of a release.
pub fn pin_of_release(release: &str) -> Option<Pin> {
    KNOWN.iter().find(|known| known.release == release).map(Pin::from)
}
