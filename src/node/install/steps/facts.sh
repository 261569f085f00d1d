# bud-step: facts
# What the machine is and what runs on it. Reads nothing, changes nothing.
set -u

say() {
  printf '%s=%s\n' "$1" "$2"
}

have() {
  command -v "$1" > /dev/null 2>&1
}

first_line() {
  if [ -r "$1" ]; then head -n 1 "$1" 2> /dev/null; fi
}

trimmed() {
  sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//'
}

free_kib() {
  df -Pk "$1" 2> /dev/null | awk 'NR == 2 { print $4 }'
}

say kernel "$(uname -s)"
say release "$(uname -r)"
say arch "$(uname -m)"
say clock "$(date +%s)"
say boot_id "$(first_line /proc/sys/kernel/random/boot_id)"
say command_line "$(first_line /proc/cmdline)"
(
  ID='' VERSION_ID='' VARIANT_ID=''
  # shellcheck disable=SC1091
  if [ -r /etc/os-release ]; then . /etc/os-release; fi
  say id "$ID"
  say version "$VERSION_ID"
  say variant "$VARIANT_ID"
)
say memory_kib "$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)"

container=none
if have systemd-detect-virt; then
  container=$(systemd-detect-virt --container 2> /dev/null)
elif [ -s /run/systemd/container ]; then
  container=$(first_line /run/systemd/container)
elif [ -e /.dockerenv ]; then
  container=docker
fi
say container "${container:-none}"

firmware=bios
if [ -d /sys/firmware/efi ]; then firmware=efi; fi
say firmware "$firmware"
secure_boot=off
for variable in /sys/firmware/efi/efivars/SecureBoot-*; do
  if [ -r "$variable" ] && [ "$(od -An -t u1 -j 4 -N 1 "$variable" | tr -d ' ')" = 1 ]; then secure_boot=on; fi
done
say secure_boot "$secure_boot"
lockdown=$(first_line /sys/kernel/security/lockdown | sed -n 's/.*\[\(.*\)\].*/\1/p')
say lockdown "${lockdown:-none}"
kexec=missing
if [ -e /proc/sys/kernel/kexec_load_disabled ]; then
  kexec=on
  if [ "$(first_line /proc/sys/kernel/kexec_load_disabled)" = 1 ]; then kexec=off; fi
fi
say kexec "$kexec"

tools=
for tool in tar gzip setsid curl wget grub-reboot grub2-reboot grub-editenv grub2-editenv bootctl nix nixos-install lsblk findmnt; do
  if have "$tool"; then tools="$tools $tool"; fi
done
say tools "${tools# }"

# Where what is uploaded goes; the folder itself may not be there yet.
for folder in /var/lib/bud /var/lib /var /; do
  if [ -d "$folder" ]; then
    say work_free_kib "$(free_kib "$folder")"
    break
  fi
done

# A boot loader reads plain file systems on plain partitions, and some of them it can also write its one-shot
# mark to.
plain() {
  kind=$(findmnt -no FSTYPE --target "$1" 2> /dev/null)
  case $kind in
    ext2 | ext3 | ext4 | xfs | vfat) ;;
    *) return 1 ;;
  esac
  device=$(findmnt -nvo SOURCE --target "$1" 2> /dev/null)
  case $(lsblk -dno TYPE "$device" 2> /dev/null) in
    part | disk) ;;
    *) return 1 ;;
  esac
}

# Where a kernel and its initrd could lie: the place with the most room.
place() {
  best=0
  for folder in "$@"; do
    if ! plain "$folder"; then continue; fi
    room=$(free_kib "$folder")
    if [ "${room:-0}" -gt "$best" ]; then
      best=$room
      chosen=$folder
    fi
  done
  if [ "$best" -eq 0 ]; then return; fi
  say place "$chosen"
  say place_mount "$(findmnt -no TARGET --target "$chosen")"
  say place_uuid "$(findmnt -no UUID --target "$chosen")"
  say place_free_kib "$best"
}

loader=none
# The variable holds text of two bytes a letter.
loader_info=/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
if [ -r "$loader_info" ] && tr -d '\0' < "$loader_info" | grep -aq systemd-boot; then
  if have bootctl; then
    loader=systemd-boot
    place "$(bootctl --print-boot-path 2> /dev/null)"
  fi
else
  for folder in /boot/grub /boot/grub2; do
    # Its own file must look for a one-shot mark and for entries of ours.
    if grep -qs next_entry "$folder/grub.cfg" && grep -qs 'custom\.cfg' "$folder/grub.cfg" && plain "$folder"; then
      if have grub-editenv || have grub2-editenv; then
        loader=grub
        say loader_folder "$folder"
        place /boot /
      fi
      break
    fi
  done
fi
say loader "$loader"

# The way out: the first default route of either family.
device=$(awk '$2 == "00000000" && $8 == "00000000" { print $1; exit }' /proc/net/route 2> /dev/null)
if [ -z "$device" ]; then
  device=$(awk '$1 ~ /^0+$/ && $2 == "00" && $10 != "lo" { print $10; exit }' /proc/net/ipv6_route 2> /dev/null)
fi
kind=none
if [ -n "$device" ]; then
  if [ -e "/sys/class/net/$device/bonding" ]; then
    kind=bond
  elif [ -e "/sys/class/net/$device/bridge" ]; then
    kind=bridge
  elif [ -e "/proc/net/vlan/$device" ]; then
    kind=vlan
  elif [ -e "/sys/class/net/$device/wireless" ]; then
    kind=wireless
  elif [ -e "/sys/class/net/$device/device" ]; then
    kind=card
  else
    kind=virtual
  fi
fi
say uplink "$device"
say uplink_kind "$kind"

gpus=0 switches=0
for pci in /sys/bus/pci/devices/*; do
  if [ "$(first_line "$pci/vendor")" = 0x10de ]; then
    case $(first_line "$pci/class") in
      0x0300* | 0x0302*) gpus=$((gpus + 1)) ;;
      0x0680*) switches=$((switches + 1)) ;;
    esac
  fi
done
say gpus "$gpus"
say nvswitches "$switches"

# Disks that are empty after the machine was stopped, or can be pulled out.
is_local() {
  if [ "$(first_line "/sys/block/$1/removable")" = 1 ]; then return 0; fi
  case $(first_line "/sys/block/$1/device/model") in
    "Microsoft NVMe Direct Disk"* | "Amazon EC2 NVMe Instance Storage"*) return 0 ;;
  esac
  case $(readlink -f "/sys/block/$1/device") in
    *00000000-0001-* | *f8b3781a-1e82-4818-a1c3-63d806ec15bb*:1) return 0 ;;
  esac
  return 1
}

root=$(findmnt -nvo SOURCE / 2> /dev/null)
root_disks=
case $root in
  /dev/*) root_disks=$(lsblk -nsro NAME,TYPE "$root" 2> /dev/null | awk '$2 == "disk" { print $1 }' | sort -u) ;;
esac
for path in /sys/block/*; do
  disk=${path##*/}
  case $disk in
    '*' | loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd*) continue ;;
  esac
  say "disk.$disk.bytes" "$(($(first_line "$path/size") * 512))"
  say "disk.$disk.serial" "$(lsblk -dno SERIAL "/dev/$disk" 2> /dev/null | trimmed)"
  say "disk.$disk.wwn" "$(lsblk -dno WWN "/dev/$disk" 2> /dev/null | trimmed)"
  say "disk.$disk.model" "$(first_line "$path/device/model" | trimmed)"
  if is_local "$disk"; then say "disk.$disk.local" yes; fi
  for link in /dev/disk/by-id/*; do
    if [ "$(readlink -f "$link")" = "/dev/$disk" ]; then say "disk.$disk.link" "$link"; fi
  done
  # Spaces in a mount point are written as \x20.
  lsblk -nro MOUNTPOINT "/dev/$disk" 2> /dev/null | while IFS= read -r point; do
    if [ -n "$point" ]; then say "disk.$disk.mount" "$point"; fi
  done
  for one in $root_disks; do
    if [ "$one" = "$disk" ]; then say "disk.$disk.root" yes; fi
  done
done

# Disk and boot loader of a NixOS that may keep them.
if [ "$loader" != systemd-boot ] && [ -d /boot/grub ]; then say kept_loader grub; else say kept_loader "$loader"; fi
for point in '' boot boot/efi efi; do
  point=/$point
  uuid=$(findmnt -no UUID --mountpoint "$point" 2> /dev/null) || continue
  say kept_mount "$point $(findmnt -no FSTYPE --mountpoint "$point" 2> /dev/null) $uuid"
done

if [ -d /var/lib/rancher/k3s/server ] || [ -d /var/lib/rancher/k3s/agent ]; then say k3s yes; fi
if [ -L /run/current-system ]; then
  say system "$(readlink /run/current-system)"
  say booted_system "$(readlink /run/booted-system)"
fi
if [ -e /var/lib/bud/finished ]; then say finished yes; fi
if [ -e /etc/bud/image ]; then say image yes; fi
if [ -r /var/lib/bud/install ]; then
  while IFS= read -r line; do
    printf 'record.%s\n' "$line"
  done < /var/lib/bud/install
fi
exit 0
