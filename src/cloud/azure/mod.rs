//! Azure Resource Manager.
//!
//! Invariants: nothing is contacted and no file is read before the first request; no environment
//! variable is read here; a token leaves for the resource manager's address alone; what others put
//! on an object survives every change of ours.

mod client;
mod document;
mod endpoints;
mod error_codes;
mod http;
mod ids;
mod login;
mod nat_gateway;
mod network;
mod operation;
mod public_ip;
mod queue;
mod request;
mod resource_group;
mod retry;
mod security_group;
mod settings;
mod subnet;
mod tags;
mod virtual_network;

use std::sync::Arc;

pub use settings::Settings;

use super::{Cloud, CloudError, Networks};
use client::Client;

/// One subscription in Azure.
pub struct Azure {
    client: Arc<Client>,
}

impl Azure {
    /// Takes the settings in. Contacts nothing and reads no file.
    ///
    /// # Errors
    /// [`CloudError::Setting`] for an argument that cannot be used: no subscription, a bad address.
    pub fn new(settings: Settings) -> Result<Self, CloudError> {
        Ok(Self { client: Arc::new(Client::new(settings)?) })
    }
}

impl Cloud for Azure {
    fn networks(&self) -> Arc<dyn Networks> {
        Arc::new(network::AzureNetworks::new(Arc::clone(&self.client)))
    }

    fn machines(&self) -> Arc<dyn super::Machines> {
        unimplemented!()
    }
}
