//! Signatures that GnuPG has made, and what becomes of them.

use super::{BadKeyring, Keyring, ProvenanceError};

const FILE: &str = "c-1.0.0.tgz";
const ARCHIVE: &[u8] = b"archive";
/// A moment after all of them were signed, before the first key expires.
const NOW: u64 = 1_795_680_000;
const DAY: u64 = 86_400;

macro_rules! made {
    ($file:literal) => {
        include_str!(concat!("../../../../tests/provenance/", $file))
    };
}

fn ring(armored: &str) -> Keyring {
    Keyring::read(armored.as_bytes()).unwrap()
}

fn verify(keys: &str, provenance: &str) -> Result<String, ProvenanceError> {
    ring(keys).verify_at(FILE, ARCHIVE, provenance.as_bytes(), NOW).map(|signer| signer.name)
}

#[test]
fn keys_of_each_kind_sign() {
    for (name, keys, provenance) in [
        ("Ann <ann@example.com>", made!("ann.asc"), made!("ann.prov")),
        ("Ben <ben@example.com>", made!("ben.asc"), made!("ben.prov")),
        ("Cat <cat@example.com>", made!("cat.asc"), made!("cat.prov")),
        ("Dan <dan@example.com>", made!("dan.asc"), made!("dan.prov")),
        ("Eve <eve@example.com>", made!("eve.asc"), made!("eve.prov")),
    ] {
        assert_eq!(verify(keys, provenance).as_deref(), Ok(name));
        let lines = provenance.replace('\n', "\r\n");
        assert_eq!(verify(keys, &lines).as_deref(), Ok(name), "line ends of Windows");
        let both = format!("{}\n{keys}", made!("fay.asc"));
        assert_eq!(verify(&both, provenance).as_deref(), Ok(name), "two blocks");
        let bytes: Vec<u8> =
            super::armor::blocks(keys.as_bytes()).unwrap().into_iter().flat_map(|block| block.body).collect();
        let binary = Keyring::read(&bytes).unwrap();
        assert_eq!(binary.verify_at(FILE, ARCHIVE, provenance.as_bytes(), NOW).unwrap().name, name);
        assert_ne!(binary, ring(keys), "told apart by what they were read from");
    }
}

#[test]
fn what_does_not_hold_is_told_apart() {
    let (keys, good) = (made!("ann.asc"), made!("ann.prov"));
    let told = |result: Result<String, ProvenanceError>| result.unwrap_err();
    assert!(matches!(told(verify(made!("ben.asc"), good)), ProvenanceError::UnknownSigner { key, known, .. }
        if key == "DD0D528186D4E5B4" && known == ["Ben <ben@example.com>"]));
    let changed = good.replace("version: 1.0.0", "version: 1.0.1");
    assert!(matches!(told(verify(keys, &changed)), ProvenanceError::BadSignature { .. }));
    let other = ring(keys).verify_at(FILE, b"Archive", good.as_bytes(), NOW).unwrap_err();
    assert!(matches!(other, ProvenanceError::OtherDigest { .. }), "{other}");
    let renamed = ring(keys).verify_at("d-1.0.0.tgz", ARCHIVE, good.as_bytes(), NOW).unwrap_err();
    assert!(matches!(&renamed, ProvenanceError::OtherFile { signed, .. } if signed == &[FILE]), "{renamed}");
    let refused = |keys: &str, provenance: &str, now: u64| match ring(keys).verify_at(
        FILE,
        ARCHIVE,
        provenance.as_bytes(),
        now,
    ) {
        Err(ProvenanceError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(made!("eve.asc"), made!("eve.prov"), NOW + 2 * DAY), "its key has expired");
    assert_eq!(refused(made!("fay.asc"), made!("fay.prov"), NOW), "its key was revoked");
    assert_eq!(refused(keys, made!("sha1.prov"), NOW), "SHA-1 can be forged");
    assert_eq!(refused(keys, good, NOW - 100 * DAY), "its key has expired", "a key of tomorrow");
}

#[test]
fn a_message_is_read_as_it_was_signed() {
    let (keys, good) = (made!("ann.asc"), made!("ann.prov"));
    let unreadable = |text: &str| match verify(keys, text) {
        Err(ProvenanceError::Unreadable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(unreadable("nothing"), "it holds no signed message");
    assert_eq!(
        unreadable(&good.replace("Hash: SHA512", "Comment: x")),
        "it has a header that is not allowed"
    );
    assert_eq!(
        unreadable(good.split("-----BEGIN PGP SIGNATURE").next().unwrap()),
        "its message has no signature"
    );
    assert_eq!(unreadable(good.split("=M20y").next().unwrap()), "its armor has no end");
    // Nothing in front of the message or behind it is part of it.
    let around = format!("files:\n  {FILE}: sha256:00\n{good}\nfiles:\n  {FILE}: sha256:00\n");
    assert!(verify(keys, &around).is_ok());
    assert!(verify(keys, &good.replace("name: c\n", "name: c  \t\n")).is_ok(), "blanks at the ends of lines");
}

#[test]
fn whatever_is_cut_off_or_flipped_is_refused() {
    let (keys, good) = (made!("ann.asc"), made!("ann.prov"));
    let ring = ring(keys);
    let bytes: Vec<u8> =
        super::armor::blocks(keys.as_bytes()).unwrap().into_iter().flat_map(|block| block.body).collect();
    for at in 0..bytes.len() {
        // Either there is no key left, or none that has signed this.
        let cut = Keyring::read(&bytes[..at]);
        assert!(cut.is_err(), "cut at {at}");
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        if let Ok(flipped) = Keyring::read(&flipped) {
            let _ = flipped.verify_at(FILE, ARCHIVE, good.as_bytes(), NOW);
        }
    }
    let start = good.find("\n\n").unwrap() + 2;
    let end = good.find("\n-----BEGIN PGP SIGNATURE").unwrap();
    for at in start..end {
        let mut flipped = good.as_bytes().to_vec();
        flipped[at] ^= 1;
        assert!(ring.verify_at(FILE, ARCHIVE, &flipped, NOW).is_err(), "flipped at {at}");
    }
}

#[test]
fn what_is_no_keyring_is_refused() {
    let form = |data: &[u8]| matches!(Keyring::read(data), Err(BadKeyring::Form(_)));
    assert!(form(b""));
    assert!(form(b"plain text"));
    assert!(form(made!("ann.prov").as_bytes()), "a signature");
    assert!(form(b"\0\0\0\x20\x01\x01\0\0KBXf\0\0"), "a keybox that is cut off");
    let bytes = b"\x99\0\x03\x03\0\0";
    assert!(matches!(Keyring::read(bytes), Err(BadKeyring::NoKey(_))), "a key of version 3");
}
