# Node configuration: what the variables come to, pool by pool.

locals {
  # A pool for each machine type, named after it: `D32as_v5` makes `budk8s-worker-d32as-v5`, whose nodes are
  # `budk8s-worker-d32as-v5-0` and so on.
  slug    = { for sku in concat(keys(var.ingress_sku), keys(var.worker_sku)) : sku => replace(trimprefix(lower(sku), "standard_"), "_", "-")... }
  ingress = { for sku, count in var.ingress_sku : "${var.prefix}-ingress-${local.slug[sku][0]}" => { sku = sku, count = count } }
  worker  = { for sku, count in var.worker_sku : "${var.prefix}-worker-${local.slug[sku][0]}" => { sku = sku, count = count } }

  primary_pool = "${var.prefix}-primary"
  gpu_pool     = "${var.prefix}-gpu"
  pool_names   = concat([local.primary_pool, local.gpu_pool], keys(local.ingress), keys(local.worker))

  # Each pool is told of its own nodes only.
  replace_nodes = { for pool in local.pool_names : pool => { for node, why in var.replace_nodes : node => why if can(regex("^${pool}-[0-9]+$", node)) } }
  remove_nodes  = { for pool in local.pool_names : pool => [for node in var.remove_nodes : node if can(regex("^${pool}-[0-9]+$", node))] }

  # All nodes by name: what a cluster takes.
  pools = concat([bud_node_pool.primary, bud_node_pool.gpu], values(bud_node_pool.ingress), values(bud_node_pool.worker))
  nodes = merge(local.pools[*].nodes...)
}

check "named_nodes" {
  assert {
    condition = alltrue([
      for node in concat(keys(var.replace_nodes), var.remove_nodes) :
      anytrue([for pool in local.pool_names : can(regex("^${pool}-[0-9]+$", node))])
    ])
    error_message = "replace_nodes or remove_nodes names a node of no pool. The pools are ${join(", ", local.pool_names)}; nodes are counted from 0, as in ${local.gpu_pool}-0."
  }
}
