//! The unit `bud-leave`: the node leaves its cluster before its machine goes. And `bud-forget@NAME` on
//! servers, which takes away what only a server may: another node's Node object and its password.
//!
//! On an agent `bud-leave` has the kubelet's own credential and no more: it cordons its own Node and
//! evicts its own pods. On a server it also takes its member out of etcd, never below quorum.

use super::Kind;
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::placed::paths;

/// A node that left has this file; k3s does not start beside it.
pub(super) const LEFT: &str = "/var/lib/bud/left";

/// The kubelet's credential.
pub(super) const KUBELET: &str = "/var/lib/rancher/k3s/agent/kubelet.kubeconfig";

/// A server's.
const ADMIN: &str = "/etc/rancher/k3s/k3s.yaml";

pub(super) fn options(kind: &Kind) -> Set {
    let server = kind.role.is_server();
    let mut set = Set::new();
    let mut script = format!("kubeconfig={}\n", if server { ADMIN } else { KUBELET });
    script.push_str(PROLOGUE);
    if server {
        script.push_str(QUORUM);
    }
    script.push_str(DRAIN);
    if server {
        script.push_str(MEMBER);
    }
    script.push_str(&format!("mkdir -p /var/lib/bud\ntouch {LEFT}\nsystemctl --no-block stop k3s.service\n"));
    set.at(
        "systemd.services.bud-leave",
        unit("Leave the cluster")
            .with("serviceConfig.EnvironmentFile", format!("-{}", paths::LEAVE))
            // Evictions take what they take; the script has its own end.
            .with("serviceConfig.TimeoutStartSec", "infinity")
            // Started by hand and never by a switch.
            .with("restartIfChanged", false)
            .with("script", script),
    );
    if server {
        let forget = format!("kubeconfig={ADMIN}\n{FORGET}");
        let forget = unit("Forget the node %i").with("scriptArgs", "%i").with("script", forget);
        set.put(&["systemd", "services", "bud-forget@"], forget);
    }
    set
}

fn unit(description: &str) -> Set {
    Set::new()
        .with("description", description)
        .with("path", vec![Nix::Code("config.services.k3s.package"), Nix::Code("pkgs.jq")])
        .with("serviceConfig.Type", "oneshot")
}

/// What both begin with. `DRAIN` is wait, force or skip; `DRAIN_TIMEOUT` counts seconds.
const PROLOGUE: &str = r#"
node=$(cat /etc/hostname)
drain=${DRAIN:-wait}
deadline=$(($(date +%s) + ${DRAIN_TIMEOUT:-600}))

kubectl() {
  k3s kubectl --kubeconfig "$kubeconfig" "$@"
}
"#;

/// Refuses to take the member that the others need. 76: it is the last; 77: the rest has no quorum.
const QUORUM: &str = r#"
members=$(kubectl get nodes --selector node-role.kubernetes.io/etcd=true --output json)
count=$(printf '%s' "$members" | jq '.items | length')
ready=$(printf '%s' "$members" | jq --arg node "$node" '[
  .items[]
  | select(.metadata.name != $node)
  | select(any(.status.conditions[]; .type == "Ready" and .status == "True"))
] | length')
if [ "$count" -le 1 ]; then
  echo "this is the last server of the cluster" >&2
  exit 76
fi
if [ "$ready" -lt $(((count - 1) / 2 + 1)) ]; then
  echo "of $((count - 1)) other servers $ready are ready, which is no quorum" >&2
  exit 77
fi
"#;

/// Cordons and evicts, as long as it takes or is allowed to take. 75: pods are left, named on stderr.
const DRAIN: &str = r#"
pods() {
  kubectl get pods --all-namespaces --field-selector "spec.nodeName=$node" --output json | jq --raw-output '
    .items[]
    | select(.metadata.annotations["kubernetes.io/config.mirror"] == null)
    | select(all(.metadata.ownerReferences[]?; .kind != "DaemonSet"))
    | select(.status.phase != "Succeeded" and .status.phase != "Failed")
    | "\(.metadata.namespace) \(.metadata.name)"'
}

evict() {
  jq --null-input --compact-output --arg namespace "$1" --arg name "$2" \
    '{apiVersion: "policy/v1", kind: "Eviction", metadata: {namespace: $namespace, name: $name}}' |
    kubectl create --raw "/api/v1/namespaces/$1/pods/$2/eviction" --filename - > /dev/null
}

kubectl patch node "$node" --type merge --patch '{"spec":{"unschedulable":true}}'
while [ "$drain" != skip ]; do
  left=$(pods)
  if [ -z "$left" ]; then
    break
  fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    if [ "$drain" = force ]; then
      printf '%s\n' "$left" | while read -r namespace name; do
        kubectl delete pod --namespace "$namespace" "$name" --wait=false || true
      done
      break
    fi
    printf 'still here: %s\n' "$left" >&2
    exit 75
  fi
  # What the API answers names the budget that is in the way.
  printf '%s\n' "$left" | while read -r namespace name; do
    evict "$namespace" "$name" || true
  done
  sleep 5
done
"#;

/// Asks k3s to take the member out and waits until it did. Once it did, this server's own API is gone:
/// silence is then an answer too. 78: it did not.
const MEMBER: &str = r#"
kubectl annotate node "$node" --overwrite etcd.k3s.cattle.io/remove=true
silent=0
while [ "$silent" -lt 6 ]; do
  if annotations=$(kubectl get node "$node" --request-timeout 5s --output json); then
    silent=0
    removed=$(printf '%s' "$annotations" | jq --raw-output '.metadata.annotations["etcd.k3s.cattle.io/removed-node-name"] // ""')
    if [ -n "$removed" ]; then
      break
    fi
    if [ "$(date +%s)" -ge $((deadline + 300)) ]; then
      echo "the member is still in etcd" >&2
      exit 78
    fi
  else
    silent=$((silent + 1))
  fi
  sleep 5
done
"#;

/// Takes away what is left of a node that is gone. A second run finds nothing and is content.
const FORGET: &str = r#"
node=$1
kubectl() {
  k3s kubectl --kubeconfig "$kubeconfig" "$@"
}

kubectl delete node "$node" --ignore-not-found
kubectl delete secret --namespace kube-system "$node.node-password.k3s" --ignore-not-found
"#;
