//! The ranges of the private network.

/// IPv4 range of the network.
pub const IPV4_RANGE: &str = "10.177.0.0/16";

/// IPv6 range of the network.
pub const IPV6_RANGE: &str = "fd12:babe:cafe::/48";

/// Name of the one subnet.
pub const SUBNET_NAME: &str = "budk8s-common";

/// IPv4 range of the subnet.
pub const SUBNET_IPV4_RANGE: &str = "10.177.2.0/24";

/// IPv6 range of the subnet, of the size that Azure demands. The architecture names none; this is
/// the one that is in use.
pub const SUBNET_IPV6_RANGE: &str = "fd12:babe:cafe:b00b::/64";

/// Number of the host in its IPv4 subnet that the primary node gets.
pub const PRIMARY_HOST: u32 = 69;

#[cfg(test)]
mod tests {
    use ipnet::{Ipv4Net, Ipv6Net};

    use super::super::seed;
    use super::{IPV4_RANGE, IPV6_RANGE, SUBNET_IPV4_RANGE, SUBNET_IPV6_RANGE, SUBNET_NAME};

    #[test]
    fn ranges_are_the_architectures() {
        assert_eq!(
            seed::line("Virtual Network"),
            format!("**Virtual Network:** {IPV4_RANGE} (IPv4), {IPV6_RANGE} (IPv6)")
        );
        assert_eq!(seed::line("Subnet"), format!("**Subnet:** {SUBNET_NAME} ({SUBNET_IPV4_RANGE})"));
    }

    #[test]
    fn the_subnet_lies_inside_the_network() {
        let (network, subnet): (Ipv4Net, Ipv4Net) =
            (IPV4_RANGE.parse().unwrap(), SUBNET_IPV4_RANGE.parse().unwrap());
        assert!(network.contains(&subnet) && subnet.trunc() == subnet);
        let (network, subnet): (Ipv6Net, Ipv6Net) =
            (IPV6_RANGE.parse().unwrap(), SUBNET_IPV6_RANGE.parse().unwrap());
        assert!(network.contains(&subnet) && subnet.trunc() == subnet && subnet.prefix_len() == 64);
    }
}
