//! What containers print.

use hyper::Method;

use super::client::Client;
use super::error::{Asked, KubeError};

/// Which part of what a container printed. The default is all of the pod's only container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// The container; needed where the pod has several.
    pub container: Option<String>,
    /// How many lines from the end.
    pub last_lines: Option<u32>,
    /// The most that is read from their start, in bytes.
    pub most_bytes: Option<u32>,
    /// Of which run.
    pub run: Run,
}

/// A run of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    /// The one that runs, or ran last.
    #[default]
    Current,
    /// The one before it.
    Previous,
}

impl Client {
    /// What a container of a pod printed, with `\u{fffd}` in the place of what is no UTF-8.
    ///
    /// # Errors
    /// As every call; [`KubeError::Invalid`] while the container waits to start, or where it is not named
    /// and there are several.
    pub async fn logs(&self, namespace: &str, pod: &str, of: &Logs) -> Result<String, KubeError> {
        let asked = Asked::new("read logs", &format!("v1 Pod {namespace}/{pod}"));
        let path = ["api", "v1", "namespaces", namespace, "pods", pod, "log"];
        let mut query = Vec::new();
        query.extend(of.container.clone().map(|name| ("container", name)));
        query.extend(of.last_lines.map(|lines| ("tailLines", lines.to_string())));
        query.extend(of.most_bytes.map(|bytes| ("limitBytes", bytes.to_string())));
        if of.run == Run::Previous {
            query.push(("previous", "true".to_owned()));
        }
        let mut request = self.request(Method::GET, &path, asked).query(query);
        request.accept = "text/plain, */*";
        let answer = self.ask(&request).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }
}
