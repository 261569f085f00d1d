# bud-step: record
# Writes the record of the running system. Reads its lines, each with record. before it.
set -eu
umask 022
record=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    record.*)
      record="$record${line#record.}
"
      ;;
  esac
done
mkdir -p /var/lib/bud
printf '%s' "$record" > /var/lib/bud/install.new
mv -f /var/lib/bud/install.new /var/lib/bud/install
sync
echo recorded=yes
