package azuresdk

import (
	"fmt"
	"sort"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
)

func rule(name string, priority int32, port string, sources ...string) *armnetwork.SecurityRule {
	properties := &armnetwork.SecurityRulePropertiesFormat{
		Access:                   to.Ptr(armnetwork.SecurityRuleAccessAllow),
		Direction:                to.Ptr(armnetwork.SecurityRuleDirectionInbound),
		Priority:                 to.Ptr(priority),
		Protocol:                 to.Ptr(armnetwork.SecurityRuleProtocolTCP),
		SourcePortRange:          to.Ptr("*"),
		DestinationPortRange:     to.Ptr(port),
		DestinationAddressPrefix: to.Ptr("*"),
	}
	if len(sources) == 1 {
		properties.SourceAddressPrefix = to.Ptr(sources[0])
	} else {
		properties.SourceAddressPrefixes = pointers(sources...)
	}
	return &armnetwork.SecurityRule{Name: to.Ptr(name), Properties: properties}
}

func TestSecurityGroupFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	made, err := w.putGroup("default", rule("ssh", 100, "22", "*"), rule("api", 300, "6443", "192.0.2.0/24", "2001:db8::/32"))
	must(t, err)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
	equal(t, "rules", len(made.Properties.SecurityRules), 2)
	for _, one := range made.Properties.SecurityRules {
		equal(t, "id of a rule", text(one.ID), text(made.ID)+"/securityRules/"+text(one.Name))
		equal(t, "state of a rule", text(one.Properties.ProvisioningState), "Succeeded")
		equal(t, "type of a rule", text(one.Type), "Microsoft.Network/networkSecurityGroups/securityRules")
	}
	api := made.Properties.SecurityRules[1].Properties
	same(t, "sources", values(api.SourceAddressPrefixes), []string{"192.0.2.0/24", "2001:db8::/32"})
	var standing []string
	for _, one := range made.Properties.DefaultSecurityRules {
		standing = append(standing, fmt.Sprintf("%s %d %s %s", text(one.Properties.Direction), *one.Properties.Priority, text(one.Properties.Access), text(one.Name)))
	}
	sort.Strings(standing)
	same(t, "standing rules", standing, []string{
		"Inbound 65000 Allow AllowVnetInBound", "Inbound 65001 Allow AllowAzureLoadBalancerInBound", "Inbound 65500 Deny DenyAllInBound",
		"Outbound 65000 Allow AllowVnetOutBound", "Outbound 65001 Allow AllowInternetOutBound", "Outbound 65500 Deny DenyAllOutBound",
	})
	replaced, err := w.putGroup("default", rule("http", 400, "80", "*"))
	must(t, err)
	equal(t, "rules after a PUT with others", len(replaced.Properties.SecurityRules), 1)
	equal(t, "the one that is left", text(replaced.Properties.SecurityRules[0].Name), "http")
	none, err := w.putGroup("default")
	must(t, err)
	equal(t, "rules after a PUT without", len(none.Properties.SecurityRules), 0)
	_, err = ended(w, begun(w.nsgs.BeginDelete(w.ctx, group, "default", nil)))
	must(t, err)
	_, err = w.nsgs.Get(w.ctx, group, "default", nil)
	refused(t, err, 404, "ResourceNotFound", "networkSecurityGroups/default")
}

func TestRuleFromMakingToDeleting(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	_, err := w.putGroup("default", rule("ssh", 100, "22", "*"))
	must(t, err)
	made, err := ended(w, begun(w.rules.BeginCreateOrUpdate(w.ctx, group, "default", "portal", *rule("portal", 700, "8080", "*"), nil)))
	must(t, err)
	equal(t, "port", text(made.Properties.DestinationPortRange), "8080")
	got, err := w.rules.Get(w.ctx, group, "default", "portal", nil)
	must(t, err)
	equal(t, "priority", *got.Properties.Priority, 700)
	_, found := names(t, w.ctx, w.rules.NewListPager(group, "default", nil), func(page armnetwork.SecurityRulesClientListResponse) []*string {
		var names []*string
		for _, one := range page.Value {
			names = append(names, one.Name)
		}
		return names
	})
	same(t, "rules", found, []string{"ssh", "portal"})
	whole, err := w.nsgs.Get(w.ctx, group, "default", nil)
	must(t, err)
	equal(t, "rules in the group", len(whole.Properties.SecurityRules), 2)
	_, err = ended(w, begun(w.rules.BeginDelete(w.ctx, group, "default", "portal", nil)))
	must(t, err)
	whole, err = w.nsgs.Get(w.ctx, group, "default", nil)
	must(t, err)
	equal(t, "rules that are left", len(whole.Properties.SecurityRules), 1)
}

func TestBadRulesAreRefused(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	both := rule("both", 100, "22", "*")
	both.Properties.SourceAddressPrefixes = pointers("10.0.0.0/8")
	nameless := rule("DenyAllInBound", 100, "22", "*")
	for _, one := range []struct {
		name  string
		code  string
		words string
		rules []*armnetwork.SecurityRule
	}{
		{"one priority twice", "SecurityRuleConflict", "same Priority and Direction", []*armnetwork.SecurityRule{rule("a", 100, "22", "*"), rule("b", 100, "23", "*")}},
		{"name of a standing rule", "SecurityRuleConflict", "DenyAllInBound", []*armnetwork.SecurityRule{nameless}},
		{"host bits", "SecurityRuleInvalidAddressPrefix", "50.206.209.68/27", []*armnetwork.SecurityRule{rule("a", 100, "22", "50.206.209.68/27")}},
		{"port beyond the last", "SecurityRuleInvalidPortRange", "65536", []*armnetwork.SecurityRule{rule("a", 100, "65536", "*")}},
		{"ports backwards", "SecurityRuleInvalidPortRange", "20-10", []*armnetwork.SecurityRule{rule("a", 100, "20-10", "*")}},
		{"priority too low", "SecurityRuleInvalidPriority", "99", []*armnetwork.SecurityRule{rule("a", 99, "22", "*")}},
		{"priority too high", "SecurityRuleInvalidPriority", "4097", []*armnetwork.SecurityRule{rule("a", 4097, "22", "*")}},
		{"singular and plural", "SecurityRuleParameterContainsUnsupportedValue", "", []*armnetwork.SecurityRule{both}},
	} {
		_, err := w.putGroup("default", one.rules...)
		t.Log(one.name)
		refused(t, err, 400, one.code, one.words)
	}
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func TestOnePriorityMayStandInBothDirections(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	out := rule("out", 100, "22", "*")
	out.Properties.Direction = to.Ptr(armnetwork.SecurityRuleDirectionOutbound)
	made, err := w.putGroup("default", rule("in", 100, "22", "*"), out)
	must(t, err)
	equal(t, "rules", len(made.Properties.SecurityRules), 2)
}
