//! Signatures of version 4: what they are of, by whom, and until when.

use sha2::Digest as _;

use super::packet::Reader;

/// The hashes that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(id: u8) -> Option<Self> {
        Some(match id {
            2 => Self::Sha1,
            8 => Self::Sha256,
            9 => Self::Sha384,
            10 => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn digest(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(text).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(text).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(text).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(text).to_vec(),
        }
    }
}

/// What a signature is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A message.
    Message,
    /// A name of the key that signs.
    Name,
    /// That a name holds no longer.
    NameRevoked,
    /// A subkey.
    Subkey,
    /// The key, by its subkey.
    Primary,
    /// Something that is not looked at.
    Other,
}

/// A signature.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) purpose: Purpose,
    pub(super) algorithm: u8,
    pub(super) hash: Hash,
    /// What is hashed behind the message.
    pub(super) trailer: Vec<u8>,
    /// The signature itself.
    pub(super) material: Vec<u8>,
    /// In seconds of Unix.
    pub(super) created: u64,
    /// Seconds for which it counts.
    pub(super) lifetime: Option<u64>,
    /// Seconds for which the key counts from when it was made.
    pub(super) key_lifetime: Option<u64>,
    /// Whether the key may sign messages, where this says so.
    pub(super) may_sign: Option<bool>,
    pub(super) is_primary_name: bool,
    pub(super) issuer: Option<u64>,
    /// The subkey's own signature of the key.
    pub(super) embedded: Option<Box<Signature>>,
}

impl Signature {
    /// Reads the body of a packet; nothing where it is of another version, cut off, hashed in a way that counts
    /// no more, or demands something that is not known here.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        Self::read_at(body, 0)
    }

    fn read_at(body: &[u8], depth: u8) -> Option<Self> {
        let mut reader = Reader(body);
        if reader.byte()? != 4 {
            return None;
        }
        let purpose = match reader.byte()? {
            0 | 1 => Purpose::Message,
            0x10..=0x13 => Purpose::Name,
            0x18 => Purpose::Subkey,
            0x19 => Purpose::Primary,
            0x30 => Purpose::NameRevoked,
            _ => Purpose::Other,
        };
        let algorithm = reader.byte()?;
        let hash = Hash::of(reader.byte()?)?;
        let length = usize::from(reader.u16()?);
        let hashed = reader.take(length)?;
        let front = &body[..6 + length];
        let mut trailer = front.to_vec();
        trailer.extend([4, 0xff]);
        trailer.extend(u32::try_from(front.len()).ok()?.to_be_bytes());
        let length = usize::from(reader.u16()?);
        let unhashed = reader.take(length)?;
        // The first bytes of the digest, to sort wrong ones out early; the whole is checked anyway.
        reader.take(2)?;
        let mut signature = Self {
            purpose,
            algorithm,
            hash,
            trailer,
            material: reader.0.to_vec(),
            created: 0,
            lifetime: None,
            key_lifetime: None,
            may_sign: None,
            is_primary_name: false,
            issuer: None,
            embedded: None,
        };
        signature.hashed(hashed, depth)?;
        signature.unhashed(unhashed, depth)?;
        // A signature says when it was made.
        (signature.created != 0).then_some(signature)
    }

    fn hashed(&mut self, area: &[u8], depth: u8) -> Option<()> {
        let mut area = Reader(area);
        while !area.0.is_empty() {
            let mut body = Reader(area.subpacket()?);
            let kind = body.byte()?;
            match kind & 0x7f {
                2 => self.created = u64::from(body.u32()?),
                3 => self.lifetime = Some(u64::from(body.u32()?)).filter(|time| *time != 0),
                9 => self.key_lifetime = Some(u64::from(body.u32()?)).filter(|time| *time != 0),
                25 => self.is_primary_name = body.byte()? != 0,
                27 => self.may_sign = Some(body.byte().unwrap_or_default() & 2 != 0),
                16 | 32 | 33 => self.either(kind & 0x7f, body, depth)?,
                // Known, and of no consequence here.
                4..=7 | 11 | 21..=24 | 26 | 28..=31 | 34 | 35 | 39 => {}
                // What is critical and unknown, notations among it, must not be passed over.
                _ if kind & 0x80 != 0 => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// What is not signed is a hint at most: who has signed, and a signature of its own.
    fn unhashed(&mut self, area: &[u8], depth: u8) -> Option<()> {
        let mut area = Reader(area);
        while !area.0.is_empty() {
            let mut body = Reader(area.subpacket()?);
            let kind = body.byte()? & 0x7f;
            if matches!(kind, 16 | 32 | 33) {
                self.either(kind, body, depth)?;
            }
        }
        Some(())
    }

    fn either(&mut self, kind: u8, mut body: Reader<'_>, depth: u8) -> Option<()> {
        match kind {
            16 => self.issuer = Some((u64::from(body.u32()?) << 32) | u64::from(body.u32()?)),
            33 if body.byte()? == 4 => {
                let fingerprint = body.take(20)?;
                let id = fingerprint[12..].iter().fold(0, |id, byte| (id << 8) | u64::from(*byte));
                self.issuer.get_or_insert(id);
            }
            // A signature in a signature in a signature is nobody's.
            32 if depth == 0 => self.embedded = Some(Box::new(Self::read_at(body.0, depth + 1)?)),
            _ => {}
        }
        Some(())
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: u64) -> bool {
        now < self.created || self.lifetime.is_some_and(|time| now > self.created + time)
    }
}
