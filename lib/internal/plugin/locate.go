package plugin

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Path returns the file of the plugin that serves the platform (CPU or CUDA): the first usable one of [Find]. The error
// names the files that were found but cannot be used, and the way out.
func Path(platform string) (string, error) {
	found := Find(context.Background())
	if s, ok := first(found, platform); ok {
		return s.Path, nil
	}
	var problems []string
	for _, s := range found {
		if s.Platform == platform {
			problems = append(problems, s.Path+": "+s.Problem)
		}
	}
	hint := "set " + PathEnv + " to the folder that has it"
	if platform == CPU {
		hint = "`jamba xla install` fetches one"
	}
	if problems != nil {
		return "", fmt.Errorf("plugin: no usable XLA plugin for %s (%s): %s", platform, strings.Join(problems, "; "), hint)
	}
	return "", fmt.Errorf("plugin: no XLA plugin for %s is installed: %s", platform, hint)
}

// HasNVIDIA reports whether this machine shows an NVIDIA GPU: a device node of the driver, or its tool where the nodes
// have other names (WSL).
func HasNVIDIA() bool {
	if nodes, _ := filepath.Glob("/dev/nvidia*"); len(nodes) > 0 {
		return true
	}
	_, err := exec.LookPath("nvidia-smi")
	return err == nil
}
