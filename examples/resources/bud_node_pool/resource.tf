resource "bud_network" "foundry" {
  name     = "foundry"
  location = "westeurope"
}

# The machine that founds the cluster: its private address is host 69 of the subnet.
resource "bud_node_pool" "primary" {
  name       = "primary"
  network_id = bud_network.foundry.id
  role       = "primary"
  sku        = "cpu"

  ssh_public_keys = [file("~/.ssh/id_ed25519.pub")]
}

# A100 machines, spot where there are some, with a disk for the models that outlives the machine.
resource "bud_node_pool" "gpu" {
  name       = "gpu"
  network_id = bud_network.foundry.id
  role       = "worker"
  node_count = 2

  offers = [
    { sku = "NC24ads_A100_v4", spot = true },
    { sku = "NC24ads_A100_v4" },
  ]

  data_disks = [{ name = "models", size_gb = 1024, on_remove = "keep" }]

  labels = { gpu = "on" }
  taints = [{ key = "gpu", effect = "NoSchedule" }]

  ssh_public_keys = [file("~/.ssh/id_ed25519.pub")]
}
