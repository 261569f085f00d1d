# `tofu test` or `terraform test`, with the variables of `terraform-provider-bud simulate` exported or with
# an account that may have these machines: what is made here is removed at the end.

variables {
  environment = "example-test"
  prefix      = "example-azure"
  # Nobody has the private half of this key.
  user        = { ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPbslNyVHBhh76ku1c/Zx/hfDZ1FcN4GBZnNcaGTCT7k demo" }
  primary_sku = "cpu"
  worker_sku  = { D2s_v5 = 1 }
  gpu_count   = 1
}

run "the_plan_knows_what_a_plan_can_know" {
  command = plan

  assert {
    condition     = bud_node_pool.primary.nodes["example-azure-primary-0"].private_ipv4 == "10.177.2.69"
    error_message = "The primary's address: ${jsonencode(bud_node_pool.primary.private_ipv4)}"
  }

  assert {
    condition     = keys(bud_network.common.rules) == keys(var.rules)
    error_message = "Rules: ${jsonencode(keys(bud_network.common.rules))}"
  }

  assert {
    condition     = keys(bud_network.common.security_groups["worker"].rules) == tolist(["inbound_internal", "inbound_internal_ipv6", "inbound_ssh"])
    error_message = "Rules of workers: ${jsonencode(keys(bud_network.common.security_groups["worker"].rules))}"
  }

  assert {
    condition     = output.gpu_sku == "NC24ads_A100_v4"
    error_message = "A100 machine type: ${output.gpu_sku}"
  }

  assert {
    condition     = endswith(output.ids["example-azure-gpu"], "/virtualNetworks/example-azure/example-azure-gpu")
    error_message = "Import ids: ${jsonencode(output.ids)}"
  }
}

run "everything_is_made" {
  assert {
    condition     = keys(output.nodes) == tolist(["example-azure-gpu-0", "example-azure-ingress-d2s-v5-0", "example-azure-primary-0", "example-azure-worker-d2s-v5-0"])
    error_message = "Nodes: ${jsonencode(keys(output.nodes))}"
  }

  assert {
    condition     = alltrue([for state in values(output.node_states) : state == "running"]) && length(output.outdated) == 0
    error_message = "States: ${jsonencode(output.node_states)}, outdated: ${jsonencode(output.outdated)}"
  }

  assert {
    condition     = output.nodes["example-azure-gpu-0"].gpu_model == "A100" && output.nodes["example-azure-gpu-0"].sku == "Standard_NC24ads_A100_v4"
    error_message = "GPU node: ${jsonencode(output.nodes["example-azure-gpu-0"])}"
  }

  assert {
    condition     = alltrue([for node in values(output.nodes) : node.public_ipv4 != null && node.public_ipv6 != null && node.private_ipv6 != null])
    error_message = "Addresses: ${jsonencode(output.ip)}"
  }

  assert {
    condition     = length(regexall("(?m)^[^ ,]+,[0-9.]+,[0-9a-f:]+ ssh-ed25519 [A-Za-z0-9+/]+$", output.known_hosts)) == 4
    error_message = "known_hosts: ${output.known_hosts}"
  }

  assert {
    condition     = length(regexall("(?m)^Host example-azure-", output.ssh_config)) == 4 && strcontains(output.ssh_config, "  HostName ${output.ip.primary.v4}\n")
    error_message = "ssh_config: ${output.ssh_config}"
  }
}

run "more_workers_leave_the_others_as_they_are" {
  variables {
    worker_sku = { D2s_v5 = 3 }
    before     = run.everything_is_made.host_keys
  }

  assert {
    condition     = length(output.nodes) == 6 && alltrue([for name, key in var.before : output.host_keys[name] == key])
    error_message = "Nodes: ${jsonencode(output.nodes)}"
  }
}

run "one_node_is_made_anew" {
  variables {
    worker_sku    = { D2s_v5 = 3 }
    replace_nodes = { example-azure-gpu-0 = "1" }
    before        = run.more_workers_leave_the_others_as_they_are.host_keys
    ip            = run.more_workers_leave_the_others_as_they_are.ip
  }

  assert {
    condition     = [for name, key in var.before : name if output.host_keys[name] != key] == ["example-azure-gpu-0"]
    error_message = "Other host keys: ${jsonencode(output.host_keys)}"
  }

  assert {
    condition     = jsonencode(output.ip) == jsonencode(var.ip)
    error_message = "Addresses: ${jsonencode(output.ip)}"
  }
}

run "a_named_node_goes_and_another_comes" {
  variables {
    worker_sku   = { D2s_v5 = 3 }
    remove_nodes = ["example-azure-worker-d2s-v5-1"]
  }

  assert {
    condition     = keys(bud_node_pool.worker["example-azure-worker-d2s-v5"].nodes) == tolist(["example-azure-worker-d2s-v5-0", "example-azure-worker-d2s-v5-2", "example-azure-worker-d2s-v5-3"])
    error_message = "Nodes: ${jsonencode(keys(output.nodes))}"
  }
}

run "a_name_of_no_node_is_told" {
  command = plan

  variables {
    worker_sku    = { D2s_v5 = 3 }
    replace_nodes = { example-azure-gpu = "1" }
  }

  expect_failures = [check.named_nodes]
}

run "what_makes_no_sense_is_refused" {
  command = plan

  variables {
    region      = "west-us"
    user        = { ssh_key = "-----BEGIN OPENSSH PRIVATE KEY-----" }
    worker_sku  = { D2s_v5 = 1, Standard_D2s_v5 = 1 }
    ingress_sku = { D2s_v5 = -1 }
    gpu_sku     = ["D2s_v5"]
    disk_size   = { worker = 8 }
    rules = {
      ssh = { priority = 100, ports = ["22"] }
      api = { priority = 100, ports = ["6443"] }
    }
  }

  expect_failures = [var.region, var.user, var.worker_sku, var.ingress_sku, var.gpu_sku, var.disk_size, var.rules]
}
