# The machine that founds the cluster. Its private address is host 69 of the subnet, 10.177.2.69, and outlives
# the machine as its public addresses and its data disk do.

resource "bud_node_pool" "primary" {
  name       = local.primary_pool
  network_id = bud_network.common.id
  role       = "primary"
  sku        = var.primary_sku
  zones      = var.zones

  os_disk    = { size_gb = var.disk_size.primary }
  data_disks = [{ name = "data", size_gb = var.disk_size.primary_data, on_remove = var.data_on_remove }]

  admin_username  = var.user.name
  ssh_public_keys = [var.user.ssh_key]
  public_ipv6     = true

  replace_nodes = local.replace_nodes[local.primary_pool]
  tags          = var.tags
}
