import {
  to = bud_network.simple

  identity = {
    id = "azure:/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/foundry/providers/Microsoft.Network/virtualNetworks/foundry"
  }
}
