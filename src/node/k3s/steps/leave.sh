# bud-step: leave
# Lets the node leave its cluster by its unit bud-leave, which goes on by itself; follows it for some seconds.
# Reads: begin (yes: begins, also anew after a failure, unless it is at work), drain (wait, force, skip), drain_seconds
# (how long evictions may take), seconds (how long to follow). Answers: state (left; leaving; idle: nothing is at work;
# failed) and with failed status (75 pods are left, 76 the last server, 77 the others have no quorum, 78 the member is
# still in etcd) and said (its last lines, one each).
set -eu
begin=no drain=wait drain_seconds=600 seconds=0
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    begin=*) begin=${line#*=} ;;
    drain=*) drain=${line#*=} ;;
    drain_seconds=*) drain_seconds=${line#*=} ;;
    seconds=*) seconds=${line#*=} ;;
  esac
done

unit=bud-leave.service
left=/var/lib/bud/left
state() {
  systemctl show --property=ActiveState --value "$unit"
}
if [ "$begin" = yes ] && [ ! -e "$left" ] && [ "$(state)" != activating ]; then
  mkdir -p /etc/bud
  printf 'DRAIN=%s\nDRAIN_TIMEOUT=%s\n' "$drain" "$drain_seconds" > /etc/bud/leave.env.new
  mv -f /etc/bud/leave.env.new /etc/bud/leave.env
  systemctl reset-failed "$unit" 2> /dev/null || true
  systemctl start --no-block "$unit"
fi
ends=$(($(date +%s) + seconds))
while :; do
  if [ -e "$left" ]; then
    echo state=left
    exit 0
  fi
  now=$(state)
  if [ "$begin" = no ] && [ "$now" = inactive ] && [ ! -e "$left" ]; then
    echo state=idle
    exit 0
  fi
  if [ "$now" = failed ]; then
    echo state=failed
    echo "status=$(systemctl show --property=ExecMainStatus --value "$unit")"
    journalctl --unit="$unit" --lines=15 --output=cat --no-pager 2> /dev/null | sed 's/^/said=/'
    exit 0
  fi
  if [ "$(date +%s)" -ge "$ends" ]; then
    echo state=leaving
    exit 0
  fi
  sleep 2
done
