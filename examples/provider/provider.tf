terraform {
  required_providers {
    bud = {
      source = "budecosystem/bud"
    }
  }
}

# Credentials come from the ARM_* variables that the azurerm provider reads, or from `azure`.
provider "bud" {
  cloud       = "azure"
  environment = "prod"
  location    = "westeurope"

  default_tags = {
    team = "foundry"
  }
}

# What a pipeline makes goes by itself: `terraform-provider-bud sweep --expired` removes what is overdue.
provider "bud" {
  alias       = "ci"
  environment = "ci-4711"
  location    = "westeurope"
  ttl         = "4h"

  azure = {
    subscription_id = "00000000-0000-0000-0000-000000000000"
    tenant_id       = "00000000-0000-0000-0000-000000000000"
    client_id       = "00000000-0000-0000-0000-000000000000"
    use_oidc        = true
  }
}
