//! A network as it is asked for and as it is seen.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipnet::{Ipv4Net, Ipv6Net};

use super::{CloudError, Mark, Owner};
use crate::outcome::Presence;
use crate::time::Patience;

/// Direction of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Towards the machine.
    Inbound,
    /// From the machine.
    Outbound,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Lets it pass.
    Allow,
    /// Stops it.
    Deny,
}

/// Protocol that a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// All of them.
    Any,
}

/// One security rule. Lists are never empty; `*` stands for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// 100 to 4096, unique for each direction in its group.
    pub priority: u16,
    /// Direction.
    pub direction: Direction,
    /// Allow or deny.
    pub access: Access,
    /// Protocol.
    pub protocol: Protocol,
    /// CIDRs, service tags or `*`.
    pub sources: Vec<String>,
    /// CIDRs, service tags or `*`.
    pub destinations: Vec<String>,
    /// `22`, `60000-61000` or `*`.
    pub ports: Vec<String>,
}

/// A subnet that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetPlan {
    /// IPv4 range.
    pub ipv4: Ipv4Net,
    /// IPv6 range, a /64.
    pub ipv6: Option<Ipv6Net>,
}

/// NAT for machines without public addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatPlan {
    /// One gateway for each zone that a subnet names, instead of one for all.
    pub per_zone: bool,
    /// Ids of the user's own public addresses; empty: one is made.
    pub public_ip_ids: Vec<String>,
}

/// What to do with rules in our groups that we did not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignRules {
    /// Remove them.
    Remove,
    /// Leave them alone and do not show them.
    Keep,
    /// Refuse to go on.
    Error,
}

/// A network that shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPlan {
    /// Name of the network.
    pub name: String,
    /// Region.
    pub location: String,
    /// Azure: resource group.
    pub resource_group: String,
    /// The resource group is the user's: neither made, tagged nor removed.
    pub existing_resource_group: bool,
    /// A network of the user's that is only used: nothing but our groups is made.
    pub existing_network: Option<String>,
    /// IPv4 range.
    pub ipv4: Ipv4Net,
    /// IPv6 range; absent: no IPv6 anywhere.
    pub ipv6: Option<Ipv6Net>,
    /// Subnets by name.
    pub subnets: BTreeMap<String, SubnetPlan>,
    /// Zone of each subnet that names one.
    pub zones: BTreeMap<String, String>,
    /// Rules of each group by rule name; the network's own group is `default`.
    pub groups: BTreeMap<String, BTreeMap<String, Rule>>,
    /// NAT, if wanted.
    pub nat: Option<NatPlan>,
    /// What happens to rules of others.
    pub foreign_rules: ForeignRules,
    /// The user's tags with the provider's defaults laid below: ours are in `mark`.
    pub tags: BTreeMap<String, String>,
    /// Our own tags.
    pub mark: Mark,
    /// What only the configuration knows, kept as tags of the network for an import; read back in
    /// [`NetworkSeen::recorded`], there also with `zones` as `subnet=zone,…`.
    pub recorded: BTreeMap<String, String>,
}

/// Where a network is: everything that is needed to find it again. Known before the first request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPlace {
    /// The cloud's id of the network.
    pub id: String,
    /// Azure: resource group.
    pub resource_group: String,
    /// The resource group is the user's.
    pub existing_resource_group: bool,
    /// The network is the user's.
    pub existing_network: bool,
    /// Id of each group by name, the network's own under `default`.
    pub group_ids: BTreeMap<String, String>,
    /// Id of each subnet by name.
    pub subnet_ids: BTreeMap<String, String>,
}

/// A subnet as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetSeen {
    /// The cloud's id.
    pub id: String,
    /// IPv4 range.
    pub ipv4: Option<Ipv4Net>,
    /// IPv6 range.
    pub ipv6: Option<Ipv6Net>,
}

/// A network as it is. Groups and subnets that do not exist are absent from the maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSeen {
    /// The cloud's id, in the casing in which we made it.
    pub id: String,
    /// Name.
    pub name: String,
    /// Region.
    pub location: String,
    /// Azure: resource group.
    pub resource_group: String,
    /// Whether the resource group carries our mark for this network.
    pub owns_resource_group: bool,
    /// IPv4 range.
    pub ipv4: Option<Ipv4Net>,
    /// IPv6 range.
    pub ipv6: Option<Ipv6Net>,
    /// Subnets by name.
    pub subnets: BTreeMap<String, SubnetSeen>,
    /// Rules by group and name, with the rules of others.
    pub groups: BTreeMap<String, BTreeMap<String, Rule>>,
    /// Id of each group by name.
    pub group_ids: BTreeMap<String, String>,
    /// Whether a NAT gateway of ours serves the subnets.
    pub nat: bool,
    /// Whether there is one for each zone.
    pub nat_per_zone: bool,
    /// Ids of the user's own addresses on the NAT gateways.
    pub nat_public_ip_ids: Vec<String>,
    /// Addresses from which machines without public address leave.
    pub egress_ips: Vec<String>,
    /// All tags of the network but ours (`bud:`).
    pub tags: BTreeMap<String, String>,
    /// Our tags, where the network carries them.
    pub mark: Option<Mark>,
    /// Whether the create that made it finished (`bud:state` is `ready`).
    pub finished: bool,
    /// What only the configuration knew and the tags of the network record, for import.
    pub recorded: BTreeMap<String, String>,
}

/// The part of a network that was found under a planned name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartRole {
    /// Azure: resource group.
    ResourceGroup,
    /// Security group.
    SecurityGroup,
    /// The network itself.
    Network,
    /// NAT gateway.
    NatGateway,
    /// Public address of the NAT gateway.
    PublicIp,
}

/// Something that stands where a part of the plan would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which part.
    pub role: PartRole,
    /// The cloud's id.
    pub id: String,
    /// Whether it is ours to take over; else why not.
    pub ours: Result<(), String>,
}

/// How a network shall be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Only parts with this owner are touched; absent: parts of this resource whatever their owner.
    pub owner: Option<Owner>,
    /// Type and name, as in [`Mark::resource`].
    pub resource: String,
    /// A create of the same identity follows at once: if the create of this network never finished,
    /// healthy parts lose their owner instead of being deleted.
    pub create_follows: bool,
    /// Remove an owned resource group although it holds things of others.
    pub force: bool,
}

/// What a removal did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Nothing of it is left.
    Gone,
    /// The parts with these ids were let go and are there for the create that follows.
    LetGo(Vec<String>),
}

/// Networks of one account.
#[async_trait]
pub trait Networks: Send + Sync {
    /// Where the network of this plan will be. Pure: no request.
    fn place(&self, plan: &NetworkPlan) -> NetworkPlace;

    /// What already stands where this plan's parts would go.
    async fn find(&self, plan: &NetworkPlan, patience: &Patience) -> Result<Vec<Found>, CloudError>;

    /// Makes the network, or continues one that an interrupted create left: parts that are ours are
    /// taken over (owner rewritten, brought to the plan), parts of ours that do not fit are removed,
    /// strangers are refused before anything is made. `held` is called once, as soon as the cloud may
    /// have accepted the first part (right before the first request that writes), and from then on
    /// something may exist; it is called with `false` if that first write was certainly refused.
    async fn create(
        &self,
        plan: &NetworkPlan,
        held: &mut (dyn FnMut(bool) + Send),
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError>;

    /// Looks at a network.
    async fn get(
        &self,
        place: &NetworkPlace,
        patience: &Patience,
    ) -> Result<Presence<NetworkSeen>, CloudError>;

    /// Brings a network from one plan to another, in place, with a request only for what differs or
    /// has drifted. Groups, subnets and NAT gateways that the second plan lacks are removed.
    async fn update(
        &self,
        from: &NetworkPlan,
        to: &NetworkPlan,
        patience: &Patience,
    ) -> Result<NetworkSeen, CloudError>;

    /// Removes a network in the cloud's order. What is not there any more is no error.
    async fn delete(
        &self,
        place: &NetworkPlace,
        removal: &Removal,
        patience: &Patience,
    ) -> Result<Removed, CloudError>;
}
