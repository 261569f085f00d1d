//! Requests as data, and how they are sent.

mod send;

use std::time::Duration;

use hyper::Method;
use url::Url;

use super::error::Asked;

/// How long one request may take: the API server ends its own after 60 s.
pub(super) const LIMIT: Duration = Duration::from_secs(65);

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) asked: Asked,
    pub(super) method: Method,
    pub(super) url: Url,
    /// Media types that are understood, the best first.
    pub(super) accept: &'static str,
    /// Media type and content of the body.
    pub(super) body: Option<(&'static str, Vec<u8>)>,
    pub(super) again: Again,
    /// How long the answer may take.
    pub(super) limit: Duration,
}

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Twice is as good as once.
    Harmless,
    /// Only where it cannot have arrived, or was refused before anything was done.
    OnlyUnsent,
}

/// An answer that is a success, or a refusal that the caller reads.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) content_type: String,
    pub(super) body: hyper::body::Bytes,
}

// === impl Request ===

impl Request {
    /// A request for a path below the server, each segment as it is.
    pub(super) fn new(server: &Url, method: Method, segments: &[&str], asked: Asked) -> Self {
        let mut url = server.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Both of these fail only for addresses without a host, which no kubeconfig gets past us.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        let again = if method == Method::GET { Again::Harmless } else { Again::OnlyUnsent };
        Self { asked, method, url, accept: "application/json", body: None, again, limit: LIMIT }
    }

    pub(super) fn query<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut pairs = pairs.into_iter().peekable();
        if pairs.peek().is_some() {
            self.url.query_pairs_mut().extend_pairs(pairs);
        }
        self
    }

    pub(super) fn body(mut self, content_type: &'static str, value: &serde_json::Value) -> Self {
        self.body = Some((content_type, value.to_string().into_bytes()));
        self
    }

    pub(super) fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_below_the_servers_own_and_names_are_encoded() {
        let server = Url::parse("https://one.example.com/k8s/clusters/c-1/").unwrap();
        let asked = Asked::new("get", "v1 Secret");
        let request = Request::new(&server, Method::GET, &["apis", "a b/c", "system:x"], asked)
            .query([("labelSelector", "a in (b,c)")]);
        assert_eq!(
            request.url.as_str(),
            "https://one.example.com/k8s/clusters/c-1/apis/a%20b%2Fc/system:x?labelSelector=a+in+%28b%2Cc%29"
        );
        let root = Url::parse("https://one.example.com:6443").unwrap();
        let request = Request::new(&root, Method::GET, &["version"], Asked::new("read", "version"))
            .query([("", ""); 0]);
        assert_eq!(request.url.as_str(), "https://one.example.com:6443/version");
    }
}
