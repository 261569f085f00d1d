# bud-step: forget
# On a server: takes away the Node of a machine that is gone, and its password, without which another machine of
# that name could not join. Reads: node. Answers: forgotten=yes, also where there was nothing. Refuses: bad-name,
# not-forgotten (with said).
set -eu
node=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    node=*) node=${line#*=} ;;
  esac
done

case $node in
  '' | *[!a-z0-9.-]*)
    echo refused=bad-name
    exit 0
    ;;
esac
unit="bud-forget@$node.service"
if ! systemctl start "$unit" 2> /dev/null; then
  echo refused=not-forgotten
  journalctl --unit="$unit" --lines=5 --output=cat --no-pager 2> /dev/null | sed 's/^/said=/'
  exit 0
fi
echo forgotten=yes
