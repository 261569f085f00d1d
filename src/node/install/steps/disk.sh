# bud-step: disk
# Runs the machine's own disk script, which was laid at /run/bud/disks.sh. Reads: mode (check, mount,
# format or data), and for format the lines of the record, each with record. before it. Says how the script ended and,
# where something is mounted then, what is recorded there.
set -u
mode='' record=''
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    mode=*) mode=${line#*=} ;;
    record.*)
      record="$record${line#record.}
"
      ;;
  esac
done

sh /run/bud/disks.sh "$mode" > /run/bud/disks.log 2>&1
status=$?
echo "status=$status"
sed 's/^/said=/' /run/bud/disks.log | tail -n 20
if [ "$status" -ne 0 ] || [ "$mode" = check ] || [ "$mode" = data ]; then exit 0; fi

mkdir -p /mnt/var/lib/bud
if [ "$mode" = format ]; then
  printf '%s' "$record" > /mnt/var/lib/bud/install.new
  mv -f /mnt/var/lib/bud/install.new /mnt/var/lib/bud/install
  sync
fi
if [ -e /mnt/var/lib/bud/finished ]; then echo finished=yes; fi
if [ -r /mnt/var/lib/bud/install ]; then
  while IFS= read -r line; do
    printf 'record.%s\n' "$line"
  done < /mnt/var/lib/bud/install
fi
exit 0
