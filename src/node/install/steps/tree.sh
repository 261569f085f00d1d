# bud-step: tree
# Lays the flake down as /etc/nixos. Reads: mounted (whether the system is below /mnt), sum (SHA-256 of what
# follows); then, after an empty line, a tar archive. A cut connection looks like its end, so that nothing
# counts before the sum is right.
set -eu
umask 022
mounted=yes sum=''
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    mounted=*) mounted=$value ;;
    sum=*) sum=$value ;;
  esac
done

etc=/etc
if [ "$mounted" = yes ]; then etc=/mnt/etc; fi
mkdir -p "$etc"
new=$etc/nixos.bud-new
rm -rf "$new" "$new.tar"
cat > "$new.tar"
got=$(sha256sum < "$new.tar")
if [ "${got%% *}" != "$sum" ]; then
  rm -f "$new.tar"
  echo refused=damaged
  exit 0
fi
mkdir "$new"
tar -xf "$new.tar" -C "$new" --no-same-owner
rm -f "$new.tar"
# What somebody wrote there by hand is kept.
if [ -e "$etc/nixos" ] && [ ! -e "$etc/nixos/.bud" ] && [ ! -e "$etc/nixos.before-bud" ]; then
  mv "$etc/nixos" "$etc/nixos.before-bud"
fi
: > "$new/.bud"
rm -rf "$etc/nixos"
mv "$new" "$etc/nixos"
echo laid=yes
