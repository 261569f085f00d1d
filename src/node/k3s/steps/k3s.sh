# bud-step: k3s
# Whether k3s runs, and what it said last. Reads: lines (how many of its log). Answers: unit (its state as systemd
# names it), restarts (how often it was started again by itself), left (yes on a node that has left its cluster and
# does not start it), and its last log lines.
set -u
lines=20
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    lines=*) lines=${line#*=} ;;
  esac
done

echo "unit=$(systemctl show k3s.service --property ActiveState --value)"
echo "restarts=$(systemctl show k3s.service --property NRestarts --value)"
if [ -e /var/lib/bud/left ]; then echo left=yes; fi
journalctl --unit k3s.service --lines "$lines" --no-pager --output cat 2> /dev/null | sed 's/^/log=/'
exit 0
