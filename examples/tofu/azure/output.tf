output "ip" {
  description = "Public addresses: of the primary, and of ingress nodes and workers by node name."
  value = {
    primary = one([for node in values(bud_node_pool.primary.nodes) : { v4 = node.public_ipv4, v6 = node.public_ipv6 }])
    ingress = {
      v4 = { for name, node in local.nodes : name => node.public_ipv4 if node.role == "ingress" }
      v6 = { for name, node in local.nodes : name => node.public_ipv6 if node.role == "ingress" }
    }
    worker = {
      v4 = { for name, node in local.nodes : name => node.public_ipv4 if node.role == "worker" }
      v6 = { for name, node in local.nodes : name => node.public_ipv6 if node.role == "worker" }
    }
  }
}

output "nodes" {
  description = "All nodes by name, as a cluster takes them."
  value       = local.nodes
}

output "ids" {
  description = "Id of the network and of each pool, in the form in which `tofu import` takes them."
  value       = merge({ (var.prefix) = bud_network.common.id }, { for pool in local.pools : pool.name => pool.id })
}

output "gpu_sku" {
  description = "A100 machine type that was chosen."
  value       = terraform_data.gpu_sku.input
}

output "outdated" {
  description = "What each node that lacks something does not have yet: name it in `replace_nodes` to give it that."
  value       = merge(local.pools[*].outdated...)
}

output "node_states" {
  description = "State of each node: `running`, `stopped`, `evicted` or `missing`."
  value       = merge(local.pools[*].node_states...)
}

output "host_keys" {
  description = "SSH host key of each node, made before the machine was: no first connection has to be trusted."
  value       = { for name, node in local.nodes : name => node.ssh_host_key }
}

output "known_hosts" {
  description = "Lines for a known_hosts file: `tofu output -raw known_hosts >known_hosts`."
  value = join("", [
    for name, node in local.nodes :
    "${join(",", compact([name, node.public_ipv4, node.public_ipv6]))} ${node.ssh_host_key}\n"
  ])
}

output "ssh_config" {
  description = "Configuration of ssh: `tofu output -raw ssh_config >ssh_config`, then `ssh -F ssh_config NODE`."
  value = join("\n", [
    for name, node in local.nodes : <<-HOST
      Host ${name}
        HostName ${coalesce(node.public_ipv4, node.private_ipv4)}
        User ${node.ssh_user}
        Port ${node.ssh_port}
        HostKeyAlias ${name}
        UserKnownHostsFile known_hosts
        StrictHostKeyChecking yes
    HOST
  ])
}
