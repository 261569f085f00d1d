# bud-step: k3s
# Waits until k3s runs, for some seconds at most. Reads: seconds. Answers: state (active; activating, also between
# two tries; failed; inactive; left: this node has left its cluster, and k3s does not start), restarts (how often
# systemd has started it anew) and, unless it is active, log (its last lines, one each).
set -u
seconds=0
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    seconds=*) seconds=${line#*=} ;;
  esac
done

unit=k3s.service
ends=$(($(date +%s) + seconds))
while :; do
  if [ -e /var/lib/bud/left ]; then
    echo state=left
    exit 0
  fi
  state=$(systemctl is-active "$unit")
  state=${state:-unknown}
  if [ "$state" = active ] || [ "$state" = failed ] || [ "$(date +%s)" -ge "$ends" ]; then
    break
  fi
  sleep 2
done
echo "state=$state"
echo "restarts=$(systemctl show --property=NRestarts --value "$unit")"
if [ "$state" != active ]; then
  journalctl --unit="$unit" --lines=15 --output=cat --no-pager 2> /dev/null | sed 's/^/log=/'
fi
