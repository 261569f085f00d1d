package azuresdk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
)

func TestNetworkFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made := w.makeNetwork("net")
	id := "/subscriptions/" + w.ready.Env["ARM_SUBSCRIPTION_ID"] + "/resourceGroups/" + group +
		"/providers/Microsoft.Network/virtualNetworks/net"
	equal(t, "status of a create", w.seen.last(t, "PUT", "/net").status, http.StatusCreated)
	equal(t, "id", text(made.ID), id)
	equal(t, "type", text(made.Type), "Microsoft.Network/virtualNetworks")
	equal(t, "location", text(made.Location), location)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
	same(t, "ranges", values(made.Properties.AddressSpace.AddressPrefixes), []string{"10.177.0.0/16", "fd12:babe:cafe::/48"})
	if len(text(made.Properties.ResourceGUID)) != 36 || !strings.HasPrefix(text(made.Etag), "W/") {
		t.Errorf("resourceGuid %s, etag %s", text(made.Properties.ResourceGUID), text(made.Etag))
	}
	if len(made.Properties.Subnets) != 1 {
		t.Fatalf("%d subnets", len(made.Properties.Subnets))
	}
	inside := made.Properties.Subnets[0]
	equal(t, "id of the subnet", text(inside.ID), id+"/subnets/common")
	equal(t, "state of the subnet", text(inside.Properties.ProvisioningState), "Succeeded")
	same(t, "ranges of the subnet", values(inside.Properties.AddressPrefixes), []string{"10.177.2.0/24", "fd12:babe:cafe:b00b::/64"})
	equal(t, "default outbound access", *inside.Properties.DefaultOutboundAccess, false)

	wanted := network("10.177.0.0/16", "fd12:babe:cafe::/48", "10.178.0.0/16")
	changed, err := w.putNetwork("net", wanted)
	must(t, err)
	equal(t, "status of an update", w.seen.last(t, "PUT", "/net").status, http.StatusOK)
	equal(t, "ranges", len(changed.Properties.AddressSpace.AddressPrefixes), 3)
	equal(t, "subnets that the update did not name", len(changed.Properties.Subnets), 1)
	if text(changed.Etag) == text(made.Etag) {
		t.Error("the etag did not change with the network")
	}
	equal(t, "resourceGuid", text(changed.Properties.ResourceGUID), text(made.Properties.ResourceGUID))

	tagged, err := w.networks.UpdateTags(w.ctx, group, "net", armnetwork.TagsObject{Tags: map[string]*string{"bud:state": to.Ptr("ready")}}, nil)
	must(t, err)
	equal(t, "tag", text(tagged.Tags["bud:state"]), "ready")
	got, err := w.networks.Get(w.ctx, group, "net", nil)
	must(t, err)
	equal(t, "tag", text(got.Tags["bud:state"]), "ready")

	ledger := w.ledger()
	equal(t, "networks in the ledger", ledger.count("/virtualNetworks/net"), 1)
	_, err = ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net", nil)))
	must(t, err)
	deleted := w.seen.last(t, "DELETE", "/net")
	equal(t, "status of a delete", deleted.status, http.StatusAccepted)
	for _, name := range []string{"Location", "Azure-AsyncOperation"} {
		if !strings.HasPrefix(deleted.header.Get(name), "https://") {
			t.Errorf("%s is not an absolute address: %q", name, deleted.header.Get(name))
		}
	}
	_, err = w.networks.Get(w.ctx, group, "net", nil)
	refused(t, err, 404, "ResourceNotFound", "Microsoft.Network/virtualNetworks/net")
	_, err = ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net", nil)))
	must(t, err)
	equal(t, "status of a second delete", w.seen.last(t, "DELETE", "/net").status, http.StatusNoContent)
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func TestNetworksAreListedPageByPage(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for at := range 5 {
		_, err := w.putNetwork(fmt.Sprintf("net-%d", at), network(fmt.Sprintf("10.%d.0.0/16", at)))
		must(t, err)
	}
	w.makeGroup("elsewhere")
	_, err := ended(w, begun(w.networks.BeginCreateOrUpdate(w.ctx, "elsewhere", "other", network("10.9.0.0/16"), nil)))
	must(t, err)
	w.quirks(map[string]any{"page_size": 2})
	pages, found := names(t, w.ctx, w.networks.NewListPager(group, nil), func(page armnetwork.VirtualNetworksClientListResponse) []*string {
		return networkNames(page.Value)
	})
	equal(t, "pages", pages, 3)
	same(t, "in the group", found, []string{"net-0", "net-1", "net-2", "net-3", "net-4"})
	_, found = names(t, w.ctx, w.networks.NewListAllPager(nil), func(page armnetwork.VirtualNetworksClientListAllResponse) []*string {
		return networkNames(page.Value)
	})
	equal(t, "in the subscription", len(found), 6)
}

func networkNames(networks []*armnetwork.VirtualNetwork) []*string {
	var names []*string
	for _, one := range networks {
		names = append(names, one.Name)
	}
	return names
}

func TestIdsAreFoundInAnyCaseAndShownAsTheyWereMade(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made := w.makeNetwork("Net-Mixed")
	got, err := w.networks.Get(w.ctx, strings.ToUpper(group), "NET-MIXED", nil)
	must(t, err)
	equal(t, "id", text(got.ID), text(made.ID))
	w.quirks(map[string]any{"upper_case_groups": true})
	got, err = w.networks.Get(w.ctx, group, "net-mixed", nil)
	must(t, err)
	if !strings.Contains(text(got.ID), strings.ToUpper(group)) || !strings.EqualFold(text(got.ID), text(made.ID)) {
		t.Errorf("the quirk's id is %s", text(got.ID))
	}
}

func TestSubnetFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	made, err := w.putSubnet("more", subnet("more", "10.177.3.0/24"))
	must(t, err)
	equal(t, "range", text(made.Properties.AddressPrefix), "10.177.3.0/24")
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
	changed, err := w.putSubnet("more", subnet("more", "10.177.4.0/24"))
	must(t, err)
	equal(t, "changed range", text(changed.Properties.AddressPrefix), "10.177.4.0/24")
	got, err := w.subnets.Get(w.ctx, group, "net", "more", nil)
	must(t, err)
	equal(t, "id", text(got.ID), text(made.ID))
	_, found := names(t, w.ctx, w.subnets.NewListPager(group, "net", nil), func(page armnetwork.SubnetsClientListResponse) []*string {
		var names []*string
		for _, one := range page.Value {
			names = append(names, one.Name)
		}
		return names
	})
	same(t, "subnets", found, []string{"common", "more"})
	_, err = ended(w, begun(w.subnets.BeginDelete(w.ctx, group, "net", "more", nil)))
	must(t, err)
	_, err = w.subnets.Get(w.ctx, group, "net", "more", nil)
	refused(t, err, 404, "NotFound", "more")
}

func TestSubnetsOfANetworkAreKeptReplacedOrRemovedAsTheBodySays(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	wanted := network("10.177.0.0/16", "fd12:babe:cafe::/48")
	kept, err := w.putNetwork("net", wanted)
	must(t, err)
	equal(t, "without the list", len(kept.Properties.Subnets), 1)
	wanted.Properties.Subnets = []*armnetwork.Subnet{subnet("a", "10.177.5.0/24"), subnet("b", "10.177.6.0/24")}
	replaced, err := w.putNetwork("net", wanted)
	must(t, err)
	equal(t, "with another list", len(replaced.Properties.Subnets), 2)
	wanted.Properties.Subnets = []*armnetwork.Subnet{}
	removed, err := w.putNetwork("net", wanted)
	must(t, err)
	equal(t, "with an empty list", len(removed.Properties.Subnets), 0)
}

func TestBadRangesAreRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	for _, one := range []struct{ name, prefix, code, words string }{
		{"overlap", "10.177.2.128/25", "NetcfgSubnetRangesOverlap", "overlaps with that of an existing subnet"},
		{"outside", "10.200.0.0/24", "NetcfgSubnetRangeOutsideVnet", "outside the IP address range of virtual network"},
		{"no range", "10.177.9.0", "InvalidAddressPrefixFormat", "CIDR notation"},
		{"host bits", "10.177.9.1/24", "InvalidCIDRNotation", "10.177.9.0/24"},
	} {
		_, err := w.putSubnet("bad", subnet("bad", one.prefix))
		t.Log(one.name)
		refused(t, err, 400, one.code, one.words)
	}
	_, err := w.putNetwork("other", network("300.1.0.0/16"))
	refused(t, err, 400, "InvalidAddressPrefixFormat", "300.1.0.0/16")
	equal(t, "objects", len(w.ledger().Objects), 3)
}

func TestNetworkInAnUnknownRegionIsRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	wanted := network("10.0.0.0/16")
	wanted.Location = to.Ptr("atlantis")
	_, err := w.putNetwork("net", wanted)
	refused(t, err, 400, "LocationNotAvailableForResourceType", "'atlantis'", "Microsoft.Network/virtualNetworks")
}

func TestUnknownApiVersionIsRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	options := w.options()
	options.APIVersion = "1999-12-31"
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), options)
	_, err := w.networks.Get(w.ctx, group, "net", nil)
	refused(t, err, 400, "NoRegisteredProviderFound", "1999-12-31", "2024-03-01")
}

func TestUnknownAndWronglyTypedPropertiesAreRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, one := range []rewrite{
		{`"addressPrefixes":["10.0.0.0/16"]`, `"addressPrefixes":["10.0.0.0/16"],"addressPrefiks":[]`},
		{`["10.0.0.0/16"]`, `"10.0.0.0/16"`},
		{`{"addressPrefixes":["10.0.0.0/16"]}`, `7`},
	} {
		w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), w.with(one))
		_, err := w.putNetwork("net", network("10.0.0.0/16"))
		t.Log(one.new)
		refused(t, err, 400, "InvalidRequestFormat", "")
	}
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func TestWriteAfterSomebodyElseWroteIsRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made := w.makeNetwork("net")
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), w.with(header{"If-Match", text(made.Etag)}))
	wanted := network("10.177.0.0/16", "fd12:babe:cafe::/48", "10.178.0.0/16")
	_, err := w.putNetwork("net", wanted)
	must(t, err)
	_, err = w.putNetwork("net", wanted)
	refused(t, err, 412, "PreconditionFailed")
}

func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made := w.makeNetwork("net")
	guard, err := w.putGroup("default")
	must(t, err)
	address, err := w.putAddress("pip", armnetwork.IPVersionIPv4)
	must(t, err)
	card, err := ended(w, begun(w.cards.BeginCreateOrUpdate(w.ctx, group, "nic", armnetwork.Interface{
		Location: to.Ptr(location),
		Properties: &armnetwork.InterfacePropertiesFormat{
			NetworkSecurityGroup: &armnetwork.SecurityGroup{ID: guard.ID},
			IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
				Name: to.Ptr("ipv4"),
				Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
					Primary:                   to.Ptr(true),
					PrivateIPAllocationMethod: to.Ptr(armnetwork.IPAllocationMethodStatic),
					PrivateIPAddress:          to.Ptr("10.177.2.69"),
					Subnet:                    &armnetwork.Subnet{ID: made.Properties.Subnets[0].ID},
					PublicIPAddress:           &armnetwork.PublicIPAddress{ID: address.ID},
				},
			}},
		},
	}, nil)))
	must(t, err)
	equal(t, "private address", text(card.Properties.IPConfigurations[0].Properties.PrivateIPAddress), "10.177.2.69")

	_, err = ended(w, begun(w.subnets.BeginDelete(w.ctx, group, "net", "common", nil)))
	refused(t, err, 400, "InUseSubnetCannotBeDeleted", "Subnet common is in use by", "/ipConfigurations/ipv4")
	_, err = ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net", nil)))
	refused(t, err, 400, "InUseSubnetCannotBeDeleted", "Subnet common is in use by")
	emptied := network("10.177.0.0/16", "fd12:babe:cafe::/48")
	emptied.Properties.Subnets = []*armnetwork.Subnet{}
	_, err = w.putNetwork("net", emptied)
	refused(t, err, 400, "InUseSubnetCannotBeDeleted", "Subnet common is in use by")
	_, err = ended(w, begun(w.nsgs.BeginDelete(w.ctx, group, "default", nil)))
	refused(t, err, 400, "InUseNetworkSecurityGroupCannotBeDeleted", text(card.ID))
	_, err = ended(w, begun(w.addresses.BeginDelete(w.ctx, group, "pip", nil)))
	refused(t, err, 400, "PublicIPAddressCannotBeDeleted", text(address.ID), "/ipConfigurations/ipv4")

	bound, err := w.addresses.Get(w.ctx, group, "pip", nil)
	must(t, err)
	if bound.Properties.IPConfiguration == nil || !strings.HasSuffix(text(bound.Properties.IPConfiguration.ID), "/networkInterfaces/nic/ipConfigurations/ipv4") {
		t.Errorf("the address does not say whose it is: %+v", bound.Properties.IPConfiguration)
	}
	_, err = ended(w, begun(w.cards.BeginDelete(w.ctx, group, "nic", nil)))
	must(t, err)
	for _, end := range []error{
		second(ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net", nil)))),
		second(ended(w, begun(w.nsgs.BeginDelete(w.ctx, group, "default", nil)))),
		second(ended(w, begun(w.addresses.BeginDelete(w.ctx, group, "pip", nil)))),
	} {
		must(t, end)
	}
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func second[T any](_ T, err error) error { return err }

func TestAReferenceToSomethingMissingIsRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made := w.makeNetwork("net")
	wanted := subnet("more", "10.177.3.0/24")
	wanted.Properties.NatGateway = &armnetwork.SubResource{
		ID: to.Ptr(strings.Replace(text(made.ID), "virtualNetworks/net", "natGateways/none", 1)),
	}
	_, err := w.putSubnet("more", wanted)
	refused(t, err, 400, "InvalidResourceReference", "natGateways/none", "was not found")
}
