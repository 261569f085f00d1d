//! NVIDIA GPUs, owned by NixOS: driver, fabric manager, toolkit, CDI. No `RuntimeClass` of ours: k3s
//! brings its own for the runtimes that it finds in its path.

use super::Kind;
use crate::node::nixos::cluster::GpuHardware;
use crate::node::nixos::nix::{Nix, Set};
use crate::node::nixos::settings::GpuSharing;

/// The runtime looks devices up in the CDI files that the toolkit writes at every start; the older way
/// needs an ld.so.cache, which NixOS does not have.
const RUNTIME: &str = r#"[nvidia-container-runtime]
mode = "cdi"
runtimes = ["runc"]

[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["cdi.k8s.io/"]
default-kind = "nvidia.com/gpu"
spec-dirs = ["/etc/cdi", "/var/run/cdi"]
"#;

/// What of nixpkgs' unfree software a GPU needs, and nothing else.
const UNFREE: &str = r#"pkg: lib.hasPrefix "nvidia-" (lib.getName pkg) || builtins.elem (lib.getName pkg) [ "fabricmanager" "libnvidia-container" ]"#;

pub(super) fn options(hardware: GpuHardware, kind: &Kind) -> Set {
    let wanted = kind.settings.gpu.as_ref();
    let mut set = Set::new();
    set.at("hardware.graphics.enable", true);
    // NixOS refuses both: a machine with NVSwitch has the data center form, with its fabric manager.
    if hardware.nvswitch {
        set.at("hardware.nvidia.datacenter.enable", true);
    } else {
        set.at("services.xserver.videoDrivers", Nix::texts(["nvidia"]));
    }
    let usual = if hardware.nvswitch { "dc" } else { "production" };
    let branch = wanted.and_then(|gpu| gpu.driver.as_deref()).unwrap_or(usual);
    let packages = "config.boot.kernelPackages.nvidiaPackages";
    set.at("hardware.nvidia.package", Nix::Select(packages, vec![branch.to_owned()]));
    set.at("hardware.nvidia.open", hardware.open_modules);
    set.at("hardware.nvidia.nvidiaPersistenced", true);
    set.at("hardware.nvidia.nvidiaSettings", false);
    set.at("nixpkgs.config.allowUnfreePredicate", Nix::Code(UNFREE));
    set.at("hardware.nvidia-container-toolkit.enable", true);
    // Device plugins hand out GPUs by their UUIDs.
    set.at("hardware.nvidia-container-toolkit.device-name-strategy", "uuid");
    set.put(&["environment", "etc", "nvidia-container-runtime/config.toml", "text"], RUNTIME);
    set.at("systemd.services.k3s.path", vec![Nix::Code("pkgs.nvidia-container-toolkit.tools")]);
    let after = Nix::texts(["nvidia-container-toolkit-cdi-generator.service"]);
    set.at("systemd.services.k3s.after", after.clone());
    set.at("systemd.services.k3s.wants", after);
    // Where the GPU Operator's validator looks.
    let link = "L+ /usr/bin/nvidia-smi - - - - /run/current-system/sw/bin/nvidia-smi";
    set.at("systemd.tmpfiles.rules", Nix::texts([link]));
    if let Some(GpuSharing::Mig { profile, count }) = wanted.map(|gpu| &gpu.sharing) {
        mig(profile, *count, &mut set);
    }
    set
}

/// Cuts every GPU into instances before anything can use it.
fn mig(profile: &str, count: u32, set: &mut Set) {
    let profiles = vec![profile; usize::try_from(count).unwrap_or(1)].join(",");
    // Profile and count were checked: letters, digits, dots and plus signs.
    let script = format!(
        "\
nvidia-smi -mig 1
nvidia-smi mig -dci || true
nvidia-smi mig -dgi || true
nvidia-smi mig -cgi {profiles} -C
"
    );
    let unit = Set::new()
        .with("description", "Cut the GPUs into instances")
        .with("wantedBy", Nix::texts(["multi-user.target"]))
        .with("before", Nix::texts(["nvidia-container-toolkit-cdi-generator.service", "k3s.service"]))
        .with("path", vec![Nix::Code("config.hardware.nvidia.package")])
        .with("serviceConfig.Type", "oneshot")
        .with("serviceConfig.RemainAfterExit", true)
        .with("script", script);
    set.at("systemd.services.bud-mig", unit);
}
