//! Azure Resource Manager.
//!
//! Invariants: nothing is contacted and no file is read before the first request; no environment
//! variable is read here; a token leaves for the resource manager's address, and else only by
//! `access_token`, for whom the user names; what others put
//! on an object survives every change of ours.

mod availability_set;
mod client;
mod cloud_init;
mod disk;
mod document;
mod endpoints;
mod error_codes;
mod http;
mod ids;
mod image;
mod login;
mod machine;
mod nat_gateway;
mod network;
mod network_interface;
mod operation;
mod public_ip;
mod queue;
mod request;
mod resource_group;
mod retry;
mod security_group;
mod settings;
mod shared;
mod sku;
mod subnet;
mod tags;
mod usage;
mod virtual_machine;
mod virtual_network;

use std::sync::Arc;

pub use settings::Settings;

use async_trait::async_trait;

use super::{Cloud, CloudError, Machines, Networks};
use client::Client;

use crate::secret::Secret;
use crate::time::Patience;

/// One subscription in Azure.
pub struct Azure {
    client: Arc<Client>,
    /// What all pools ask for together.
    known: Arc<machine::Known>,
}

impl Azure {
    /// Takes the settings in. Contacts nothing and reads no file.
    ///
    /// # Errors
    /// [`CloudError::Setting`] for an argument that cannot be used: no subscription, a bad address.
    pub fn new(settings: Settings) -> Result<Self, CloudError> {
        Ok(Self { client: Arc::new(Client::new(settings)?), known: Arc::default() })
    }
}

#[async_trait]
impl Cloud for Azure {
    fn networks(&self) -> Arc<dyn Networks> {
        Arc::new(network::AzureNetworks::new(Arc::clone(&self.client)))
    }

    fn machines(&self) -> Arc<dyn Machines> {
        Arc::new(machine::AzureMachines::new(Arc::clone(&self.client), Arc::clone(&self.known)))
    }

    async fn access_token(&self, patience: &Patience) -> Result<Secret, CloudError> {
        self.client.access_token(patience).await
    }
}
