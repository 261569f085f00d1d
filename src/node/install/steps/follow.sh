# bud-step: follow
# Gives what the installation writes, from an offset on, until it ends. Reads: offset (bytes). Says log (a
# line), offset (where to go on) and, at the end, status (its exit status, or lost).
set -u
offset=0
while IFS= read -r line && [ -n "$line" ]; do
  case $line in
    offset=*) offset=${line#*=} ;;
  esac
done

work=/run/bud/install
while :; do
  # Looked up before the log, so that no line comes after the end.
  status=$(cat "$work/status" 2> /dev/null)
  if [ -z "$status" ] && ! kill -0 "$(cat "$work/pid" 2> /dev/null)" 2> /dev/null; then
    status=$(cat "$work/status" 2> /dev/null)
    status=${status:-lost}
  fi
  size=$(wc -c < "$work/log" 2> /dev/null)
  size=${size:-0}
  if [ "$size" -gt "$offset" ]; then
    tail -c "+$((offset + 1))" "$work/log" | head -c "$((size - offset))" | tr '\r' '\n' | sed 's/^/log=/'
    # The last line may be half of one.
    echo
    offset=$((size))
    echo "offset=$offset"
  fi
  if [ -n "$status" ]; then
    echo "status=$status"
    exit 0
  fi
  sleep 1
done
