//! Whose signatures count.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::armor;
use super::error::{BadKeyring, ProvenanceError};
use super::key::PublicKey;
use super::keybox;
use super::message::Message;
use super::packet::{
    PUBLIC_KEY, PUBLIC_SUBKEY, Packet, SECRET_KEY, SECRET_SUBKEY, SIGNATURE, TRUST, USER_ID, packets,
};
use super::signature::{Hash, Purpose, Signature};
use crate::helm::fetch::remote;

/// Public keys. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keyring {
    owners: Arc<[Owner]>,
    /// What it was read from, by which two are told apart.
    digest: [u8; 32],
}

impl PartialEq for Keyring {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Keyring {}

/// Who has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name that the key gives itself, such as `Ann <ann@example.com>`.
    pub name: String,
    /// The fingerprint of the owner's key, in hexadecimal digits.
    pub fingerprint: String,
}

/// A key with its names and subkeys; only what the key itself has signed is here.
#[derive(Debug)]
struct Owner {
    key: PublicKey,
    names: Vec<Name>,
    subkeys: Vec<Subkey>,
    is_revoked: bool,
}

#[derive(Debug)]
struct Name {
    text: String,
    signature: Signature,
    is_revoked: bool,
}

#[derive(Debug)]
struct Subkey {
    key: PublicKey,
    signature: Signature,
    is_revoked: bool,
}

impl Keyring {
    /// Reads a keyring: OpenPGP keys, in bytes or in armor, or GnuPG's keybox. Keys of kinds that cannot be used
    /// are passed over as long as there are others.
    ///
    /// # Errors
    /// [`BadKeyring`].
    pub fn read(data: &[u8]) -> Result<Self, BadKeyring> {
        let bytes = if keybox::is_keybox(data) {
            keybox::keys(data).ok_or(BadKeyring::Form("the keybox is cut off"))?
        } else if data.trim_ascii_start().starts_with(b"-----BEGIN PGP") {
            let blocks = armor::blocks(data).map_err(BadKeyring::Form)?;
            let is_keys = |kind: &str| matches!(kind, "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK");
            if !blocks.iter().all(|block| is_keys(&block.kind)) {
                return Err(BadKeyring::Form("it holds something else than keys"));
            }
            blocks.into_iter().flat_map(|block| block.body).collect()
        } else {
            data.to_vec()
        };
        let mut packets = packets(&bytes).map_err(BadKeyring::Form)?;
        // GnuPG's own notes stand between a name and its signatures.
        packets.retain(|packet| packet.tag != TRUST);
        if packets.is_empty() {
            return Err(BadKeyring::Form("it is empty"));
        }
        let is_key = |packet: &Packet<'_>| matches!(packet.tag, PUBLIC_KEY | SECRET_KEY);
        let mut owners = Vec::new();
        let mut rest = packets.as_slice();
        let mut seen = false;
        while let Some(start) = rest.iter().position(is_key) {
            seen = true;
            let end = rest[start + 1..].iter().position(is_key).map_or(rest.len(), |at| start + 1 + at);
            owners.extend(owner(&rest[start..end]));
            rest = &rest[end..];
        }
        if !seen {
            return Err(BadKeyring::Form("it holds no keys"));
        }
        if owners.is_empty() {
            return Err(BadKeyring::NoKey(
                "each must be of version 4, RSA, ECDSA or Ed25519, with a name that it has signed itself",
            ));
        }
        Ok(Self { owners: owners.into(), digest: Sha256::digest(data).into() })
    }

    /// Whether an archive is what one of the owners has signed.
    ///
    /// # Errors
    /// [`ProvenanceError`] with the reason.
    pub fn verify(&self, file: &str, archive: &[u8], provenance: &[u8]) -> Result<Signer, ProvenanceError> {
        let now = u64::try_from(crate::time::now().unix_timestamp()).unwrap_or_default();
        self.verify_at(file, archive, provenance, now)
    }

    pub(super) fn verify_at(
        &self,
        file: &str,
        archive: &[u8],
        provenance: &[u8],
        now: u64,
    ) -> Result<Signer, ProvenanceError> {
        let unreadable = |reason| ProvenanceError::Unreadable { file: file.to_owned(), reason };
        let message = Message::read(provenance).map_err(unreadable)?;
        let owner = self.signer(file, &message, now)?;
        let files = message.files().map_err(unreadable)?;
        let found = remote::digest(&Sha256::digest(archive));
        match files.get(file) {
            None => {
                Err(ProvenanceError::OtherFile { file: file.to_owned(), signed: files.into_keys().collect() })
            }
            Some(signed) if *signed != found => Err(ProvenanceError::OtherDigest {
                file: file.to_owned(),
                signer: owner.name().to_owned(),
                found,
                signed: signed.clone(),
            }),
            Some(_) => Ok(Signer { name: owner.name().to_owned(), fingerprint: hex(&owner.key.fingerprint) }),
        }
    }

    /// The owner of the key that has signed a message.
    fn signer(&self, file: &str, message: &Message, now: u64) -> Result<&Owner, ProvenanceError> {
        let unreadable = |reason| ProvenanceError::Unreadable { file: file.to_owned(), reason };
        let mut unknown = None;
        for packet in packets(&message.signature).map_err(unreadable)? {
            if packet.tag != SIGNATURE {
                return Err(unreadable("its signature holds something else"));
            }
            let signature = Signature::read(packet.body)
                .ok_or_else(|| unreadable("its signature is of a kind that is not known"))?;
            if signature.purpose != Purpose::Message {
                return Err(unreadable("its signature is not one of a message"));
            }
            let issuer = signature.issuer.ok_or_else(|| unreadable("its signature names no key"))?;
            let keys: Vec<_> = self.owners.iter().filter_map(|owner| owner.signing(issuer)).collect();
            if keys.is_empty() {
                unknown.get_or_insert(issuer);
                continue;
            }
            let Some(signing) = keys.iter().find(|one| one.key.has_signed(&message.signed, &signature))
            else {
                let signer = keys[0].owner.name().to_owned();
                return Err(ProvenanceError::BadSignature { file: file.to_owned(), signer });
            };
            return match signing.refusal(&signature, now) {
                None => Ok(signing.owner),
                Some(reason) => Err(ProvenanceError::Refused {
                    file: file.to_owned(),
                    signer: signing.owner.name().to_owned(),
                    reason,
                }),
            };
        }
        let known = self.owners.iter().map(|owner| owner.name().to_owned()).collect();
        match unknown {
            Some(id) => {
                let (file, key) = (file.to_owned(), format!("{id:016X}"));
                Err(ProvenanceError::UnknownSigner { file, key, known })
            }
            None => Err(unreadable("its signature is empty")),
        }
    }
}

/// A key that may sign, and whose it is.
struct Signing<'a> {
    owner: &'a Owner,
    key: &'a PublicKey,
    subkey: Option<&'a Subkey>,
}

impl Signing<'_> {
    /// Why a signature that is right does not count.
    fn refusal(&self, signature: &Signature, now: u64) -> Option<&'static str> {
        let name = self.owner.primary();
        let over = |key: &PublicKey, by: &Signature| {
            now < key.created || by.key_lifetime.is_some_and(|time| now > key.created + time)
        };
        let backed = self.subkey.and_then(|subkey| subkey.signature.embedded.as_deref());
        let bound = self.subkey.map(|subkey| &subkey.signature);
        if signature.hash == Hash::Sha1 {
            Some("SHA-1 can be forged")
        } else if self.owner.is_revoked
            || name.is_some_and(|name| name.is_revoked)
            || self.subkey.is_some_and(|subkey| subkey.is_revoked)
        {
            Some("its key was revoked")
        } else if name.is_none_or(|name| over(&self.owner.key, &name.signature))
            || bound.is_some_and(|bound| over(self.key, bound))
        {
            Some("its key has expired")
        } else if [Some(signature), name.map(|name| &name.signature), bound, backed]
            .into_iter()
            .flatten()
            .any(|one| one.is_over(now))
        {
            Some("it has expired")
        } else {
            None
        }
    }
}

impl Owner {
    /// The name that counts: the one that is said to, or else the one that was signed last.
    fn primary(&self) -> Option<&Name> {
        self.names
            .iter()
            .max_by_key(|name| (!name.is_revoked, name.signature.is_primary_name, name.signature.created))
    }

    fn name(&self) -> &str {
        self.primary().map_or("", |name| &name.text)
    }

    /// The key of this id, where it may sign messages.
    fn signing(&self, id: u64) -> Option<Signing<'_>> {
        let may = |signature: &Signature| signature.may_sign == Some(true);
        if self.key.id == id && self.primary().is_some_and(|name| may(&name.signature)) {
            return Some(Signing { owner: self, key: &self.key, subkey: None });
        }
        let subkey = self.subkeys.iter().find(|subkey| subkey.key.id == id && may(&subkey.signature))?;
        Some(Signing { owner: self, key: &subkey.key, subkey: Some(subkey) })
    }
}

/// A key with what belongs to it; nothing where it cannot be used.
fn owner(packets: &[Packet<'_>]) -> Option<Owner> {
    let (first, rest) = packets.split_first()?;
    let key = PublicKey::read(first.body, first.tag == SECRET_KEY)?;
    let mut owner = Owner { key, names: Vec::new(), subkeys: Vec::new(), is_revoked: false };
    let mut rest = rest;
    // Signatures follow what they are of.
    let mut about: Option<&Packet<'_>> = None;
    loop {
        let count = rest.iter().take_while(|packet| packet.tag == SIGNATURE).count();
        let (signatures, behind) = rest.split_at(count);
        // A revocation counts also where it is by somebody else or in a form that is not known: the keyring is
        // the user's own, and nobody would put one there for nothing.
        let revoked = |kind: u8| signatures.iter().any(|packet| packet.body.get(1) == Some(&kind));
        let (key_revoked, subkey_revoked) = (revoked(0x20), revoked(0x28));
        let signatures = signatures.iter().filter_map(|packet| Signature::read(packet.body));
        let signatures: Vec<Signature> = signatures.collect();
        match about {
            None => owner.is_revoked = key_revoked,
            Some(packet) if packet.tag == USER_ID => {
                owner.names.extend(name(&owner.key, packet.body, signatures));
            }
            Some(packet) if matches!(packet.tag, PUBLIC_SUBKEY | SECRET_SUBKEY) => {
                owner.subkeys.extend(subkey(&owner.key, packet, signatures, subkey_revoked));
            }
            Some(_) => {}
        }
        let Some((next, behind)) = behind.split_first() else { break };
        about = Some(next);
        rest = behind;
    }
    (!owner.names.is_empty()).then_some(owner)
}

/// The latest of the signatures that have a purpose.
fn latest(signatures: &[Signature], purpose: Purpose) -> Option<Signature> {
    let fitting = signatures.iter().filter(|one| one.purpose == purpose);
    fitting.max_by_key(|one| one.created).cloned()
}

fn name(key: &PublicKey, text: &[u8], mut signatures: Vec<Signature>) -> Option<Name> {
    let mut message = key.hashed().to_vec();
    message.push(0xb4);
    message.extend(u32::try_from(text.len()).ok()?.to_be_bytes());
    message.extend_from_slice(text);
    signatures.retain(|one| key.has_signed(&message, one));
    let signature = latest(&signatures, Purpose::Name)?;
    let is_revoked = latest(&signatures, Purpose::NameRevoked).is_some();
    Some(Name { text: String::from_utf8_lossy(text).into_owned(), signature, is_revoked })
}

fn subkey(
    owner: &PublicKey,
    packet: &Packet<'_>,
    mut signatures: Vec<Signature>,
    is_revoked: bool,
) -> Option<Subkey> {
    let key = PublicKey::read(packet.body, packet.tag == SECRET_SUBKEY)?;
    let mut message = owner.hashed().to_vec();
    message.extend_from_slice(key.hashed());
    signatures.retain(|one| owner.has_signed(&message, one));
    // A subkey that signs says itself that it belongs here, so that nobody claims another's.
    let is_claimed = |one: &Signature| {
        let back = one.embedded.as_deref().filter(|back| back.purpose == Purpose::Primary);
        one.may_sign != Some(true) || back.is_some_and(|back| key.has_signed(&message, back))
    };
    let signature = latest(&signatures, Purpose::Subkey).filter(is_claimed)?;
    Some(Subkey { key, signature, is_revoked })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
