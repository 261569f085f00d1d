//! Address ranges as Azure reads them.

use ipnet::IpNet;

use super::super::message::Refusal;

/// A range of an object, strictly: CIDR form, no host bits.
pub(crate) fn parse(text: &str, id: &str) -> Result<IpNet, Refusal> {
    let Ok(range) = text.parse::<IpNet>() else {
        let message = format!(
            "Address prefix {text} of resource {id} is not formatted correctly. It should follow CIDR notation, for \
             example 10.0.0.0/24."
        );
        return Err(Refusal::bad("InvalidAddressPrefixFormat", message));
    };
    if range.trunc() != range {
        let message = format!(
            "The address prefix {text} in resource {id} has an invalid CIDR notation. For the given prefix length, \
             the address prefix should be {}.",
            range.trunc()
        );
        return Err(Refusal::bad("InvalidCIDRNotation", message));
    }
    Ok(range)
}

/// Whether two ranges have an address in common.
pub(crate) fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}
