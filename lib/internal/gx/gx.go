// Package gx is the one door to GoMLX: it chooses and opens an engine, turns panics into errors, and moves numbers
// between Go slices and the engine's tensors. Only lib/model, lib/train and lib/export build graphs on top of it.
package gx

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gomlx/compute"

	"github.com/jamba-threat/jamba/lib/internal/gocpu"
	"github.com/jamba-threat/jamba/lib/internal/plugin"
)

// Names of engines, as Open takes them.
const (
	Auto    = "auto"     // xla:cuda if there is a device for it, else xla:cpu, else go
	XLACUDA = "xla:cuda" // XLA on an NVIDIA device
	XLACPU  = "xla:cpu"  // XLA on the processor
	PureGo  = "go"       // GoMLX graphs on kernels in Go (lib/internal/gocpu): runs everywhere
)

// Names lists the engines that Open takes.
func Names() []string { return []string{Auto, XLACUDA, XLACPU, PureGo} }

// Engine is an open compute backend. Close it when the work is done.
type Engine struct {
	Name   string // XLACUDA, XLACPU or PureGo
	Why    string // one line: what was chosen and why, for people
	Plugin string // path of the PJRT plugin, "" for PureGo

	backend compute.Backend
}

// Backend returns the compute backend to build and run graphs on.
func (e *Engine) Backend() compute.Backend { return e.backend }

// HasBFloat16 reports whether products in bfloat16 are worth asking for on this engine.
func (e *Engine) HasBFloat16() bool { return e.Name != PureGo }

// Close gives back the engine's memory. The engine must not be used afterwards.
func (e *Engine) Close() {
	if e.backend != nil {
		e.backend.Finalize()
		e.backend = nil
	}
}

// Open opens the engine of that name; "" is Auto. Auto never fails for want of a plugin: it falls back to pure Go and
// says so in Why. A name outside Names, or a named engine that cannot be opened, is an error.
func Open(name string) (*Engine, error) { return OpenThreads(name, 0) }

// worthSharing is the number of rows of a batch below which an operation is done before a second core has woken up: one
// thread then does more rows a second than two, for half of the processor time (benchmarks/speed, PJRT_NPROC=1 and 2).
const worthSharing = 256

// ThreadsFor returns the number of threads with which XLA's CPU engine is fastest at a batch size, 0 for one a core.
func ThreadsFor(batch int) int {
	if batch < worthSharing {
		return 1
	}
	return 0
}

// SharesOperations reports whether a graph over so many rows gains from operations that do not depend on each other: XLA's
// CPU engine runs such at the same time. The answer depends on nothing else, so that a run has the same bits on any
// number of cores.
func (e *Engine) SharesOperations(batch int) bool { return e.Name == XLACPU && ThreadsFor(batch) != 1 }

// OpenThreads is Open with a size for the thread pool of XLA's CPU engine; 0 is one thread a core.
func OpenThreads(name string, threads int) (*Engine, error) {
	switch name {
	case "", Auto:
		return openAuto(threads)
	case XLACUDA, XLACPU:
		return openPlugin(name, threads)
	case PureGo:
		return openGo("pure Go engine, as asked for")
	}
	return nil, fmt.Errorf("gx: open: unknown engine %q; known are %s", name, strings.Join(Names(), ", "))
}

func openAuto(threads int) (*Engine, error) {
	var reasons []string
	for _, name := range []string{XLACUDA, XLACPU} {
		if name == XLACUDA && !plugin.HasNVIDIA() {
			continue
		}
		engine, err := openPlugin(name, threads)
		if err == nil {
			return engine, nil
		}
		reasons = append(reasons, err.Error())
	}
	return openGo("pure Go engine, because " + strings.Join(reasons, "; "))
}

func openPlugin(name string, threads int) (*Engine, error) {
	platform := strings.TrimPrefix(name, "xla:")
	if !XLALinked {
		_, err := openXLA(platform, "", threads)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	path, err := plugin.Path(platform)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var backend compute.Backend
	err = Try("open "+path, func() (err error) {
		backend, err = openXLA(platform, path, threads)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Engine{Name: name, Plugin: path, Why: fmt.Sprintf("XLA on %s (%s)", strings.ToUpper(platform), path), backend: backend}, nil
}

func openGo(why string) (*Engine, error) {
	backend, err := gocpu.New()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", PureGo, err)
	}
	return &Engine{Name: PureGo, Why: fmt.Sprintf("%s (%d cores)", why, runtime.GOMAXPROCS(0)), backend: backend}, nil
}
