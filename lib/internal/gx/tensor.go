package gx

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Device is the only device that an Engine uses.
const device = compute.DeviceNum(0)

// Floats puts values on the engine as a float32 tensor of the given shape.
func (e *Engine) Floats(values []float32, dims ...int) (*tensors.Tensor, error) {
	return place(e, values, dims)
}

// Ints puts values on the engine as an int32 tensor of the given shape.
func (e *Engine) Ints(values []int32, dims ...int) (*tensors.Tensor, error) {
	return place(e, values, dims)
}

// Words puts values on the engine as a uint32 tensor of the given shape.
func (e *Engine) Words(values []uint32, dims ...int) (*tensors.Tensor, error) {
	return place(e, values, dims)
}

func place[T float32 | int32 | uint32](e *Engine, values []T, dims []int) (t *tensors.Tensor, err error) {
	size := 1
	for _, d := range dims {
		size *= d
	}
	if size != len(values) {
		return nil, fmt.Errorf("gx: %d values do not fill shape %v", len(values), dims)
	}
	err = Try("upload", func() error {
		t = tensors.FromFlatDataAndDimensions(values, dims...)
		return nil
	})
	return t, err
}

// Read copies a float32 tensor to Go memory, waiting for the computation that makes it.
func Read(t *tensors.Tensor) (values []float32, err error) {
	err = Try("download", func() error {
		values, err = tensors.CopyFlatData[float32](t)
		return err
	})
	return values, err
}

// Donate passes t to the next call as memory that the computation may overwrite; t must not be used afterwards.
func (e *Engine) Donate(t *tensors.Tensor) (any, error) {
	return graph.DonateTensorBuffer(t, e.backend, device)
}

// Free gives back the memory of tensors at once, instead of at the next garbage collection; nil ones are passed over.
func Free(ts ...*tensors.Tensor) {
	for _, t := range ts {
		if t != nil && t.Ok() {
			_ = Try("free", t.FinalizeAll) // only memory is at stake: the collector is the second chance
		}
	}
}

// Func is a compiled graph function: one program for each combination of input shapes.
type Func struct {
	exec *graph.Exec
	name string
}

// Compile makes a Func of a graph building function; the building happens at the first call for a shape.
func (e *Engine) Compile(name string, build func(inputs []*graph.Node) []*graph.Node) (f *Func, err error) {
	err = Try(name, func() error {
		exec, err := graph.NewExec(e.backend, build)
		if err != nil {
			return err
		}
		f = &Func{exec: exec.WithName(name), name: name}
		return nil
	})
	return f, err
}

// Call runs the function on tensors, or on what Donate returned.
func (f *Func) Call(inputs ...any) (outputs []*tensors.Tensor, err error) {
	err = Try(f.name, func() error {
		outputs, _, err = f.exec.CallWithGraph(inputs...)
		return err
	})
	return outputs, err
}

// Close gives back the compiled programs.
func (f *Func) Close() {
	if f != nil {
		_ = Try(f.name, func() error { f.exec.Finalize(); return nil })
	}
}
