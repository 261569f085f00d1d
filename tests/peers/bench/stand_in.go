package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// Runs the provider with everything of ours handed on, and notes the most memory that it had and the time that it
// computed.
func standIn() int {
	command := exec.Command(os.Getenv("BUD_BENCH_BINARY"), os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	// A host's user who presses Ctrl-C reaches the whole group; the provider decides what to do about it.
	signal.Ignore(os.Interrupt)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	go func() {
		for range terminate {
			_ = command.Process.Signal(syscall.SIGTERM)
		}
	}()
	err := command.Wait()
	if usage, known := command.ProcessState.SysUsage().(*syscall.Rusage); known {
		unit := int64(1024)
		if runtime.GOOS == "darwin" {
			unit = 1
		}
		file, err := os.OpenFile(os.Getenv("BUD_BENCH_RUNS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			computed := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
			fmt.Fprintf(file, "%.1f %.3f\n", float64(int64(usage.Maxrss)*unit)/(1<<20), computed.Seconds())
			file.Close()
		}
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return failed.ExitCode()
	}
	return 0
}
