# Resource group, virtual network, subnet and security groups.

locals {
  # `West US`, as the portal writes it, is `westus` in Azure's interface.
  region = lower(replace(var.region, " ", ""))

  private_ip_space = {
    v4 = "10.177.0.0/16"
    v6 = "fd12:babe:cafe::/48"
  }
}

resource "bud_network" "common" {
  name = var.prefix

  ipv4_cidr = local.private_ip_space.v4
  ipv6_cidr = local.private_ip_space.v6

  subnets = {
    "${var.prefix}-common" = {
      ipv4_cidr = "10.177.2.0/24"
      ipv6_cidr = "fd12:babe:cafe:b00b::/64"
    }
  }

  # The table of the network's own group, which the primary and the ingress nodes have.
  rules = var.rules

  # Workers serve nothing to the outside: they have the table without these ports.
  security_groups = {
    worker = {
      rules = { for name, rule in var.rules : name => rule if !contains(var.not_for_workers, name) }
    }
  }

  tags = var.tags
}
