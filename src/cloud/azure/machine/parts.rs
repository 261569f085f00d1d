//! What a node consists of, by id: pure, from its network and name alone.

use super::super::ids::{
    self, AVAILABILITY_SETS, DISKS, NETWORK_INTERFACES, PUBLIC_IPS, SECURITY_GROUPS, VIRTUAL_MACHINES,
};
use super::super::tags::{Tags, record};
use crate::cloud::{Mark, PoolPlan};

/// Names and places of one node's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// Id of the resource group: that of the network.
    pub(super) group: String,
    /// Id of the network.
    pub(super) network: String,
    /// Name of the node.
    pub(super) node: String,
}

impl Parts {
    /// The parts of a node in a network.
    pub(super) fn of(network_id: &str, node: &str) -> Self {
        let network = ids::normal(network_id);
        Self { group: ids::group_of(&network).to_owned(), network, node: node.to_owned() }
    }

    /// The machine: its name is the node's.
    pub(super) fn machine(&self) -> String {
        ids::compute(&self.group, VIRTUAL_MACHINES, &self.node)
    }

    /// The network card.
    pub(super) fn card(&self) -> String {
        ids::network(&self.group, NETWORK_INTERFACES, &format!("{}-nic", self.node))
    }

    /// The public address of a family.
    pub(super) fn address(&self, v6: bool) -> String {
        let family = if v6 { "ipv6" } else { "ipv4" };
        ids::network(&self.group, PUBLIC_IPS, &format!("{}-{family}", self.node))
    }

    /// The system disk.
    pub(super) fn os_disk(&self) -> String {
        ids::compute(&self.group, DISKS, &format!("{}-os", self.node))
    }

    /// A data disk by its name inside the node.
    pub(super) fn data_disk(&self, name: &str) -> String {
        ids::compute(&self.group, DISKS, &format!("{}-data-{name}", self.node))
    }

    /// The set that keeps all servers of the network apart.
    pub(super) fn availability_set(&self) -> String {
        ids::compute(&self.group, AVAILABILITY_SETS, &format!("{}-servers", ids::name(&self.network)))
    }

    /// A security group by the network's name for it; a whole id is taken as it is.
    pub(super) fn security_group(&self, name: &str) -> String {
        if name.starts_with('/') {
            return name.to_owned();
        }
        let own = super::super::network::group_name(ids::name(&self.network), name);
        ids::network(&self.group, SECURITY_GROUPS, &own)
    }

    /// The network's name for a security group; its id where it is not the network's.
    pub(super) fn group_name(&self, id: &str) -> String {
        let start = self.security_group("");
        let id = ids::canonical(id, &self.group);
        match id.get(start.len()..) {
            Some(name) if !name.is_empty() && id[..start.len()].eq_ignore_ascii_case(&start) => {
                name.to_owned()
            }
            _ => id,
        }
    }

    /// The tags of all parts of this node.
    pub(super) fn tags(&self, plan: &PoolPlan, finished: bool) -> Tags {
        let mut tags = plan.tags.clone();
        tags.extend(plan.mark.tags(finished));
        let own = [
            (Mark::NODE, self.node.as_str()),
            (Mark::POOL, plan.name.as_str()),
            (Mark::ROLE, plan.role.as_str()),
            (Mark::NETWORK, ids::name(&self.network)),
        ];
        tags.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        tags
    }

    /// The tags of the machine: also what only the configuration knows.
    pub(super) fn machine_tags(&self, plan: &PoolPlan, finished: bool) -> Tags {
        let mut tags = self.tags(plan, finished);
        record(&mut tags, &plan.recorded);
        tags
    }

    /// The tags of a data disk.
    pub(super) fn disk_tags(&self, plan: &PoolPlan, name: &str, finished: bool) -> Tags {
        let mut tags = self.tags(plan, finished);
        tags.insert(Mark::DISK.to_owned(), name.to_owned());
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_after_node_and_network() {
        let network = "/subscriptions/s/resourceGroups/Rg/providers/Microsoft.Network/virtualNetworks/Net";
        let parts = Parts::of(network, "gpu-0");
        let group = "/subscriptions/s/resourceGroups/Rg";
        assert_eq!(parts.group, group);
        assert_eq!(parts.machine(), format!("{group}/providers/Microsoft.Compute/virtualMachines/gpu-0"));
        assert_eq!(
            parts.address(true),
            format!("{group}/providers/Microsoft.Network/publicIPAddresses/gpu-0-ipv6")
        );
        let id = parts.security_group("db");
        assert!(id.ends_with("/networkSecurityGroups/Net-db"), "{id}");
        assert_eq!(parts.group_name(&id.to_uppercase()), "DB");
        assert_eq!(parts.group_name(&id), "db");
        assert_eq!(parts.group_name(&format!("{group}/x/y")), format!("{group}/x/y"));
    }
}
