//! The OCI registry: which part of the distribution specification a request means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use regex::Regex;
use serde_json::json;

use super::archive::Archive;
use super::blobs;
use super::manifests::{self, Repository};
use super::uploads::{self, Uploads};
use crate::simulator::message::{Answer, Request};

/// Blobs are shared by all repositories, manifests and tags are each one's own.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) blobs: BTreeMap<String, Bytes>,
    pub(super) repositories: BTreeMap<String, Repository>,
    pub(super) uploads: Uploads,
}

/// An error in the specification's form.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "errors": [{ "code": code, "message": message }] }))
}

impl Registry {
    /// Puts a packed chart where `helm push` would.
    pub(super) fn shelve(&mut self, archive: &Archive) {
        manifests::shelve(self, archive);
    }

    /// Answers a request below `/v2`; with the chart where a manifest of one was pushed.
    pub(super) fn handle(
        &mut self,
        request: &Request,
        rest: &[&str],
        now: &str,
    ) -> (Answer, Option<Archive>) {
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        let answer = match rest {
            [] => Answer::json(200, json!({})),
            [name @ .., "manifests", reference] => match named(name) {
                Ok(name) => return manifests::handle(self, method, &name, reference, request, now),
                Err(refusal) => refusal,
            },
            [name @ .., "blobs", "uploads"] => named(name)
                .map_or_else(|refusal| refusal, |name| uploads::begin(self, method, &name, request)),
            [name @ .., "blobs", "uploads", session] => named(name)
                .map_or_else(|refusal| refusal, |name| uploads::go_on(self, method, &name, session, request)),
            [name @ .., "blobs", digest] => {
                named(name).map_or_else(|refusal| refusal, |_| blobs::handle(self, method, digest))
            }
            [name @ .., "tags", "list"] if method == "GET" => {
                named(name).map_or_else(|refusal| refusal, |name| manifests::tags(self, &name, request))
            }
            [_, .., "referrers", _] if method == "GET" => {
                let nothing = json!({ "schemaVersion": 2, "mediaType": manifests::INDEX, "manifests": [] });
                Answer::bytes(200, manifests::INDEX, nothing.to_string().into())
            }
            _ => error(404, "UNSUPPORTED", "the operation is unsupported"),
        };
        (answer, None)
    }
}

/// The name of a repository, by the specification's pattern.
fn named(parts: &[&str]) -> Result<String, Answer> {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let part = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
        Regex::new(&format!("^{part}(/{part})*$")).ok()
    });
    let name = parts.join("/");
    if NAME.as_ref().is_some_and(|pattern| pattern.is_match(&name)) {
        Ok(name)
    } else {
        Err(error(400, "NAME_INVALID", "invalid repository name"))
    }
}
