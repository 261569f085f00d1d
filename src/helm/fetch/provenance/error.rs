//! Why a chart's signature does not hold.

/// Why a chart's signature does not hold; each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvenanceError {
    /// A folder has no signature.
    #[error(
        "unpacked charts cannot be verified: give the packed chart (.tgz), which has its signature beside it"
    )]
    Unpacked,
    /// There is no provenance file.
    #[error(
        "{file} is not signed: there is no provenance file {file}.prov with it; ask whoever publishes the chart for it, or do not verify"
    )]
    Missing {
        /// The archive.
        file: String,
    },
    /// The provenance file is none.
    #[error(
        "{file}.prov is no provenance file: {reason}; it is the file that `helm package --sign` writes, unchanged"
    )]
    Unreadable {
        /// The archive.
        file: String,
        /// Why.
        reason: &'static str,
    },
    /// The key is not among the known ones.
    #[error(
        "{file} is signed with the key {key}, which the keyring does not have, or not for signing; it has {}; if you trust that key, export it into the keyring (gpg --export)",
        listed(.known)
    )]
    UnknownSigner {
        /// The archive.
        file: String,
        /// The key's id, in hexadecimal digits.
        key: String,
        /// Whose keys there are.
        known: Vec<String>,
    },
    /// The signature is not that of this text.
    #[error(
        "the signature of {file} by {signer} is wrong: the provenance file was changed after it was signed; fetch it anew, and do not use the chart until it holds"
    )]
    BadSignature {
        /// The archive.
        file: String,
        /// Who is said to have signed.
        signer: String,
    },
    /// The signature is right, and does not count.
    #[error("the signature of {file} by {signer} does not count: {reason}; ask the signer for a new one")]
    Refused {
        /// The archive.
        file: String,
        /// Who has signed.
        signer: String,
        /// Why.
        reason: &'static str,
    },
    /// The text names another file.
    #[error(
        "the provenance file is for {}, and not for {file}: give the archive the name under which it was signed",
        .signed.join(", ")
    )]
    OtherFile {
        /// The archive.
        file: String,
        /// The files that it is for.
        signed: Vec<String>,
    },
    /// The archive is another one.
    #[error(
        "{file} is not what {signer} has signed: its digest is {found}, and {signed} was signed; it was changed or damaged: fetch it anew, and do not use it"
    )]
    OtherDigest {
        /// The archive.
        file: String,
        /// Who has signed.
        signer: String,
        /// What it is.
        found: String,
        /// What it should be.
        signed: String,
    },
}

fn listed(signers: &[String]) -> String {
    if signers.is_empty() { "no keys".to_owned() } else { signers.join(", ") }
}

/// Why a keyring cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyring {
    /// There is nothing in it that could be a key.
    #[error(
        "it is no keyring: {0}; `gpg --export KEY` writes one, with or without --armor, and GnuPG's pubring.kbx is one too"
    )]
    Form(&'static str),
    /// There are keys in it, and none can be used.
    #[error("none of its keys can be used: {0}")]
    NoKey(&'static str),
}
