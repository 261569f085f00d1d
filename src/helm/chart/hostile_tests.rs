//! Archives that mean harm: refused with a reason, before they cost memory or reach outside.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use tar::EntryType;

use super::archive::{ArchiveError, Limits, unpack};
use super::{Chart, LoadError, SourceFile};

const META: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

/// One entry, its name and its size taken as they are.
fn entry(name: &str, kind: EntryType, size: u64, data: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, data: &[u8]) -> Vec<u8> {
    entry(name, EntryType::Regular, data.len() as u64, data)
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(tar).unwrap();
    encoder.write_all(&[0; 1024]).unwrap();
    encoder.finish().unwrap()
}

fn refused(tar: &[u8], limits: Limits) -> String {
    unpack(&gzip(tar), limits).unwrap_err().to_string()
}

fn names(tar: &[u8]) -> Vec<String> {
    unpack(&gzip(tar), Limits::default()).unwrap().into_iter().map(|file| file.name).collect()
}

#[test]
fn paths_that_leave_the_chart_are_refused() {
    let parent = "chart illegally references parent directory";
    for (name, why) in [
        ("c/../../etc/passwd", parent),
        ("c/templates/../../x", parent),
        ("c/..", parent),
        ("c\\..\\..\\x", parent),
        ("c//etc/passwd", "chart illegally contains absolute paths"),
        ("c/c:/windows", "chart contains illegally named files"),
        ("Chart.yaml/x", "chart yaml not in base directory"),
        ("c/a/..", "chart illegally contains content outside the base directory: \"c/a/..\""),
    ] {
        assert_eq!(refused(&file(name, b"x"), Limits::default()), why, "{name}");
    }
    // What stays inside is taken, and the first part is dropped whatever it is.
    assert_eq!(names(&file("c/templates/../values.yaml", b"x")), ["values.yaml"]);
    assert_eq!(names(&file("/etc/passwd", b"x")), ["etc/passwd"]);
    assert_eq!(names(&file("../x", b"x")), ["x"]);
    assert_eq!(refused(&file("../../x", b"x"), Limits::default()), parent);
}

#[test]
fn links_and_devices_are_refused() {
    for (kind, why) in [
        (EntryType::Symlink, "chart illegally contains a symbolic link \"c/values.yaml\""),
        (EntryType::Link, "chart illegally contains a hard link \"c/values.yaml\""),
        (EntryType::Char, "chart illegally contains a device \"c/values.yaml\""),
        (EntryType::Block, "chart illegally contains a device \"c/values.yaml\""),
        (EntryType::Fifo, "chart illegally contains a named pipe \"c/values.yaml\""),
    ] {
        assert_eq!(refused(&entry("c/values.yaml", kind, 0, b""), Limits::default()), why);
    }
}

#[test]
fn claims_of_size_are_not_believed() {
    let why = "decompressed chart is larger than the maximum size 104857600";
    for size in [100 << 20, 8 << 30, 1 << 62, i64::MAX as u64] {
        assert_eq!(refused(&entry("c/x", EntryType::Regular, size, b"x"), Limits::default()), why, "{size}");
    }
    // A claim within the limit that the archive does not keep.
    let short = unpack(&gzip(&entry("c/x", EntryType::Regular, 50 << 20, b"x")), Limits::default());
    assert!(matches!(short, Err(ArchiveError::Broken(_))), "{short:?}");
}

#[test]
fn bombs_are_cut_off() {
    let limits = Limits { bytes: 1 << 20, files: 10 };
    let why = "decompressed chart is larger than the maximum size 1048576";
    let half = vec![0; 600 << 10];
    // One file that is too large, and two that are together.
    assert_eq!(refused(&file("c/x", &half.repeat(2)), limits), why);
    assert_eq!(refused(&[file("c/x", &half), file("c/y", &half)].concat(), limits), why);
    // A long name is no file, and swells all the same.
    let swollen = vec![b'a'; 66 << 20];
    let long = entry("././@LongLink", EntryType::GNULongName, swollen.len() as u64, &swollen);
    assert_eq!(refused(&[long, file("c/x", b"x")].concat(), limits), why);
    let many: Vec<u8> = (0..11).flat_map(|index| file(&format!("c/{index}"), b"")).collect();
    assert_eq!(refused(&many, limits), "chart archive holds more than 10 files");
    let folders: Vec<u8> =
        (0..11).flat_map(|index| entry(&format!("c/{index}/"), EntryType::Directory, 0, b"")).collect();
    assert_eq!(refused(&folders, limits), "chart archive holds more than 10 files");
}

#[test]
fn what_is_cut_or_is_no_archive_is_refused() {
    assert!(matches!(unpack(b"", Limits::default()), Err(ArchiveError::NotGzip)));
    assert!(matches!(unpack(b"<html>not found</html>", Limits::default()), Err(ArchiveError::NotGzip)));
    assert!(matches!(unpack(&gzip(b""), Limits::default()), Err(ArchiveError::Empty)));
    let whole = gzip(&file("c/Chart.yaml", META.as_bytes()));
    assert!(Chart::unpack(&whole, Limits::default()).is_ok());
    for length in 2..whole.len() {
        let cut = unpack(&whole[..length], Limits::default());
        // The checksum at the end may be missing: the files before it were whole.
        if let Ok(files) = cut {
            assert_eq!(files.len(), 1, "{length}");
            assert_eq!(&*files[0].data, META.as_bytes(), "{length}");
        }
    }
    let cut = unpack(&whole[..whole.len() / 2], Limits::default());
    assert!(matches!(cut, Err(ArchiveError::Broken(_))), "{cut:?}");
}

#[test]
fn archives_within_archives_count_together() {
    let chart = |inner: &[u8]| {
        let meta = file("c/Chart.yaml", META.as_bytes());
        gzip(&[meta, file("c/charts/a.tgz", inner), file("c/charts/b.tgz", inner)].concat())
    };
    let filled = gzip(&[file("c/Chart.yaml", META.as_bytes()), file("c/x", &vec![0; 600 << 10])].concat());
    let error = Chart::unpack(&chart(&filled), Limits { bytes: 1 << 20, files: 100 }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "error unpacking subchart b.tgz in c: decompressed chart is larger than the maximum size 434138"
    );
    assert!(Chart::unpack(&chart(&filled), Limits { bytes: 2 << 20, files: 100 }).is_ok());
}

#[test]
fn charts_nest_to_an_end() {
    let nested = |depth: usize| {
        let files = (0..=depth).map(|level| {
            let name = format!("{}Chart.yaml", "charts/c/".repeat(level));
            SourceFile { name, data: META.as_bytes().into() }
        });
        Chart::load(files.collect(), Limits::default())
    };
    assert!(nested(40).is_ok());
    let mut error = &nested(41).unwrap_err();
    while let LoadError::Subchart { error: inner, .. } = error {
        error = inner;
    }
    assert_eq!(error.to_string(), "charts are nested more than 40 deep");
}
