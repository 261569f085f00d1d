//! The installer's archive, from a server that overwrites it, breaks off and refuses.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bud::node::install::{Expected, InstallerError, InstallerSource, Obtained, obtain};
use bud::outcome::Recovery;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::patience;

/// A server of one file.
struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Web {
    /// Serves these bytes with this status; the first so many answers end after half of what they announce.
    async fn serve(bytes: &[u8], status: u16, broken: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (bytes, kept) = (bytes.to_vec(), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let request = String::from_utf8(request).unwrap().to_lowercase();
                let number = {
                    let mut asked = kept.lock().unwrap();
                    asked.push(request.clone());
                    asked.len()
                };
                let from = request
                    .split("range: bytes=")
                    .nth(1)
                    .map_or(0, |range| range.split('-').next().unwrap().parse::<usize>().unwrap());
                let part = &bytes[from..];
                let status = if from > 0 { 206 } else { status };
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    part.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                let sent = if number <= broken { part.len() / 2 } else { part.len() };
                stream.write_all(&part[..sent]).await.unwrap();
            }
        });
        Self { port, asked, task }
    }

    fn source(&self) -> InstallerSource {
        InstallerSource::Url(format!("http://127.0.0.1:{}/installer.tar.gz", self.port))
    }

    fn times(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn get(web: &Web, expected: &Expected, folder: &Path) -> Result<Obtained, InstallerError> {
    obtain(&web.source(), expected, folder, None, &patience()).await
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_bytes_of_the_first_run_are_those_of_all_that_follow() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let first = Web::serve(b"this week's", 200, 0).await;
    let got = get(&first, &Expected::Anything, &cache).await.unwrap();
    assert_eq!((got.installer.sha256.clone(), got.replaced), (sum(b"this week's"), None));
    assert_eq!(std::fs::read(&got.installer.file).unwrap(), b"this week's");
    // Next week the address gives something else, and is not even asked.
    let next = Web::serve(b"next week's, and longer", 200, 0).await;
    let again = get(&next, &Expected::Recorded(got.installer.sha256.clone()), &cache).await.unwrap();
    assert_eq!((again.installer, again.replaced), (got.installer.clone(), None));
    assert_eq!(next.times(), 0);
    // On another machine, where the bytes are gone, it is a change and no failure.
    let elsewhere = folder.path().join("elsewhere");
    let changed = get(&next, &Expected::Recorded(got.installer.sha256.clone()), &elsewhere).await.unwrap();
    assert_eq!(changed.installer.sha256, sum(b"next week's, and longer"));
    assert_eq!(changed.replaced, Some(got.installer.sha256.clone()));
    // Where the user has named them it is a failure, and nothing is kept.
    let third = folder.path().join("third");
    let error = get(&next, &Expected::Given(got.installer.sha256), &third).await.unwrap_err();
    assert!(matches!(error, InstallerError::Checksum { .. }), "{error}");
    assert_eq!(error.recovery(), Recovery::Rejected(Some("sha256".into())));
    assert_eq!(std::fs::read_dir(&third).unwrap().count(), 0);
}

#[tokio::test]
async fn bytes_that_were_damaged_in_the_cache_are_got_again() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::serve(b"whole", 200, 0).await;
    let got = get(&web, &Expected::Anything, folder.path()).await.unwrap();
    std::fs::write(&got.installer.file, b"who").unwrap();
    let again = get(&web, &Expected::Given(sum(b"whole")), folder.path()).await.unwrap();
    assert_eq!(std::fs::read(&again.installer.file).unwrap(), b"whole");
    assert_eq!(web.times(), 2);
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    let web = Web::serve(&bytes, 200, 1).await;
    let got = get(&web, &Expected::Given(sum(&bytes)), folder.path()).await.unwrap();
    assert_eq!((got.installer.bytes, web.times()), (1_000_000, 2));
    let asked = web.asked.lock().unwrap().clone();
    assert!(!asked[0].contains("range:") && asked[1].contains("range: bytes="), "{asked:?}");
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::serve(b"not found", 404, 0).await;
    let error = get(&web, &Expected::Anything, folder.path()).await.unwrap_err();
    assert!(matches!(&error, InstallerError::Answer { status: 404, .. }), "{error}");
    assert_eq!((error.recovery(), web.times()), (Recovery::Rejected(Some("url".into())), 1));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let file = InstallerSource::File(folder.path().join("none.tar.gz"));
    let error = obtain(&file, &Expected::Anything, folder.path(), None, &patience()).await.unwrap_err();
    assert!(error.to_string().contains("none.tar.gz"), "{error}");
}

#[tokio::test]
async fn a_file_is_measured_and_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.tar.gz");
    std::fs::write(&file, b"own").unwrap();
    let source = InstallerSource::File(file.clone());
    let patience =
        bud::time::Patience::new(Duration::from_secs(60), tokio_util::sync::CancellationToken::new());
    let got =
        obtain(&source, &Expected::Given(sum(b"own")), Path::new("/nowhere"), None, &patience).await.unwrap();
    assert_eq!((got.installer.file, got.installer.bytes), (file, 3));
    let other = obtain(&source, &Expected::Given(sum(b"else")), Path::new("/nowhere"), None, &patience).await;
    assert!(matches!(other, Err(InstallerError::Checksum { .. })));
}
