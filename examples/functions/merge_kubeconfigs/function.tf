# One file for kubectl with the contexts of both clusters.
output "kubeconfig" {
  value = provider::bud::merge_kubeconfigs([
    file("${path.module}/dev.yaml"),
    file("${path.module}/prod.yaml"),
  ])
  sensitive = true
}
