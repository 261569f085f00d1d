# What would be installed, before there is a cluster.
data "bud_chart" "cert_manager" {
  repository = "oci://quay.io/jetstack/charts"
  chart      = "cert-manager"
  version    = "~1.18"
  namespace  = "cert-manager"
  set = [
    { name = "crds.enabled", value = "true" },
  ]
}

output "images" {
  value = distinct(regexall("image: \"?([^\"\\s]+)", data.bud_chart.cert_manager.manifest)[*][0])
}
