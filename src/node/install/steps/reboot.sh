# bud-step: reboot
# Restarts the machine. Reads: mounted (whether a system is below /mnt, which is unmounted before).
set -eu
mounted=yes
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    mounted=*) mounted=${line#*=} ;;
  esac
done

sync
if [ "$mounted" = yes ]; then
  said=$(umount -R /mnt 2>&1) || true
  if [ -n "$(lsblk -nro MOUNTPOINT | grep -e '^/mnt$' -e '^/mnt/' || true)" ]; then
    printf 'refused=busy\nsaid=%s\n' "$said"
    exit 0
  fi
fi
echo leaving=yes
# shellcheck disable=SC2016
nohup setsid sh -c 'sleep 2; systemctl reboot || reboot' < /dev/null > /dev/null 2>&1 &
