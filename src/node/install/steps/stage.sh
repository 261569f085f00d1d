# bud-step: stage
# Unpacks the installer that was uploaded, and adds to its initrd who may log in, the machine's host keys and
# its network. Reads: user (who is logged in), key (a public key, any number), network (keep or given).
set -eu
umask 077
user='' network=keep keys=''
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    user=*) user=$value ;;
    network=*) network=$value ;;
    key=*)
      keys="$keys$value
"
      ;;
  esac
done

refuse() {
  printf 'refused=%s\nsaid=%s\n' "$1" "$2"
  exit 0
}

work=/var/lib/bud/installer
rm -rf "$work"
mkdir -p "$work/extra/ssh"
cd "$work"
if ! tar -xf /var/lib/bud/installer.tarball 2> said; then refuse not-unpacked "$(tail -n 1 said)"; fi
for file in bzImage initrd kexec ip run; do
  if [ ! -s "kexec/$file" ]; then refuse incomplete "$file"; fi
done
chmod 0700 kexec/kexec kexec/ip

# The command line of its kernel stands in its own script.
init=$(sed -n 's/^init="\(.*\)"$/init=\1/p' kexec/run | head -n 1)
parameters=$(sed -n 's/^kernelParams="\(.*\)"$/\1/p' kexec/run | head -n 1)
if [ -z "$init" ]; then
  init=$(sed -n 's/.*--command-line ["'"'"']\(init=[^"'"'"']*\).*/\1/p' kexec/run | head -n 1)
fi
if [ -z "$init" ]; then refuse no-command-line run; fi

# Keys with options are left out: what they allow here says nothing about the installer.
home=$(awk -F: -v user="$user" '$1 == user { print $6 }' /etc/passwd)
{
  printf '%s' "$keys"
  for file in "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" "/etc/ssh/authorized_keys.d/$user"; do
    if [ -r "$file" ]; then grep -E '^(ssh|ecdsa|sk)-[^ ]+ ' "$file" || true; fi
  done
} | sort -u > extra/ssh/authorized_keys
if [ ! -s extra/ssh/authorized_keys ]; then refuse no-keys "$user"; fi
found=no
for file in /etc/ssh/ssh_host_*; do
  case $file in
    *_key | *_key.pub)
      cp "$file" extra/ssh/
      found=yes
      ;;
  esac
done
if [ "$found" = no ]; then refuse no-host-keys /etc/ssh; fi
if [ "$network" = keep ]; then
  kexec/ip --json addr > extra/addrs.json
  kexec/ip -4 --json route > extra/routes-v4.json
  kexec/ip -6 --json route > extra/routes-v6.json
fi
if [ -s /etc/machine-id ]; then cp /etc/machine-id extra/machine-id; fi

# An archive as the kernel reads it (cpio, format newc): many machines have no cpio.
pad() {
  case $(($1 % 4)) in
    1) printf '\0\0\0' ;;
    2) printf '\0\0' ;;
    3) printf '\0' ;;
  esac
}

number=0
member() {
  number=$((number + 1))
  name=$1 mode=$2 size=$3
  printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X' \
    "$number" "$mode" 0 0 1 0 "$size" 0 0 0 0 "$((${#name} + 1))" 0
  printf '%s\0' "$name"
  pad "$((110 + ${#name} + 1))"
}

# Plain parts must begin at a multiple of four bytes; zeros between parts are skipped.
size=$(wc -c < kexec/initrd)
{
  pad "$size"
  member ssh $((0040700)) 0
  for file in extra/ssh/* extra/*.json extra/machine-id; do
    if [ ! -f "$file" ]; then continue; fi
    mode=$((0100600))
    case $file in *.pub) mode=$((0100644)) ;; esac
    size=$(wc -c < "$file")
    member "${file#extra/}" "$mode" "$size"
    cat "$file"
    pad "$size"
  done
  member 'TRAILER!!!' 0 0
} > extra.cpio
cat extra.cpio >> kexec/initrd
rm -rf extra extra.cpio

printf 'command_line=%s %s\n' "$init" "$(printf '%s' "$parameters" | tr -d "'")"
printf 'kib=%s\n' "$(du -sk kexec | awk '{ print $1 }')"
