# bud-step: member
# Writes down which cluster the node belongs to, for whoever takes it out again without any state. Reads: member (JSON
# in one line; nothing takes it away).
set -eu
umask 022
member=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    member=*) member=${line#*=} ;;
  esac
done

file=/etc/bud/member.json
if [ -z "$member" ]; then
  rm -f "$file"
  echo removed=yes
  exit 0
fi
mkdir -p /etc/bud
printf '%s\n' "$member" > "$file.new"
mv -f "$file.new" "$file"
sync
echo written=yes
