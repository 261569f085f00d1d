//! Login with the managed identity of the machine we run on.

use azure_core::{Method, Request};

use super::super::endpoints::address;
use super::authority::{read_token, said};
use super::{Desk, Failure, Issued, Source, passing, refused, silent};

const SOURCE: Source = Source::ManagedIdentity;
/// The metadata service of every Azure machine.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

impl Desk {
    /// Asks the metadata service. Without a proxy: it is reachable from this machine alone.
    pub(super) async fn by_managed_identity(&self) -> Result<Issued, Failure> {
        let endpoint =
            self.settings.msi_endpoint.as_deref().filter(|text| !text.is_empty()).unwrap_or(METADATA);
        let mut url = address("azure.msi_endpoint", endpoint)?;
        let resource = self.endpoints.scope.trim_end_matches("/.default");
        url.query_pairs_mut().append_pair("api-version", "2018-02-01").append_pair("resource", resource);
        if let Some(client) = self.settings.client_id.as_deref().filter(|text| !text.is_empty()) {
            url.query_pairs_mut().append_pair("client_id", client);
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = Request::new(url, Method::Get);
        request.insert_header("metadata", "true");
        let reply = self.metadata.exchange(&request).await.map_err(|error| silent(SOURCE, &host, error))?;
        match reply.status {
            200..=299 => read_token(SOURCE, &reply.body),
            // The service says 404 and 410 while it starts or is renewed.
            404 | 408 | 410 | 429 | 500..=599 => Err(passing(SOURCE, format!("{host}: {}", said(&reply)))),
            _ => Err(refused(SOURCE, format!("{host}: {}", said(&reply)))),
        }
    }
}
