package azuresdk

import (
	"net/netip"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
)

func TestPublicAddressFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, one := range []struct {
		name    string
		version armnetwork.IPVersion
		within  string
	}{{"four", armnetwork.IPVersionIPv4, "198.18.0.0/15"}, {"six", armnetwork.IPVersionIPv6, "2001:db8::/32"}} {
		made, err := w.putAddress(one.name, one.version)
		must(t, err)
		equal(t, "sku", text(made.SKU.Name), "Standard")
		equal(t, "version", text(made.Properties.PublicIPAddressVersion), string(one.version))
		equal(t, "method", text(made.Properties.PublicIPAllocationMethod), "Static")
		address, err := netip.ParseAddr(text(made.Properties.IPAddress))
		must(t, err)
		equal(t, "address in "+one.within, netip.MustParsePrefix(one.within).Contains(address), true)
		again, err := w.putAddress(one.name, one.version)
		must(t, err)
		equal(t, "address after a second PUT", text(again.Properties.IPAddress), address.String())
	}
	tagged, err := w.addresses.UpdateTags(w.ctx, group, "four", armnetwork.TagsObject{Tags: map[string]*string{"a": to.Ptr("b")}}, nil)
	must(t, err)
	equal(t, "tag", text(tagged.Tags["a"]), "b")
	_, found := names(t, w.ctx, w.addresses.NewListPager(group, nil), func(page armnetwork.PublicIPAddressesClientListResponse) []*string {
		var names []*string
		for _, address := range page.Value {
			names = append(names, address.Name)
		}
		return names
	})
	same(t, "addresses", found, []string{"four", "six"})
	for _, name := range found {
		_, err := ended(w, begun(w.addresses.BeginDelete(w.ctx, group, name, nil)))
		must(t, err)
	}
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func TestNatGatewayServesSubnetsAndGuardsItsAddress(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	address, err := w.putAddress("egress", armnetwork.IPVersionIPv4)
	must(t, err)
	made, err := ended(w, begun(w.gateways.BeginCreateOrUpdate(w.ctx, group, "nat", armnetwork.NatGateway{
		Location: to.Ptr(location),
		SKU:      &armnetwork.NatGatewaySKU{Name: to.Ptr(armnetwork.NatGatewaySKUNameStandard)},
		Properties: &armnetwork.NatGatewayPropertiesFormat{
			IdleTimeoutInMinutes: to.Ptr[int32](4),
			PublicIPAddresses:    []*armnetwork.SubResource{{ID: address.ID}},
		},
	}, nil)))
	must(t, err)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
	equal(t, "addresses", len(made.Properties.PublicIPAddresses), 1)

	wanted := subnet("common", "10.177.2.0/24", "fd12:babe:cafe:b00b::/64")
	wanted.Properties.NatGateway = &armnetwork.SubResource{ID: made.ID}
	served, err := w.putSubnet("common", wanted)
	must(t, err)
	equal(t, "gateway of the subnet", text(served.Properties.NatGateway.ID), text(made.ID))
	got, err := w.gateways.Get(w.ctx, group, "nat", nil)
	must(t, err)
	if len(got.Properties.Subnets) != 1 || text(got.Properties.Subnets[0].ID) != text(served.ID) {
		t.Errorf("subnets of the gateway: %v", got.Properties.Subnets)
	}

	_, err = ended(w, begun(w.addresses.BeginDelete(w.ctx, group, "egress", nil)))
	refused(t, err, 400, "PublicIPAddressCannotBeDeleted", text(address.ID))
	_, err = ended(w, begun(w.gateways.BeginDelete(w.ctx, group, "nat", nil)))
	if err == nil {
		t.Fatal("a gateway that serves a subnet was deleted")
	}
	wanted.Properties.NatGateway = nil
	freed, err := w.putSubnet("common", wanted)
	must(t, err)
	if freed.Properties.NatGateway != nil {
		t.Errorf("the subnet still has %v", text(freed.Properties.NatGateway.ID))
	}
	_, err = ended(w, begun(w.gateways.BeginDelete(w.ctx, group, "nat", nil)))
	must(t, err)
	_, err = ended(w, begun(w.addresses.BeginDelete(w.ctx, group, "egress", nil)))
	must(t, err)
	equal(t, "gateways", w.ledger().count("/natGateways/nat"), 0)
}
