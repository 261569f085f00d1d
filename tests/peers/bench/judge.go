package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Starts a provider with the client that both hosts use, mutual TLS on, pings it, asks for its schema and
// ends it: an independent reading of the handshake.
func judge(binary string) error {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 4, MagicCookieKey: "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": provider{}}},
		Cmd:              exec.Command(binary),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return fmt.Errorf("go-plugin cannot start it: %w", err)
	}
	if err := protocol.Ping(); err != nil {
		return fmt.Errorf("it does not answer a ping: %w", err)
	}
	raw, err := protocol.Dispense("provider")
	if err != nil {
		return fmt.Errorf("no provider in it: %w", err)
	}
	var schema []byte
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	connection := raw.(*grpc.ClientConn)
	if err := connection.Invoke(ctx, "/tfplugin6.Provider/GetProviderSchema", &[]byte{}, &schema, grpc.ForceCodec(plain{})); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	started := time.Now()
	client.Kill()
	fmt.Printf("go-plugin: protocol %d with mutual TLS, ping, schema of %d bytes, ended in %.0f ms\n",
		client.NegotiatedVersion(), len(schema), milliseconds(time.Since(started)))
	if !client.Exited() {
		return fmt.Errorf("it is still running after Kill")
	}
	return nil
}

// The provider as go-plugin hands it out: only its connection.
type provider struct{ plugin.NetRPCUnsupportedPlugin }

func (provider) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, connection *grpc.ClientConn) (any, error) {
	return connection, nil
}

func (provider) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return fmt.Errorf("only a client")
}
