#!/bin/sh
# check: refuse or be silent. format: lay out. mount: mount what is laid out. data: format blank data disks.
set -eu

system_kind='serial'
system_id='6002248000000045'
firmware='efi'
table='00614229-820e-8351-b14b-949985173852'
root='f83ed9ec-72c6-8a8e-a4ee-e2eb9adcf74e'
boot='2E1EE571'
finished='/var/lib/bud/finished'
system_link='/dev/disk/bud-system'
least='20000000000'

# Calls its first argument with kind, id, mount point, file system and label of each data disk.
each_data_disk() {
  "$1" 'lun' '23' '/var/lib/rancher/k3s/storage' 'ext4' 'bud-storage'
  :
}

refuse() {
  status=$1
  shift
  printf 'refused: %s\n' "$*" >&2
  exit "$status"
}

tools='lsblk blkid blockdev sgdisk mkfs.ext4 mount umount'
# What runs already has the file systems' tools of its own root, and no partitions to make.
if [ "${1:-}" = data ]; then tools='lsblk blkid'; fi
for tool in $tools; do
  command -v "$tool" > /dev/null || refuse 68 "no $tool"
done
if [ "$firmware" = efi ] && [ "${1:-}" != data ]; then
  command -v mkfs.vfat > /dev/null || refuse 68 "no mkfs.vfat"
fi

trimmed() {
  sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//'
}

read_trimmed() {
  if [ -r "$1" ]; then trimmed < "$1"; fi
}

# Names of the kernel, below /dev.
all_disks() {
  for path in /sys/block/*; do
    case ${path##*/} in
      loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd*) ;;
      *) printf '%s\n' "${path##*/}" ;;
    esac
  done
}

# The number that Azure gave a data disk; nothing for any other disk.
lun_of() {
  case $1 in
    nvme*)
      if [ "$(read_trimmed "/sys/block/$1/device/model")" = "MSFT NVMe Accelerator v1.0" ]; then
        space=$(read_trimmed "/sys/block/$1/nsid")
        if [ "$space" -ge 2 ]; then echo "$((space - 2))"; fi
      fi
      ;;
    sd*)
      # The first controller carries the system and the temporary disk.
      way=$(readlink -f "/sys/block/$1/device")
      case $way in
        *f8b3781b-1e82-4818-a1c3-63d806ec15bb* | *f8b3781c-1e82-4818-a1c3-63d806ec15bb* | *f8b3781d-1e82-4818-a1c3-63d806ec15bb*)
          echo "${way##*:}"
          ;;
      esac
      ;;
  esac
}

answers() {
  case $2 in
    serial)
      [ "$(lsblk -dno SERIAL "/dev/$1" | trimmed)" = "$3" ] || [ "$(lsblk -dno WWN "/dev/$1" | trimmed)" = "$3" ]
      ;;
    link) [ -e "$3" ] && [ "$(readlink -f "$3")" = "/dev/$1" ] ;;
    lun) [ "$(lun_of "$1")" = "$3" ] ;;
    volume) [ "$(lsblk -dno SERIAL "/dev/$1" | trimmed | tr -d -)" = "$(printf '%s' "$3" | tr -d -)" ] ;;
  esac
}

# Sets disk.
find_disk() {
  disk=
  for candidate in $(all_disks); do
    if answers "$candidate" "$1" "$2"; then
      if [ -n "$disk" ]; then refuse 61 "$1 $2 is both $disk and $candidate"; fi
      disk=$candidate
    fi
  done
  if [ -z "$disk" ]; then refuse 60 "no disk with $1 $2"; fi
}

# Disks that are removable, or empty after the machine was stopped.
is_local() {
  [ "$(read_trimmed "/sys/block/$1/removable")" != 1 ] || return 0
  case $(read_trimmed "/sys/block/$1/device/model") in
    "Microsoft NVMe Direct Disk"* | "Amazon EC2 NVMe Instance Storage"*) return 0 ;;
  esac
  case $(readlink -f "/sys/block/$1/device") in
    *00000000-0001-* | *f8b3781a-1e82-4818-a1c3-63d806ec15bb*:1) return 0 ;;
  esac
  return 1
}

partition() {
  case $1 in
    *[0-9]) printf '/dev/%sp%s\n' "$1" "$2" ;;
    *) printf '/dev/%s%s\n' "$1" "$2" ;;
  esac
}

# What is mounted of a disk, outside of /mnt.
mounted() {
  lsblk -nro MOUNTPOINT "/dev/$1" | while read -r point; do
    case $point in
      '' | /mnt | /mnt/*) ;;
      *) printf '%s\n' "$point" ;;
    esac
  done
}

tag() {
  blkid -p -o value -s "$1" "$2" 2> /dev/null || true
}

is_ours() {
  [ "$(tag PTUUID "/dev/$1")" = "$table" ]
}

is_finished() {
  is_ours "$1" || return 1
  [ "$(tag UUID "$(partition "$1" 2)")" = "$root" ] || return 1
  look=$(mktemp -d)
  if ! mount -o ro "$(partition "$1" 2)" "$look" 2> /dev/null; then
    rmdir "$look"
    # Nobody knows what is on it; whoever does wipes it.
    refuse 69 "$(partition "$1" 2) cannot be mounted"
  fi
  found=1
  if [ -e "$look$finished" ]; then found=0; fi
  umount "$look"
  rmdir "$look"
  return "$found"
}

# Sets volume to what is to be mounted of a data disk, or to nothing where the disk is blank.
look_at() {
  volume=
  case $(tag TYPE "/dev/$1") in
    ext4 | xfs)
      volume=/dev/$1
      return
      ;;
    ?*) refuse 66 "$1 holds $(tag TYPE "/dev/$1")" ;;
  esac
  if [ -z "$(tag PTTYPE "/dev/$1")" ]; then return; fi
  if [ -e "$(partition "$1" 1)" ] && [ ! -e "$(partition "$1" 2)" ]; then
    case $(tag TYPE "$(partition "$1" 1)") in
      ext4 | xfs)
        volume=$(partition "$1" 1)
        return
        ;;
    esac
  fi
  refuse 66 "$1 holds a partition table without the one file system that could be mounted"
}

check_data() {
  find_disk "$1" "$2"
  if [ "$disk" = "$system" ]; then refuse 61 "$1 $2 is the system disk"; fi
  if [ -n "$(mounted "$disk")" ]; then refuse 64 "$disk is mounted at $(mounted "$disk")"; fi
  look_at "$disk"
  # The system mounts it as the kind that it was made as.
  if [ -n "$volume" ] && [ "$(tag TYPE "$volume")" != "$4" ]; then
    refuse 66 "$disk holds $(tag TYPE "$volume"), not $4"
  fi
}

check() {
  find_disk "$system_kind" "$system_id"
  system=$disk
  if is_local "$system"; then refuse 62 "$system"; fi
  if [ "$(blockdev --getsize64 "/dev/$system")" -lt "$least" ]; then refuse 63 "$system"; fi
  each_data_disk check_data
}

settle() {
  if command -v udevadm > /dev/null; then udevadm settle; fi
}

lay_out_system() {
  if [ -n "$(mounted "$system")" ]; then refuse 64 "$system is mounted at $(mounted "$system")"; fi
  if is_finished "$system"; then refuse 65 "$system"; fi
  # What an older system left active would keep the kernel from reading the new table.
  swapoff -a || true
  if command -v vgchange > /dev/null; then vgchange -an || true; fi
  if command -v mdadm > /dev/null; then mdadm --stop --scan || true; fi
  for old in "/dev/$system"?*; do
    if [ -b "$old" ]; then wipefs -af "$old" > /dev/null || true; fi
  done
  wipefs -af "/dev/$system" > /dev/null
  # A damaged old table makes it complain and is gone all the same.
  sgdisk --zap-all "/dev/$system" > /dev/null || true
  if [ "$firmware" = efi ]; then
    sgdisk -n 1:0:+1G -t 1:EF00 -c 1:bud-boot -n 2:0:0 -t 2:8300 -c 2:bud-root -U "$table" "/dev/$system"
  else
    sgdisk -n 1:0:+1M -t 1:EF02 -c 1:bud-grub -n 2:0:0 -t 2:8300 -c 2:bud-root -U "$table" "/dev/$system"
  fi
  blockdev --rereadpt "/dev/$system" || true
  settle
  if [ "$firmware" = efi ]; then mkfs.vfat -F 32 -i "$boot" -n BUDBOOT "$(partition "$system" 1)"; fi
  mkfs.ext4 -q -F -U "$root" -L bud-root "$(partition "$system" 2)"
  settle
}

mount_system() {
  if ! is_ours "$system"; then refuse 67 "$system"; fi
  mkdir -p /mnt
  mount -o noatime "$(partition "$system" 2)" /mnt
  if [ "$firmware" = efi ]; then
    mkdir -p /mnt/boot
    mount -o umask=0077 "$(partition "$system" 1)" /mnt/boot
  else
    # The boot loader's installer asks for the disk by this name.
    mkdir -p "${system_link%/*}"
    ln -sfn "/dev/$system" "$system_link"
  fi
}

# Formats what is blank, names what has another name. Sets volume.
name_data() {
  find_disk "$1" "$2"
  look_at "$disk"
  if [ -z "$volume" ]; then
    volume=/dev/$disk
    command -v "mkfs.$4" > /dev/null || refuse 68 "no mkfs.$4"
    case $4 in
      ext4) mkfs.ext4 -q -F -L "$5" "$volume" ;;
      xfs) mkfs.xfs -q -L "$5" "$volume" ;;
    esac
  elif [ "$(tag LABEL "$volume")" != "$5" ]; then
    case $4 in
      ext4) e2label "$volume" "$5" ;;
      xfs) xfs_admin -L "$5" "$volume" ;;
    esac
  fi
}

# The same where the system runs: what it has mounted by its name is as it shall be.
keep_data() {
  find_disk "$1" "$2"
  look_at "$disk"
  if [ -n "$volume" ] && [ "$(tag LABEL "$volume")" = "$5" ]; then return; fi
  check_data "$@"
  name_data "$@"
}

mount_data() {
  name_data "$@"
  mkdir -p "/mnt$3"
  mount -o noatime "$volume" "/mnt$3"
}

# Sets whole to no where a data disk is not mounted as it shall be.
look_for_data() {
  find_disk "$1" "$2"
  look_at "$disk"
  if [ -z "$volume" ] || ! lsblk -nro MOUNTPOINT "$volume" | grep -Fqx "/mnt$3"; then whole=no; fi
}

# Whether all of it is mounted as it shall be. An installation may be running in it then, which keeps /mnt busy
# and would lose /mnt/boot.
is_mounted() {
  is_ours "$system" || return 1
  lsblk -nro MOUNTPOINT "$(partition "$system" 2)" | grep -Fqx /mnt || return 1
  if [ "$firmware" = efi ]; then
    lsblk -nro MOUNTPOINT "$(partition "$system" 1)" | grep -Fqx /mnt/boot || return 1
  fi
  whole=yes
  each_data_disk look_for_data
  [ "$whole" = yes ]
}

unmount_all() {
  if lsblk -nro MOUNTPOINT | grep -qx /mnt; then umount -R /mnt; fi
}

case ${1:-} in
  check)
    check
    ;;
  format)
    check
    unmount_all
    lay_out_system
    mount_system
    each_data_disk mount_data
    ;;
  mount)
    check
    if ! is_mounted; then
      unmount_all
      mount_system
      each_data_disk mount_data
    fi
    ;;
  data)
    find_disk "$system_kind" "$system_id"
    system=$disk
    each_data_disk keep_data
    ;;
  *)
    echo "usage: sh -s -- check | format | mount | data" >&2
    exit 2
    ;;
esac
