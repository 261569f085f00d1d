# bud-step: serve
# Lets others fetch the system of this node: signs what belongs to it with a key that never leaves the node, and
# lets one SSH key read the store and nothing else. Reads: key (a public key in one line; nothing lets nobody
# fetch any more). Answers: path (of the system), signed_by (name:base64 of the key that it is signed with).
set -eu
umask 077
key=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    key=*) key=${line#*=} ;;
  esac
done

served=/etc/bud/served/root
if [ -z "$key" ]; then
  rm -f "$served"
  echo stopped=yes
  exit 0
fi
secret=/var/lib/bud/signing-key
if [ ! -s "$secret" ] || [ ! -s "$secret.pub" ]; then
  # A key that another run has cut in half is made anew: nobody has taken anything of it.
  rm -f "$secret" "$secret.pub"
  mkdir -p /var/lib/bud
  name=$(cat /etc/hostname)
  nix-store --generate-binary-cache-key "bud-${name:-node}" "$secret.new" "$secret.pub.new"
  mv -f "$secret.pub.new" "$secret.pub"
  mv -f "$secret.new" "$secret"
fi
path=$(readlink /run/current-system)
if ! said=$(nix --extra-experimental-features nix-command store sign --recursive --key-file "$secret" "$path" 2>&1); then
  printf 'refused=not-signed\nsaid=%s\n' "$(printf '%s' "$said" | tail -n 1)"
  exit 0
fi
mkdir -p -m 0755 "${served%/*}"
printf 'restrict,command="nix-store --serve" %s\n' "$key" > "$served.new"
chmod 0644 "$served.new"
mv -f "$served.new" "$served"
sync
echo "path=$path"
echo "signed_by=$(cat "$secret.pub")"
