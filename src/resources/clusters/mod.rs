//! Which cluster a resource means, and how the cluster's errors read: shared by everything that lives in one.
//!
//! The argument `kubeconfig` wins over the provider's `kubernetes` block, and that over `KUBECONFIG`. Equal
//! access is one client, so that connections, login and discovery are shared by a whole run.

mod channel;
mod explain;
mod extension;
mod files;

pub(super) use explain::{ended_words, explain, unseen, unseen_action};

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::diagnostics::Diagnostic;
use crate::kube::{Access, Client};
use crate::provider::Context;
use crate::schema::Planned;
use crate::secret::Secret;
use crate::value::Path;

/// The way to a cluster.
pub(super) enum Way {
    /// There is one; nothing was asked yet.
    Open(Client),
    /// A value that it needs is known only after apply.
    NotKnown,
    /// No kubeconfig is given at all, or it cannot be used.
    Unusable(Diagnostic),
    /// The file that is named does not exist, or not yet.
    NoFile(Diagnostic),
}

/// How many clients are kept; more than any configuration has clusters.
const KEPT: usize = 32;

/// The clients of this process.
pub(super) struct Clusters {
    context: Arc<Context>,
    open: Mutex<Vec<([u8; 32], Client)>>,
}

impl Clusters {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, open: Mutex::new(Vec::new()) }
    }

    /// The cluster of a resource by its argument `kubeconfig`.
    pub(super) fn of(&self, kubeconfig: &Planned<Option<Secret>>) -> Way {
        let settings = self.context.settings();
        let Planned::Known(given) = kubeconfig else { return Way::NotKnown };
        let Planned::Known(proxy) = &settings.proxy_url else { return Way::NotKnown };
        let given = given.as_ref().filter(|text| !text.expose().trim().is_empty());
        let (text, context) = if let Some(text) = given {
            (text.clone(), None)
        } else {
            let Planned::Known(provider) = &settings.kubernetes else { return Way::NotKnown };
            match files::read(provider) {
                Ok(text) => (text, provider.context.clone()),
                Err(way) => return way,
            }
        };
        self.open(text, context, proxy.as_deref())
    }

    fn open(&self, kubeconfig: Secret, context: Option<String>, proxy: Option<&str>) -> Way {
        // Nobody else's kubeconfig needs a login, which may be a file to read.
        let logins = extension::is_in(&kubeconfig).then(|| super::machines::logins(&self.context.settings()));
        let logins = match logins {
            Some(Ok(Planned::Known(logins))) => Some(logins),
            // Other ways may do; who needs this one is told by what it cannot reach.
            Some(Ok(Planned::Unknown) | Err(_)) | None => None,
        };
        let mut hasher = Sha256::new();
        // Keys show their fingerprints.
        let machines = format!("{logins:?}");
        let context_part = context.as_deref().unwrap_or("\0");
        for part in [kubeconfig.expose(), context_part, proxy.unwrap_or("\0"), &machines] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let key: [u8; 32] = hasher.finalize().into();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = open.iter().find(|(known, _)| *known == key) {
            return Way::Open(client.clone());
        }
        let proxy = match proxy.map(Url::parse).transpose() {
            Ok(proxy) => proxy,
            Err(error) => {
                let detail = format!("proxy_url of the provider block is no address: {error}.");
                return Way::Unusable(Diagnostic::error("Bad proxy", detail));
            }
        };
        let extension = extension::read(&kubeconfig);
        let channel = logins.and_then(|logins| channel::channel(&extension, &logins));
        let servers = extension.servers;
        let access = Access { context, proxy, servers, channel, ..Access::new(kubeconfig) };
        match Client::open(&access) {
            Ok(client) => {
                if open.len() >= KEPT {
                    open.remove(0);
                }
                open.push((key, client.clone()));
                Way::Open(client)
            }
            Err(error) => Way::Unusable(explain(&error, "Reading the kubeconfig")),
        }
    }
}

/// There is nothing that says which cluster.
fn nowhere() -> Diagnostic {
    Diagnostic::error(
        "No cluster",
        "Nothing says which cluster is meant. Set kubeconfig, or kubernetes = { config_path = \"…\" } in the provider \
         block, or the variable KUBECONFIG.",
    )
    .at(Path::of("kubeconfig"))
}
