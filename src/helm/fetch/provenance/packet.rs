//! The packets that keys and signatures consist of (RFC 9580, 4).

/// A packet: what it is, and its body.
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// A signature.
pub(super) const SIGNATURE: u8 = 2;
/// A secret key, whose public half stands in front.
pub(super) const SECRET_KEY: u8 = 5;
/// A public key.
pub(super) const PUBLIC_KEY: u8 = 6;
/// A secret subkey.
pub(super) const SECRET_SUBKEY: u8 = 7;
/// A user's name.
pub(super) const USER_ID: u8 = 13;
/// A public subkey.
pub(super) const PUBLIC_SUBKEY: u8 = 14;

/// The packets of a keyring or of a signature. Lengths that come in parts are for data, and are refused.
pub(super) fn packets(bytes: &[u8]) -> Result<Vec<Packet<'_>>, &'static str> {
    let mut reader = Reader(bytes);
    let mut found = Vec::new();
    while let Some(head) = reader.byte() {
        if head & 0x80 == 0 {
            return Err("it does not consist of OpenPGP packets");
        }
        let (tag, length) = if head & 0x40 != 0 {
            (head & 0x3f, new_length(&mut reader)?)
        } else {
            let length = match head & 3 {
                0 => reader.byte().map(usize::from),
                1 => reader.u16().map(usize::from),
                2 => reader.u32().map(|length| length as usize),
                _ => Some(reader.0.len()),
            };
            ((head >> 2) & 0xf, length.ok_or(SHORT)?)
        };
        found.push(Packet { tag, body: reader.take(length).ok_or(SHORT)? });
    }
    Ok(found)
}

const SHORT: &str = "an OpenPGP packet is cut off";

fn new_length(reader: &mut Reader<'_>) -> Result<usize, &'static str> {
    let first = reader.byte().ok_or(SHORT)?;
    match first {
        0..=191 => Ok(usize::from(first)),
        192..=223 => {
            let second = reader.byte().ok_or(SHORT)?;
            Ok(((usize::from(first) - 192) << 8) + usize::from(second) + 192)
        }
        255 => Ok(reader.u32().ok_or(SHORT)? as usize),
        _ => Err("a key or a signature comes in parts"),
    }
}

/// Bytes that are read from the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A number: its length in bits, and its bytes, without zeros in front.
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        let bits = usize::from(self.u16()?);
        let bytes = self.take(bits.div_ceil(8))?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(&bytes[zeros..])
    }

    /// A subpacket's body, behind its length.
    pub(super) fn subpacket(&mut self) -> Option<&'a [u8]> {
        let first = usize::from(self.byte()?);
        let length = match first {
            0..=191 => first,
            192..=254 => ((first - 192) << 8) + usize::from(self.byte()?) + 192,
            _ => self.u32()? as usize,
        };
        self.take(length)
    }
}
