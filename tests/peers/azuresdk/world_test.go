package azuresdk

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

const (
	group    = "rg-judge"
	location = "westeurope"
)

// What a simulator prints when it is ready.
type ready struct {
	PID       int               `json:"pid"`
	Env       map[string]string `json:"env"`
	Endpoints map[string]string `json:"endpoints"`
}

// A simulator and the clients that talk to it.
type world struct {
	t     *testing.T
	ctx   context.Context
	ready ready
	trust *http.Client
	seen  *recorder

	groups    *armresources.ResourceGroupsClient
	providers *armresources.ProvidersClient
	networks  *armnetwork.VirtualNetworksClient
	subnets   *armnetwork.SubnetsClient
	nsgs      *armnetwork.SecurityGroupsClient
	rules     *armnetwork.SecurityRulesClient
	addresses *armnetwork.PublicIPAddressesClient
	gateways  *armnetwork.NatGatewaysClient
	cards     *armnetwork.InterfacesClient
	demands   *armnetwork.UsagesClient

	machines *armcompute.VirtualMachinesClient
	disks    *armcompute.DisksClient
	sets     *armcompute.AvailabilitySetsClient
	skus     *armcompute.ResourceSKUsClient
	usages   *armcompute.UsageClient
	images   *armcompute.VirtualMachineImagesClient
}

// Starts a simulator that is fast, but in which every operation is seen running before it ends.
func simulate(t *testing.T) *world { return simulateAt(t, "600") }

// Starts a simulator at a speed; at "0" nothing ends before the clock is moved.
func simulateAt(t *testing.T, speed string) *world {
	t.Helper()
	t.Parallel()
	binary := os.Getenv("BUD_PROVIDER_BINARY")
	if binary == "" {
		t.Fatal("BUD_PROVIDER_BINARY must name the provider binary")
	}
	command := exec.Command(binary, "simulate", "--speed", speed)
	command.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var complaints bytes.Buffer
	command.Stderr = &complaints
	// A pipe: should this process die, its end closes and the simulator goes too.
	stdin, err := command.StdinPipe()
	must(t, err)
	stdout, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		done := make(chan error, 1)
		go func() { done <- command.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("the simulator ended badly: %v\n%s", err, complaints.String())
			}
		case <-time.After(5 * time.Second):
			_ = command.Process.Kill()
			t.Error("the simulator did not end within 5 s of SIGTERM")
		}
		_ = stdin.Close()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no ready line: %v\n%s", err, complaints.String())
	}
	w := &world{t: t}
	must(t, json.Unmarshal(line, &w.ready))
	if w.ready.PID != command.Process.Pid {
		t.Errorf("the ready line says pid %d, it is %d", w.ready.PID, command.Process.Pid)
	}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)

	pem, err := os.ReadFile(w.ready.Env["BUD_AZURE_CA_FILE"])
	must(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("the CA file holds no certificate")
	}
	w.seen = &recorder{next: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	w.trust = &http.Client{Transport: w.seen}
	w.connect(w.login(w.ready.Env["ARM_CLIENT_SECRET"]), w.options())
	w.quirks(map[string]any{"retry_after": "absent"})
	return w
}

// The client's own way to log in, pointed at the simulator.
func (w *world) login(secret string) azcore.TokenCredential {
	w.t.Helper()
	return w.loginTo(w.ready.Env["ARM_TENANT_ID"], secret)
}

func (w *world) loginTo(tenant, secret string) azcore.TokenCredential {
	w.t.Helper()
	credential, err := azidentity.NewClientSecretCredential(tenant, w.ready.Env["ARM_CLIENT_ID"], secret,
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions:            w.options().ClientOptions,
			DisableInstanceDiscovery: true,
		})
	must(w.t, err)
	return credential
}

func (w *world) options() *arm.ClientOptions {
	return &arm.ClientOptions{
		ClientOptions: azcore.ClientOptions{
			Cloud: cloud.Configuration{
				ActiveDirectoryAuthorityHost: w.ready.Endpoints["authority"] + "/",
				Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
					cloud.ResourceManager: {
						Endpoint: w.ready.Endpoints["azure"],
						Audience: "https://management.azure.com",
					},
				},
			},
			Transport: w.trust,
			Retry:     policy.RetryOptions{MaxRetries: 3, RetryDelay: 5 * time.Millisecond, MaxRetryDelay: 5 * time.Second},
		},
		DisableRPRegistration: true,
	}
}

func (w *world) connect(credential azcore.TokenCredential, options *arm.ClientOptions) {
	w.t.Helper()
	w.connectTo(w.ready.Env["ARM_SUBSCRIPTION_ID"], credential, options)
}

func (w *world) connectTo(subscription string, credential azcore.TokenCredential, options *arm.ClientOptions) {
	w.t.Helper()
	network, err := armnetwork.NewClientFactory(subscription, credential, options)
	must(w.t, err)
	resources, err := armresources.NewClientFactory(subscription, credential, options)
	must(w.t, err)
	w.groups, w.providers = resources.NewResourceGroupsClient(), resources.NewProvidersClient()
	w.networks, w.subnets = network.NewVirtualNetworksClient(), network.NewSubnetsClient()
	w.nsgs, w.rules = network.NewSecurityGroupsClient(), network.NewSecurityRulesClient()
	w.addresses, w.gateways = network.NewPublicIPAddressesClient(), network.NewNatGatewaysClient()
	w.cards, w.demands = network.NewInterfacesClient(), network.NewUsagesClient()
	compute, err := armcompute.NewClientFactory(subscription, credential, options)
	must(w.t, err)
	w.machines, w.disks = compute.NewVirtualMachinesClient(), compute.NewDisksClient()
	w.sets, w.skus = compute.NewAvailabilitySetsClient(), compute.NewResourceSKUsClient()
	w.usages, w.images = compute.NewUsageClient(), compute.NewVirtualMachineImagesClient()
}

// === the control endpoint ===

func (w *world) control(method, path string, body any) []byte {
	w.t.Helper()
	text, err := json.Marshal(body)
	must(w.t, err)
	request, err := http.NewRequestWithContext(w.ctx, method, w.ready.Endpoints["control"]+path, bytes.NewReader(text))
	must(w.t, err)
	answer, err := http.DefaultClient.Do(request)
	must(w.t, err)
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	must(w.t, err)
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, read)
	}
	return read
}

func (w *world) quirks(quirks map[string]any) {
	w.t.Helper()
	if _, given := quirks["retry_after"]; !given {
		quirks["retry_after"] = "absent"
	}
	w.control("POST", "/faults", map[string]any{"quirks": quirks})
}

// What shall go wrong: when it happens and what is done.
func (w *world) fault(when, do any) {
	w.t.Helper()
	w.control("POST", "/faults", map[string]any{"rules": []any{map[string]any{"when": when, "do": do}}})
}

func (w *world) advance(seconds float64) {
	w.t.Helper()
	w.control("POST", "/clock", map[string]any{"advance_seconds": seconds})
}

type ledger struct {
	Objects []struct {
		ID   string            `json:"id"`
		Type string            `json:"type"`
		Tags map[string]string `json:"tags"`
	} `json:"objects"`
	Requests []struct {
		N      int    `json:"n"`
		Method string `json:"method"`
		Path   string `json:"path"`
		Status int    `json:"status"`
	} `json:"requests"`
}

func (w *world) ledger() ledger {
	w.t.Helper()
	var read ledger
	must(w.t, json.Unmarshal(w.control("GET", "/ledger", nil), &read))
	return read
}

// Statuses of the requests with a method to a path that ends so, in order.
func (l ledger) statuses(method, suffix string) []int {
	var statuses []int
	for _, request := range l.Requests {
		if request.Method == method && strings.HasSuffix(request.Path, suffix) {
			statuses = append(statuses, request.Status)
		}
	}
	return statuses
}

func (l ledger) count(suffix string) int {
	count := 0
	for _, object := range l.Objects {
		if strings.HasSuffix(strings.ToLower(object.ID), strings.ToLower(suffix)) {
			count++
		}
	}
	return count
}

// === what tests make ===

func (w *world) makeGroup(name string) armresources.ResourceGroup {
	w.t.Helper()
	made, err := w.groups.CreateOrUpdate(w.ctx, name, armresources.ResourceGroup{Location: to.Ptr(location)}, nil)
	must(w.t, err)
	return made.ResourceGroup
}

func network(prefixes ...string) armnetwork.VirtualNetwork {
	return armnetwork.VirtualNetwork{
		Location: to.Ptr(location),
		Properties: &armnetwork.VirtualNetworkPropertiesFormat{
			AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: pointers(prefixes...)},
		},
	}
}

func subnet(name string, prefixes ...string) *armnetwork.Subnet {
	properties := &armnetwork.SubnetPropertiesFormat{DefaultOutboundAccess: to.Ptr(false)}
	if len(prefixes) == 1 {
		properties.AddressPrefix = to.Ptr(prefixes[0])
	} else {
		properties.AddressPrefixes = pointers(prefixes...)
	}
	return &armnetwork.Subnet{Name: to.Ptr(name), Properties: properties}
}

// The seed's network with one subnet, in the test's group.
func (w *world) makeNetwork(name string) armnetwork.VirtualNetwork {
	w.t.Helper()
	wanted := network("10.177.0.0/16", "fd12:babe:cafe::/48")
	wanted.Properties.Subnets = []*armnetwork.Subnet{subnet("common", "10.177.2.0/24", "fd12:babe:cafe:b00b::/64")}
	made, err := w.putNetwork(name, wanted)
	must(w.t, err)
	return made
}

func (w *world) putNetwork(name string, wanted armnetwork.VirtualNetwork) (armnetwork.VirtualNetwork, error) {
	made, err := ended(w, begun(w.networks.BeginCreateOrUpdate(w.ctx, group, name, wanted, nil)))
	return made.VirtualNetwork, err
}

func (w *world) putSubnet(name string, wanted *armnetwork.Subnet) (armnetwork.Subnet, error) {
	made, err := ended(w, begun(w.subnets.BeginCreateOrUpdate(w.ctx, group, "net", name, *wanted, nil)))
	return made.Subnet, err
}

func (w *world) putGroup(name string, rules ...*armnetwork.SecurityRule) (armnetwork.SecurityGroup, error) {
	made, err := ended(w, begun(w.nsgs.BeginCreateOrUpdate(w.ctx, group, name, armnetwork.SecurityGroup{
		Location:   to.Ptr(location),
		Properties: &armnetwork.SecurityGroupPropertiesFormat{SecurityRules: rules},
	}, nil)))
	return made.SecurityGroup, err
}

func (w *world) putAddress(name string, version armnetwork.IPVersion) (armnetwork.PublicIPAddress, error) {
	made, err := ended(w, begun(w.addresses.BeginCreateOrUpdate(w.ctx, group, name, armnetwork.PublicIPAddress{
		Location: to.Ptr(location),
		SKU: &armnetwork.PublicIPAddressSKU{
			Name: to.Ptr(armnetwork.PublicIPAddressSKUNameStandard),
			Tier: to.Ptr(armnetwork.PublicIPAddressSKUTierRegional),
		},
		Properties: &armnetwork.PublicIPAddressPropertiesFormat{
			PublicIPAllocationMethod: to.Ptr(armnetwork.IPAllocationMethodStatic),
			PublicIPAddressVersion:   to.Ptr(version),
		},
	}, nil)))
	return made.PublicIPAddress, err
}

// === following operations ===

// The answer to a request that begins an operation.
type start[T any] struct {
	poller *runtime.Poller[T]
	err    error
}

func begun[T any](poller *runtime.Poller[T], err error) start[T] { return start[T]{poller, err} }

// Follows an operation to its end with the client's own poller.
func ended[T any](w *world, begun start[T]) (T, error) {
	if begun.err != nil {
		var none T
		return none, begun.err
	}
	return begun.poller.PollUntilDone(w.ctx, &runtime.PollUntilDoneOptions{Frequency: 5 * time.Millisecond})
}

// === what is expected ===

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// Expects a refusal that the client's error type reads: status, code and a part of the message.
func refused(t *testing.T, err error, status int, code string, words ...string) *azcore.ResponseError {
	t.Helper()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		t.Fatalf("want %d %s, got %v", status, code, err)
	}
	equal(t, "status", answer.StatusCode, status)
	equal(t, "code", answer.ErrorCode, code)
	for _, word := range words {
		if !strings.Contains(answer.Error(), word) {
			t.Errorf("the message lacks %q: %v", word, answer)
		}
	}
	return answer
}

// The code of a refusal, or nothing.
func refusal(err error) string {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return answer.ErrorCode
	}
	return ""
}

func pointers(values ...string) []*string { return to.SliceOfPtrs(values...) }

func values(pointers []*string) []string {
	var values []string
	for _, pointer := range pointers {
		values = append(values, text(pointer))
	}
	return values
}

func text[T ~string](pointer *T) string {
	if pointer == nil {
		return "<nil>"
	}
	return string(*pointer)
}

func names[T any](t *testing.T, ctx context.Context, pager *runtime.Pager[T], page func(T) []*string) (pages int, names []string) {
	t.Helper()
	for pager.More() {
		next, err := pager.NextPage(ctx)
		must(t, err)
		pages++
		names = append(names, values(page(next))...)
	}
	return pages, names
}

// === what goes over the wire ===

// A transport that remembers the headers of the last answer to each method and path.
type recorder struct {
	next http.RoundTripper
	lock sync.Mutex
	list []exchange
}

type exchange struct {
	method, path string
	status       int
	header       http.Header
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.next.RoundTrip(request)
	if err == nil {
		r.lock.Lock()
		defer r.lock.Unlock()
		r.list = append(r.list, exchange{request.Method, request.URL.Path, answer.StatusCode, answer.Header.Clone()})
	}
	return answer, err
}

func (r *recorder) last(t *testing.T, method, suffix string) exchange {
	t.Helper()
	r.lock.Lock()
	defer r.lock.Unlock()
	for at := len(r.list) - 1; at >= 0; at-- {
		if one := r.list[at]; one.method == method && strings.HasSuffix(one.path, suffix) {
			return one
		}
	}
	t.Fatalf("no %s of …%s went over the wire", method, suffix)
	return exchange{}
}

// Sets a header on every request; the client's options have none for it.
type header struct{ name, value string }

func (h header) Do(request *policy.Request) (*http.Response, error) {
	request.Raw().Header.Set(h.name, h.value)
	return request.Next()
}

// Puts other text in the place of a part of every body that is sent.
type rewrite struct{ old, new string }

func (r rewrite) Do(request *policy.Request) (*http.Response, error) {
	if body := request.Body(); body != nil {
		read, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		changed := []byte(strings.ReplaceAll(string(read), r.old, r.new))
		if err := request.SetBody(readSeekCloser{bytes.NewReader(changed)}, "application/json"); err != nil {
			return nil, err
		}
	}
	return request.Next()
}

type readSeekCloser struct{ *bytes.Reader }

func (readSeekCloser) Close() error { return nil }

func (w *world) with(policies ...policy.Policy) *arm.ClientOptions {
	options := w.options()
	options.PerCallPolicies = policies
	return options
}
