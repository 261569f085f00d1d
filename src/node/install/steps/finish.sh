# bud-step: finish
# Looks up which system was installed and marks the disk as finished: it is never formatted from then on.
# Reads: mounted (whether the system is below /mnt), and the lines of the record, each with record. before it.
set -eu
umask 022
mounted=yes record=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    mounted=*) mounted=${line#*=} ;;
    record.*)
      record="$record${line#record.}
"
      ;;
  esac
done

root=
if [ "$mounted" = yes ]; then root=/mnt; fi
profiles=$root/nix/var/nix/profiles
# The links are meant for the time when the disk is the root.
generation=$(readlink "$profiles/system" || true)
system=$(readlink "$profiles/${generation##*/}" || true)
if [ -z "$system" ] || [ ! -d "$root$system" ]; then
  printf 'refused=no-system\nsaid=%s\n' "${system:-$profiles/system}"
  exit 0
fi
rm -rf "$root/var/lib/bud/cache"
mkdir -p "$root/var/lib/bud"
printf '%ssystem=%s\n' "$record" "$system" > "$root/var/lib/bud/install.new"
mv -f "$root/var/lib/bud/install.new" "$root/var/lib/bud/install"
: > "$root/var/lib/bud/finished"
sync
echo "system=$system"
