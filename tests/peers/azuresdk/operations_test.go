package azuresdk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
)

func TestAnOperationIsSeenRunningBeforeItEnds(t *testing.T) {
	w := simulateAt(t, "0")
	w.makeGroup(group)
	making, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.0.0.0/16"), nil)
	must(t, err)
	_, err = making.Poll(w.ctx)
	must(t, err)
	equal(t, "done", making.Done(), false)
	during, err := w.networks.Get(w.ctx, group, "net", nil)
	must(t, err)
	equal(t, "state while it is made", text(during.Properties.ProvisioningState), "Updating")
	same(t, "range while it is made", values(during.Properties.AddressSpace.AddressPrefixes), []string{"10.0.0.0/16"})

	// A client that dies takes the operation up again from what it wrote down.
	token, err := making.ResumeToken()
	must(t, err)
	resumed, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", armnetwork.VirtualNetwork{}, &armnetwork.VirtualNetworksClientBeginCreateOrUpdateOptions{ResumeToken: token})
	must(t, err)
	w.advance(60)
	made, err := ended(w, begun(resumed, nil))
	must(t, err)
	equal(t, "state", text(made.Properties.ProvisioningState), "Succeeded")
}

func TestPollersEndWhateverHeadersLeadThem(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, headers := range []string{"documented", "location_only", "none"} {
		w.quirks(map[string]any{"operation_headers": headers})
		made, err := w.putNetwork("net-"+headers, network("10.0.0.0/16"))
		must(t, err)
		equal(t, headers+": state", text(made.Properties.ProvisioningState), "Succeeded")
		_, err = ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net-"+headers, nil)))
		must(t, err)
	}
	equal(t, "objects but the group", len(w.ledger().Objects), 1)
}

func TestRetryAfterPacesThePoller(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.quirks(map[string]any{"retry_after": 1})
	started := time.Now()
	_, err := w.putNetwork("net", network("10.0.0.0/16"))
	must(t, err)
	if took := time.Since(started); took < time.Second || took > 10*time.Second {
		t.Errorf("with Retry-After: 1 the operation was followed for %v", took)
	}
}

func TestAPollThatIsNotFoundAtFirstIsFoundLater(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.quirks(map[string]any{"poll_404": 1})
	making, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.0.0.0/16"), nil)
	must(t, err)
	_, err = making.Poll(w.ctx)
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound {
		t.Fatalf("the first poll: %v", err)
	}
	_, err = ended(w, begun(making, nil))
	must(t, err)
}

func TestAnOperationThatFailsKeepsItsCodeAndLeavesTheObject(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, status := range []string{"Failed", "Canceled"} {
		name := "net-" + strings.ToLower(status)
		w.fault(map[string]any{"method": "PUT", "path": "*/" + name}, map[string]any{
			"operation": map[string]any{"status": status, "code": "OddFailure", "message": "the fabric is on fire"},
		})
		_, err := w.putNetwork(name, network("10.0.0.0/16"))
		refused(t, err, 200, "OddFailure", "the fabric is on fire")
		got, err := w.networks.Get(w.ctx, group, name, nil)
		must(t, err)
		equal(t, "state", text(got.Properties.ProvisioningState), "Failed")
		repaired, err := w.putNetwork(name, network("10.0.0.0/16"))
		must(t, err)
		equal(t, "state after another PUT", text(repaired.Properties.ProvisioningState), "Succeeded")
	}
}

func TestADeleteThatFailsKeepsTheObject(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	w.fault(map[string]any{"method": "DELETE"}, map[string]any{
		"operation": map[string]any{"status": "Failed", "code": "OddFailure", "message": "the fabric is on fire"},
	})
	_, err := ended(w, begun(w.networks.BeginDelete(w.ctx, group, "net", nil)))
	if err == nil || !strings.Contains(err.Error(), "OddFailure") {
		t.Fatalf("want OddFailure, got %v", err)
	}
	_, err = w.networks.Get(w.ctx, group, "net", nil)
	must(t, err)
}

func TestALaterWriteSupersedesOrMeetsTheEarlierOne(t *testing.T) {
	w := simulateAt(t, "0")
	w.makeGroup(group)
	first, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.0.0.0/16"), nil)
	must(t, err)
	second, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.0.0.0/16", "10.1.0.0/16"), nil)
	must(t, err)
	w.advance(60)
	_, err = ended(w, begun(first, nil))
	refused(t, err, 200, "Canceled", "CanceledAndSupersededDueToAnotherOperation")
	made, err := ended(w, begun(second, nil))
	must(t, err)
	equal(t, "ranges", len(made.Properties.AddressSpace.AddressPrefixes), 2)
}

func TestWritesToOneNetworkThatRunIntoEachOtherAreAnswered(t *testing.T) {
	w := simulateAt(t, "0")
	w.makeGroup(group)
	making, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.177.0.0/16"), nil)
	must(t, err)
	options := w.options()
	options.Retry.MaxRetries = -1
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), options)
	_, err = w.putSubnet("more", subnet("more", "10.177.3.0/24"))
	if code := refusal(err); code != "AnotherOperationInProgress" && code != "RetryableError" && code != "ReferencedResourceNotProvisioned" {
		t.Errorf("a subnet while its network is being made: %v", err)
	}
	w.advance(60)
	_, err = ended(w, begun(making, nil))
	must(t, err)
}

func TestThrottlingIsWaitedForAsLongAsTheAnswerSays(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.fault(map[string]any{"method": "PUT", "path": "*/virtualNetworks/net"}, map[string]any{"throttle": map[string]any{"retry_after": 1}})
	started := time.Now()
	_, err := w.putNetwork("net", network("10.0.0.0/16"))
	must(t, err)
	if took := time.Since(started); took < time.Second {
		t.Errorf("the client came back after %v", took)
	}
	statuses := w.ledger().statuses("PUT", "/net")
	if len(statuses) != 2 || statuses[0] != 429 || statuses[1] != 201 {
		t.Errorf("statuses of the PUTs: %v", statuses)
	}
}

func TestThrottlingIsReadByAClientThatDoesNotRetry(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	options := w.options()
	options.Retry.MaxRetries = -1
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), options)
	w.fault(map[string]any{"method": "GET"}, map[string]any{"throttle": map[string]any{"retry_after": 23}})
	_, err := w.groups.Get(w.ctx, group, nil)
	answer := refused(t, err, 429, "TooManyRequests", "'23' seconds")
	equal(t, "Retry-After", answer.RawResponse.Header.Get("Retry-After"), "23")
}

func TestAConnectionThatIsCutLeavesOneObject(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, fault := range []string{"cut_before", "cut_after"} {
		name := "net-" + strings.ReplaceAll(fault, "_", "-")
		w.fault(map[string]any{"method": "PUT", "path": "*/" + name}, fault)
		_, err := w.putNetwork(name, network("10.0.0.0/16"))
		// After the cut the client's second PUT finds the first one's operation running, or not.
		if code := refusal(err); err != nil && code != "Canceled" {
			t.Errorf("%s: %v", fault, err)
		}
		statuses := w.ledger().statuses("PUT", "/"+name)
		if len(statuses) != 2 || statuses[0] != 0 {
			t.Errorf("%s: statuses of the PUTs: %v", fault, statuses)
		}
		equal(t, fault+": networks", w.ledger().count("/virtualNetworks/"+name), 1)
	}
}

func TestAServerErrorThatActedAllTheSameLeavesOneObject(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	for _, status := range []int{500, 503} {
		w.fault(map[string]any{"method": "PUT", "path": "*/virtualNetworks/net"}, map[string]any{
			"answer": map[string]any{"status": status, "code": "InternalServerError", "message": "An error occurred.", "acted": true},
		})
		_, err := w.putNetwork("net", network("10.0.0.0/16"))
		must(t, err)
		equal(t, "networks", w.ledger().count("/virtualNetworks/net"), 1)
	}
}

func TestANewObjectMayNotBeReadableAtOnce(t *testing.T) {
	w := simulate(t)
	w.quirks(map[string]any{"get_404_reads": 2})
	w.makeGroup(group)
	for range 2 {
		_, err := w.groups.Get(w.ctx, group, nil)
		refused(t, err, 404, "ResourceGroupNotFound")
	}
	_, err := w.groups.Get(w.ctx, group, nil)
	must(t, err)
}

func TestATokenThatExpiresIsRefusedAndAnotherLoginHelps(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.fault(map[string]any{"method": "GET"}, "expire_token")
	_, err := w.groups.Get(w.ctx, group, nil)
	answer := refused(t, err, 401, "ExpiredAuthenticationToken", "is earlier than current UTC time")
	if !strings.Contains(answer.RawResponse.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Error("a 401 without WWW-Authenticate")
	}
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), w.options())
	_, err = w.groups.Get(w.ctx, group, nil)
	must(t, err)
}

func TestBadLoginsAreRefusedAsEntraRefusesThem(t *testing.T) {
	w := simulate(t)
	scope := policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}}
	for _, one := range []struct{ tenant, secret, code string }{
		{w.ready.Env["ARM_TENANT_ID"], "wrong", "AADSTS7000215"},
		{"11111111-2222-3333-4444-555555555555", w.ready.Env["ARM_CLIENT_SECRET"], "AADSTS90002"},
	} {
		_, err := w.loginTo(one.tenant, one.secret).GetToken(w.ctx, scope)
		var failed *azidentity.AuthenticationFailedError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), one.code) {
			t.Errorf("want %s, got %v", one.code, err)
		}
	}
}

func TestAnotherSubscriptionIsNotFound(t *testing.T) {
	w := simulate(t)
	w.connectTo("99999999-0000-4000-8000-000000000009", w.login(w.ready.Env["ARM_CLIENT_SECRET"]), w.options())
	_, err := w.groups.Get(w.ctx, group, nil)
	refused(t, err, 404, "SubscriptionNotFound")
}

func TestNothingIsAnsweredWithoutALogin(t *testing.T) {
	w := simulate(t)
	address := w.ready.Endpoints["azure"] + "/subscriptions/" + w.ready.Env["ARM_SUBSCRIPTION_ID"] + "/resourcegroups?api-version=2021-04-01"
	for _, token := range []string{"", "Bearer nonsense"} {
		request, err := http.NewRequestWithContext(w.ctx, "GET", address, nil)
		must(t, err)
		if token != "" {
			request.Header.Set("Authorization", token)
		}
		answer, err := w.trust.Do(request)
		must(t, err)
		answer.Body.Close()
		equal(t, "status with "+token, answer.StatusCode, http.StatusUnauthorized)
	}
}

func TestEveryAnswerCarriesTheHeadersThatSupportAsksFor(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	_, _ = w.networks.Get(w.ctx, group, "none", nil)
	for _, one := range []exchange{w.seen.last(t, "PUT", group), w.seen.last(t, "GET", "/none")} {
		for _, name := range []string{"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id"} {
			if one.header.Get(name) == "" {
				t.Errorf("%s %s has no %s", one.method, one.path, name)
			}
		}
	}
}

func TestAClientThatGivesUpLeavesTheOperationRunning(t *testing.T) {
	w := simulateAt(t, "0")
	w.makeGroup(group)
	making, err := w.networks.BeginCreateOrUpdate(w.ctx, group, "net", network("10.0.0.0/16"), nil)
	must(t, err)
	short, cancel := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer cancel()
	_, err = making.PollUntilDone(short, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("want the deadline, got %v", err)
	}
	w.advance(60)
	got, err := w.networks.Get(w.ctx, group, "net", nil)
	must(t, err)
	equal(t, "state", text(got.Properties.ProvisioningState), "Succeeded")
}

func TestAzureAnswersOverPlainHttpToo(t *testing.T) {
	w := simulate(t)
	options := w.options()
	service := options.Cloud.Services[cloud.ResourceManager]
	service.Endpoint = w.ready.Endpoints["azure_http"]
	options.Cloud.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: service}
	options.InsecureAllowCredentialWithHTTP = true
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), options)
	w.makeGroup(group)
	w.makeNetwork("net")
	deleting, err := w.networks.BeginDelete(w.ctx, group, "net", nil)
	must(t, err)
	if address := w.seen.last(t, "DELETE", "/net").header.Get("Location"); !strings.HasPrefix(address, w.ready.Endpoints["azure_http"]) {
		t.Errorf("the operation is elsewhere: %s", address)
	}
	_, err = ended(w, begun(deleting, nil))
	must(t, err)
}

func TestSubnetsMadeAtOnceAllEndUpInTheNetwork(t *testing.T) {
	w := simulate(t)
	w.makeGroup(group)
	w.makeNetwork("net")
	// The client retries what the cloud refuses because another write is under way.
	options := w.options()
	options.Retry.MaxRetries = 50
	options.Retry.StatusCodes = []int{http.StatusTooManyRequests}
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), options)
	ends := make(chan error, 8)
	for at := range cap(ends) {
		go func() {
			name := fmt.Sprintf("at-once-%d", at)
			_, err := w.putSubnet(name, subnet(name, fmt.Sprintf("10.177.%d.0/24", 10+at)))
			ends <- err
		}()
	}
	done := 0
	for range cap(ends) {
		if err := <-ends; err == nil {
			done++
		} else if code := refusal(err); code != "AnotherOperationInProgress" && code != "RetryableError" && code != "Canceled" {
			t.Errorf("a subnet made beside others: %v", err)
		}
	}
	got, err := w.networks.Get(w.ctx, group, "net", nil)
	must(t, err)
	if len(got.Properties.Subnets) < done+1 || done == 0 {
		t.Errorf("%d subnets were acknowledged, the network shows %d beside the first", done, len(got.Properties.Subnets)-1)
	}
}
