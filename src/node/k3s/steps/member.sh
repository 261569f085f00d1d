# bud-step: member
# Gives what the node knows of its cluster. Reads nothing, changes nothing. Answers: member (the file in one line)
# and left=yes where the node has left it; no member where there is none.
set -u
if [ -s /etc/bud/member.json ]; then
  echo "member=$(tr -d '\n' < /etc/bud/member.json)"
fi
if [ -e /var/lib/bud/left ]; then
  echo left=yes
fi
