# bud-step: tokens
# The tokens that servers and agents join this server with. Reads nothing. Answers: server, agent.
set -u
for kind in server agent; do
  file=/var/lib/bud/$kind-token
  if [ ! -s "$file" ]; then
    printf 'refused=no-token\nsaid=%s\n' "$kind"
    exit 0
  fi
  printf '%s=%s\n' "$kind" "$(head -n 1 "$file")"
done
