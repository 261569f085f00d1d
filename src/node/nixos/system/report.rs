//! The unit `bud-report`: the node writes on its own Node what it runs, with the kubelet's credential, so
//! that a plan can compare without logging in.

use super::Kind;
use super::leave::KUBELET;
use crate::node::nixos::nix::{Nix, Set};

pub(super) fn options(kind: &Kind) -> Set {
    let mut script = format!("kubeconfig={KUBELET}\n{SCRIPT}");
    if kind.gpu.is_some() {
        script.push_str(GPU);
    }
    script.push_str("k3s kubectl --kubeconfig \"$kubeconfig\" annotate node \"$node\" --overwrite \"$@\"\n");
    let mut path = vec![Nix::Code("config.services.k3s.package")];
    if kind.gpu.is_some() {
        path.push(Nix::Code("config.hardware.nvidia.package.bin"));
    }
    let service = Set::new()
        .with("description", "Write on the Node what runs on the machine")
        .with("after", Nix::texts(["k3s.service"]))
        .with("path", path)
        .with("serviceConfig.Type", "oneshot")
        .with("script", script);
    let timer = Set::new()
        .with("wantedBy", Nix::texts(["timers.target"]))
        .with("timerConfig.OnBootSec", "1min")
        .with("timerConfig.OnUnitInactiveSec", "10min")
        .with("timerConfig.RandomizedDelaySec", "30s");
    Set::new().with("systemd.services.bud-report", service).with("systemd.timers.bud-report", timer)
}

const SCRIPT: &str = r#"
if [ ! -e "$kubeconfig" ]; then
  echo "no cluster yet"
  exit 0
fi
node=$(cat /etc/hostname)
used() {
  df --output=pcent "$1" | tail -n 1 | tr -d ' %'
}
set -- \
  "bud.studio/system=$(readlink -f /run/current-system)" \
  "bud.studio/booted-system=$(readlink -f /run/booted-system)" \
  "bud.studio/boot-id=$(cat /proc/sys/kernel/random/boot_id)" \
  "bud.studio/kernel=$(uname -r)" \
  "bud.studio/disk-root=$(used /)" \
  "bud.studio/disk-boot=$(used /boot)" \
  "bud.studio/disk-k3s=$(used /var/lib/rancher)"
"#;

const GPU: &str = r#"
if driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1); then
  set -- "$@" "bud.studio/nvidia-driver=$driver"
fi
"#;
