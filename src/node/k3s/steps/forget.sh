# bud-step: forget
# Takes away, on a server, what is left of another node that is gone: its Node and its password. Reads: node.
set -eu
node=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    node=*) node=${line#*=} ;;
  esac
done

if ! systemctl start "bud-forget@$node.service"; then
  printf 'refused=not-forgotten\nsaid=%s\n' "$(journalctl --unit "bud-forget@$node.service" --lines 1 --no-pager --output cat 2> /dev/null)"
  exit 0
fi
echo forgotten=yes
