# The network that the nodes of a cluster join, with a group of rules of its own for ingress nodes.

provider "bud" {
  environment = var.environment
  location    = var.location
}

resource "bud_network" "foundry" {
  name = var.name

  ssh_sources = var.operators
  api_sources = var.operators

  subnets = {
    servers = {
      ipv4_cidr = "10.177.2.0/24"
      ipv6_cidr = "fd12:babe:cafe:2::/64"
    }
    workers = {
      ipv4_cidr = "10.177.16.0/20"
      ipv6_cidr = "fd12:babe:cafe:10::/64"
    }
  }

  security_groups = {
    ingress = {
      rules = {
        ssh = { priority = 100, protocol = "tcp", ports = ["22"], sources = var.operators }
        web = { priority = 200, protocol = "tcp", ports = ["80", "443"] }
      }
    }
  }

  nat_gateway = var.egress

  tags = {
    example = "network"
  }
}
