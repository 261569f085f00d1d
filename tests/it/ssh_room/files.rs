//! Files: whole or not at all, with mode and owner, and nothing of them where others can read.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use bud::secret::Secret;
use bud::ssh::{Content, Placed, Privilege, SshError, Upload};
use bytes::Bytes;

use super::gate::{Fault, Gate, Way};
use super::{open, patience, serving};

fn upload(path: &Path, content: Content) -> Upload {
    Upload {
        path: path.to_str().unwrap().to_owned(),
        mode: 0o640,
        owner: None,
        content,
        privilege: Privilege::Own,
        limit: Duration::from_secs(60),
    }
}

fn text(text: &'static str) -> Content {
    Content::Bytes(Bytes::from_static(text.as_bytes()))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_arrives_with_its_mode_and_owner_and_once() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let path = server.path("deep/er/it's a \"file\" $HOME.txt");
    let mut file = upload(&path, text("first\n"));
    assert_eq!(session.place_file(&file, &patience()).await.unwrap(), Placed::Written);
    assert_eq!(std::fs::read(&path).unwrap(), b"first\n");
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o640, 0o755));
    let inode = std::fs::metadata(&path).unwrap().ino();

    // The same again is not written, but mode and owner are seen to.
    file.mode = 0o600;
    assert_eq!(session.place_file(&file, &patience()).await.unwrap(), Placed::Same);
    assert_eq!((mode(&path), std::fs::metadata(&path).unwrap().ino()), (0o600, inode));

    file.content = text("second\n");
    assert_eq!(session.place_file(&file, &patience()).await.unwrap(), Placed::Written);
    assert_eq!(std::fs::read(&path).unwrap(), b"second\n");
    file.content = Content::Bytes(Bytes::new());
    session.place_file(&file, &patience()).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    assert_eq!(names(path.parent().unwrap()).len(), 1, "nothing is left beside it");

    if server.user == "root" {
        file.owner = Some("nobody:nogroup".to_owned());
        session.place_file(&file, &patience()).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), 65_534);
    }
}

#[tokio::test]
async fn a_link_is_replaced_and_not_followed() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let (link, victim) = (server.path("link"), server.path("victim"));
    std::fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    session.place_file(&upload(&link, text("mine")), &patience()).await.unwrap();
    assert!(!std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read(&victim).unwrap(), b"mine");
}

#[tokio::test]
async fn fifty_megabytes_arrive_whole() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let source = server.path("source");
    let mut state = 1_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[1]
    })
    .take(50 * 1024 * 1024)
    .collect();
    std::fs::write(&source, &bytes).unwrap();
    let path = server.path("copy");
    session.place_file(&upload(&path, Content::File(source.clone())), &patience()).await.unwrap();
    assert!(std::fs::read(&path).unwrap() == bytes);
    let again = session.place_file(&upload(&path, Content::File(source)), &patience()).await.unwrap();
    assert_eq!(again, Placed::Same);
}

#[tokio::test]
async fn a_copy_that_is_cut_leaves_what_was_there() {
    let server = serving!();
    let path = server.path("folder/kept");
    std::fs::create_dir(server.path("folder")).unwrap();
    std::fs::write(&path, "old").unwrap();
    for part in [60_000, 500_000, 2_000_000] {
        let gate = Gate::to(server.port, Fault::Cut(Way::Up, part), 1).await;
        let session = open(&server.target_at(gate.port)).await.unwrap();
        let content = Content::Bytes(Bytes::from(vec![b'x'; 4 * 1024 * 1024]));
        let error = session.place_file(&upload(&path, content.clone()), &patience()).await.unwrap_err();
        assert!(matches!(error, SshError::Lost { .. }), "{part}: {error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        // The server's half ends when it notices; then nothing is left of the attempt.
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while names(path.parent().unwrap()) != ["kept"] {
            assert!(std::time::Instant::now() < until, "{:?}", names(path.parent().unwrap()));
            tokio::task::yield_now().await;
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_told_in_the_machines_words() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let below_a_file = server.path("authorized/below");
    let error = session.place_file(&upload(&below_a_file, text("x")), &patience()).await.unwrap_err();
    let SshError::Command { stderr, command, .. } = &error else { panic!("{error}") };
    assert!(stderr.contains("authorized") && command.starts_with("place "), "{error}");
    let missing = Content::File(server.path("no-such-source"));
    let error = session.place_file(&upload(&server.path("x"), missing), &patience()).await.unwrap_err();
    assert!(matches!(error, SshError::Source { .. }), "{error}");
    let full = upload(Path::new("/dev/full/x"), text("x"));
    assert!(matches!(session.place_file(&full, &patience()).await.unwrap_err(), SshError::Command { .. }));
}

/// Everything that a machine's processes are called with, seen while a secret is on its way.
#[tokio::test]
async fn a_secret_is_in_no_argument_no_environment_and_no_readable_file() {
    let server = serving!();
    let session = open(&server.target()).await.unwrap();
    let canary = format!("canary-{}", uuid::Uuid::new_v4());
    let sum = {
        use sha2::Digest as _;
        sha2::Sha256::digest(canary.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let path = server.path("secret/token");
    // The watcher looks at all processes and at the folder for as long as the copies go on.
    let folder = path.parent().unwrap().to_owned();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let needles = [canary.clone(), sum];
    let watcher = std::thread::spawn(move || {
        let (mut seen, mut scripts) = (Vec::new(), 0);
        while stopped.try_recv().is_err() {
            for entry in std::fs::read_dir("/proc").unwrap().flatten() {
                for file in ["cmdline", "environ"] {
                    let text = std::fs::read(entry.path().join(file)).unwrap_or_default();
                    let text = String::from_utf8_lossy(&text).into_owned();
                    scripts += usize::from(text.contains("bud-place"));
                    seen.extend(needles.iter().filter(|needle| text.contains(*needle)).map(|_| text.clone()));
                }
            }
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let found = entry.metadata().map_or(0, |metadata| metadata.permissions().mode() & 0o077);
                if found != 0 {
                    seen.push(format!("{:?} has mode {found:o}", entry.path()));
                }
            }
        }
        (seen, scripts)
    });
    for _ in 0..20 {
        let file = Upload { mode: 0o600, ..upload(&path, Content::Secret(Secret::new(canary.clone()))) };
        session.place_file(&file, &patience()).await.unwrap();
        std::fs::remove_file(&path).unwrap();
    }
    stop.send(()).unwrap();
    let (seen, scripts) = watcher.join().unwrap();
    assert!(seen.is_empty(), "{seen:?}");
    assert!(scripts > 0, "the watcher saw no copy at all");
}

#[tokio::test]
async fn root_writes_by_sudo() {
    let server = serving!();
    let sudo = std::process::Command::new("sudo").args(["-n", "true"]).status();
    if !sudo.is_ok_and(|status| status.success()) {
        println!("skipped: no sudo without a password");
        return;
    }
    let session = open(&server.target()).await.unwrap();
    let path = server.path("by-root");
    let file = Upload {
        privilege: Privilege::Sudo,
        owner: Some("root".to_owned()),
        ..upload(&path, text("by root\n"))
    };
    session.place_file(&file, &patience()).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().uid(), 0);
    let script = bud::ssh::Script { name: "who", text: "id -u; echo \"$0 $1\"" };
    let said =
        session.run(super::command(&script.line(Privilege::Sudo, &["a b"])), &patience()).await.unwrap();
    assert_eq!(said, "0\nbud-who a b\n");
}
