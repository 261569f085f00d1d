//! Clouds: what a network asks of them, in nouns that Azure and AWS share.
//!
//! Invariants: this room knows nothing of Terraform: no values, no schema, no diagnostics. What a
//! cloud refuses keeps the cloud's own code and words ([`CloudError`]).

#[cfg(feature = "azure")]
pub mod azure;
mod error;
mod machine;
mod network;
mod sku;
mod tags;

pub use error::{Answer, CloudError};
pub use machine::{
    DataDiskPlan, DataDiskSeen, DiskKind, Encryption, HostKey, Identities, Image, MachineSeen, Machines,
    NodeChange, NodePlan, NodeRemoval, NodeSeen, Offer, OnEviction, OnRemove, PartFound, PoolPlace, PoolPlan,
    Power, SpotPlan,
};
pub use network::{
    Access, Direction, ForeignRules, Found, NatPlan, NetworkPlace, NetworkPlan, NetworkSeen, Networks,
    PartRole, Protocol, Removal, Removed, Rule, SubnetPlan, SubnetSeen,
};
pub use sku::{Quota, SkuSeen};
pub use tags::{Mark, Owner};

use std::sync::Arc;

use async_trait::async_trait;

use crate::secret::Secret;
use crate::time::Patience;

/// One account in one cloud.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Its networks.
    fn networks(&self) -> Arc<dyn Networks>;

    /// Its machines.
    fn machines(&self) -> Arc<dyn Machines>;

    /// A token of the account, for services of the cloud that take one beside its own API, such as its
    /// registries.
    async fn access_token(&self, patience: &Patience) -> Result<Secret, CloudError>;
}
