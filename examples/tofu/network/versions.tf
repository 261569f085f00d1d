terraform {
  # Functions of providers came with 1.7 of OpenTofu and 1.8 of Terraform.
  required_version = ">= 1.7"

  required_providers {
    bud = {
      source = "budecosystem/bud"
    }
  }
}
