package gx

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/internal/plugin"
)

// OpenPlugin opens the PJRT plugin at path, wherever it lies, for platform "cpu" or "cuda". A wrong plugin can crash the
// process: it is for processes that exist to find that out.
func OpenPlugin(platform, path string) (*Engine, error) {
	var backend compute.Backend
	err := Try("open "+path, func() (err error) {
		backend, err = openXLA(platform, path, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("gx: %w", err)
	}
	return &Engine{Name: "xla:" + platform, Plugin: path, Why: "the plugin " + path, backend: backend}, nil
}

// Check multiplies two small matrices on the engine and compares the result with what it must be.
func (e *Engine) Check() error {
	multiply, err := e.Compile("check", func(inputs []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.MatMul(inputs[0], inputs[1])}
	})
	if err != nil {
		return fmt.Errorf("gx: check: %w", err)
	}
	defer multiply.Close()
	a, err := e.Floats([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		return fmt.Errorf("gx: check: %w", err)
	}
	b, err := e.Floats([]float32{1, 0, 0, 1, 2, -1}, 3, 2)
	if err != nil {
		return fmt.Errorf("gx: check: %w", err)
	}
	out, err := multiply.Call(a, b)
	if err != nil {
		return fmt.Errorf("gx: check: %w", err)
	}
	got, err := Read(out[0])
	if err != nil {
		return fmt.Errorf("gx: check: %w", err)
	}
	if want := []float32{7, -1, 16, -1}; !slices.Equal(got, want) { // small whole numbers are exact in any precision
		return fmt.Errorf("gx: check: a product of matrices is %v, must be %v", got, want)
	}
	return nil
}

// Choose says which engine Open would open under a name, and why, without opening it: loading a plugin takes a second
// that a user who only asks need not wait. A plugin that is there but does not open is found out by Open alone.
func Choose(name string) (engine, why string, err error) {
	cores := fmt.Sprintf("%d cores", runtime.GOMAXPROCS(0))
	usable := func(platform string) (string, error) {
		if !XLALinked {
			return "", errors.New("this binary was built without XLA")
		}
		return plugin.Path(platform)
	}
	switch name {
	case PureGo:
		return PureGo, "as asked for, " + cores, nil
	case XLACPU, XLACUDA:
		path, err := usable(strings.TrimPrefix(name, "xla:"))
		return name, "as asked for, plugin " + path, err
	case "", Auto:
		if plugin.HasNVIDIA() {
			if path, err := usable(plugin.CUDA); err == nil {
				return XLACUDA, "there is a GPU, plugin " + path, nil
			}
		}
		path, err := usable(plugin.CPU)
		if err != nil {
			return PureGo, fmt.Sprintf("%v; %s", err, cores), nil
		}
		return XLACPU, fmt.Sprintf("plugin %s, %s", path, cores), nil
	}
	return "", "", fmt.Errorf("gx: unknown engine %q; known are %s", name, strings.Join(Names(), ", "))
}
