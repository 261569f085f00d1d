# The default table, as bud_network has it without rules of its own.
output "default" {
  value = provider::bud::default_rules({})
}

# SSH from the office only, the Kubernetes API for it too, and one rule more.
resource "bud_network" "main" {
  name     = "budk8s"
  cloud    = "azure"
  location = "westeurope"

  rules = merge(
    provider::bud::default_rules({
      ssh = ["203.0.113.0/24"]
      api = ["203.0.113.0/24"]
    }),
    {
      inbound_mosh = {
        priority = 300
        protocol = "udp"
        ports    = ["60000-61000"]
      }
    },
  )
}
