package live

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
)

// TestMain lets the test binary be a kernel, which the tests start as Jupyter does.
func TestMain(m *testing.M) {
	file := os.Getenv("JAMBA_TEST_CONNECTION")
	if len(os.Args) == 3 && os.Args[1] == "live-kernel" { // as a kernelspec says it
		file = os.Args[2]
	}
	if file == "" {
		os.Exit(m.Run())
	}
	c, err := ReadConnection(file)
	if excuse := os.Getenv("JAMBA_TEST_EXCUSE"); excuse != "" {
		err = Explain(context.Background(), file, excuse)
	} else if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		limit, _ := strconv.ParseUint(os.Getenv("JAMBA_TEST_MEMORY"), 10, 64)
		err = Run(ctx, Options{Connection: c, Version: "test", MemoryLimit: limit})
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
