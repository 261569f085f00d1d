# azure:<id of the virtual network>/<name of the pool>
tofu import bud_node_pool.gpu azure:/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/foundry/providers/Microsoft.Network/virtualNetworks/foundry/gpu
