# "Standard_NC24ads_A100_v4"
output "gpu_node" {
  value = provider::bud::sku("azure", "gpu-a100").name
}

# 8
output "gpus_per_node" {
  value = provider::bud::sku("aws", "gpu-a100").gpu_count
}
