# "nightly"
output "development" {
  value = provider::bud::image_tag("dev", null)
}

# "v1.2.3"
output "production" {
  value = provider::bud::image_tag("prod", "1.2.3")
}
