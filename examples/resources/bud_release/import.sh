# namespace/name; the cluster is the provider's `kubernetes` block, or KUBECONFIG
tofu import bud_release.web shop/web
