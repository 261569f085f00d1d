output "id" {
  description = "The network, in the form in which `tofu import` takes it."
  value       = bud_network.foundry.id
}

output "subnets" {
  description = "Id of each subnet."
  value       = bud_network.foundry.subnet_ids
}

output "security_groups" {
  description = "Id of each group of rules; the network's own is `default`."
  value       = bud_network.foundry.security_group_ids
}

output "egress_addresses" {
  description = "Addresses from which machines without a public one leave."
  value       = bud_network.foundry.egress_ips
}
