# Everything by default: 10.177.0.0/16 and fd12:babe:cafe::/48, one subnet, SSH, WireGuard, HTTP and HTTPS.
resource "bud_network" "simple" {
  name     = "foundry"
  location = "westeurope"
}

# Who may reach SSH and the Kubernetes API, subnets by hand, a group for ingress nodes, and one address
# from which machines without a public address of their own leave.
resource "bud_network" "narrow" {
  name     = "foundry-prod"
  location = "westeurope"

  ssh_sources = ["203.0.113.0/24"]
  api_sources = ["203.0.113.0/24", "198.51.100.0/24"]

  subnets = {
    servers = { ipv4_cidr = "10.177.2.0/24", ipv6_cidr = "fd12:babe:cafe:2::/64" }
    workers = { ipv4_cidr = "10.177.16.0/20", ipv6_cidr = "fd12:babe:cafe:10::/64" }
  }

  security_groups = {
    ingress = {
      rules = {
        http  = { priority = 100, protocol = "tcp", ports = ["80", "443"] }
        games = { priority = 200, protocol = "udp", ports = ["60000-61000"], sources = ["198.51.100.0/24"] }
      }
    }
  }

  nat_gateway = true

  tags = {
    cost-centre = "4711"
  }

  timeouts = {
    create = "20m"
  }
}

# The default table with one more rule.
resource "bud_network" "own_rules" {
  name     = "foundry-metrics"
  location = "westeurope"

  rules = merge(provider::bud::default_rules({ ssh = ["203.0.113.0/24"] }), {
    metrics = { priority = 700, protocol = "tcp", ports = ["9100"], sources = ["192.0.2.10/32"] }
  })
}
