//! Ids of Azure: built in one casing, compared in none.

/// The id of a resource group.
pub(super) fn resource_group(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

/// The id of an object in Microsoft.Network.
pub(super) fn network(group: &str, kind: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.Network/{kind}/{name}")
}

/// Kinds of objects, as they are written in ids.
pub(super) const VIRTUAL_NETWORKS: &str = "virtualNetworks";
/// Security groups.
pub(super) const SECURITY_GROUPS: &str = "networkSecurityGroups";
/// NAT gateways.
pub(super) const NAT_GATEWAYS: &str = "natGateways";
/// Public addresses.
pub(super) const PUBLIC_IPS: &str = "publicIPAddresses";

/// Network interfaces.
pub(super) const NETWORK_INTERFACES: &str = "networkInterfaces";
/// Machines.
pub(super) const VIRTUAL_MACHINES: &str = "virtualMachines";
/// Disks.
pub(super) const DISKS: &str = "disks";
/// Snapshots.
pub(super) const SNAPSHOTS: &str = "snapshots";
/// Availability sets.
pub(super) const AVAILABILITY_SETS: &str = "availabilitySets";

/// The id of an object in Microsoft.Compute.
pub(super) fn compute(group: &str, kind: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.Compute/{kind}/{name}")
}

/// The id of the resource group that an object is in; empty where it is in none.
pub(super) fn group_of(id: &str) -> &str {
    let end = id.match_indices('/').nth(4).map_or(id.len(), |(place, _)| place);
    if id.matches('/').count() < 4 { "" } else { &id[..end] }
}

/// An id as we write it: fixed words in their casing, the group's name as in `group` where it is in it.
pub(super) fn canonical(id: &str, group: &str) -> String {
    let id = normal(id);
    match id.get(group.len()..) {
        Some(rest) if rest.starts_with('/') && id[..group.len()].eq_ignore_ascii_case(group) => {
            format!("{group}{rest}")
        }
        _ => id,
    }
}

/// Whether two ids name the same object.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// The last segment: an object's own name.
pub(super) fn name(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The id of the object that a sub-object belongs to: two segments less.
pub(super) fn parent(id: &str) -> &str {
    id.rsplitn(3, '/').nth(2).unwrap_or_default()
}

/// An id with the fixed words in their own casing; names stay as they are. Azure returns some ids in
/// capitals.
pub(super) fn normal(id: &str) -> String {
    const WORDS: &[&str] = &[
        "subscriptions",
        "resourceGroups",
        "providers",
        "Microsoft.Network",
        VIRTUAL_NETWORKS,
        SECURITY_GROUPS,
        NAT_GATEWAYS,
        PUBLIC_IPS,
        "publicIPPrefixes",
        "Microsoft.Compute",
        NETWORK_INTERFACES,
        VIRTUAL_MACHINES,
        DISKS,
        SNAPSHOTS,
        AVAILABILITY_SETS,
        "subnets",
    ];
    // Names stand at the even places: /subscriptions/NAME/resourceGroups/NAME/providers/NS/kind/NAME.
    id.trim_end_matches('/')
        .split('/')
        .enumerate()
        .map(|(place, segment)| {
            let fixed = place % 2 == 1 || place == 6;
            let word = WORDS.iter().find(|word| fixed && word.eq_ignore_ascii_case(segment));
            word.map_or(segment, |word| *word)
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// A region without spaces and capitals, as Azure writes it in one place or another.
pub(super) fn region(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_in_one_casing() {
        let made = network(&resource_group("S-1", "Rg"), VIRTUAL_NETWORKS, "Net");
        let shouted = "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/Rg/PROVIDERS/MICROSOFT.NETWORK/VIRTUALNETWORKS/Net/";
        assert_eq!(normal(shouted), made);
        assert_eq!(
            normal(
                "/subscriptions/x/resourcegroups/subnets/providers/microsoft.network/natgateways/providers"
            ),
            "/subscriptions/x/resourceGroups/subnets/providers/Microsoft.Network/natGateways/providers"
        );
        assert!(same(&made, &made.to_uppercase()));
        assert_eq!(name(&made), "Net");
        assert_eq!(parent("/a/b/nic/x/ipConfigurations/y"), "/a/b/nic/x");
        assert_eq!(region("West Europe"), "westeurope");
        let group = resource_group("S-1", "Rg");
        assert_eq!(group_of(&made), group);
        assert_eq!(group_of("/subscriptions/S-1"), "");
        let shouted = "/subscriptions/S-1/resourceGroups/RG/providers/Microsoft.Compute/DISKS/D";
        assert_eq!(canonical(shouted, &group), compute(&group, DISKS, "D"));
        assert_eq!(canonical(shouted, "/subscriptions/S-1/resourceGroups/R"), normal(shouted));
    }
}
