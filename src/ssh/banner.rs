//! The first line of a server, read before the protocol starts: it has a deadline of its own, and a server
//! that is no SSH server is recognised by it.
//!
//! Rules: RFC 4253, section 4.2: lines before `SSH-` are allowed, each at most 255 bytes with its end.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest line.
const LINE: usize = 255;
/// So many lines may precede the identification; OpenSSH's client takes 1024, no server that we know any.
const LINES: usize = 64;

/// What a server's identification and a refusal of it look like.
#[derive(Debug)]
pub(super) enum NoBanner {
    /// The connection broke.
    Io(io::Error),
    /// The server closed the connection without a word.
    Closed,
    /// The server is OpenSSH and turns the connection away for now.
    TurnedAway(String),
    /// Something else answers: what it said first.
    Other(String),
}

/// What OpenSSH says instead of its identification when it turns connections away: `sshd.c` up to 9.7
/// (`drop_connection`), `sshd-session.c` since.
const TURNED_AWAY: [&str; 2] = ["Exceeded MaxStartups", "Not allowed at this time"];

/// Reads up to the identification. Returns it, and all bytes from its beginning on, to be put back.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<(String, Bytes), NoBanner> {
    let mut seen = BytesMut::with_capacity(512);
    let mut first = String::new();
    let mut lines = 0;
    loop {
        while let Some(end) = seen.iter().position(|byte| *byte == b'\n') {
            let line = text(&seen[..end]);
            if line.starts_with("SSH-2.0-") || line.starts_with("SSH-1.99-") {
                return Ok((line, seen.freeze()));
            }
            if TURNED_AWAY.contains(&line.as_str()) {
                return Err(NoBanner::TurnedAway(line));
            }
            if first.is_empty() {
                first.clone_from(&line);
            }
            lines += 1;
            if lines > LINES || line.starts_with("SSH-") {
                return Err(NoBanner::Other(if line.starts_with("SSH-") { line } else { first }));
            }
            let _line = seen.split_to(end + 1);
        }
        if seen.len() > LINE {
            return Err(NoBanner::Other(if first.is_empty() { text(&seen) } else { first }));
        }
        match stream.read_buf(&mut seen).await {
            Ok(0) if first.is_empty() && seen.is_empty() => return Err(NoBanner::Closed),
            Ok(0) => {
                return Err(NoBanner::Other(if first.is_empty() { text(&seen) } else { first }));
            }
            Ok(_) => {}
            Err(error) => return Err(NoBanner::Io(error)),
        }
    }
}

/// A line as it may be shown: printable ASCII, at most 80 characters.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let shown = bytes.iter().take(80).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '?',
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(bytes: &'static [u8]) -> Result<(String, Bytes), NoBanner> {
        let mut stream = bytes;
        read(&mut stream).await
    }

    #[tokio::test]
    async fn the_identification_is_found_and_put_back_with_what_follows() {
        let (line, back) =
            of(b"Welcome\r\nto the machine\nSSH-2.0-OpenSSH_9.2p1 Debian\r\n\0\0\x04").await.unwrap();
        assert_eq!(line, "SSH-2.0-OpenSSH_9.2p1 Debian");
        assert_eq!(&back[..], b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n\0\0\x04");
    }

    #[tokio::test]
    async fn others_are_recognised_by_what_they_say() {
        let other = |result| match result {
            Err(NoBanner::Other(said)) => said,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            other(of(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n").await),
            "HTTP/1.1 400 Bad Request"
        );
        assert_eq!(other(of(b"\x16\x03\x01 no line").await), "??? no line");
        assert_eq!(other(of(b"SSH-1.5-old\r\n").await), "SSH-1.5-old");
        static LONG: [u8; 4096] = [b'x'; 4096];
        assert_eq!(other(of(&LONG).await).len(), 80);
        static MANY: &[u8] = &[b'\n'; 200];
        assert_eq!(other(of(MANY).await), "");
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_or_turns_away_is_not_taken_for_another() {
        assert!(matches!(of(b"").await, Err(NoBanner::Closed)));
        assert!(matches!(of(b"Exceeded MaxStartups\r\n").await, Err(NoBanner::TurnedAway(_))));
    }
}
