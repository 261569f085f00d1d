package azuresdk

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

func TestResourceGroupFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	made, err := w.groups.CreateOrUpdate(w.ctx, group, armresources.ResourceGroup{
		Location: to.Ptr("West Europe"), Tags: map[string]*string{"team": to.Ptr("foundry")},
	}, nil)
	must(t, err)
	equal(t, "status of a create", w.seen.last(t, "PUT", group).status, http.StatusCreated)
	equal(t, "id", text(made.ID), "/subscriptions/"+w.ready.Env["ARM_SUBSCRIPTION_ID"]+"/resourceGroups/"+group)
	equal(t, "type", text(made.Type), "Microsoft.Resources/resourceGroups")
	equal(t, "location", text(made.Location), location)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")

	_, err = w.groups.CreateOrUpdate(w.ctx, group, armresources.ResourceGroup{
		Location: to.Ptr(location), Tags: map[string]*string{"team": to.Ptr("foundry"), "more": to.Ptr("yes")},
	}, nil)
	must(t, err)
	equal(t, "status of an update", w.seen.last(t, "PUT", group).status, http.StatusOK)

	got, err := w.groups.Get(w.ctx, strings.ToUpper(group), nil)
	must(t, err)
	equal(t, "name as it was made", text(got.Name), group)
	equal(t, "tag", text(got.Tags["more"]), "yes")

	changed, err := w.groups.Update(w.ctx, group, armresources.ResourceGroupPatchable{
		Tags: map[string]*string{"team": to.Ptr("other")},
	}, nil)
	must(t, err)
	equal(t, "tags after a PATCH", len(changed.Tags), 1)
	equal(t, "tag after a PATCH", text(changed.Tags["team"]), "other")

	there, err := w.groups.CheckExistence(w.ctx, group, nil)
	must(t, err)
	equal(t, "existence", there.Success, true)

	_, err = ended(w, begun(w.groups.BeginDelete(w.ctx, group, nil)))
	must(t, err)
	_, err = w.groups.Get(w.ctx, group, nil)
	refused(t, err, 404, "ResourceGroupNotFound", "Resource group '"+group+"' could not be found.")
	there, err = w.groups.CheckExistence(w.ctx, group, nil)
	must(t, err)
	equal(t, "existence afterwards", there.Success, false)
	equal(t, "objects left", len(w.ledger().Objects), 0)
}

func TestResourceGroupsAreListedPageByPage(t *testing.T) {
	w := simulate(t)
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		w.makeGroup(name)
	}
	w.quirks(map[string]any{"page_size": 2})
	pages, found := names(t, w.ctx, w.groups.NewListPager(nil), func(page armresources.ResourceGroupsClientListResponse) []*string {
		var names []*string
		for _, one := range page.Value {
			names = append(names, one.Name)
		}
		return names
	})
	equal(t, "pages", pages, 3)
	equal(t, "groups", len(found), 5)
}

func TestResourceGroupListTakesATagFilter(t *testing.T) {
	w := simulate(t)
	w.makeGroup("without")
	_, err := w.groups.CreateOrUpdate(w.ctx, "with", armresources.ResourceGroup{
		Location: to.Ptr(location), Tags: map[string]*string{"bud:environment": to.Ptr("ci-1")},
	}, nil)
	must(t, err)
	filter := &armresources.ResourceGroupsClientListOptions{Filter: to.Ptr("tagName eq 'bud:environment' and tagValue eq 'ci-1'")}
	_, found := names(t, w.ctx, w.groups.NewListPager(filter), func(page armresources.ResourceGroupsClientListResponse) []*string {
		var names []*string
		for _, one := range page.Value {
			names = append(names, one.Name)
		}
		return names
	})
	same(t, "groups", found, []string{"with"})
}

func TestResourceGroupStaysInItsRegion(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	_, err := w.groups.CreateOrUpdate(w.ctx, group, armresources.ResourceGroup{Location: to.Ptr("eastus")}, nil)
	refused(t, err, 409, "InvalidResourceGroupLocation", "already exists in location 'westeurope'")
}

func TestResourceGroupInAnUnknownRegionIsRefused(t *testing.T) {
	w := simulate(t)
	_, err := w.groups.CreateOrUpdate(w.ctx, group, armresources.ResourceGroup{Location: to.Ptr("atlantis")}, nil)
	refused(t, err, 400, "LocationNotAvailableForResourceGroup", "atlantis")
	equal(t, "objects", len(w.ledger().Objects), 0)
}

func TestResourceGroupTakesWhatIsInItAlong(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	_, err := w.putGroup("default")
	must(t, err)
	_, err = ended(w, begun(w.groups.BeginDelete(w.ctx, group, nil)))
	must(t, err)
	equal(t, "objects left", len(w.ledger().Objects), 0)
}

func TestNothingIsMadeInAResourceGroupThatIsBeingDeleted(t *testing.T) {
	w := simulateAt(t, "0")
	w.makeGroup(group)
	deleting, err := w.groups.BeginDelete(w.ctx, group, nil)
	must(t, err)
	_, err = w.putNetwork("net", network("10.0.0.0/16"))
	refused(t, err, 409, "ResourceGroupBeingDeleted", "deprovisioning state")
	got, err := w.groups.Get(w.ctx, group, nil)
	must(t, err)
	equal(t, "state", text(got.Properties.ProvisioningState), "Deleting")
	w.advance(600)
	_, err = ended(w, begun(deleting, nil))
	must(t, err)
}

func TestNothingIsMadeInAMissingResourceGroup(t *testing.T) {
	w := simulate(t)
	_, err := w.putNetwork("net", network("10.0.0.0/16"))
	refused(t, err, 404, "ResourceGroupNotFound", "Resource group '"+group+"' could not be found.")
}

func TestProvidersAreShownAndRegistered(t *testing.T) {
	w := simulate(t)
	got, err := w.providers.Get(w.ctx, "Microsoft.Network", nil)
	must(t, err)
	equal(t, "namespace", text(got.Namespace), "Microsoft.Network")
	found := false
	for _, kind := range got.ResourceTypes {
		found = found || text(kind.ResourceType) == "virtualNetworks" && strings.Contains(strings.Join(values(kind.APIVersions), " "), "2024-03-01")
	}
	equal(t, "virtualNetworks at 2024-03-01", found, true)
	registered, err := w.providers.Register(w.ctx, "Microsoft.Network", nil)
	must(t, err)
	if state := text(registered.RegistrationState); state != "Registered" && state != "Registering" {
		t.Errorf("registration state: %s", state)
	}
	_, err = w.providers.Get(w.ctx, "Microsoft.Nonsense", nil)
	refused(t, err, 404, "InvalidResourceNamespace", "Microsoft.Nonsense")
}
