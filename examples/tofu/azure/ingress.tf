# Nodes that take HTTP and HTTPS in.

resource "bud_node_pool" "ingress" {
  for_each = local.ingress

  name       = each.key
  network_id = bud_network.common.id
  role       = "ingress"
  sku        = each.value.sku
  node_count = each.value.count
  zones      = var.zones

  os_disk = { size_gb = var.disk_size.ingress }

  admin_username  = var.user.name
  ssh_public_keys = [var.user.ssh_key]
  public_ipv6     = true

  replace_nodes = local.replace_nodes[each.key]
  remove_nodes  = local.remove_nodes[each.key]
  tags          = var.tags
}
