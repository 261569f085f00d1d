package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// What hosts put into the environment of every provider.
const cookie = "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

// One start.
type sample struct {
	handshake, schema         time.Duration
	handshakeRSS, schemaRSS   float64
	schemaBytes, goneAfterEnd float64
}

// Starts each binary in turn, round by round, so that whatever else the machine does meets all alike.
func starts(runs int, named []string) error {
	identity, err := hostIdentity()
	if err != nil {
		return err
	}
	samples := make([][]sample, len(named))
	for round := range runs + 1 {
		for at, one := range named {
			name, binary, found := strings.Cut(one, "=")
			if !found {
				return fmt.Errorf("%q is not NAME=BINARY", one)
			}
			measured, err := startOnce(binary, identity)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			// The first round only warms the file cache.
			if round > 0 {
				samples[at] = append(samples[at], measured)
			}
		}
	}
	fmt.Printf("%-12s %16s %16s %16s %16s %14s %12s\n", "", "handshake ms", "RSS MiB then", "schema ms", "RSS MiB then", "schema KiB", "exit ms")
	var first [4]float64
	for at, one := range named {
		name, _, _ := strings.Cut(one, "=")
		row := [4]float64{
			median(samples[at], func(s sample) float64 { return milliseconds(s.handshake) }),
			median(samples[at], func(s sample) float64 { return s.handshakeRSS }),
			median(samples[at], func(s sample) float64 { return milliseconds(s.schema) }),
			median(samples[at], func(s sample) float64 { return s.schemaRSS }),
		}
		fmt.Printf("%-12s %16.1f %16.1f %16.1f %16.1f %14.0f %12.1f\n", name, row[0], row[1], row[2], row[3],
			median(samples[at], func(s sample) float64 { return s.schemaBytes / 1024 }),
			median(samples[at], func(s sample) float64 { return s.goneAfterEnd }))
		if at == 0 {
			first = row
			continue
		}
		fmt.Printf("%-12s %15.1fx %15.1fx %15.1fx %15.1fx\n", "  ratio", row[0]/first[0], row[1]/first[1], row[2]/first[2], row[3]/first[3])
	}
	fmt.Printf("median of %d starts; times count from exec; the provider's TLS key is made in them, the host's is not\n", runs)
	return nil
}

// Starts a provider, asks for its schema, and tells it to end.
func startOnce(binary string, identity tls.Certificate) (sample, error) {
	var measured sample
	command := exec.Command(binary)
	command.Env = append(os.Environ(), cookie, "PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000",
		"PLUGIN_PROTOCOL_VERSIONS=5,6", "PLUGIN_CLIENT_CERT="+certificate(identity), "TF_LOG=", "TF_LOG_PROVIDER=")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	stdout, err := command.StdoutPipe()
	if err != nil {
		return measured, err
	}
	started := time.Now()
	if err := command.Start(); err != nil {
		return measured, err
	}
	defer func() {
		// Only where something went wrong above; an ended process cannot be killed.
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	measured.handshake = time.Since(started)
	if err != nil {
		return measured, fmt.Errorf("no handshake: %w\n%s", err, complaints.String())
	}
	measured.handshakeRSS = resident(command.Process.Pid)

	connection, version, err := dial(strings.TrimSpace(line), identity)
	if err != nil {
		return measured, err
	}
	defer connection.Close()
	call := "/tfplugin6.Provider/GetProviderSchema"
	if version == "5" {
		call = "/tfplugin5.Provider/GetSchema"
	}
	var schema []byte
	if err := invoke(connection, call, &schema); err != nil {
		return measured, err
	}
	measured.schema = time.Since(started)
	measured.schemaBytes = float64(len(schema))
	measured.schemaRSS = resident(command.Process.Pid)

	ending := time.Now()
	// The answer may be lost with the process.
	_ = invoke(connection, "/plugin.GRPCController/Shutdown", new([]byte))
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	select {
	case <-ended:
		measured.goneAfterEnd = milliseconds(time.Since(ending))
		return measured, nil
	case <-time.After(5 * time.Second):
		return measured, errors.New("it did not end within 5 s of Shutdown")
	}
}

// Connects as the handshake line says: `1|6|unix|/path|grpc|certificate`.
func dial(line string, identity tls.Certificate) (*grpc.ClientConn, string, error) {
	parts := strings.Split(line, "|")
	if len(parts) < 6 || parts[0] != "1" || parts[4] != "grpc" {
		return nil, "", fmt.Errorf("not a handshake: %q", line)
	}
	der, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return nil, "", fmt.Errorf("certificate of the provider: %w", err)
	}
	server, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, "", fmt.Errorf("certificate of the provider: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server)
	trust := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{identity}, ServerName: "localhost", MinVersion: tls.VersionTLS12}
	connection, err := grpc.NewClient("passthrough:///provider",
		grpc.WithTransportCredentials(credentials.NewTLS(trust)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, parts[2], parts[3])
		}),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(plain{}), grpc.MaxCallRecvMsgSize(256<<20)))
	return connection, parts[1], err
}

// Calls a procedure with an empty message and takes the answer as bytes.
func invoke(connection *grpc.ClientConn, procedure string, answer *[]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return connection.Invoke(ctx, procedure, &[]byte{}, answer)
}

// Messages as they are on the wire.
type plain struct{}

func (plain) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (plain) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = bytes.Clone(data)
	return nil
}
func (plain) Name() string { return "proto" }

// A host's certificate as go-plugin makes it: P-521, for localhost.
func hostIdentity() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"HashiCorp"}},
		DNSNames:              []string{"localhost"},
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		SerialNumber:          serial,
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func certificate(identity tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: identity.Certificate[0]}))
}

// Resident memory in MiB, 0 where the system does not say it in /proc.
func resident(pid int) float64 {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	text, _ := io.ReadAll(file)
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median[S any](samples []S, of func(S) float64) float64 {
	var values []float64
	for _, one := range samples {
		values = append(values, of(one))
	}
	sort.Float64s(values)
	if len(values) == 0 {
		return 0
	}
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
