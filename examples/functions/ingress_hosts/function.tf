# "api.dev.bud.studio"
output "api" {
  value = provider::bud::ingress_hosts("dev.bud.studio")["api"].host
}

# Which service is behind which host name.
output "services" {
  value = {
    for host in values(provider::bud::ingress_hosts("dev.bud.studio")) :
    host.host => host.service
  }
}
