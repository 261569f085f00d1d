terraform {
  # Functions of providers and checks across files: 1.7 of OpenTofu, 1.8 of Terraform.
  required_version = ">= 1.7"

  required_providers {
    bud = {
      source = "budecosystem/bud"
    }
  }
}

# Credentials come from the ARM_ variables that azurerm reads too; none belongs into a file.
provider "bud" {
  cloud       = "azure"
  environment = var.environment
  location    = local.region
  ttl         = var.ttl

  default_tags = {
    prefix = var.prefix
  }
}
