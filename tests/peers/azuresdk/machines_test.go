package azuresdk

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
)

// A group, a network and an interface with an address of each kind.
func simulateWithCard(t *testing.T) (*world, armnetwork.Interface) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	card, err := w.putCard("card", true)
	must(t, err)
	return w, card
}

// An interface with private addresses of both versions and, if wanted, public ones.
func (w *world) putCard(name string, public bool) (armnetwork.Interface, error) {
	net, err := w.networks.Get(w.ctx, group, "net", nil)
	must(w.t, err)
	var configurations []*armnetwork.InterfaceIPConfiguration
	for _, version := range []armnetwork.IPVersion{armnetwork.IPVersionIPv4, armnetwork.IPVersionIPv6} {
		properties := &armnetwork.InterfaceIPConfigurationPropertiesFormat{
			Subnet:                    &armnetwork.Subnet{ID: net.Properties.Subnets[0].ID},
			PrivateIPAddressVersion:   to.Ptr(version),
			PrivateIPAllocationMethod: to.Ptr(armnetwork.IPAllocationMethodDynamic),
			Primary:                   to.Ptr(version == armnetwork.IPVersionIPv4),
		}
		if public {
			address, err := w.putAddress(name+"-"+strings.ToLower(string(version)), version)
			must(w.t, err)
			properties.PublicIPAddress = &armnetwork.PublicIPAddress{ID: address.ID}
		}
		configurations = append(configurations, &armnetwork.InterfaceIPConfiguration{
			Name: to.Ptr(string(version)), Properties: properties,
		})
	}
	made, err := ended(w, begun(w.cards.BeginCreateOrUpdate(w.ctx, group, name, armnetwork.Interface{
		Location:   to.Ptr(location),
		Properties: &armnetwork.InterfacePropertiesFormat{IPConfigurations: configurations},
	}, nil)))
	return made.Interface, err
}

// A public key of nobody.
func publicKey(t *testing.T) string {
	raw := make([]byte, 32)
	_, err := rand.Read(raw)
	must(t, err)
	var blob []byte
	for _, field := range [][]byte{[]byte("ssh-ed25519"), raw} {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(field)))
		blob = append(blob, field...)
	}
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

func machine(t *testing.T, size string, card armnetwork.Interface) armcompute.VirtualMachine {
	return armcompute.VirtualMachine{
		Location: to.Ptr(location),
		Tags:     map[string]*string{"role": to.Ptr("worker")},
		Identity: &armcompute.VirtualMachineIdentity{Type: to.Ptr(armcompute.ResourceIdentityTypeSystemAssigned)},
		Properties: &armcompute.VirtualMachineProperties{
			HardwareProfile: &armcompute.HardwareProfile{VMSize: to.Ptr(armcompute.VirtualMachineSizeTypes(size))},
			SecurityProfile: &armcompute.SecurityProfile{
				SecurityType: to.Ptr(armcompute.SecurityTypesTrustedLaunch),
				UefiSettings: &armcompute.UefiSettings{SecureBootEnabled: to.Ptr(false), VTpmEnabled: to.Ptr(true)},
			},
			StorageProfile: &armcompute.StorageProfile{
				ImageReference: &armcompute.ImageReference{
					Publisher: to.Ptr("Canonical"), Offer: to.Ptr("ubuntu-24_04-lts"), SKU: to.Ptr("server"), Version: to.Ptr("latest"),
				},
				OSDisk: &armcompute.OSDisk{
					Name:         to.Ptr("os"),
					CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesFromImage),
					DeleteOption: to.Ptr(armcompute.DiskDeleteOptionTypesDelete),
					DiskSizeGB:   to.Ptr[int32](64),
					ManagedDisk: &armcompute.ManagedDiskParameters{
						StorageAccountType: to.Ptr(armcompute.StorageAccountTypesPremiumLRS),
					},
				},
			},
			OSProfile: &armcompute.OSProfile{
				ComputerName: to.Ptr("one"), AdminUsername: to.Ptr("bud"),
				CustomData: to.Ptr(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
				LinuxConfiguration: &armcompute.LinuxConfiguration{
					DisablePasswordAuthentication: to.Ptr(true),
					SSH: &armcompute.SSHConfiguration{PublicKeys: []*armcompute.SSHPublicKey{{
						Path: to.Ptr("/home/bud/.ssh/authorized_keys"), KeyData: to.Ptr(publicKey(t)),
					}}},
				},
			},
			NetworkProfile: &armcompute.NetworkProfile{NetworkInterfaces: []*armcompute.NetworkInterfaceReference{{
				ID: card.ID,
				Properties: &armcompute.NetworkInterfaceReferenceProperties{
					Primary: to.Ptr(true), DeleteOption: to.Ptr(armcompute.DeleteOptionsDetach),
				},
			}}},
			DiagnosticsProfile: &armcompute.DiagnosticsProfile{
				BootDiagnostics: &armcompute.BootDiagnostics{Enabled: to.Ptr(true)},
			},
		},
	}
}

func (w *world) putMachine(name string, wanted armcompute.VirtualMachine) (armcompute.VirtualMachine, error) {
	made, err := ended(w, begun(w.machines.BeginCreateOrUpdate(w.ctx, group, name, wanted, nil)))
	return made.VirtualMachine, err
}

func (w *world) power(name string) string {
	w.t.Helper()
	view, err := w.machines.InstanceView(w.ctx, group, name, nil)
	must(w.t, err)
	for _, status := range view.Statuses {
		if power, found := strings.CutPrefix(text(status.Code), "PowerState/"); found {
			return power
		}
	}
	return ""
}

func TestMachineFromMakingToDeleting(t *testing.T) {
	w, card := simulateWithCard(t)
	disk, err := ended(w, begun(w.disks.BeginCreateOrUpdate(w.ctx, group, "data", armcompute.Disk{
		Location: to.Ptr(location),
		SKU:      &armcompute.DiskSKU{Name: to.Ptr(armcompute.DiskStorageAccountTypesPremiumLRS)},
		Properties: &armcompute.DiskProperties{
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)},
			DiskSizeGB:   to.Ptr[int32](128),
		},
	}, nil)))
	must(t, err)
	equal(t, "state of the disk", text(disk.Properties.DiskState), "Unattached")

	wanted := machine(t, "Standard_D2s_v5", card)
	wanted.Properties.StorageProfile.DataDisks = []*armcompute.DataDisk{{
		Lun: to.Ptr[int32](0), CreateOption: to.Ptr(armcompute.DiskCreateOptionTypesAttach),
		DeleteOption: to.Ptr(armcompute.DiskDeleteOptionTypesDetach),
		ManagedDisk:  &armcompute.ManagedDiskParameters{ID: disk.ID},
	}}
	made, err := w.putMachine("one", wanted)
	must(t, err)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
	equal(t, "computer", text(made.Properties.OSProfile.ComputerName), "one")
	equal(t, "version of the image", strings.HasPrefix(text(made.Properties.StorageProfile.ImageReference.ExactVersion), "24.04."), true)
	if made.Properties.OSProfile.CustomData != nil || made.Properties.VMID == nil || made.Identity.PrincipalID == nil {
		t.Errorf("custom data, id and principal: %+v %+v", made.Properties, made.Identity)
	}
	equal(t, "status of the first PUT", w.seen.last(t, "PUT", "/virtualMachines/one").status, 201)
	equal(t, "power", w.power("one"), "running")
	expanded, err := w.machines.Get(w.ctx, group, "one", &armcompute.VirtualMachinesClientGetOptions{
		Expand: to.Ptr(armcompute.InstanceViewTypesInstanceView),
	})
	must(t, err)
	equal(t, "computer of the view", text(expanded.Properties.InstanceView.ComputerName), "one")
	read, err := w.cards.Get(w.ctx, group, "card", nil)
	must(t, err)
	equal(t, "machine of the interface", text(read.Properties.VirtualMachine.ID), text(made.ID))
	attached, err := w.disks.Get(w.ctx, group, "data", nil)
	must(t, err)
	equal(t, "owner of the disk", text(attached.ManagedBy), text(made.ID))

	// In use, one and all.
	_, err = ended(w, begun(w.cards.BeginDelete(w.ctx, group, "card", nil)))
	refused(t, err, 400, "NicInUse", text(made.ID))
	_, err = ended(w, begun(w.disks.BeginDelete(w.ctx, group, "data", nil)))
	refused(t, err, 409, "OperationNotAllowed", "is attached to VM")
	_, err = ended(w, begun(w.addresses.BeginDelete(w.ctx, group, "card-ipv4", nil)))
	refused(t, err, 400, "PublicIPAddressCannotBeDeleted")

	// What was read can be written, and tags change in place.
	again, err := w.putMachine("one", made)
	must(t, err)
	equal(t, "id after a second PUT", text(again.Properties.VMID), text(made.Properties.VMID))
	tagged, err := ended(w, begun(w.machines.BeginUpdate(w.ctx, group, "one", armcompute.VirtualMachineUpdate{
		Tags: map[string]*string{"role": to.Ptr("server")},
	}, nil)))
	must(t, err)
	equal(t, "tag", text(tagged.Tags["role"]), "server")
	moved := made
	moved.Zones = pointers("1")
	_, err = w.putMachine("one", moved)
	refused(t, err, 409, "PropertyChangeNotAllowed", "zones")

	// Off, larger, on.
	_, err = ended(w, begun(w.machines.BeginDeallocate(w.ctx, group, "one", nil)))
	must(t, err)
	equal(t, "power", w.power("one"), "deallocated")
	resized, err := ended(w, begun(w.machines.BeginUpdate(w.ctx, group, "one", armcompute.VirtualMachineUpdate{
		Properties: &armcompute.VirtualMachineProperties{HardwareProfile: &armcompute.HardwareProfile{
			VMSize: to.Ptr(armcompute.VirtualMachineSizeTypes("Standard_D4s_v5")),
		}},
	}, nil)))
	must(t, err)
	equal(t, "size", text(resized.Properties.HardwareProfile.VMSize), "Standard_D4s_v5")
	_, err = ended(w, begun(w.machines.BeginStart(w.ctx, group, "one", nil)))
	must(t, err)
	_, err = ended(w, begun(w.machines.BeginRestart(w.ctx, group, "one", nil)))
	must(t, err)
	_, err = ended(w, begun(w.machines.BeginPowerOff(w.ctx, group, "one", nil)))
	must(t, err)
	equal(t, "power", w.power("one"), "stopped")

	boot, err := w.machines.RetrieveBootDiagnosticsData(w.ctx, group, "one", nil)
	must(t, err)
	answer, err := w.trust.Get(text(boot.SerialConsoleLogBlobURI))
	must(t, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	must(t, err)
	equal(t, "console", strings.Contains(string(said), "one login: "), true)

	_, err = ended(w, begun(w.machines.BeginDelete(w.ctx, group, "one", nil)))
	must(t, err)
	_, err = w.machines.Get(w.ctx, group, "one", nil)
	refused(t, err, 404, "ResourceNotFound")
	left := w.ledger()
	equal(t, "disks with the system", left.count("/disks/os"), 0)
	equal(t, "disks with data", left.count("/disks/data"), 1)
	equal(t, "interfaces", left.count("/networkInterfaces/card"), 1)
	_, err = ended(w, begun(w.disks.BeginDelete(w.ctx, group, "data", nil)))
	must(t, err)
	_, err = ended(w, begun(w.cards.BeginDelete(w.ctx, group, "card", nil)))
	must(t, err)
}

func TestMachineWithoutCapacityIsLeftFailed(t *testing.T) {
	w, card := simulateWithCard(t)
	w.control("POST", "/faults", map[string]any{"capacity": []any{map[string]any{"sku": "Standard_D2s_v5", "error": "AllocationFailed"}}})
	_, err := w.putMachine("one", machine(t, "Standard_D2s_v5", card))
	equal(t, "code", refusal(err), "AllocationFailed")
	left, err := w.machines.Get(w.ctx, group, "one", nil)
	must(t, err)
	equal(t, "state", text(left.Properties.ProvisioningState), "Failed")
	_, err = ended(w, begun(w.machines.BeginDelete(w.ctx, group, "one", nil)))
	must(t, err)
	_, err = ended(w, begun(w.cards.BeginDelete(w.ctx, group, "card", nil)))
	refused(t, err, 400, "NicReservedForAnotherVm", "180 seconds")
	w.advance(181)
	_, err = ended(w, begun(w.cards.BeginDelete(w.ctx, group, "card", nil)))
	must(t, err)
}

func TestMachineIsRefusedForItsSizeAndQuota(t *testing.T) {
	w, card := simulateWithCard(t)
	_, err := w.putMachine("one", machine(t, "Standard_D2s_v99", card))
	refused(t, err, 400, "InvalidParameter", "valid sizes")
	_, err = w.putMachine("one", machine(t, "Standard_D2as_v6", card))
	refused(t, err, 400, "InvalidParameter", "disk controller")
	w.control("POST", "/quotas", map[string]any{"limits": map[string]any{"standardDSv5Family": 1}})
	_, err = w.putMachine("one", machine(t, "Standard_D2s_v5", card))
	refused(t, err, 409, "OperationNotAllowed", "standardDSv5Family Cores", "Current Limit: 1")
	wrong := machine(t, "Standard_D4as_v5", card)
	wrong.Properties.StorageProfile.ImageReference.SKU = to.Ptr("desktop")
	_, err = w.putMachine("one", wrong)
	refused(t, err, 404, "PlatformImageNotFound")
	equal(t, "machines", w.ledger().count("/virtualMachines/one"), 0)
}

func TestMachinesAreListedInPages(t *testing.T) {
	w, card := simulateWithCard(t)
	other, err := w.putCard("other", false)
	must(t, err)
	_, err = w.putMachine("one", machine(t, "Standard_D2s_v5", card))
	must(t, err)
	second := machine(t, "Standard_D2s_v5", other)
	second.Properties.StorageProfile.OSDisk.Name = nil
	_, err = w.putMachine("two", second)
	must(t, err)
	w.quirks(map[string]any{"page_size": 1})
	pages, found := names(t, w.ctx, w.machines.NewListPager(group, nil), func(page armcompute.VirtualMachinesClientListResponse) []*string {
		return machineNames(page.Value)
	})
	same(t, "machines of the group", found, []string{"one", "two"})
	equal(t, "pages", pages, 2)
	_, found = names(t, w.ctx, w.machines.NewListAllPager(nil), func(page armcompute.VirtualMachinesClientListAllResponse) []*string {
		return machineNames(page.Value)
	})
	same(t, "machines of the subscription", found, []string{"one", "two"})
	states := w.machines.NewListAllPager(&armcompute.VirtualMachinesClientListAllOptions{StatusOnly: to.Ptr("true")})
	page, err := states.NextPage(w.ctx)
	must(t, err)
	equal(t, "power state in the list", text(page.Value[0].Properties.InstanceView.Statuses[1].Code), "PowerState/running")
	_, found = names(t, w.ctx, w.disks.NewListPager(nil), func(page armcompute.DisksClientListResponse) []*string {
		var names []*string
		for _, disk := range page.Value {
			names = append(names, disk.Name)
		}
		return names
	})
	equal(t, "disks", len(found), 2)
	_, found = names(t, w.ctx, w.cards.NewListAllPager(nil), func(page armnetwork.InterfacesClientListAllResponse) []*string {
		var names []*string
		for _, card := range page.Value {
			names = append(names, card.Name)
		}
		return names
	})
	same(t, "interfaces", found, []string{"card", "other"})
}

func machineNames(machines []*armcompute.VirtualMachine) []*string {
	var names []*string
	for _, machine := range machines {
		names = append(names, machine.Name)
	}
	return names
}

func TestSizesQuotasAndImagesAreListed(t *testing.T) {
	w, card := simulateWithCard(t)
	_, err := w.putMachine("one", machine(t, "Standard_D2s_v5", card))
	must(t, err)
	sizes := map[string]*armcompute.ResourceSKU{}
	pager := w.skus.NewListPager(&armcompute.ResourceSKUsClientListOptions{Filter: to.Ptr("location eq 'westus'")})
	for pager.More() {
		page, err := pager.NextPage(w.ctx)
		must(t, err)
		for _, sku := range page.Value {
			sizes[text(sku.Name)] = sku
		}
	}
	a100 := sizes["Standard_NC24ads_A100_v4"]
	if a100 == nil {
		t.Fatal("no A100 in westus")
	}
	capabilities := map[string]string{}
	for _, capability := range a100.Capabilities {
		capabilities[text(capability.Name)] = text(capability.Value)
	}
	equal(t, "vCPUs", capabilities["vCPUs"], "24")
	equal(t, "GPUs", capabilities["GPUs"], "1")
	equal(t, "controllers", capabilities["DiskControllerTypes"], "SCSI")
	equal(t, "zones in a region without", len(a100.LocationInfo[0].Zones), 0)

	counted := map[string]int32{}
	usages := w.usages.NewListPager(location, nil)
	for usages.More() {
		page, err := usages.NextPage(w.ctx)
		must(t, err)
		for _, usage := range page.Value {
			counted[text(usage.Name.Value)] = *usage.CurrentValue
		}
	}
	equal(t, "cores", counted["cores"], 2)
	equal(t, "cores of the family", counted["standardDSv5Family"], 2)
	equal(t, "machines", counted["virtualMachines"], 1)
	demands := w.demands.NewListPager(location, nil)
	page, err := demands.NextPage(w.ctx)
	must(t, err)
	for _, usage := range page.Value {
		if text(usage.Name.Value) == "NetworkInterfaces" {
			equal(t, "interfaces", *usage.CurrentValue, int64(1))
		}
	}

	versions, err := w.images.List(w.ctx, location, "Canonical", "ubuntu-24_04-lts", "server", nil)
	must(t, err)
	newest := versions.VirtualMachineImageResourceArray[len(versions.VirtualMachineImageResourceArray)-1]
	image, err := w.images.Get(w.ctx, location, "Canonical", "ubuntu-24_04-lts", "server", text(newest.Name), nil)
	must(t, err)
	equal(t, "generation", text(image.Properties.HyperVGeneration), "V2")
	older, err := w.images.ListSKUs(w.ctx, location, "Canonical", "ubuntu-24_04-lts", nil)
	must(t, err)
	equal(t, "more than one kind", len(older.VirtualMachineImageResourceArray) > 1, true)
}

func TestAvailabilitySetHoldsItsMachines(t *testing.T) {
	w, card := simulateWithCard(t)
	made, err := w.sets.CreateOrUpdate(w.ctx, group, "set", armcompute.AvailabilitySet{
		Location: to.Ptr(location), SKU: &armcompute.SKU{Name: to.Ptr("Aligned")},
		Properties: &armcompute.AvailabilitySetProperties{PlatformFaultDomainCount: to.Ptr[int32](2)},
	}, nil)
	must(t, err)
	wanted := machine(t, "Standard_D2s_v5", card)
	wanted.Properties.AvailabilitySet = &armcompute.SubResource{ID: made.ID}
	_, err = w.putMachine("one", wanted)
	must(t, err)
	held, err := w.sets.Get(w.ctx, group, "set", nil)
	must(t, err)
	equal(t, "machines", len(held.Properties.VirtualMachines), 1)
	_, err = w.sets.Delete(w.ctx, group, "set", nil)
	refused(t, err, 409, "OperationNotAllowed")
	bill := struct {
		Machines []struct{ Billed bool }
	}{}
	must(t, json.Unmarshal(w.control("GET", "/billing", nil), &bill))
	equal(t, "billed", bill.Machines[0].Billed, true)
	_, err = ended(w, begun(w.machines.BeginDelete(w.ctx, group, "one", nil)))
	must(t, err)
	_, err = w.sets.Delete(w.ctx, group, "set", nil)
	must(t, err)
}
