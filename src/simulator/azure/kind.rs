//! The kinds of object that are modelled, as data.

use super::form::{self, Form};
use super::{availability_set, disk, virtual_machine};

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Group,
    VirtualNetwork,
    Subnet,
    SecurityGroup,
    SecurityRule,
    PublicAddress,
    NatGateway,
    NetworkInterface,
    Disk,
    AvailabilitySet,
    VirtualMachine,
}

/// The namespace of the network provider.
pub(crate) const NETWORK: &str = "Microsoft.Network";

/// The namespace of the compute provider.
pub(crate) const COMPUTE: &str = "Microsoft.Compute";

/// Versions of the compute API that are modelled.
pub(crate) const COMPUTE_VERSIONS: &[&str] = &["2024-11-01", "2024-07-01", "2024-03-01", "2023-09-01"];

/// Versions of the API of disks that are modelled.
pub(crate) const DISK_VERSIONS: &[&str] = &["2024-03-02", "2023-10-02", "2023-04-02"];

/// Versions of the network API that are modelled: those in which a network that is written without
/// `subnets` keeps them.
pub(crate) const NETWORK_VERSIONS: &[&str] =
    &["2024-05-01", "2024-03-01", "2024-01-01", "2023-11-01", "2023-09-01"];

impl Kind {
    /// All kinds but resource groups.
    pub(crate) const ALL: [Self; 10] = [
        Self::VirtualNetwork,
        Self::Subnet,
        Self::SecurityGroup,
        Self::SecurityRule,
        Self::PublicAddress,
        Self::NatGateway,
        Self::NetworkInterface,
        Self::Disk,
        Self::AvailabilitySet,
        Self::VirtualMachine,
    ];

    /// The namespace of its provider.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Group => "Microsoft.Resources",
            Self::Disk | Self::AvailabilitySet | Self::VirtualMachine => COMPUTE,
            _ => NETWORK,
        }
    }

    /// Whether the compute provider has it.
    pub(crate) fn computes(self) -> bool {
        self.namespace() == COMPUTE
    }

    /// The versions of its API.
    pub(crate) fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Disk => DISK_VERSIONS,
            Self::AvailabilitySet | Self::VirtualMachine => COMPUTE_VERSIONS,
            _ => NETWORK_VERSIONS,
        }
    }

    /// The name of its collection in ids.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Group => "resourceGroups",
            Self::VirtualNetwork => "virtualNetworks",
            Self::Subnet => "subnets",
            Self::SecurityGroup => "networkSecurityGroups",
            Self::SecurityRule => "securityRules",
            Self::PublicAddress => "publicIPAddresses",
            Self::NatGateway => "natGateways",
            Self::NetworkInterface => "networkInterfaces",
            Self::Disk => "disks",
            Self::AvailabilitySet => "availabilitySets",
            Self::VirtualMachine => "virtualMachines",
        }
    }

    /// The kind in which it lives, for children.
    pub(crate) fn parent(self) -> Option<Self> {
        match self {
            Self::Subnet => Some(Self::VirtualNetwork),
            Self::SecurityRule => Some(Self::SecurityGroup),
            _ => None,
        }
    }

    /// Its whole type.
    pub(crate) fn type_name(self) -> String {
        match (self, self.parent()) {
            (Self::Group, _) => "Microsoft.Resources/resourceGroups".to_owned(),
            (_, Some(parent)) => {
                format!("{}/{}/{}", self.namespace(), parent.collection(), self.collection())
            }
            (_, None) => format!("{}/{}", self.namespace(), self.collection()),
        }
    }

    /// Its name in the names of operations.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Group => "ResourceGroup",
            Self::VirtualNetwork => "VirtualNetwork",
            Self::Subnet => "Subnet",
            Self::SecurityGroup => "NetworkSecurityGroup",
            Self::SecurityRule => "NetworkSecurityRule",
            Self::PublicAddress => "PublicIpAddress",
            Self::NatGateway => "NatGateway",
            Self::NetworkInterface => "NetworkInterface",
            Self::Disk => "Disk",
            Self::AvailabilitySet => "AvailabilitySet",
            Self::VirtualMachine => "VirtualMachine",
        }
    }

    /// Simulated seconds that a PUT takes.
    pub(crate) fn put_seconds(self) -> f64 {
        match self {
            Self::Group => 0.0,
            Self::VirtualNetwork | Self::Subnet => 4.0,
            Self::SecurityGroup | Self::SecurityRule | Self::PublicAddress => 3.0,
            Self::NatGateway => 12.0,
            Self::NetworkInterface => 2.0,
            Self::Disk => 3.0,
            Self::AvailabilitySet => 0.0,
            // Machines say themselves how long what is done to them takes.
            Self::VirtualMachine => virtual_machine::CREATE_SECONDS,
        }
    }

    /// Simulated seconds that a DELETE takes.
    pub(crate) fn delete_seconds(self) -> f64 {
        match self {
            Self::Group => 45.0,
            Self::NatGateway => 15.0,
            Self::Disk => 3.0,
            Self::AvailabilitySet => 0.0,
            Self::VirtualMachine => virtual_machine::DELETE_SECONDS,
            _ => 10.0,
        }
    }

    /// The properties that it accepts.
    pub(crate) fn form(self) -> &'static Form {
        match self {
            Self::Group => &form::RESOURCE_GROUP,
            Self::VirtualNetwork => &form::VIRTUAL_NETWORK,
            Self::Subnet => &form::SUBNET,
            Self::SecurityGroup => &form::SECURITY_GROUP,
            Self::SecurityRule => &form::SECURITY_RULE,
            Self::PublicAddress => &form::PUBLIC_ADDRESS,
            Self::NatGateway => &form::NAT_GATEWAY,
            Self::NetworkInterface => &form::NETWORK_INTERFACE,
            Self::Disk => &disk::FORM,
            Self::AvailabilitySet => &availability_set::FORM,
            Self::VirtualMachine => &virtual_machine::FORM,
        }
    }

    /// Whether it has zones.
    pub(crate) fn zonal(self) -> bool {
        matches!(self, Self::PublicAddress | Self::NatGateway | Self::Disk | Self::VirtualMachine)
    }

    /// The names that its SKU may have, the default first; empty where it has none.
    pub(crate) fn skus(self) -> &'static [&'static str] {
        match self {
            Self::PublicAddress | Self::NatGateway => &["Basic", "Standard"],
            Self::Disk => disk::SKUS,
            Self::AvailabilitySet => &["Classic", "Aligned"],
            _ => &[],
        }
    }

    /// Shortest and longest name.
    fn name_length(self) -> (usize, usize) {
        match self {
            Self::Group => (1, 90),
            Self::VirtualNetwork => (2, 64),
            Self::VirtualMachine => (1, 64),
            _ => (1, 80),
        }
    }

    /// Whether a name will do.
    pub(crate) fn accepts_name(self, name: &str) -> bool {
        let (shortest, longest) = self.name_length();
        let long_enough = (shortest..=longest).contains(&name.chars().count());
        let mut characters = name.chars();
        let first = characters.next().unwrap_or('.');
        let last = name.chars().next_back().unwrap_or('.');
        if self == Self::Group {
            return long_enough
                && last != '.'
                && name.chars().all(|c| c.is_alphanumeric() || "-_.()".contains(c));
        }
        long_enough
            && first.is_ascii_alphanumeric()
            && (last.is_ascii_alphanumeric() || last == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    }

    /// What Azure says about a name that will not do.
    pub(crate) fn name_rule(self, name: &str) -> String {
        let (_, longest) = self.name_length();
        format!(
            "Resource name {name} is invalid. The name can be up to {longest} characters long. It must begin with a \
             word character, and it must end with a word character or with '_'. The name may contain word \
             characters or '.', '-', '_'."
        )
    }
}
