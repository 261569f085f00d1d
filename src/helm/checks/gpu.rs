//! GPUs that two parts of one release claim: their device plugins or drivers get in each other's way.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::objects::{Object, Objects, at};
use super::selection::Check;
use crate::helm::value::{Map, Value};

/// What there can be only one owner of on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// A resource of the kubelet, by its name.
    Resource(&'static str),
    /// The kernel driver of a maker.
    Driver(&'static str),
}

impl Claim {
    fn shown(self) -> String {
        match self {
            Self::Resource(name) => format!("the resource {name}"),
            Self::Driver(maker) => format!("the driver of {maker}"),
        }
    }
}

/// What an image is called at its end, and what its `DaemonSet` owns.
const IMAGES: [(&str, Claim); 9] = [
    ("nvidia/k8s-device-plugin", Claim::Resource("nvidia.com/gpu")),
    ("nvidia-gpu-device-plugin", Claim::Resource("nvidia.com/gpu")),
    ("projecthami/hami", Claim::Resource("nvidia.com/gpu")),
    ("nvidia/driver", Claim::Driver("NVIDIA")),
    ("rocm/k8s-device-plugin", Claim::Resource("amd.com/gpu")),
    ("intel/intel-gpu-plugin", Claim::Resource("gpu.intel.com")),
    ("docker-k8s-device-plugin", Claim::Resource("habana.ai/gaudi")),
    ("habana-device-plugin", Claim::Resource("habana.ai/gaudi")),
    ("habana-k8s-device-plugin", Claim::Resource("habana.ai/gaudi")),
];

/// Objects whose operator makes the owner: group, kind, the switch within `spec`, what it owns.
const OPERATED: [(&str, &str, &[&str], Claim); 5] = [
    ("nvidia.com", "ClusterPolicy", &["devicePlugin", "enabled"], Claim::Resource("nvidia.com/gpu")),
    ("nvidia.com", "ClusterPolicy", &["driver", "enabled"], Claim::Driver("NVIDIA")),
    ("amd.com", "DeviceConfig", &["devicePlugin", "enableDevicePlugin"], Claim::Resource("amd.com/gpu")),
    ("amd.com", "DeviceConfig", &["driver", "enable"], Claim::Driver("AMD")),
    ("deviceplugin.intel.com", "GpuDevicePlugin", &["enabled"], Claim::Resource("gpu.intel.com")),
];

pub(super) fn check(objects: &Objects<'_>, found: &mut Vec<Finding>) {
    let mut owners: BTreeMap<Claim, Vec<&Object<'_>>> = BTreeMap::new();
    for object in objects.installed() {
        let mut claims = claims(object);
        claims.sort_unstable();
        claims.dedup();
        for claim in claims {
            owners.entry(claim).or_default().push(object);
        }
    }
    for (claim, owners) in owners {
        for (at, owner) in owners.iter().enumerate().skip(1) {
            let Some(first) = owners[..at].iter().find(|first| may_meet(first, owner)) else { continue };
            found.push(owner.finding(
                Check::GpuOwners,
                "",
                format!("It owns {} on its nodes, and so does {} ({}).", claim.shown(), first.called(), first.template),
                match claim {
                    Claim::Resource(_) => {
                        "The kubelet takes the plugin that registered last, so that GPUs are given out twice or not \
                         at all."
                    }
                    Claim::Driver(_) => "Each loads its own kernel modules, and the second one fails.",
                },
                "Switch one of them off, or give them different nodes by nodeSelector.",
            ));
        }
    }
}

fn claims(object: &Object<'_>) -> Vec<Claim> {
    let group = object.group();
    let operated = OPERATED
        .iter()
        .filter(|(of, kind, ..)| *of == group && *kind == object.kind)
        .filter(|(_, _, switch, _)| {
            let path: Vec<&str> = std::iter::once("spec").chain(switch.iter().copied()).collect();
            object.at(&path).and_then(Value::as_bool).unwrap_or(true)
        })
        .map(|(.., claim)| *claim);
    let mut found: Vec<Claim> = operated.collect();
    if object.kind == "DaemonSet" {
        let containers = object.pod().and_then(|pod| pod.get("containers")).and_then(Value::as_list);
        for container in containers.unwrap_or_default() {
            let image = at(container, &["image"]).and_then(Value::as_str).unwrap_or_default();
            let name = repository(image);
            // The DaemonSet of a plugin carries helpers of the same image, which own nothing.
            let owns =
                |end: &str| name == end || name.strip_suffix(end).is_some_and(|front| front.ends_with('/'));
            found.extend(IMAGES.iter().filter(|(end, _)| owns(end)).map(|(_, claim)| *claim));
        }
        if serves_beside(object) {
            found.clear();
        }
    }
    found
}

/// Whether a `DaemonSet` has the image of a plugin for something else: the control of MPS, feature labels.
fn serves_beside(object: &Object<'_>) -> bool {
    ["mps-control-daemon", "gpu-feature-discovery"].iter().any(|part| object.name.contains(part))
}

/// The name of an image without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((front, tag)) if !tag.contains('/') => front,
        _ => image,
    }
}

/// Whether two owners can be on one node: not where their selectors exclude each other.
fn may_meet(first: &Object<'_>, second: &Object<'_>) -> bool {
    let selector = |object: &Object<'_>| -> Map {
        let found = object.pod().and_then(|pod| pod.get("nodeSelector")).and_then(Value::as_map);
        found.cloned().unwrap_or_default()
    };
    let (first, second) = (selector(first), selector(second));
    first.iter().all(|(key, value)| second.get(key).is_none_or(|other| other == value))
}
