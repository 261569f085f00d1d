import {
  to = bud_release.web

  identity = {
    namespace = "shop"
    name      = "web"
  }
}
