//go:build unix

package plugin_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/internal/plugin"
)

// A plugin is tried in a process that may crash without harm. The real command is `jamba xla probe`; here two shell
// commands play a plugin that works and one that kills whoever opens it.
func ExampleProbe() {
	dir, err := os.MkdirTemp("", "plugin")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	if err := os.WriteFile(path, []byte("not really a library"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(plugin.Probe(context.Background(), []string{"sh", "-c", "echo 1 device; echo ok"}, path))

	err = plugin.Probe(context.Background(), []string{"sh", "-c", "kill -SEGV $$"}, path)
	fmt.Println(err.(*plugin.ProbeError).Reason)
	// Output:
	// <nil>
	// the process that opened it crashed (segmentation fault)
}

func ExampleStatus_String() {
	fmt.Println(plugin.Status{Platform: plugin.CPU, Path: "xla/pjrt_c_api_cpu_plugin.so", Source: plugin.FromCache, Size: 259_284_552, Verified: true})
	// Output: cpu xla/pjrt_c_api_cpu_plugin.so (user cache, 259 MB): verified
}
