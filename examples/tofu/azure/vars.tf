variable "environment" {
  description = "Environment, in a tag of everything that is made; `terraform-provider-bud sweep --environment` works by it."
  type        = string
  default     = "dev"
}

variable "prefix" {
  description = "Name of network and resource group, and what every other name begins with."
  type        = string
  default     = "budk8s"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.prefix))
    error_message = "A prefix has 1 to 31 small letters, digits and \"-\" and begins with a letter."
  }
}

variable "region" {
  description = "Azure region, as `westus` or `West US`."
  type        = string
  default     = "West US"

  validation {
    condition     = can(regex("^[A-Za-z0-9 ]+$", var.region))
    error_message = "A region is written as `westus` or `West US`."
  }
}

variable "zones" {
  description = "Zones over which the nodes of each pool are spread; null where the region has none."
  type        = list(string)
  default     = null

  validation {
    condition     = var.zones == null || alltrue([for zone in coalesce(var.zones, []) : contains(["1", "2", "3"], zone)])
    error_message = "The zones of a region are \"1\", \"2\" and \"3\"."
  }
}

variable "user" {
  description = "First user of the machines and the public SSH key that may log in."
  type = object({
    name    = optional(string, "bud")
    ssh_key = string
  })

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa) ", var.user.ssh_key))
    error_message = "ssh_key is the text of a public key, such as file(\"~/.ssh/id_ed25519.pub\"), of the type ssh-ed25519 or ssh-rsa."
  }
}

variable "primary_sku" {
  description = "Machine type of the primary, or a class: `cpu` or `gpu-a100`."
  type        = string
  default     = "D32as_v5"
}

variable "ingress_sku" {
  description = "How many ingress nodes of each machine type. Without any the primary takes HTTP and HTTPS in."
  type        = map(number)
  default     = { D2s_v5 = 1 }

  validation {
    condition     = alltrue([for count in values(var.ingress_sku) : count >= 0 && floor(count) == count])
    error_message = "The number of nodes of a type is a whole number and at least 0."
  }

  validation {
    condition     = length(distinct([for sku in keys(var.ingress_sku) : trimprefix(lower(sku), "standard_")])) == length(var.ingress_sku)
    error_message = "A machine type is named twice, with and without `Standard_` or in another case."
  }
}

variable "worker_sku" {
  description = "How many workers of each machine type without GPUs."
  type        = map(number)
  default     = { D32as_v5 = 1 }

  validation {
    condition     = alltrue([for count in values(var.worker_sku) : count >= 0 && floor(count) == count])
    error_message = "The number of nodes of a type is a whole number and at least 0."
  }

  validation {
    condition     = length(distinct([for sku in keys(var.worker_sku) : trimprefix(lower(sku), "standard_")])) == length(var.worker_sku)
    error_message = "A machine type is named twice, with and without `Standard_` or in another case."
  }
}

variable "gpu_count" {
  description = "How many workers with A100 GPUs."
  type        = number
  default     = 0

  validation {
    condition     = var.gpu_count >= 0 && floor(var.gpu_count) == var.gpu_count
    error_message = "The number of nodes is a whole number and at least 0."
  }
}

variable "gpu_sku" {
  description = "A100 machine types in order of preference: the first of which the quotas leave enough is taken, once."
  type        = list(string)
  default     = ["NC24ads_A100_v4", "NC48ads_A100_v4", "NC96ads_A100_v4"]

  validation {
    condition     = length(var.gpu_sku) > 0 && alltrue([for sku in var.gpu_sku : can(regex("A100", sku))])
    error_message = "At least one machine type, each with A100 GPUs, such as NC24ads_A100_v4."
  }
}

variable "gpu_spot" {
  description = "Take A100 workers from spare capacity where there is some. The cloud may take them back."
  type        = bool
  default     = false
}

variable "disk_size" {
  description = "Sizes of the disks in GiB. They can grow and never shrink."
  type = object({
    primary      = optional(number, 128)
    primary_data = optional(number, 128)
    ingress      = optional(number, 64)
    worker       = optional(number, 256)
    gpu          = optional(number, 512)
    gpu_models   = optional(number, 1024)
  })
  default = {}

  validation {
    condition     = alltrue([for size in [var.disk_size.primary, var.disk_size.ingress, var.disk_size.worker, var.disk_size.gpu] : size >= 30])
    error_message = "The system's disk has at least 30 GiB, which Ubuntu's image needs."
  }
}

variable "data_on_remove" {
  description = "What becomes of data disks when their node leaves the configuration: `delete`, `snapshot` or `keep`."
  type        = string
  default     = "delete"

  validation {
    condition     = contains(["delete", "snapshot", "keep"], var.data_on_remove)
    error_message = "data_on_remove is \"delete\", \"snapshot\" or \"keep\"."
  }
}

variable "rules" {
  description = "Security rules of the network by name. Azure's own rules follow: what is not allowed in is kept out."
  type = map(object({
    priority     = number
    direction    = optional(string)
    access       = optional(string)
    protocol     = optional(string)
    ports        = optional(list(string))
    sources      = optional(list(string))
    destinations = optional(list(string))
  }))
  default = {
    inbound_ssh           = { priority = 100, protocol = "tcp", ports = ["22"], sources = ["*"] }
    inbound_wireguard     = { priority = 200, protocol = "udp", ports = ["51820"], sources = ["*"] }
    inbound_http          = { priority = 400, protocol = "tcp", ports = ["80"], sources = ["*"] }
    inbound_https         = { priority = 500, protocol = "tcp", ports = ["443"], sources = ["*"] }
    inbound_internal      = { priority = 600, sources = ["10.177.0.0/16"] }
    inbound_internal_ipv6 = { priority = 650, sources = ["fd12:babe:cafe::/48"] }
  }

  validation {
    condition     = alltrue([for rule in values(var.rules) : rule.priority >= 100 && rule.priority <= 4096])
    error_message = "The priority of a rule is 100 to 4096; lower numbers are looked at first."
  }

  validation {
    condition     = length(distinct([for rule in values(var.rules) : "${coalesce(rule.direction, "inbound")} ${rule.priority}"])) == length(var.rules)
    error_message = "Two rules of one direction have the same priority."
  }
}

variable "not_for_workers" {
  description = "Names of rules that workers do not have."
  type        = set(string)
  default     = ["inbound_wireguard", "inbound_http", "inbound_https"]
}

variable "replace_nodes" {
  description = "Node names with any string: a new string makes that node's machine anew, with the same name, addresses and data disks."
  type        = map(string)
  default     = {}
}

variable "remove_nodes" {
  description = "Names of ingress nodes and workers that shall not exist. Others come in their place while the count stays."
  type        = list(string)
  default     = []
}

variable "ttl" {
  description = "Time to live of everything that is made, such as `4h`; null for ever."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that can carry tags."
  type        = map(string)
  default     = {}
}
