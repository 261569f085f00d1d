//! Watching: changes as they happen.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{BoxStream, Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::Value;

use super::client::Client;
use super::error::{Asked, KubeError};
use super::kind::{Kind, Selector};
use super::refusal::Refusal;

/// How long the server keeps a watch open, in seconds: five minutes, as Go's reflectors ask at least.
const OPEN: &str = "300";

/// How long a watch may be silent before it counts as dead. Servers send a bookmark about once a minute.
const SILENT: Duration = Duration::from_secs(310);

/// The longest event that is read, in bytes; the API keeps no object above 1.5 MiB.
const LONGEST: usize = 64 << 20;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An object came, or was there when the watch began without a place to go on from.
    Added(Value),
    /// It changed.
    Modified(Value),
    /// It is gone, or is no longer chosen; as it was last.
    Deleted(Value),
    /// Nothing changed up to this resource version.
    Bookmark(String),
}

/// Changes, one by one, until the server ends the watch, which it does every few minutes.
pub struct Changes(BoxStream<'static, Result<Change, KubeError>>);

impl Client {
    /// Watches the chosen objects of a kind from a resource version on, which [`Client::list`] gave.
    ///
    /// # Errors
    /// As every call, and as an item of the stream. [`KubeError::Gone`] means that the objects must be
    /// listed again.
    pub async fn watch(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        chosen: &Selector,
        from: &str,
    ) -> Result<Changes, KubeError> {
        let query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", OPEN),
            ("resourceVersion", from),
        ];
        let request = self.selected("watch", kind, namespace, chosen).query(query);
        let body = self.stream(&request).await?;
        let lines =
            Lines { body, buffer: Vec::new(), searched: 0, asked: request.asked, server: self.server() };
        Ok(Changes(futures::stream::try_unfold(lines, Lines::next).boxed()))
    }
}

impl Stream for Changes {
    type Item = Result<Change, KubeError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

/// The body of a watch, a line for each change.
struct Lines {
    body: Body,
    buffer: Vec<u8>,
    /// How far the buffer has been searched for the end of a line.
    searched: usize,
    asked: Asked,
    server: String,
}

impl Lines {
    async fn next(mut self) -> Result<Option<(Change, Self)>, KubeError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
                let rest = self.buffer.split_off(self.searched + end + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                self.searched = 0;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Ok(Some((self.read(&line)?, self)));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LONGEST {
                return Err(self.wrong("an event has no end"));
            }
            match tokio::time::timeout(SILENT, self.body.frame()).await {
                Err(_) => return Err(self.ended(format!("silent for {} s", SILENT.as_secs()))),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(self.ended(error.to_string())),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }

    fn read(&self, line: &[u8]) -> Result<Change, KubeError> {
        let mut event: Value = serde_json::from_slice(line).map_err(|_| self.wrong("an event is no JSON"))?;
        let object = event["object"].take();
        match event["type"].as_str() {
            Some("ADDED") => Ok(Change::Added(object)),
            Some("MODIFIED") => Ok(Change::Modified(object)),
            Some("DELETED") => Ok(Change::Deleted(object)),
            Some("BOOKMARK") => {
                let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
                Ok(Change::Bookmark(version.to_owned()))
            }
            Some("ERROR") => Err(Refusal::of(&object, None).into_error(self.asked.clone())),
            _ => Err(self.wrong("an event has no type that is known")),
        }
    }

    fn wrong(&self, reason: &str) -> KubeError {
        KubeError::Answer { asked: self.asked.clone(), reason: reason.to_owned() }
    }

    fn ended(&self, reason: String) -> KubeError {
        KubeError::Unreachable {
            asked: self.asked.clone(),
            server: self.server.clone(),
            tried: vec![("the watch".to_owned(), reason)],
            perhaps_sent: true,
        }
    }
}
