package gocpu

import (
	"fmt"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// backend is GoMLX's Go backend with graphs compiled by this package where that is possible.
type backend struct {
	compute.Backend
	kernels *simd.Kernels
	workers *workers
	worth   grain

	fused, reference atomic.Int64 // graphs compiled so far, by which of the two runs them
}

// New opens a backend on the fastest kernels that this machine runs.
func New() (compute.Backend, error) { return open(simd.Best(), 0) }

// open is New for an instruction set and a number of threads, 0 being one for each processor that Go uses.
func open(isa simd.ISA, threads int) (*backend, error) {
	kernels, err := simd.New(isa)
	if err != nil {
		return nil, fmt.Errorf("gocpu: open: %w", err)
	}
	// In its default mode that backend runs the nodes of a graph in parallel, each waiting for the same pool of workers,
	// and stops for ever; one node after the other is safe.
	inner, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, fmt.Errorf("gocpu: open: %w", err)
	}
	return &backend{Backend: inner, kernels: kernels, workers: newWorkers(threads), worth: coarseGrain()}, nil
}

// Description says what runs a graph, for people.
func (b *backend) Description() string {
	return fmt.Sprintf("fused loops on %v kernels, over %s", b.kernels.ISA(), b.Backend.Description())
}

// Capabilities are those of the reference backend without the operation that FusedSoftmax refuses.
func (b *backend) Capabilities() compute.Capabilities {
	c := b.Backend.Capabilities().Clone()
	c.Operations[compute.OpTypeFusedSoftmax] = false
	return c
}

// Builder starts a computation whose main function is recorded.
func (b *backend) Builder(name string) compute.Builder {
	inner := b.Backend.Builder(name)
	w := &builder{Builder: inner, backend: b}
	w.main = &function{Function: inner.Main(), builder: w, nodes: map[compute.Value]*node{}}
	return w
}

// Finalize stops the threads and releases the reference backend.
func (b *backend) Finalize() {
	b.workers.stop()
	b.Backend.Finalize()
}

// builder is a builder of the reference backend whose main function is recorded.
type builder struct {
	compute.Builder
	backend *backend
	main    *function
}

// Main returns the function that records.
func (b *builder) Main() compute.Function { return b.main }

// Compile returns an executable of this package if every output was recorded, else the reference backend's.
func (b *builder) Compile() (compute.Executable, error) {
	// The reference backend compiles in either case: it checks the graph and closes the builder, at little cost.
	compiled, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	var p *plan
	if err := guard(func() { p = b.main.plan() }); err != nil {
		return nil, err
	}
	if p == nil {
		b.backend.reference.Add(1)
		return &reference{compiled, b.backend}, nil
	}
	names, inputs := compiled.Inputs()
	e := &executable{backend: b.backend, plan: p, names: names, inputs: inputs, outputs: compiled.Outputs()}
	if err := e.precompute(); err != nil {
		return nil, err
	}
	compiled.Finalize()
	b.backend.fused.Add(1)
	return e, nil
}
