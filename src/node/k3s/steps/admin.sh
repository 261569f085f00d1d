# bud-step: admin
# Gives what only a server has: the kubeconfig of its administrator, and the tokens that servers and agents join
# with, in the form that names the cluster's authority. Reads nothing, changes nothing. Answers: kubeconfig (base64
# in one line), server_token, agent_token. Refuses: no-server (not a server, or it has not come up yet).
set -u
kubeconfig=/etc/rancher/k3s/k3s.yaml
tokens=/var/lib/rancher/k3s/server
if [ ! -s "$kubeconfig" ] || [ ! -s "$tokens/token" ]; then
  echo refused=no-server
  exit 0
fi
echo "kubeconfig=$(base64 < "$kubeconfig" | tr -d '\n')"
echo "server_token=$(head -n 1 "$tokens/token")"
if [ -s "$tokens/agent-token" ]; then
  echo "agent_token=$(head -n 1 "$tokens/agent-token")"
fi
