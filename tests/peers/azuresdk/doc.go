// Package azuresdk drives the provider's simulator with Microsoft's own client for Go.
//
// The client's models decode every answer, its pollers follow every operation and its error type reads
// every refusal, so a simulator that only our own client understands does not pass. Each test starts a
// simulator of its own from the binary that BUD_PROVIDER_BINARY names; scripts/judge-simulator runs them.
package azuresdk
