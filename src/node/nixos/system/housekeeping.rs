//! What keeps a disk from filling up: old generations, the store, the journal, temporary files.

use super::Kind;
use crate::node::nixos::nix::{Nix, Piece, Set};

const GIB: i64 = 1 << 30;

pub(super) fn options(kind: &Kind) -> Set {
    let mut set = Set::new();
    set.at("nix.gc.automatic", true);
    set.at("nix.gc.dates", "weekly");
    // Not all nodes of a cluster at once.
    set.at("nix.gc.randomizedDelaySec", "6h");
    // Three generations are kept by number; by age, a quiet cluster would lose its way back.
    set.at(
        "systemd.services.nix-gc.preStart",
        Nix::Pieces(vec![
            Piece::Code("config.nix.package"),
            Piece::Text(
                "/bin/nix-env --profile /nix/var/nix/profiles/system --delete-generations +3\n".into(),
            ),
        ]),
    );
    set.at("nix.settings.min-free", GIB * 2);
    set.at("nix.settings.max-free", GIB * 10);
    set.at("services.journald.extraConfig", "SystemMaxUse=2G\nSystemKeepFree=4G\nMaxRetentionSec=30day\n");
    set.at("boot.tmp.cleanOnBoot", true);
    // Model servers and watchers open many files; the defaults are a desktop's.
    set.put(&["boot", "kernel", "sysctl", "fs.inotify.max_user_instances"], 8192);
    set.put(&["boot", "kernel", "sysctl", "fs.inotify.max_user_watches"], 1_048_576);
    set.put(&["boot", "kernel", "sysctl", "vm.max_map_count"], 1_048_576);
    set.at(
        "systemd.tmpfiles.rules",
        Nix::texts(["d /var/lib/bud 0755 root root -", "d /etc/bud 0755 root root -"]),
    );
    if kind.role.is_server() {
        // etcd answers late when the disk is asked for everything at once.
        set.at("systemd.services.nix-gc.serviceConfig.IOSchedulingClass", "idle");
    }
    set
}
