variable "environment" {
  description = "Marks everything that this configuration makes; `terraform-provider-bud sweep --environment` works by it."
  type        = string
  default     = "demo"
}

variable "name" {
  description = "Name of the network and of its resource group."
  type        = string
  default     = "foundry"
}

variable "location" {
  description = "Azure region."
  type        = string
  default     = "westeurope"
}

variable "operators" {
  description = "Ranges from which SSH and the Kubernetes API may be reached."
  type        = list(string)
  default     = ["203.0.113.0/24", "198.51.100.0/24"]

  validation {
    condition     = !contains(var.operators, "*")
    error_message = "Name the operators' ranges: this example does not open SSH and the API to everybody."
  }
}

variable "egress" {
  description = "Give machines without a public address of their own one address to leave from."
  type        = bool
  default     = true
}
