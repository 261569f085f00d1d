//! The arguments of `bud_network` and what it gives.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::schema::{
    Attributes, Block, IdentityAttribute, Resource, Rule as Plan, Timeouts, anywhere, declare, merge,
};
use crate::value::{Kind, Value};

declare! {
    /// A security rule.
    pub struct Rule {
        /// Lower numbers are looked at first: 100 to 4096, unique for each direction in a group.
        priority: i64 = Plan::plain(),
        /// `inbound` (the default) or `outbound`.
        direction: String = Plan::one_of(&["inbound", "outbound"]).or("inbound"),
        /// `allow` (the default) or `deny`.
        access: String = Plan::one_of(&["allow", "deny"]).or("allow"),
        /// `tcp`, `udp`, `icmp` or `*` (the default).
        protocol: String = Plan::one_of(&["tcp", "udp", "icmp", "*"]).or("*"),
        /// Where from: CIDR ranges of one address family, one Azure service tag, or `*` (the default).
        sources: Vec<String> = Plan::default_to(anywhere()),
        /// Where to, written as `sources`.
        destinations: Vec<String> = Plan::default_to(anywhere()),
        /// Ports: `"22"`, `"60000-61000"` or `"*"` (the default).
        ports: Vec<String> = Plan::default_to(anywhere()),
    }
}

declare! {
    /// A further security group.
    pub struct SecurityGroup {
        /// Its rules by name.
        rules: BTreeMap<String, Rule> = Plan::plain(),
    }
}

declare! {
    /// A subnet.
    pub struct Subnet {
        /// IPv4 range in CIDR form, inside the network's.
        ipv4_cidr: String = Plan::plain(),
        /// IPv6 range in CIDR form, a /64 inside the network's; without it the subnet has IPv4 alone.
        ipv6_cidr: Option<String> = Plan::plain(),
        /// Zone of the subnet's NAT gateway, and on AWS of the subnet.
        zone: Option<String> = Plan::plain(),
    }
}

declare! {
    /// What the user asks of a network.
    pub struct NetworkSpec {
        /// Name of the network.
        name: String = Plan::replaces(),
        /// Cloud: `azure`. By default the provider's, else `azure`.
        cloud: Option<String> = Plan::one_of(&["azure", "aws", "hosts"]).or_chosen().and_replaces(),
        /// Region. By default the provider's.
        location: Option<String> = Plan::chosen().and_replaces(),
        /// Azure: resource group, by default named like the network. It is made and owned unless
        /// `existing_resource_group` is set.
        resource_group_name: Option<String> = Plan::chosen().and_replaces(),
        /// Azure: the resource group is there already; it is neither made, tagged nor removed.
        existing_resource_group: bool = Plan::default_to(false).and_replaces(),
        /// Id of a network that is there already: its subnets are looked up, and nothing but the
        /// security groups is made.
        existing_network_id: Option<String> = Plan::replaces(),
        /// IPv4 range in CIDR form.
        ipv4_cidr: String = Plan::default_to("10.177.0.0/16").and_replaces(),
        /// IPv6 beside IPv4; false: no IPv6 anywhere.
        ipv6: bool = Plan::default_to(true).and_replaces(),
        /// IPv6 range in CIDR form, by default `fd12:babe:cafe::/48`.
        ipv6_cidr: Option<String> = Plan::chosen().and_replaces(),
        /// Subnets by name; by default `budk8s-common`, number 2 of the /24 and b00b of the /64 in the
        /// network's ranges.
        subnets: Option<BTreeMap<String, Subnet>> = Plan::chosen(),
        /// Rules of the network's own group by name; by default SSH, WireGuard, HTTP and HTTPS from
        /// anywhere and everything from the network's own ranges.
        rules: Option<BTreeMap<String, Rule>> = Plan::chosen(),
        /// Who may use SSH, in the default rules: CIDR ranges, `*`, or one Azure service tag alone. IPv6
        /// ranges beside IPv4 ones get a rule of their own, named `<rule>_ipv6`.
        ssh_sources: Option<Vec<String>> = Plan::default_to(anywhere()),
        /// Who may reach the Kubernetes API on port 6443 directly, in the default rules, written as
        /// `ssh_sources`; by default nobody.
        api_sources: Option<Vec<String>> = Plan::default_to(Value::List(Vec::new())),
        /// Further security groups by name, for pools to choose.
        security_groups: Option<BTreeMap<String, SecurityGroup>> = Plan::plain(),
        /// What happens to rules in our groups that others made: `remove`, `keep` or `error`.
        foreign_rules: String = Plan::one_of(&["remove", "keep", "error"]).or("remove"),
        /// Accept rules that let nobody in by SSH.
        allow_lockout: bool = Plan::default_to(false),
        /// Remove an owned resource group although it holds objects of others.
        force_delete: bool = Plan::default_to(false),
        /// NAT gateway for machines without public address.
        nat_gateway: bool = Plan::default_to(false),
        /// One NAT gateway for each zone that a subnet names.
        nat_gateway_per_zone: bool = Plan::default_to(false),
        /// Ids of public addresses to use for NAT in place of new ones.
        nat_public_ip_ids: Option<Vec<String>> = Plan::plain(),
        /// Tags of everything that can carry tags.
        tags: Option<BTreeMap<String, String>> = Plan::plain(),
        /// Time to live, such as `"4h"`, counted from creation or from its last change. By default the
        /// provider's.
        ttl: Option<Duration> = Plan::chosen(),
        /// How long each operation may take.
        timeouts: Option<Timeouts> = Plan::plain(),
    }
}

declare! {
    /// What the cloud answers.
    pub struct NetworkStatus {
        /// The cloud's id of the network, as import takes it: `azure:` and the id of the virtual network.
        id: String = Plan::plain(),
        /// Id of each subnet by name.
        subnet_ids: BTreeMap<String, String> = Plan::plain(),
        /// Id of each security group by name; the network's own is `default`.
        security_group_ids: BTreeMap<String, String> = Plan::plain(),
        /// Addresses from which machines without public address leave.
        egress_ips: Vec<String> = Plan::plain(),
        /// The provider's `default_tags` with `tags` laid over them.
        tags_all: BTreeMap<String, String> = Plan::plain(),
        /// When the time to live ends, RFC 3339.
        expires_at: Option<String> = Plan::plain(),
    }
}

/// The declaration of `bud_network`.
#[must_use]
pub(in crate::resources) fn resource() -> Resource {
    Resource {
        block: Block {
            version: 0,
            doc: "The private network that every node joins: on Azure a virtual network with its resource group, \
                  subnets, security groups and, if wanted, a NAT gateway. Groups are attached to the nodes' \
                  network interfaces, never to subnets, so that a rule means the same in every cloud.",
            attributes: merge(NetworkSpec::attributes(), NetworkStatus::attributes()),
        },
        identity_version: 0,
        identity: vec![IdentityAttribute {
            name: "id",
            doc: "The import id: `azure:` and the id of the virtual network.",
            kind: Kind::String,
            required: true,
        }],
    }
}
