# What has A100 GPUs in the region and can be had now.
data "bud_skus" "gpu" {
  location  = "westus3"
  min_gpus  = 1
  available = true
}

output "gpu_machines" {
  value = { for name, sku in data.bud_skus.gpu.skus : name => "${sku.gpu_count} GPUs, ${coalesce(sku.machines_left, 0)} more" }
}
