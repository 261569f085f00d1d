//! The properties that each type accepts, as data.

use super::kind::Kind;

/// What a value must be.
pub(crate) enum Shape {
    Text,
    Bool,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// One of these words, in any case; stored as written here.
    OneOf(&'static [&'static str]),
    List(&'static Shape),
    Object(&'static Form),
    /// `{ "id": … }` of an object of this kind.
    Reference(Kind),
    /// A list that must be empty: what would stand in it is real, but not modelled.
    NotModelled,
}

/// An object's properties.
pub(crate) struct Form {
    /// The type's name in messages.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// How a property is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    /// Accepted and ignored.
    ReadOnly,
}

/// One property.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) need: Need,
    pub(crate) shape: Shape,
}

pub(super) const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, need: Need::Required, shape }
}

pub(super) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, need: Need::Optional, shape }
}

pub(super) const fn read_only(name: &'static str) -> Field {
    Field { name, need: Need::ReadOnly, shape: Shape::Text }
}

const SWITCH: Shape = Shape::OneOf(&["Enabled", "Disabled"]);

pub(crate) static RESOURCE_GROUP: Form =
    Form { name: "ResourceGroupProperties", fields: &[read_only("provisioningState")] };

static ADDRESS_SPACE: Form = Form {
    name: "AddressSpace",
    fields: &[
        required("addressPrefixes", Shape::List(&Shape::Text)),
        optional("ipamPoolPrefixAllocations", Shape::NotModelled),
    ],
};

static DHCP_OPTIONS: Form =
    Form { name: "DhcpOptions", fields: &[optional("dnsServers", Shape::List(&Shape::Text))] };

static ENCRYPTION: Form = Form {
    name: "VirtualNetworkEncryption",
    fields: &[
        required("enabled", Shape::Bool),
        optional("enforcement", Shape::OneOf(&["DropUnencrypted", "AllowUnencrypted"])),
    ],
};

static SUBNET_ITEM: Form = Form {
    name: "Subnet",
    fields: &[
        read_only("id"),
        required("name", Shape::Text),
        read_only("etag"),
        read_only("type"),
        required("properties", Shape::Object(&SUBNET)),
    ],
};

pub(crate) static VIRTUAL_NETWORK: Form = Form {
    name: "VirtualNetworkProperties",
    fields: &[
        required("addressSpace", Shape::Object(&ADDRESS_SPACE)),
        optional("dhcpOptions", Shape::Object(&DHCP_OPTIONS)),
        optional("flowTimeoutInMinutes", Shape::Integer),
        optional("subnets", Shape::List(&Shape::Object(&SUBNET_ITEM))),
        optional("virtualNetworkPeerings", Shape::NotModelled),
        read_only("resourceGuid"),
        read_only("provisioningState"),
        optional("enableDdosProtection", Shape::Bool),
        optional("enableVmProtection", Shape::Bool),
        optional("encryption", Shape::Object(&ENCRYPTION)),
        optional("ipAllocations", Shape::NotModelled),
        optional("privateEndpointVNetPolicies", Shape::OneOf(&["Disabled", "Basic"])),
        read_only("flowLogs"),
        read_only("defaultPublicNatGateway"),
    ],
};

static SERVICE_ENDPOINT: Form = Form {
    name: "ServiceEndpointPropertiesFormat",
    fields: &[
        required("service", Shape::Text),
        optional("locations", Shape::List(&Shape::Text)),
        read_only("provisioningState"),
    ],
};

pub(crate) static SUBNET: Form = Form {
    name: "SubnetPropertiesFormat",
    fields: &[
        optional("addressPrefix", Shape::Text),
        optional("addressPrefixes", Shape::List(&Shape::Text)),
        optional("networkSecurityGroup", Shape::Reference(Kind::SecurityGroup)),
        optional("natGateway", Shape::Reference(Kind::NatGateway)),
        optional("serviceEndpoints", Shape::List(&Shape::Object(&SERVICE_ENDPOINT))),
        optional("serviceEndpointPolicies", Shape::NotModelled),
        optional("delegations", Shape::NotModelled),
        optional("ipAllocations", Shape::NotModelled),
        optional("applicationGatewayIPConfigurations", Shape::NotModelled),
        optional("defaultOutboundAccess", Shape::Bool),
        optional("sharingScope", Shape::OneOf(&["Tenant", "DelegatedServices"])),
        optional(
            "privateEndpointNetworkPolicies",
            Shape::OneOf(&["Enabled", "Disabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"]),
        ),
        optional("privateLinkServiceNetworkPolicies", SWITCH),
        read_only("ipConfigurations"),
        read_only("ipConfigurationProfiles"),
        read_only("privateEndpoints"),
        read_only("resourceNavigationLinks"),
        read_only("serviceAssociationLinks"),
        read_only("purpose"),
        read_only("provisioningState"),
    ],
};

static RULE_ITEM: Form = Form {
    name: "SecurityRule",
    fields: &[
        read_only("id"),
        required("name", Shape::Text),
        read_only("etag"),
        read_only("type"),
        required("properties", Shape::Object(&SECURITY_RULE)),
    ],
};

pub(crate) static SECURITY_GROUP: Form = Form {
    name: "NetworkSecurityGroupProperties",
    fields: &[
        optional("flushConnection", Shape::Bool),
        optional("securityRules", Shape::List(&Shape::Object(&RULE_ITEM))),
        read_only("defaultSecurityRules"),
        read_only("networkInterfaces"),
        read_only("subnets"),
        read_only("flowLogs"),
        read_only("resourceGuid"),
        read_only("provisioningState"),
    ],
};

pub(crate) static SECURITY_RULE: Form = Form {
    name: "SecurityRulePropertiesFormat",
    fields: &[
        optional("description", Shape::Text),
        required("protocol", Shape::OneOf(&["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"])),
        optional("sourcePortRange", Shape::Text),
        optional("sourcePortRanges", Shape::List(&Shape::Text)),
        optional("destinationPortRange", Shape::Text),
        optional("destinationPortRanges", Shape::List(&Shape::Text)),
        optional("sourceAddressPrefix", Shape::Text),
        optional("sourceAddressPrefixes", Shape::List(&Shape::Text)),
        optional("destinationAddressPrefix", Shape::Text),
        optional("destinationAddressPrefixes", Shape::List(&Shape::Text)),
        optional("sourceApplicationSecurityGroups", Shape::NotModelled),
        optional("destinationApplicationSecurityGroups", Shape::NotModelled),
        required("access", Shape::OneOf(&["Allow", "Deny"])),
        required("priority", Shape::Integer),
        required("direction", Shape::OneOf(&["Inbound", "Outbound"])),
        read_only("provisioningState"),
    ],
};

static DNS_SETTINGS: Form = Form {
    name: "PublicIPAddressDnsSettings",
    fields: &[
        optional("domainNameLabel", Shape::Text),
        optional(
            "domainNameLabelScope",
            Shape::OneOf(&["TenantReuse", "SubscriptionReuse", "ResourceGroupReuse", "NoReuse"]),
        ),
        optional("reverseFqdn", Shape::Text),
        read_only("fqdn"),
    ],
};

static DDOS_SETTINGS: Form = Form {
    name: "DdosSettings",
    fields: &[optional("protectionMode", Shape::OneOf(&["VirtualNetworkInherited", "Enabled", "Disabled"]))],
};

pub(crate) static PUBLIC_ADDRESS: Form = Form {
    name: "PublicIpAddressProperties",
    fields: &[
        optional("publicIPAllocationMethod", Shape::OneOf(&["Static", "Dynamic"])),
        optional("publicIPAddressVersion", Shape::OneOf(&["IPv4", "IPv6"])),
        optional("dnsSettings", Shape::Object(&DNS_SETTINGS)),
        optional("ddosSettings", Shape::Object(&DDOS_SETTINGS)),
        optional("ipTags", Shape::NotModelled),
        optional("idleTimeoutInMinutes", Shape::Integer),
        // Real Azure takes this one and drops it.
        optional("deleteOption", Shape::OneOf(&["Delete", "Detach"])),
        read_only("ipAddress"),
        read_only("ipConfiguration"),
        read_only("natGateway"),
        read_only("resourceGuid"),
        read_only("provisioningState"),
        read_only("migrationPhase"),
    ],
};

pub(crate) static NAT_GATEWAY: Form = Form {
    name: "NatGatewayProperties",
    fields: &[
        optional("idleTimeoutInMinutes", Shape::Integer),
        optional("publicIpAddresses", Shape::List(&Shape::Reference(Kind::PublicAddress))),
        optional("publicIpPrefixes", Shape::NotModelled),
        read_only("subnets"),
        read_only("resourceGuid"),
        read_only("provisioningState"),
    ],
};

static IP_CONFIGURATION: Form = Form {
    name: "NetworkInterfaceIpConfigurationProperties",
    fields: &[
        optional("privateIPAddress", Shape::Text),
        optional("privateIPAllocationMethod", Shape::OneOf(&["Static", "Dynamic"])),
        optional("privateIPAddressVersion", Shape::OneOf(&["IPv4", "IPv6"])),
        required("subnet", Shape::Reference(Kind::Subnet)),
        optional("primary", Shape::Bool),
        optional("publicIPAddress", Shape::Reference(Kind::PublicAddress)),
        read_only("provisioningState"),
    ],
};

static IP_CONFIGURATION_ITEM: Form = Form {
    name: "NetworkInterfaceIpConfiguration",
    fields: &[
        read_only("id"),
        required("name", Shape::Text),
        read_only("etag"),
        read_only("type"),
        required("properties", Shape::Object(&IP_CONFIGURATION)),
    ],
};

static NIC_DNS_SETTINGS: Form = Form {
    name: "NetworkInterfaceDnsSettings",
    fields: &[
        optional("dnsServers", Shape::List(&Shape::Text)),
        optional("internalDnsNameLabel", Shape::Text),
        read_only("appliedDnsServers"),
        read_only("internalDomainNameSuffix"),
        read_only("internalFqdn"),
    ],
};

pub(crate) static NETWORK_INTERFACE: Form = Form {
    name: "NetworkInterfaceProperties",
    fields: &[
        required("ipConfigurations", Shape::List(&Shape::Object(&IP_CONFIGURATION_ITEM))),
        optional("networkSecurityGroup", Shape::Reference(Kind::SecurityGroup)),
        optional("dnsSettings", Shape::Object(&NIC_DNS_SETTINGS)),
        optional("enableAcceleratedNetworking", Shape::Bool),
        optional("enableIPForwarding", Shape::Bool),
        optional("disableTcpStateTracking", Shape::Bool),
        optional("nicType", Shape::OneOf(&["Standard", "Elastic"])),
        optional(
            "auxiliaryMode",
            Shape::OneOf(&["None", "MaxConnections", "Floating", "AcceleratedConnections"]),
        ),
        optional("auxiliarySku", Shape::OneOf(&["None", "A1", "A2", "A4", "A8"])),
        read_only("virtualMachine"),
        read_only("primary"),
        read_only("macAddress"),
        read_only("hostedWorkloads"),
        read_only("tapConfigurations"),
        read_only("vnetEncryptionSupported"),
        read_only("allowPort25Out"),
        read_only("defaultOutboundConnectivityEnabled"),
        read_only("resourceGuid"),
        read_only("provisioningState"),
    ],
};
