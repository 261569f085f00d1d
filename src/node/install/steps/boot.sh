# bud-step: boot
# Lays the installer beside the system's own kernels, with an entry that the boot loader takes once, and
# restarts the machine. Reads: loader, loader_folder, place, place_mount, place_uuid, command_line, and the
# lines of the record, each with record. before it.
set -eu
umask 077
loader='' loader_folder='' place='' place_mount='' place_uuid='' command_line='' record=''
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    loader=*) loader=$value ;;
    loader_folder=*) loader_folder=$value ;;
    place=*) place=$value ;;
    place_mount=*) place_mount=$value ;;
    place_uuid=*) place_uuid=$value ;;
    command_line=*) command_line=$value ;;
    record.*)
      record="$record${line#record.}
"
      ;;
  esac
done

refuse() {
  printf 'refused=%s\nsaid=%s\n' "$1" "$2"
  exit 0
}

work=/var/lib/bud/installer/kexec
folder=$place/bud-installer
rm -rf "$folder"
mkdir -p "$folder"
if ! cp "$work/bzImage" "$work/initrd" "$folder/" 2> /var/lib/bud/installer/said; then
  said=$(tail -n 1 /var/lib/bud/installer/said)
  rm -rf "$folder"
  refuse not-copied "$said"
fi
# As the boot loader sees it, from the root of the file system.
if [ "$place_mount" = / ]; then inside=$folder; else inside=${folder#"$place_mount"}; fi

case $loader in
  grub)
    custom=$loader_folder/custom.cfg
    if [ -e "$custom" ]; then
      sed '/^# bud-installer begins$/,/^# bud-installer ends$/d' "$custom" > "$custom.bud-new"
    else
      : > "$custom.bud-new"
    fi
    cat >> "$custom.bud-new" << END
# bud-installer begins
menuentry 'NixOS installer (once)' --id bud-installer {
  search --no-floppy --fs-uuid --set=root $place_uuid
  linux $inside/bzImage $command_line
  initrd $inside/initrd
}
# bud-installer ends
END
    mv -f "$custom.bud-new" "$custom"
    edit=grub-editenv
    if ! command -v "$edit" > /dev/null 2>&1; then edit=grub2-editenv; fi
    if [ ! -e "$loader_folder/grubenv" ]; then "$edit" "$loader_folder/grubenv" create; fi
    "$edit" "$loader_folder/grubenv" set next_entry=bud-installer
    if ! "$edit" "$loader_folder/grubenv" list | grep -qx next_entry=bud-installer; then
      refuse no-one-shot "$loader_folder/grubenv"
    fi
    ;;
  systemd-boot)
    mkdir -p "$place/loader/entries"
    cat > "$place/loader/entries/bud-installer.conf" << END
title NixOS installer (once)
linux $inside/bzImage
initrd $inside/initrd
options $command_line
END
    if ! bootctl set-oneshot bud-installer.conf 2> "$work/said"; then refuse no-one-shot "$(tail -n 1 "$work/said")"; fi
    ;;
  *) refuse no-loader "$loader" ;;
esac

mkdir -p /var/lib/bud
printf '%s' "$record" > /var/lib/bud/install.new
mv -f /var/lib/bud/install.new /var/lib/bud/install
sync
# A kernel that somebody loaded would be started in place of the boot loader.
"$work/kexec" --unload > /dev/null 2>&1 || true
echo leaving=yes
# shellcheck disable=SC2016
nohup setsid sh -c 'sleep 2; systemctl reboot || reboot' < /dev/null > /dev/null 2>&1 &
