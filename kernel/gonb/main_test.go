package gonb

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain lets the test program stand in for jamba: a kernelspec that Install writes here starts `TEST kernel gonb ...`.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "kernel" && os.Args[2] == "gonb" {
		var o LaunchOptions
		flags := flag.NewFlagSet("kernel gonb", flag.ExitOnError)
		flags.StringVar(&o.ConnectionFile, "connection-file", "", "")
		flags.StringVar(&o.Dir, "dir", "", "")
		_ = flags.Parse(os.Args[3:])
		fmt.Fprintln(os.Stderr, Launch(context.Background(), o))
		os.Exit(1)
	}
	code := m.Run()
	if shared != "" {
		_ = os.RemoveAll(shared)
	}
	os.Exit(code)
}
