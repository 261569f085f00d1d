# What the cluster says of itself now. One that does not answer is no error: reachable is false then.
data "bud_cluster" "dev" {
  kubeconfig = file("~/.kube/config")
}

output "unwell" {
  value = data.bud_cluster.dev.reachable ? {
    for name, node in data.bud_cluster.dev.nodes : name => node.not_ready_reason if !node.ready
  } : { cluster = data.bud_cluster.dev.reason }
}
