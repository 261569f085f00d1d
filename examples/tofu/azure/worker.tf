# Nodes that do the work: one pool for each machine type without GPUs, and one of A100s.

resource "bud_node_pool" "worker" {
  for_each = local.worker

  name           = each.key
  network_id     = bud_network.common.id
  security_group = "worker"
  role           = "worker"
  sku            = each.value.sku
  node_count     = each.value.count
  zones          = var.zones

  os_disk = { size_gb = var.disk_size.worker }

  admin_username  = var.user.name
  ssh_public_keys = [var.user.ssh_key]
  public_ipv6     = true

  replace_nodes = local.replace_nodes[each.key]
  remove_nodes  = local.remove_nodes[each.key]
  tags          = var.tags
}

# What the region has of the A100 types that may be used, and what the quotas leave of them.
data "bud_skus" "gpu" {
  names = var.gpu_sku
}

locals {
  # How many more of each type the quotas leave room for.
  gpu_room = { for sku in data.bud_skus.gpu.skus : sku.name => (
    sku.restriction != null ? 0 : var.gpu_spot ? coalesce(sku.spot_machines_left, 1000) : coalesce(sku.machines_left, 1000)
  ) }

  # The first type with room enough; the first of all where none has it, so that the plan names the quota.
  gpu_choice = try([for sku in var.gpu_sku : sku if try(local.gpu_room[provider::bud::sku("azure", sku).name], 0) >= var.gpu_count][0], var.gpu_sku[0])
}

# The choice is made once: what is left of a quota changes as soon as the machines exist. Another choice is made
# by `-replace=terraform_data.gpu_sku`.
resource "terraform_data" "gpu_sku" {
  input = local.gpu_choice

  lifecycle {
    ignore_changes = [input]
  }
}

resource "bud_node_pool" "gpu" {
  name           = local.gpu_pool
  network_id     = bud_network.common.id
  security_group = "worker"
  role           = "worker"
  node_count     = var.gpu_count
  zones          = var.zones

  # Where spare capacity is wanted and there is none, an ordinary machine is made in the same apply.
  offers = concat(
    var.gpu_spot ? [{ sku = terraform_data.gpu_sku.input, spot = true }] : [],
    [{ sku = terraform_data.gpu_sku.input, spot = false }],
  )

  os_disk    = { size_gb = var.disk_size.gpu }
  data_disks = [{ name = "models", size_gb = var.disk_size.gpu_models, on_remove = var.data_on_remove }]

  labels = { gpu = "on" }
  taints = [{ key = "nvidia.com/gpu", effect = "NoSchedule" }]

  admin_username  = var.user.name
  ssh_public_keys = [var.user.ssh_key]
  public_ipv6     = true

  replace_nodes = local.replace_nodes[local.gpu_pool]
  remove_nodes  = local.remove_nodes[local.gpu_pool]
  tags          = var.tags
}
