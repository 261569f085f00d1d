//! Servers in a bad moment: asked again, when they say so, and not for ever.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bud::helm::fetch::{ChartSource, FetchError, Mirrors, fetch};
use bud::outcome::Recovery;
use bud::time::Patience;
use tokio_util::sync::CancellationToken;

/// Answers in order, the last one for ever. The status 0 hangs up.
pub(super) struct Server {
    pub(super) address: String,
    asked: Arc<Mutex<Vec<Instant>>>,
}

impl Server {
    pub(super) fn new(answers: Vec<(u16, &'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let mut told = told.lock().unwrap();
                let (status, headers, body) = answers[told.len().min(answers.len() - 1)];
                told.push(Instant::now());
                if status != 0 {
                    let length = body.len();
                    let _ = write!(
                        stream,
                        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
                    );
                }
            }
        });
        Self { address, asked }
    }

    /// How often it was asked, and the first pause.
    fn asked(&self) -> (usize, Duration) {
        let asked = self.asked.lock().unwrap();
        (asked.len(), asked.get(1).map_or(Duration::ZERO, |second| *second - asked[0]))
    }
}

const INDEX: &str = "entries:\n  one: []\n";

/// What comes of asking for a chart that the index does not have.
fn get(server: &Server, limit: u64) -> FetchError {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let source = ChartSource {
        chart: "one".into(),
        repository: Some(server.address.clone()),
        ..ChartSource::default()
    };
    let patience = Patience::new(Duration::from_secs(limit), CancellationToken::new());
    runtime.block_on(fetch(&source, &Mirrors::default(), &patience)).unwrap_err()
}

fn arrived(error: &FetchError) -> bool {
    matches!(error, FetchError::NoVersion { .. })
}

#[test]
fn a_bad_moment_is_waited_for() {
    for first in [(429, "", ""), (503, "", ""), (502, "", ""), (0, "", "")] {
        let server = Server::new(vec![first, (200, "", INDEX)]);
        let error = get(&server, 30);
        assert!(arrived(&error), "{first:?}: {error}");
        assert_eq!(server.asked().0, 2, "{first:?}");
    }
}

#[test]
fn a_server_says_when_to_ask_again() {
    let server = Server::new(vec![(429, "retry-after: 2\r\n", ""), (200, "", INDEX)]);
    assert!(arrived(&get(&server, 30)));
    let (count, pause) = server.asked();
    assert!(count == 2 && pause >= Duration::from_secs(2), "{count} {pause:?}");
    // A moment that has passed already.
    let server =
        Server::new(vec![(503, "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n", ""), (200, "", INDEX)]);
    assert!(arrived(&get(&server, 30)));
    assert!(server.asked().1 < Duration::from_millis(400));
}

#[test]
fn nobody_is_asked_for_ever() {
    let server = Server::new(vec![(503, "", "")]);
    let error = get(&server, 30);
    assert!(matches!(error, FetchError::Refused { status: 503, .. }), "{error}");
    assert_eq!(server.asked().0, 4);
    // An hour is not waited for, nor more than there is: the answer is told at once.
    for (header, limit) in [("retry-after: 3600\r\n", 30), ("retry-after: 20\r\n", 5)] {
        let server = Server::new(vec![(429, header, "")]);
        let started = Instant::now();
        let error = get(&server, limit);
        assert!(matches!(error.recovery(), Recovery::Retry(Some(_))), "{error}");
        assert!(server.asked().0 == 1 && started.elapsed() < Duration::from_secs(4));
    }
    for status in [400, 403, 404] {
        let server = Server::new(vec![(status, "", "")]);
        get(&server, 30);
        assert_eq!(server.asked().0, 1, "{status}");
    }
}
