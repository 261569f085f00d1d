package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// One run of a program that renders.
type render struct {
	computed, wall time.Duration
	peak           float64
}

// Runs each program in turn with the same arguments, round by round; what they print must be equal.
func renders(runs int, named, arguments []string) error {
	samples := make([][]render, len(named))
	var first []byte
	for round := range runs + 1 {
		for at, one := range named {
			name, binary, found := strings.Cut(one, "=")
			if !found {
				return fmt.Errorf("%q is not NAME=BINARY", one)
			}
			measured, printed, err := renderOnce(binary, arguments)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if first == nil {
				first = printed
			}
			if !bytes.Equal(first, printed) {
				return fmt.Errorf("%s prints something else than %s", name, named[0])
			}
			// The first round only warms the file cache.
			if round > 0 {
				samples[at] = append(samples[at], measured)
			}
		}
	}
	fmt.Printf("%-10s %10s %10s %10s %14s\n", "", "CPU ms", "wall ms", "peak MiB", "bytes printed")
	var ours [3]float64
	for at, one := range named {
		name, _, _ := strings.Cut(one, "=")
		row := [3]float64{
			median(samples[at], func(r render) float64 { return milliseconds(r.computed) }),
			median(samples[at], func(r render) float64 { return milliseconds(r.wall) }),
			median(samples[at], func(r render) float64 { return r.peak }),
		}
		fmt.Printf("%-10s %10.1f %10.1f %10.1f %14d\n", name, row[0], row[1], row[2], len(first))
		if at == 0 {
			ours = row
			continue
		}
		fmt.Printf("%-10s %9.1fx %9.1fx %9.1fx\n", "  ratio", row[0]/ours[0], row[1]/ours[1], row[2]/ours[2])
	}
	return nil
}

func renderOnce(binary string, arguments []string) (render, []byte, error) {
	command := exec.Command(binary, arguments...)
	var printed, errors bytes.Buffer
	command.Stdout, command.Stderr = &printed, &errors
	started := time.Now()
	if err := command.Run(); err != nil {
		return render{}, nil, fmt.Errorf("%w: %s", err, errors.String())
	}
	measured := render{wall: time.Since(started)}
	measured.computed = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	if usage, known := command.ProcessState.SysUsage().(*syscall.Rusage); known {
		unit := 1024.0
		if runtime.GOOS == "darwin" {
			unit = 1
		}
		measured.peak = float64(usage.Maxrss) * unit / (1 << 20)
	}
	return measured, printed.Bytes(), nil
}

// The arguments up to `--`, and those behind it.
func split(arguments []string) (before, behind []string) {
	for at, one := range arguments {
		if one == "--" {
			return arguments[:at], arguments[at+1:]
		}
	}
	return arguments, nil
}
