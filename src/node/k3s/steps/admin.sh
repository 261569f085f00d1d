# bud-step: admin
# What opens the API on this server, for whoever founds the cluster or finds it again. Reads nothing. Answers:
# kubeconfig (in base64).
set -u
file=/etc/rancher/k3s/k3s.yaml
if [ ! -s "$file" ]; then
  echo refused=no-kubeconfig
  exit 0
fi
printf 'kubeconfig=%s\n' "$(base64 < "$file" | tr -d '\n')"
