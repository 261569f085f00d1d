# azure:<id of the virtual network>
tofu import bud_network.simple azure:/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/foundry/providers/Microsoft.Network/virtualNetworks/foundry
