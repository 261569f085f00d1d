# A chart from a registry, rendered in the plan, installed when its cluster stands.
resource "bud_release" "web" {
  name             = "web"
  namespace        = "shop"
  create_namespace = true
  repository       = "oci://registry.example.com/charts"
  chart            = "web"
  version          = "~1.4"
  kubeconfig       = var.kubeconfig

  values = [yamlencode({ replicas = 2 })]
  set_wo = [{ name = "auth.password", value = var.password }]
  set_wo_revision = 1

  timeout = "10m"
  drift   = "warn"
}

variable "kubeconfig" {
  type      = string
  sensitive = true
}

variable "password" {
  type      = string
  ephemeral = true
}
