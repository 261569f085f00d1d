//! The arguments of `ephemeral.bud_kubeconfig` and what it gives.

use std::time::Duration;

use crate::schema::{Attributes, Block, Ephemeral, Rule as Plan, declare, merge};
use crate::secret::Secret;

declare! {
    /// Which kubeconfig is wanted.
    pub struct KubeconfigSpec {
        /// A kubeconfig that may request tokens, such as that of whoever administers the cluster.
        kubeconfig: Secret = Plan::plain(),
        /// What its holder may do: `view`, `edit`, `admin`, `cluster-admin` or the name of any other `ClusterRole`. It
        /// is the service account `bud-<role>` that has the role.
        role: String = Plan::default_to("view"),
        /// Namespace of that service account, for which the kubeconfig is then as well. By default the account of
        /// `kube-system`, and no namespace in the kubeconfig.
        namespace: Option<String> = Plan::plain(),
        /// How long it lasts, at least `"10m"`, as a duration such as `"1h"`. It cannot be renewed: what takes longer
        /// needs a longer one. A cluster may give less; `expires_at` says what it gave.
        duration: Duration = Plan::default_to("1h"),
    }
}

declare! {
    /// What is given.
    pub struct KubeconfigStatus {
        /// A kubeconfig with the token, which leads to the cluster in the same way as `kubeconfig`.
        limited_kubeconfig: Secret = Plan::plain(),
        /// Address of the API.
        host: String = Plan::plain(),
        /// Authority of the API in PEM form; null where the kubeconfig names a file or none.
        cluster_ca_certificate: Option<String> = Plan::plain(),
        /// The token.
        token: Secret = Plan::plain(),
        /// When it ends, RFC 3339.
        expires_at: String = Plan::plain(),
    }
}

/// The declaration of `ephemeral.bud_kubeconfig`.
#[must_use]
pub(in crate::resources) fn ephemeral() -> Ephemeral {
    Ephemeral {
        block: Block {
            version: 0,
            doc: "A kubeconfig for a limited role and a limited time, which is never stored: a token of the service \
                  account `bud-<role>`. Opening it changes nothing in the cluster, so the account must be there: \
                  `kubectl create serviceaccount bud-view -n kube-system` and `kubectl create clusterrolebinding \
                  bud-view --clusterrole=view --serviceaccount=kube-system:bud-view` make the one of `view`. It is for \
                  other providers and for `bud` providers of another alias; in its own provider's block it would be a cycle.",
            attributes: merge(KubeconfigSpec::attributes(), KubeconfigStatus::attributes()),
        },
    }
}
