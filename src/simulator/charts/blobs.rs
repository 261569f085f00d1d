//! Blobs by digest.

use super::registry::{Registry, error};
use crate::simulator::message::Answer;

/// Answers for a blob. HEAD comes as GET: the connection leaves the body out.
pub(super) fn handle(registry: &mut Registry, method: &str, digest: &str) -> Answer {
    let unknown = || error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    match method {
        "GET" => match registry.blobs.get(digest) {
            Some(bytes) => Answer::bytes(200, "application/octet-stream", bytes.clone())
                .with("Docker-Content-Digest", digest),
            None => unknown(),
        },
        "DELETE" => match registry.blobs.remove(digest) {
            Some(_) => Answer::empty(202),
            None => unknown(),
        },
        _ => error(405, "UNSUPPORTED", "the operation is unsupported"),
    }
}
