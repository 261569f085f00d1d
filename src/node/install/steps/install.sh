# bud-step: install
# Starts the installation, which goes on when the connection is cut, or finds the one that runs. Reads:
# mounted (whether the system is below /mnt), system (its name in the flake), sum (of the flake), build (here
# or elsewhere), from and path (of the closure, where it is built elsewhere), and lines of nix (a line of
# nix.conf), http_proxy, https_proxy, no_proxy.
set -eu
umask 022
mounted=yes system='' sum='' build=here from='' path='' nix=''
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    mounted=*) mounted=$value ;;
    system=*) system=$value ;;
    sum=*) sum=$value ;;
    build=*) build=$value ;;
    from=*) from=$value ;;
    path=*) path=$value ;;
    nix=*)
      nix="$nix$value
"
      ;;
    http_proxy=*) export http_proxy="$value" ;;
    https_proxy=*) export https_proxy="$value" ;;
    no_proxy=*) export no_proxy="$value" ;;
  esac
done

work=/run/bud/install
mkdir -p "$work"
chmod 0700 "$work"
what="$mounted $system $sum $build $path"
if [ "$(cat "$work/what" 2> /dev/null)" = "$what" ]; then
  if [ "$(cat "$work/status" 2> /dev/null)" = 0 ]; then
    echo done=yes
    exit 0
  fi
  if [ ! -e "$work/status" ] && kill -0 "$(cat "$work/pid" 2> /dev/null)" 2> /dev/null; then
    echo running=yes
    exit 0
  fi
elif [ -e "$work/pid" ] && [ ! -e "$work/status" ]; then
  # An earlier run wanted something else.
  kill -TERM "-$(cat "$work/pid")" 2> /dev/null || true
fi
rm -f "$work/what" "$work/status" "$work/log" "$work/pid"

root=
if [ "$mounted" = yes ]; then
  root=/mnt
  mkdir -p "$root/etc/ssh"
  # The key of the first contact stays: whoever pinned it knows the machine again.
  if ! cp -p /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key.pub "$root/etc/ssh/" 2> /dev/null; then
    echo refused=no-host-key
    exit 0
  fi
  chmod 0755 "$root"
  mkdir -p "$root/tmp"
  chmod 1777 "$root/tmp"
fi

# What is downloaded goes to the disk: memory holds the installer.
export XDG_CACHE_HOME="$root/var/lib/bud/cache"
export NIX_CONFIG="experimental-features = nix-command flakes
$nix"
if [ -s /run/bud/authorities.crt ]; then
  cat /etc/ssl/certs/ca-certificates.crt /run/bud/authorities.crt > "$work/trust.crt"
  export NIX_SSL_CERT_FILE="$work/trust.crt"
fi
if [ "$build" = elsewhere ]; then
  export NIX_SSHOPTS="-i /run/bud/fetch-key -o IdentitiesOnly=yes -o UserKnownHostsFile=/run/bud/fetch-hosts -o StrictHostKeyChecking=yes -o BatchMode=yes"
fi

cat > "$work/run" << 'END'
set -eu
mounted=$1 root=$2 system=$3 build=$4 from=$5 path=$6
if [ "$mounted" = yes ]; then
  if [ "$build" = elsewhere ]; then
    nix copy --from "$from" --to "$root" "$path"
    nixos-install --root "$root" --system "$path" --no-root-passwd --no-channel-copy
  else
    nixos-install --root "$root" --flake "$root/etc/nixos#$system" --no-root-passwd --no-channel-copy
  fi
else
  if [ "$build" = elsewhere ]; then
    nix copy --from "$from" "$path"
  else
    path=$(nix build --no-link --print-out-paths "/etc/nixos#nixosConfigurations.$system.config.system.build.toplevel")
  fi
  nix-env --profile /nix/var/nix/profiles/system --set "$path"
  "$path/bin/switch-to-configuration" boot
fi
END
: > "$work/log"
# shellcheck disable=SC2016
nohup setsid sh -c '
  work=$1
  shift
  echo $$ > "$work/pid.new"
  mv "$work/pid.new" "$work/pid"
  sh "$work/run" "$@" > "$work/log" 2>&1
  echo $? > "$work/status.new"
  mv "$work/status.new" "$work/status"
' bud-install "$work" "$mounted" "$root" "$system" "$build" "$from" "$path" < /dev/null > /dev/null 2>&1 &
tries=0
until [ -s "$work/pid" ] || [ "$tries" -ge 20 ]; do
  tries=$((tries + 1))
  sleep 1
done
printf '%s\n' "$what" > "$work/what"
echo started=yes
