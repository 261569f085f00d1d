//! Uploads of blobs: in one piece, in pieces, or taken over from another repository.

use std::collections::BTreeMap;

use super::registry::{Registry, error};
use crate::simulator::message::{Answer, Request};

/// The most that all unfinished uploads may hold.
const LARGEST: usize = 256 << 20;

/// Uploads that are under way, by their session.
pub(super) type Uploads = BTreeMap<String, Vec<u8>>;

/// `POST /v2/NAME/blobs/uploads/`.
pub(super) fn begin(registry: &mut Registry, method: &str, name: &str, request: &Request) -> Answer {
    if method != "POST" {
        return error(405, "UNSUPPORTED", "the operation is unsupported");
    }
    if let Some(digest) = request.parameter("mount")
        && registry.blobs.contains_key(&digest)
    {
        return made(name, &digest);
    }
    if let Some(digest) = request.parameter("digest") {
        return store(registry, name, &digest, request.body.to_vec());
    }
    let session = uuid::Uuid::new_v4().to_string();
    registry.uploads.insert(session.clone(), Vec::new());
    standing(name, &session, 0, 202)
}

/// `PATCH`, `PUT`, `GET` and `DELETE` of an upload.
pub(super) fn go_on(
    registry: &mut Registry,
    method: &str,
    name: &str,
    session: &str,
    request: &Request,
) -> Answer {
    let held: usize = registry.uploads.values().map(Vec::len).sum();
    let Some(bytes) = registry.uploads.get_mut(session) else {
        return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    };
    if held + request.body.len() > LARGEST {
        return error(413, "SIZE_INVALID", "the upload is too large");
    }
    match method {
        "GET" => standing(name, session, bytes.len(), 204),
        "PATCH" => {
            if let Some(range) = request.header("content-range")
                && range.split('-').next() != Some(bytes.len().to_string().as_str())
            {
                return standing(name, session, bytes.len(), 416);
            }
            bytes.extend_from_slice(&request.body);
            standing(name, session, bytes.len(), 202)
        }
        "PUT" => {
            let Some(digest) = request.parameter("digest") else {
                return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
            };
            bytes.extend_from_slice(&request.body);
            let bytes = registry.uploads.remove(session).unwrap_or_default();
            store(registry, name, &digest, bytes)
        }
        "DELETE" => {
            registry.uploads.remove(session);
            Answer::empty(204)
        }
        _ => error(405, "UNSUPPORTED", "the operation is unsupported"),
    }
}

fn store(registry: &mut Registry, name: &str, digest: &str, bytes: Vec<u8>) -> Answer {
    if super::digest(&bytes) != digest {
        return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    registry.blobs.insert(digest.to_owned(), bytes.into());
    made(name, digest)
}

fn made(name: &str, digest: &str) -> Answer {
    Answer::empty(201)
        .with("Location", format!("/v2/{name}/blobs/{digest}"))
        .with("Docker-Content-Digest", digest)
}

fn standing(name: &str, session: &str, length: usize, status: u16) -> Answer {
    Answer::empty(status)
        .with("Location", format!("/v2/{name}/blobs/uploads/{session}"))
        .with("Docker-Upload-UUID", session)
        .with("Range", format!("0-{}", length.saturating_sub(1)))
}
