# bud-step: certify
# The host key that the installed system has made for itself, and the certificate of it. Reads: certificate (one
# line, as in a -cert.pub file; nothing asks for the key alone). Answers: host_key, and changed where the
# certificate was not there before.
set -eu
umask 022
certificate=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    certificate=*) certificate=${line#*=} ;;
  esac
done

key=/etc/ssh/ssh_host_bud_ed25519_key
if ! read -r kind public rest < "$key.pub"; then
  [ -n "${public:-}" ] || { echo refused=no-host-key; exit 0; }
fi
: "${rest:-}"
echo "host_key=$kind $public"
[ -n "$certificate" ] || exit 0
if [ "$(cat "$key-cert.pub" 2> /dev/null)" = "$certificate" ]; then
  exit 0
fi
printf '%s\n' "$certificate" > "$key-cert.pub.new"
mv -f "$key-cert.pub.new" "$key-cert.pub"
sync
# Connections that are open stay.
if ! systemctl reload sshd.service > /dev/null 2>&1; then
  systemctl restart sshd.service
fi
echo changed=yes
