# `tofu test` or `terraform test`, with the variables of `terraform-provider-bud simulate` exported or with
# an account: what is made here is removed at the end.

variables {
  environment = "example-test"
  name        = "example-test"
}

run "the_id_is_known_before_anything_exists" {
  command = plan

  assert {
    condition     = endswith(bud_network.foundry.id, "/virtualNetworks/example-test")
    error_message = "The plan does not know the id: ${bud_network.foundry.id}"
  }
}

run "the_network_is_made" {
  assert {
    condition     = keys(bud_network.foundry.subnet_ids) == tolist(["servers", "workers"])
    error_message = "Subnets: ${jsonencode(bud_network.foundry.subnet_ids)}"
  }

  assert {
    condition     = keys(bud_network.foundry.security_group_ids) == tolist(["default", "ingress"])
    error_message = "Groups: ${jsonencode(bud_network.foundry.security_group_ids)}"
  }

  assert {
    condition     = length(bud_network.foundry.egress_ips) == 1
    error_message = "Addresses to leave from: ${jsonencode(bud_network.foundry.egress_ips)}"
  }

  assert {
    condition     = bud_network.foundry.tags_all["example"] == "network"
    error_message = "Tags: ${jsonencode(bud_network.foundry.tags_all)}"
  }
}

run "operators_change" {
  variables {
    operators = ["192.0.2.0/24"]
  }

  assert {
    condition     = bud_network.foundry.ssh_sources == tolist(["192.0.2.0/24"])
    error_message = "Sources of SSH: ${jsonencode(bud_network.foundry.ssh_sources)}"
  }
}

run "the_gateway_goes" {
  variables {
    egress = false
  }

  assert {
    condition     = length(bud_network.foundry.egress_ips) == 0
    error_message = "Addresses to leave from: ${jsonencode(bud_network.foundry.egress_ips)}"
  }
}

run "everybody_is_refused" {
  command = plan

  variables {
    operators = ["*"]
  }

  expect_failures = [var.operators]
}
