# bud-step: kexec
# Loads the installer's kernel and starts it from the running one. Reads: command_line, syscall (auto or
# load), and the lines of the record, each with record. before it.
set -eu
umask 077
command_line='' syscall=load record=''
while IFS= read -r line && [ -n "$line" ]; do
  value=${line#*=}
  case $line in
    command_line=*) command_line=$value ;;
    syscall=*) syscall=$value ;;
    record.*)
      record="$record${line#record.}
"
      ;;
  esac
done

work=/var/lib/bud/installer/kexec
mkdir -p /var/lib/bud
printf '%s' "$record" > /var/lib/bud/install.new
mv -f /var/lib/bud/install.new /var/lib/bud/install
set -- --load "$work/bzImage" --initrd="$work/initrd" --no-checks --command-line="$command_line"
if [ "$syscall" = auto ]; then set -- "$@" --kexec-syscall-auto; fi
if ! "$work/kexec" "$@" > "$work/said" 2>&1; then
  printf 'refused=not-loaded\nsaid=%s; %s\n' "$(tail -n 1 "$work/said")" "$(dmesg 2> /dev/null | grep -i -e kexec -e lockdown -e ima: | tail -n 1)"
  exit 0
fi
sync
echo leaving=yes
# Nothing is unmounted on the way: what is not on the disk by then is lost.
nohup setsid sh -c "sleep 2; sync; exec '$work/kexec' -e" < /dev/null > /dev/null 2>&1 &
