# bud-step: leave
# Starts the unit with which the node leaves its cluster, which goes on when the connection is cut, or says how far it
# is. Reads: drain (wait, force or skip), timeout (seconds), start (yes starts it unless it runs or is done). Answers:
# state (running, done or failed), code (of its end), and its last log lines.
set -eu
umask 022
drain=wait timeout=600 start=no
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    drain=*) drain=$value ;;
    timeout=*) timeout=$value ;;
    start=*) start=$value ;;
  esac
done

unit=bud-leave.service
state() {
  systemctl show "$unit" --property "$1" --value
}

if [ "$start" = yes ] && [ ! -e /var/lib/bud/left ]; then
  case $(state ActiveState) in
    active | activating) ;;
    *)
      mkdir -p /etc/bud
      printf 'DRAIN=%s\nDRAIN_TIMEOUT=%s\n' "$drain" "$timeout" > /etc/bud/leave.env.new
      mv -f /etc/bud/leave.env.new /etc/bud/leave.env
      systemctl reset-failed "$unit" > /dev/null 2>&1 || true
      if ! systemctl start --no-block "$unit"; then
        printf 'refused=not-started\nsaid=%s\n' "$unit"
        exit 0
      fi
      ;;
  esac
fi
if [ -e /var/lib/bud/left ]; then
  echo state=done
  exit 0
fi
case $(state ActiveState) in
  active | activating) echo state=running ;;
  *)
    echo state=failed
    echo "code=$(state ExecMainStatus)"
    ;;
esac
journalctl --unit "$unit" --lines 10 --no-pager --output cat 2> /dev/null | sed 's/^/log=/'
exit 0
