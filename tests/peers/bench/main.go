// Measures provider binaries as a host meets them.
//
//	bench start [-runs N] NAME=BINARY …    how long a start takes and how much memory it needs
//	bench render [-runs N] NAME=BINARY … -- ARGUMENT …    CPU and memory of programs that print the same
//	bench judge BINARY                     HashiCorp's own go-plugin client starts, pings and ends it
//
// Under any other name it is a stand-in for the provider at $BUD_BENCH_BINARY, which it runs; the peak
// memory of each run in MiB and its seconds of CPU are appended to the file $BUD_BENCH_RUNS.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "terraform-provider-") {
		os.Exit(standIn())
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	runs := flags.Int("runs", 20, "runs of each binary")
	switch {
	case len(arguments) == 2 && arguments[0] == "judge":
		return judge(arguments[1])
	case len(arguments) > 1 && arguments[0] == "start":
		if err := flags.Parse(arguments[1:]); err != nil {
			return err
		}
		return starts(*runs, flags.Args())
	case len(arguments) > 1 && arguments[0] == "render":
		// Go's flags would end at the `--` that stands between programs and arguments.
		named, behind := split(arguments[1:])
		if err := flags.Parse(named); err != nil {
			return err
		}
		return renders(*runs, flags.Args(), behind)
	default:
		return fmt.Errorf("want `start NAME=BINARY …`, `render NAME=BINARY … -- ARGUMENT …` or `judge BINARY`")
	}
}
