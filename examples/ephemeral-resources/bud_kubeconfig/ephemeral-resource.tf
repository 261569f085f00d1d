# A kubeconfig that may look and change nothing, for half an hour. It is in no state and in no plan.
ephemeral "bud_kubeconfig" "look" {
  kubeconfig = file("~/.kube/config")
  role       = "view"
  duration   = "30m"
}

provider "bud" {
  alias = "looking"
  kubernetes = {
    kubeconfig = ephemeral.bud_kubeconfig.look.limited_kubeconfig
  }
}
