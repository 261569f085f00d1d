#!/bin/sh
# A machine of paper for the install room: what its firmware, kernel and tools would do, in folders.
# Called by the server for each command, and by the links in bin/ under the names of the tools.
#
#   root/      what commands see: proc, sys, dev, mnt, and links to the running system's folders
#   systems/   old (the disk's first system), installer (memory)
#   disks/     sda2 (the file system that is made on the disk), what blkid says, wiped
#   fault.*    what goes wrong; told: what the tools were told; commands: what was sent
set -u
base=$BUD_MACHINE
root=$base/root
PATH=$base/bin:$PATH
export PATH

log() {
  printf '%s\n' "$*" | sed "s#$root##g" >> "$base/told"
}

# The folders of a system become the machine's.
run() {
  rm -rf "${1:?}/run"
  for folder in etc var run nix boot; do
    mkdir -p "$1/$folder"
    rm -rf "${root:?}/$folder"
    ln -s "$1/$folder" "$root/$folder"
  done
  rm -rf "${root:?}/mnt"
  mkdir "$root/mnt"
  rm -f "$base"/mounted.* "$base/installing"
  cat /proc/sys/kernel/random/uuid > "$root/proc/sys/kernel/random/boot_id"
  printf '%s\n' "$2" > "$root/proc/cmdline"
  log "runs ${1##*/}"
}

# What is in memory is lost; the installer gets what its initrd brings.
run_installer() {
  rm -rf "$base/systems/installer"
  mkdir -p "$base/systems/installer/etc/ssh"
  if [ "$1" != "$base/started.initrd" ]; then cp "$1" "$base/started.initrd"; fi
  if [ -e "$base/fault.exchanged" ]; then echo another > "$base/serial"; fi
  # The test reads in the initrd whether it really brings them.
  cp "$base/systems/old/etc/ssh/"ssh_host_* "$base/systems/installer/etc/ssh/"
  mkdir -p "$base/systems/installer/etc/ssl/certs"
  echo authorities > "$base/systems/installer/etc/ssl/certs/ca-certificates.crt"
  printf 'ID=nixos\nVERSION_ID=26.05\nVARIANT_ID=installer\n' > "$base/systems/installer/etc/os-release"
  run "$base/systems/installer" "$2"
}

# The system whose profile is in a folder, and the links that tell which one runs.
run_nixos() {
  profiles=$1/nix/var/nix/profiles
  system=$(readlink "$profiles/$(readlink "$profiles/system")")
  if [ -e "$base/fault.other-system" ]; then system=/nix/store/other; fi
  mkdir -p "$1$system"
  printf 'ID=nixos\nVERSION_ID=26.05\n' > "$1/etc/os-release"
  run "$1" "init=$system/init"
  ln -s "$system" "$1/run/current-system"
  ln -s "$system" "$1/run/booted-system"
}

# What the firmware starts.
start() {
  if [ -e "$base/fault.dead" ]; then
    log "dead"
    return
  fi
  env=$base/systems/old/boot/grub/grubenv
  # Once laid out anew, the disk has no other system.
  if [ -e "$base/disks/sda2/var/lib/bud/finished" ] && [ ! -e "$base/fault.other-disk" ]; then
    run_nixos "$base/disks/sda2"
    return
  fi
  if [ -e "$base/disks/wiped" ] && [ ! -e "$base/fault.other-disk" ]; then
    log "nothing to start"
    return
  fi
  entry=
  if [ -e "$env" ]; then entry=$(sed -n 's/^next_entry=//p' "$env"); fi
  if [ -n "$entry" ]; then
    sed -i '/^next_entry=/d' "$env"
    line=$(sed -n 's/^  linux //p' "$base/systems/old/boot/grub/custom.cfg")
    initrd=$(sed -n 's/^  initrd //p' "$base/systems/old/boot/grub/custom.cfg")
    if [ ! -e "$base/fault.no-boot" ]; then
      run_installer "$base/systems/old/boot$initrd" "${line#* }"
      return
    fi
  fi
  if [ -L "$base/systems/old/nix/var/nix/profiles/system" ]; then
    run_nixos "$base/systems/old"
  else
    run "$base/systems/old" "root=/dev/sda1 quiet"
  fi
}

last() {
  while [ $# -gt 1 ]; do shift; done
  printf '%s' "$1"
}

# The next line of a file, the last of which stays; `last` is a node that has left.
next() {
  said=$(head -n 1 "$base/$1" 2> /dev/null)
  if [ "$(wc -l < "$base/$1" 2> /dev/null || echo 0)" -gt 1 ]; then sed -i 1d "$base/$1"; fi
  if [ "$said" = last ]; then
    mkdir -p "$root/var/lib/bud"
    touch "$root/var/lib/bud/left"
    said=inactive
  fi
  echo "${said:-$2}"
}

name=${0##*/}
case $name in
  machine)
    printf '%s\n---\n' "$SSH_ORIGINAL_COMMAND" >> "$base/commands"
    # Twice: a path may begin where another ended.
    rewrite="s#\(^\|[^A-Za-z0-9_./}\$*-]\)/\(proc\|sys\|etc\|var\|boot\|mnt\|run\|nix\|dev/disk\)\(\$\|[^A-Za-z0-9_]\)#\1$root/\2\3#g"
    command=$(printf '%s\n' "$SSH_ORIGINAL_COMMAND" | sed -e "s#^root=\$#root=$root#" -e "$rewrite" -e "$rewrite")
    unset SSH_ORIGINAL_COMMAND
    exec sh -c "$command"
    ;;
  id) case $1 in -u) cat "$base/uid" 2> /dev/null || echo 0 ;; -un) cat "$base/login" 2> /dev/null || echo root ;; esac ;;
  sudo)
    if [ "$2" = -- ]; then log "sudo $1"; fi
    if [ -e "$base/fault.sudo" ]; then
      echo "sudo: a password is required" >&2
      exit 1
    fi
    shift
    if [ "$1" = -- ]; then shift; fi
    exec "$@"
    ;;
  chown | sync | dmesg | udevadm | swapoff | partprobe) ;;
  sleep) exec /bin/sleep 0.05 ;;
  uname) case $1 in -s) echo Linux ;; -m) echo x86_64 ;; -r) cat "$base/release" ;; esac ;;
  systemd-detect-virt)
    echo none
    exit 1
    ;;
  df) printf 'Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/sda1 1 1 %s 1%% /\n' "$(cat "$base/free")" ;;
  findmnt)
    case $2 in
      FSTYPE) case $* in *--mountpoint\ /boot) echo vfat ;; *) echo ext4 ;; esac ;;
      SOURCE) if [ "$(readlink "$root/etc")" = "$base/systems/installer/etc" ]; then echo tmpfs; else echo /dev/sda1; fi ;;
      TARGET) case $(last "$@") in /) echo / ;; *) echo "$root/boot" ;; esac ;;
      UUID)
        case $* in
          *--mountpoint\ */efi) exit 1 ;;
          *--mountpoint\ /boot) echo 3333-4444 ;;
          *) echo 1111-2222 ;;
        esac
        ;;
    esac
    ;;
  lsblk)
    case $1 in
      -dno) case $2 in SERIAL) cat "$base/serial" ;; WWN) ;; TYPE) echo part ;; esac ;;
      -nsro) printf 'sda1 part\nsda disk\n' ;;
      -nro)
        if [ -e "$base/mounted.mnt" ]; then printf '%s\n%s\n' "$root/mnt" "$root/mnt/boot"; fi
        if [ "$(readlink "$root/etc")" != "$base/systems/installer/etc" ] && [ $# -gt 2 ]; then printf '/\n/boot\n'; fi
        ;;
    esac
    ;;
  blkid) cat "$base/disks/$(last "$@" | sed 's#.*/##').$5" 2> /dev/null || exit 2 ;;
  blockdev) if [ "$1" = --getsize64 ]; then echo 128000000000; fi ;;
  sgdisk)
    log "sgdisk $*"
    case $* in *-U*)
      while [ "$1" != -U ]; do shift; done
      printf '%s\n' "$2" > "$base/disks/sda.PTUUID"
      ;;
    esac
    ;;
  wipefs)
    log "wipefs $*"
    touch "$base/disks/wiped"
    rm -rf "$base/disks/sda2" "$base/disks/"*.UUID "$base/disks/"*.TYPE "$base/disks/"*.PTUUID
    ;;
  mkfs.vfat) log "mkfs.vfat" ;;
  mkfs.ext4)
    log "mkfs.ext4 $*"
    if [ -e "$base/fault.mkfs" ]; then
      echo "mkfs.ext4: Input/output error" >&2
      exit 1
    fi
    rm -rf "$base/disks/sda2"
    mkdir "$base/disks/sda2"
    while [ "$1" != -U ]; do shift; done
    printf '%s\n' "$2" > "$base/disks/sda2.UUID"
    ;;
  mount)
    point=$(last "$@")
    case $* in
      *sda1*) ;;
      *)
        if [ ! -d "$base/disks/sda2" ]; then
          echo "mount: wrong fs type" >&2
          exit 32
        fi
        rmdir "$point" && ln -s "$base/disks/sda2" "$point"
        if [ "$point" = "$root/mnt" ]; then touch "$base/mounted.mnt"; fi
        ;;
    esac
    ;;
  umount)
    point=$(last "$@")
    if [ -e "$base/fault.busy" ] || [ -e "$base/installing" ]; then
      echo "umount: $point: target is busy" >&2
      exit 32
    fi
    rm "$point" && mkdir "$point"
    rm -f "$base/mounted.mnt"
    ;;
  grub-editenv)
    case $2 in
      create) : > "$1" ;;
      list) cat "$1" ;;
      set) sed -i '/^next_entry=/d' "$1"; printf '%s\n' "$3" >> "$1" ;;
    esac
    ;;
  kexec)
    log "kexec $1"
    case $1 in
      --load)
        for word in "$@"; do
          case $word in
            --initrd=*) printf '%s' "${word#*=}" > "$base/loaded.initrd" ;;
            --command-line=*) printf '%s' "${word#*=}" > "$base/loaded.line" ;;
            --kexec-syscall-auto)
              log "kexec auto"
              if [ -e "$base/fault.kexec-auto" ]; then
                echo "kexec_file_load failed: Operation not permitted" >&2
                exit 1
              fi
              ;;
          esac
        done
        if [ -e "$base/fault.kexec" ]; then
          echo "kexec_load failed: Operation not permitted" >&2
          exit 255
        fi
        ;;
      -e) if [ -e "$base/fault.hang" ]; then log hangs; else run_installer "$(cat "$base/loaded.initrd")" "$(cat "$base/loaded.line")"; fi ;;
    esac
    ;;
  systemctl)
    case $1 in
      is-active) next k3s inactive ;;
      show)
        case $2 in
          --property=NRestarts) cat "$base/restarts" 2> /dev/null || echo 0 ;;
          --property=ActiveState) next leaving inactive ;;
          --property=ExecMainStatus) cat "$base/leave-status" ;;
        esac
        ;;
      *) log "systemctl $*" ;;
    esac
    case $* in
      reboot*) start ;;
      "start --no-block bud-leave.service")
        if [ -e "$base/leave-status" ]; then
          echo failed > "$base/leaving"
        else
          printf 'activating\nactivating\nlast\n' > "$base/leaving"
        fi
        ;;
      "start bud-forget@"*) if [ -e "$base/fault.forget" ]; then exit 1; fi ;;
    esac
    ;;
  journalctl) cat "$base/journal" 2> /dev/null ;;
  start) start ;;
  start-installer)
    touch "$base/started.initrd"
    run_installer "$base/started.initrd" "$1"
    ;;
  nixos-install | nix)
    log "$name $*"
    env | grep -i -e _proxy -e NIX_ -e XDG | sed "s#$root##g" | sort >> "$base/environment"
    printf '%s\n' "${NIX_CONFIG-}" >> "$base/environment"
    echo "building the system configuration..." >&2
    if [ -e "$base/fault.slow" ]; then
      touch "$base/installing"
      until [ -e "$base/go-on" ]; do /bin/sleep 0.05; done
      rm -f "$base/installing"
    fi
    if [ -e "$base/fault.build" ]; then
      echo "error: unable to download 'https://cache.example.org/x': Could not resolve host" >&2
      exit 1
    fi
    system=/nix/store/aaaaaaaa-nixos-system-worker
    case $name in
      nix)
        mkdir -p "$root$system/bin"
        printf '#!/bin/sh\necho "switch-to-configuration $*" >> "%s"\n' "$base/told" > "$root$system/bin/switch-to-configuration"
        chmod 755 "$root$system/bin/switch-to-configuration"
        if [ "$1" = build ]; then echo "$root$system"; fi
        ;;
      nixos-install)
        mkdir -p "$root/mnt$system" "$root/mnt/nix/var/nix/profiles"
        ln -sfn "$system" "$root/mnt/nix/var/nix/profiles/system-1-link"
        ln -sfn system-1-link "$root/mnt/nix/var/nix/profiles/system"
        ;;
    esac
    ;;
  nix-store)
    log "nix-store $*"
    echo "$2:secret" > "$3"
    echo "$2:public" > "$4"
    ;;
  nix-env)
    log "nix-env $*"
    mkdir -p "$root/nix/var/nix/profiles"
    ln -sfn "$(last "$@" | sed "s#$root##")" "$root/nix/var/nix/profiles/system-1-link"
    ln -sfn system-1-link "$root/nix/var/nix/profiles/system"
    ;;
  *) log "$name $*" ;;
esac
