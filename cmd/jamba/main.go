// Command jamba trains, evaluates and uses detectors of security threats in tabular telemetry. See `jamba --help`.
package main

import (
	"os"

	"github.com/jamba-threat/jamba/lib/cli"
)

func main() { os.Exit(cli.Main(cli.OS())) }
