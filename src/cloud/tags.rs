//! The tags by which we find again what we made.

use std::collections::BTreeMap;

/// The id that one create draws and that every part of it carries in `bud:owner`; empty on parts that
/// were let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(pub String);

/// What every object that can carry tags says of itself (`bud:…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `bud:environment`, where the provider block names one.
    pub environment: Option<String>,
    /// `bud:resource`: type and name, such as `bud_network/budk8s`.
    pub resource: String,
    /// `bud:owner`.
    pub owner: Owner,
    /// `bud:expires-at`, RFC 3339, where a time to live was given.
    pub expires_at: Option<String>,
}

impl Mark {
    /// Name of the tag that says who made the object; its value is `terraform-provider-bud`.
    pub const MANAGED_BY: &'static str = "bud:managed-by";
    /// Name of the environment's tag.
    pub const ENVIRONMENT: &'static str = "bud:environment";
    /// Name of the tag with type and name of the resource.
    pub const RESOURCE: &'static str = "bud:resource";
    /// Name of the owner's tag.
    pub const OWNER: &'static str = "bud:owner";
    /// Name of the tag that is `creating` until the create has finished, then `ready`.
    pub const STATE: &'static str = "bud:state";
    /// Name of the expiry's tag.
    pub const EXPIRES_AT: &'static str = "bud:expires-at";
    /// Name of the tag with the node that a part belongs to.
    pub const NODE: &'static str = "bud:node";
    /// Name of the tag with the pool of a node.
    pub const POOL: &'static str = "bud:pool";
    /// Name of the tag with the role of a pool's nodes.
    pub const ROLE: &'static str = "bud:role";
    /// Name of the tag with the network that a pool is in.
    pub const NETWORK: &'static str = "bud:network";
    /// Name of the tag of a machine that is a member of a cluster: the cluster and a server's address.
    pub const CLUSTER: &'static str = "bud:cluster";
    /// Name of the tag with a data disk's name inside its node.
    pub const DISK: &'static str = "bud:disk";
    /// Name of the tag with the public half of a machine's host key.
    pub const SSH_HOST_KEY: &'static str = "bud:ssh-host-key";
    /// Value of [`Mark::MANAGED_BY`].
    pub const MANAGER: &'static str = "terraform-provider-bud";

    /// All our tags, with the given state.
    #[must_use]
    pub fn tags(&self, finished: bool) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::from([
            (Self::MANAGED_BY.to_owned(), Self::MANAGER.to_owned()),
            (Self::RESOURCE.to_owned(), self.resource.clone()),
            (Self::OWNER.to_owned(), self.owner.0.clone()),
            (Self::STATE.to_owned(), if finished { "ready" } else { "creating" }.to_owned()),
        ]);
        if let Some(environment) = &self.environment {
            tags.insert(Self::ENVIRONMENT.to_owned(), environment.clone());
        }
        if let Some(expires_at) = &self.expires_at {
            tags.insert(Self::EXPIRES_AT.to_owned(), expires_at.clone());
        }
        tags
    }
}
