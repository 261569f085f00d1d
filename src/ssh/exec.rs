//! Commands on a machine: what goes in, what comes out, how they end.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::secret::Secret;
use crate::time::{Ended, Patience};

use super::error::SshError;
use super::session::Session;

/// How much of the end of a standard error goes into errors.
const STDERR: usize = 4 * 1024;
/// The longest line that is given as one.
const LINE: usize = 8 * 1024;
/// What a file is read and sent in.
const PIECE: usize = 128 * 1024;
/// How much a command may write to its standard output unless it says otherwise.
const STDOUT: usize = 1024 * 1024;

/// A command to run.
#[derive(Debug)]
pub struct Command {
    /// How errors name it.
    pub name: String,
    /// For the shell of the user. Nothing secret is in it.
    pub line: String,
    /// What it reads.
    pub stdin: Stdin,
    /// How long it may take.
    pub limit: Duration,
    /// How many bytes of its standard output are kept; more is an error.
    pub stdout_limit: usize,
}

impl Command {
    /// A command that reads nothing.
    #[must_use]
    pub fn new(name: impl Into<String>, line: impl Into<String>, limit: Duration) -> Self {
        Self { name: name.into(), line: line.into(), stdin: Stdin::Nothing, limit, stdout_limit: STDOUT }
    }

    /// The same, reading something.
    #[must_use]
    pub fn reading(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }
}

/// What a command reads.
pub enum Stdin {
    /// Nothing.
    Nothing,
    /// A few bytes.
    Bytes(Bytes),
    /// A secret.
    Secret(Secret),
    /// A few bytes, and then a stream until its end.
    Stream(Bytes, Box<dyn AsyncRead + Send + Unpin>),
}

impl fmt::Debug for Stdin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Nothing => "nothing",
            Self::Bytes(_) => "bytes",
            Self::Secret(_) => "secret",
            Self::Stream(..) => "stream",
        })
    }
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With a status, 0 for success.
    Status(u32),
    /// By a signal, without `SIG`.
    Signal(String),
}

impl Exit {
    /// Whether it is success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Status(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "ended with status {status}"),
            Self::Signal(signal) => write!(formatter, "was ended by signal {signal}"),
        }
    }
}

/// A command that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How.
    pub exit: Exit,
    /// Everything it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// The end of what it wrote to its standard error, in one piece of text.
    pub stderr: String,
}

/// Which of the two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A piece of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Of which.
    pub stream: Stream,
    /// The bytes.
    pub bytes: Bytes,
}

/// A line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of which.
    pub stream: Stream,
    /// Without its end; what is no UTF-8 is replaced.
    pub text: String,
}

/// A command that runs. Dropping it closes its channel.
pub struct Running {
    session: Session,
    name: String,
    read: ChannelReadHalf,
    write: Option<std::sync::Arc<ChannelWriteHalf<Msg>>>,
    feed: Option<BoxFuture<'static, Result<(), NotFed>>>,
    exit: Option<Exit>,
    ends: Patience,
    limit: Duration,
    partial: [BytesMut; 2],
    over: bool,
}

/// Why a command was not given all of its input.
enum NotFed {
    /// It does not read any more; its end says why.
    Unread,
    /// Our side cannot be read.
    Source(std::io::Error),
}

impl Session {
    /// Starts a command.
    ///
    /// # Errors
    /// [`SshError`] where the session or the server does not start it.
    pub async fn start(&self, command: Command, patience: &Patience) -> Result<Running, SshError> {
        let ends = patience.at_most(command.limit);
        let (read, write) = self.command_channel(&ends).await?.split();
        let write = std::sync::Arc::new(write);
        let limit = ends.left();
        write.exec(true, command.line).await.map_err(|_| self.lost())?;
        let feed = feed(std::sync::Arc::clone(&write), command.stdin).boxed();
        Ok(Running {
            session: self.clone(),
            name: command.name,
            read,
            write: Some(write),
            feed: Some(feed),
            exit: None,
            ends,
            limit,
            partial: [BytesMut::new(), BytesMut::new()],
            over: false,
        })
    }

    /// Runs a command to its end, whatever that is.
    ///
    /// # Errors
    /// [`SshError`] where it could not be run to its end.
    pub async fn exec(&self, command: Command, patience: &Patience) -> Result<Output, SshError> {
        let limit = command.stdout_limit;
        let mut running = self.start(command, patience).await?;
        let (mut stdout, mut stderr) = (Vec::new(), BytesMut::new());
        while let Some(event) = running.event().await? {
            match event.stream {
                Stream::Out if stdout.len() + event.bytes.len() > limit => {
                    running.abandon().await;
                    let (at, command) = (self.place().clone(), running.name.clone());
                    return Err(SshError::TooMuchOutput { at, command, limit });
                }
                Stream::Out => stdout.extend_from_slice(&event.bytes),
                Stream::Err => keep_end(&mut stderr, &event.bytes),
            }
        }
        let exit = running.exit()?;
        Ok(Output { exit, stdout, stderr: String::from_utf8_lossy(&stderr).trim().to_owned() })
    }

    /// Runs a command that must end well, and gives what it wrote.
    ///
    /// # Errors
    /// [`SshError::Command`] where it did not end well, with the end of its standard error.
    pub async fn run(&self, command: Command, patience: &Patience) -> Result<String, SshError> {
        let name = command.name.clone();
        let output = self.exec(command, patience).await?;
        if !output.exit.is_success() {
            return Err(self.ended_badly(name, output.exit, output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The error of a command that did not end well.
    pub(super) fn ended_badly(&self, command: String, exit: Exit, stderr: String) -> SshError {
        SshError::Command { at: self.place().clone(), command, exit, stderr }
    }
}

impl Running {
    /// The next piece of output; none when the command has ended. May be dropped and called again.
    ///
    /// # Errors
    /// [`SshError`] where it can come to no end: the session is lost, its time is over, we are stopped.
    pub async fn event(&mut self) -> Result<Option<Event>, SshError> {
        if self.over {
            return Ok(None);
        }
        let ends = self.ends.clone();
        match ends.race(self.next()).await {
            Ok(result) => result,
            Err(ended) => {
                self.abandon().await;
                let at = self.session.place().clone();
                Err(match ended {
                    Ended::Deadline => {
                        SshError::CommandSlow { at, command: self.name.clone(), after: self.limit }
                    }
                    Ended::Stopped => SshError::Ended { at, ended },
                })
            }
        }
    }

    /// The next line of output; none when the command has ended. A line that is too long comes in parts.
    ///
    /// # Errors
    /// Those of [`Running::event`].
    pub async fn line(&mut self) -> Result<Option<Line>, SshError> {
        loop {
            for stream in [Stream::Out, Stream::Err] {
                if let Some(bytes) = take_line(&mut self.partial[stream as usize], self.over) {
                    return Ok(Some(Line { stream, text: String::from_utf8_lossy(&bytes).into_owned() }));
                }
            }
            if self.over {
                return Ok(None);
            }
            if let Some(event) = self.event().await? {
                self.partial[event.stream as usize].extend_from_slice(&event.bytes);
            }
        }
    }

    /// How it ended, after its last output.
    ///
    /// # Errors
    /// [`SshError::Lost`] where the server did not say.
    pub fn exit(&self) -> Result<Exit, SshError> {
        self.exit.clone().ok_or_else(|| self.session.lost())
    }

    async fn next(&mut self) -> Result<Option<Event>, SshError> {
        loop {
            let message = match &mut self.feed {
                None => self.read.wait().await,
                Some(feed) => tokio::select! {
                    biased;
                    message = self.read.wait() => message,
                    fed = feed => {
                        self.feed = None;
                        if let Err(NotFed::Source(error)) = fed {
                            self.abandon().await;
                            let path = format!("the input of {}", self.name);
                            return Err(SshError::Source { path, reason: error.to_string() });
                        }
                        continue;
                    }
                },
            };
            match message {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                    return Ok(Some(Event { stream: Stream::Out, bytes: data }));
                }
                Some(ChannelMsg::ExtendedData { data, ext: 1 }) if !data.is_empty() => {
                    return Ok(Some(Event { stream: Stream::Err, bytes: data }));
                }
                Some(ChannelMsg::ExitStatus { exit_status }) => self.exit = Some(Exit::Status(exit_status)),
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    self.exit = Some(Exit::Signal(signal(&signal_name)));
                }
                Some(ChannelMsg::Failure) => {
                    self.over = true;
                    return Err(SshError::ChannelRefused {
                        at: self.session.place().clone(),
                        to: self.name.clone(),
                        reason: "the server does not run commands".to_owned(),
                        passing: false,
                    });
                }
                Some(ChannelMsg::Close) | None => {
                    self.over = true;
                    self.feed = None;
                    self.close().await;
                    return if self.exit.is_some() { Ok(None) } else { Err(self.session.lost()) };
                }
                Some(_) => {}
            }
        }
    }

    /// Ends the command as far as the server can: OpenSSH signals none of root (`session_signal_req` needs
    /// privilege separation), which end when they next read or write.
    async fn abandon(&mut self) {
        self.over = true;
        self.feed = None;
        if let Some(write) = &self.write {
            // The session may be what has ended: there is nobody to tell then.
            let _ = write.signal(Sig::KILL).await;
        }
        self.close().await;
    }

    async fn close(&mut self) {
        if let Some(write) = self.write.take() {
            let _ = write.close().await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let (Some(write), Ok(runtime)) = (self.write.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let session = self.session.clone();
        runtime.spawn(async move {
            let _ = write.close().await;
            drop(session);
        });
    }
}

/// Writes a command's input, and its end.
async fn feed(write: std::sync::Arc<ChannelWriteHalf<Msg>>, stdin: Stdin) -> Result<(), NotFed> {
    let send = async |bytes: Bytes| write.data_bytes(bytes).await.map_err(|_| NotFed::Unread);
    match stdin {
        Stdin::Nothing => {}
        Stdin::Bytes(bytes) => send(bytes).await?,
        Stdin::Secret(secret) => send(Bytes::copy_from_slice(secret.expose().as_bytes())).await?,
        Stdin::Stream(first, mut rest) => {
            send(first).await?;
            loop {
                let mut piece = BytesMut::with_capacity(PIECE);
                if rest.read_buf(&mut piece).await.map_err(NotFed::Source)? == 0 {
                    break;
                }
                send(piece.freeze()).await?;
            }
        }
    }
    write.eof().await.map_err(|_| NotFed::Unread)
}

/// A line without its end, if there is a whole one, or one that is long enough, or the last.
fn take_line(partial: &mut BytesMut, last: bool) -> Option<BytesMut> {
    if let Some(end) = partial.iter().position(|byte| *byte == b'\n') {
        let mut line = partial.split_to(end + 1);
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        return Some(line);
    }
    if partial.len() >= LINE {
        return Some(partial.split_to(LINE));
    }
    (last && !partial.is_empty()).then(|| partial.split())
}

/// Appends, keeping the end only.
fn keep_end(kept: &mut BytesMut, more: &[u8]) {
    kept.extend_from_slice(more);
    if kept.len() > STDERR {
        let _beginning = kept.split_to(kept.len() - STDERR);
    }
}

fn signal(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        named => format!("{named:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_or_long_or_last() {
        let mut partial = BytesMut::from(&b"one\r\ntwo\n\nrest"[..]);
        let mut next =
            |last| take_line(&mut partial, last).map(|line| String::from_utf8(line.to_vec()).unwrap());
        assert_eq!(next(false).as_deref(), Some("one"));
        assert_eq!(next(false).as_deref(), Some("two"));
        assert_eq!(next(false).as_deref(), Some(""));
        assert_eq!(next(false), None);
        assert_eq!(next(true).as_deref(), Some("rest"));
        assert_eq!(next(true), None);
        let mut long = BytesMut::from(&[b'x'; LINE + 1][..]);
        assert_eq!(take_line(&mut long, false).unwrap().len(), LINE);
        assert_eq!(take_line(&mut long, false), None);
    }

    #[test]
    fn the_end_of_an_error_is_kept() {
        let mut kept = BytesMut::new();
        keep_end(&mut kept, &[b'a'; STDERR]);
        keep_end(&mut kept, b"the reason");
        assert_eq!(kept.len(), STDERR);
        assert!(kept.ends_with(b"athe reason"));
    }

    #[test]
    fn input_is_not_shown() {
        let command =
            Command::new("place", "sh", Duration::from_secs(1)).reading(Stdin::Secret(Secret::new("s3cret")));
        assert!(!format!("{command:?}").contains("s3cret"));
    }
}
