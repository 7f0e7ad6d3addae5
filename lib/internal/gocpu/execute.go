package gocpu

import (
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// executable is a compiled graph of this package.
type executable struct {
	backend *backend
	plan    *plan
	names   []string
	inputs  []shapes.Shape
	outputs []shapes.Shape

	mu     sync.Mutex
	frames []*frame // not in use
}

// Finalize implements compute.Executable.
func (e *executable) Finalize() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frames = nil
}

// Inputs implements compute.Executable.
func (e *executable) Inputs() ([]string, []shapes.Shape) { return e.names, e.inputs }

// Outputs implements compute.Executable.
func (e *executable) Outputs() []shapes.Shape { return e.outputs }

// precompute makes what depends on constants alone.
func (e *executable) precompute() error {
	f := e.frame()
	defer e.put(f)
	for _, p := range e.plan.once {
		if err := f.job.do(p); err != nil {
			return err
		}
	}
	return nil
}

// frame returns memory for an execution.
func (e *executable) frame() *frame {
	e.mu.Lock()
	defer e.mu.Unlock()
	if k := len(e.frames); k > 0 {
		f := e.frames[k-1]
		e.frames = e.frames[:k-1]
		return f
	}
	p := e.plan
	f := &frame{
		kernels: e.backend.kernels, arena: make([]float32, p.arena),
		data: make([][]float32, len(p.buffers)), booleans: make([][]bool, len(p.buffers)),
	}
	for _, b := range p.buffers {
		switch {
		case b.root != nil || b.first < 0 && b.home == inArena:
		case b.home == inFixed:
			f.bind(b, p.fixed[b])
		case b.home == inArena:
			f.bind(b, f.arena[b.at:][:b.floats()])
		}
	}
	for range e.backend.workers.threads {
		f.workers = append(f.workers, &worker{
			registers: make([][]float32, p.registers), scratch: make([]float32, p.scratch),
			uniforms: make([]float32, p.uniforms), bytes: make([]bool, p.block), spare: make([]float32, p.block),
		})
	}
	f.shares = make([]share, len(f.workers))
	f.job.frame = f
	f.bindParts(p)
	return f
}

// put takes the memory of an execution back. It forgets the buffers of inputs and outputs.
func (e *executable) put(f *frame) {
	for _, b := range e.plan.buffers {
		if b.home == inInput || b.home == inOutput {
			f.data[b.id], f.booleans[b.id] = nil, nil
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frames = append(e.frames, f)
}

func (f *frame) bind(b *buffer, memory []float32) {
	if b.kind == boolean {
		f.booleans[b.id] = bools(memory, b.n)
	} else {
		f.data[b.id] = memory
	}
}

// bindParts binds the buffers that are parts of others.
func (f *frame) bindParts(p *plan) {
	for _, b := range p.buffers {
		if b.root == nil {
			continue
		}
		root, offset := b.root, b.offset
		for ; root.root != nil; root = root.root {
			offset += root.offset
		}
		if memory := f.data[root.id]; memory != nil {
			f.data[b.id] = memory[offset:][:b.n]
		}
	}
}

// attach binds a buffer of the plan to one of the backend.
func (f *frame) attach(b *buffer, memory compute.Buffer) error {
	values, err := memory.Data()
	if err != nil {
		return err
	}
	switch values := values.(type) {
	case []float32:
		f.data[b.id] = values
	case []int32:
		f.data[b.id] = floats(values)
	case []uint32:
		f.data[b.id] = floats(values)
	case []bool:
		f.booleans[b.id] = values
	default:
		return fmt.Errorf("gocpu: execute: a buffer of %T", values)
	}
	return nil
}

// Execute implements compute.Executable. It may be called at the same time from several goroutines.
func (e *executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) (outputs []compute.Buffer, err error) {
	if err := e.check(inputs, donate); err != nil {
		return nil, err
	}
	f := e.frame()
	defer e.put(f)
	for i, b := range e.plan.inputs {
		if err := f.attach(b, inputs[i]); err != nil {
			return nil, err
		}
	}
	outputs, taken, err := e.results(f, inputs, donate, device)
	if err != nil {
		return nil, err
	}
	e.backend.workers.begin(f, e.plan.parallel)
	defer e.backend.workers.end(f)
	for _, p := range e.plan.passes {
		if err := f.job.do(p); err != nil {
			return nil, err
		}
	}
	for i, given := range donate {
		if given && !slices.Contains(taken, i) {
			if err := inputs[i].Finalize(); err != nil {
				return nil, err
			}
		}
	}
	return outputs, nil
}

// check compares the inputs with the parameters.
func (e *executable) check(inputs []compute.Buffer, donate []bool) error {
	if len(inputs) != len(e.inputs) || len(donate) != 0 && len(donate) != len(inputs) {
		return fmt.Errorf("gocpu: execute: %d inputs and %d donations for %d parameters", len(inputs), len(donate), len(e.inputs))
	}
	for i, in := range inputs {
		if t, ok := in.(*tensor); !ok || t.backend != e.backend {
			return fmt.Errorf("gocpu: execute: input %d is no buffer of this backend (%T)", i, in)
		}
		shape, err := in.Shape()
		if err != nil {
			return fmt.Errorf("gocpu: execute: input %d: %w", i, err)
		}
		if want := e.inputs[i]; shape.DType != want.DType || !shape.EqualDimensions(want) {
			return fmt.Errorf("gocpu: execute: input %d: parameter %q is %s, got %s", i, e.names[i], want, shape)
		}
	}
	return nil
}

// results makes the outputs' buffers: donated ones where the plan allows it, else new ones. It returns the inputs taken.
func (e *executable) results(f *frame, inputs []compute.Buffer, donate []bool, device compute.DeviceNum) (outputs []compute.Buffer, taken []int, err error) {
	outputs = make([]compute.Buffer, len(e.plan.outputs))
	for i, b := range e.plan.outputs {
		for _, j := range e.plan.reuse[i] {
			if len(donate) > 0 && donate[j] && !slices.Contains(taken, j) && f.exclusive(e.plan, j) {
				given := inputs[j].(*tensor)
				given.spent.Store(true)
				outputs[i], taken = &tensor{Buffer: given.Buffer, backend: e.backend}, append(taken, j)
				break
			}
		}
		if outputs[i] == nil {
			if outputs[i], _, err = e.backend.NewSharedBuffer(device, e.outputs[i]); err != nil {
				return nil, nil, err
			}
		}
		if err := f.attach(b, outputs[i]); err != nil {
			return nil, nil, err
		}
	}
	f.bindParts(e.plan)
	return outputs, taken, nil
}

// exclusive reports whether no other input is the same memory as input j.
func (f *frame) exclusive(p *plan, j int) bool {
	at := func(i int) unsafe.Pointer {
		b := p.inputs[i]
		if b.kind == boolean {
			return unsafe.Pointer(unsafe.SliceData(f.flags(b)))
		}
		return unsafe.Pointer(unsafe.SliceData(f.floats(b)))
	}
	for i := range p.inputs {
		if i != j && at(i) == at(j) {
			return false
		}
	}
	return true
}
