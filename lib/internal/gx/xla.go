//go:build cgo && !noxla && (linux || darwin)

package gx

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// XLALinked reports whether this binary contains the XLA engine. It takes a C compiler at build time.
const XLALinked = true

// heapReserve is what keepHeap sets aside for XLA's scratch buffers, in bytes.
const heapReserve = 1 << 30

// tuneOnce prepares the process before the first plugin is loaded; neither the C library's heap options nor XLA's
// flags are read again later.
var tuneOnce = sync.OnceFunc(func() {
	xla.EnableAutoInstall(false) // never fetch behind the user's back: lib/internal/plugin does it, with limits
	keepHeap(heapReserve)
	setFlags()
})

// xlaFlags are the compiler's options that differ from XLA's own defaults.
var xlaFlags = []struct{ name, value string }{
	// Products of this model are small: XLA's own task graph uses the cores better than a pool inside each product.
	{"--xla_cpu_multi_thread_eigen", "false"},
	// LLVM's third level takes a second longer over a training step and, of loops as short as these, makes slower ones.
	{"--xla_backend_optimization_level", "1"},
}

// setFlags adds to the environment the options that the user has not chosen.
func setFlags() {
	flags := os.Getenv("XLA_FLAGS")
	for _, f := range xlaFlags {
		if !strings.Contains(flags, f.name) {
			flags += " " + f.name + "=" + f.value
		}
	}
	os.Setenv("XLA_FLAGS", strings.TrimSpace(flags))
}

// threadsEnv is where XLA's CPU client looks, each time it is made, for the size of its thread pool.
const threadsEnv = "PJRT_NPROC"

// threadsMu keeps two clients from being made at once, since the size of the pool travels in the environment.
var threadsMu sync.Mutex

// openXLA loads the PJRT plugin at path and makes a client of it, with a pool of the given size; 0 is one thread a core.
func openXLA(platform, path string, threads int) (compute.Backend, error) {
	tuneOnce()
	threadsMu.Lock()
	defer threadsMu.Unlock()
	if _, chosen := os.LookupEnv(threadsEnv); threads > 0 && !chosen { // the user's own choice stands
		os.Setenv(threadsEnv, strconv.Itoa(threads))
		defer os.Unsetenv(threadsEnv)
	}
	config, options := path, pjrt.NamedValuesMap{}
	if platform == "cpu" {
		config += ",shared_buffers"
		options["cpu_device_count"] = int64(1) // the plugin shows several devices; one uses all cores
	}
	backend, err := xla.NewWithOptions(config, options)
	if err != nil {
		return nil, err // not the typed nil that NewWithOptions returns
	}
	return backend, nil
}
