package gocpu

import (
	"errors"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// tensor is a handle of a buffer of the reference backend that names this backend as its own. A handle that was donated
// is spent: its memory belongs to somebody else.
type tensor struct {
	compute.Buffer
	backend *backend
	spent   atomic.Bool
}

var errSpent = errors.New("gocpu: the buffer was donated or finalized before")

// Backend implements compute.Buffer.
func (t *tensor) Backend() compute.Backend { return t.backend }

// Finalize implements compute.Buffer. Of a handle that was donated there is nothing left to release.
func (t *tensor) Finalize() error {
	if t.spent.Swap(true) {
		return nil
	}
	return t.Buffer.Finalize()
}

// Data implements compute.Buffer.
func (t *tensor) Data() (any, error) {
	if t.spent.Load() {
		return nil, errSpent
	}
	return t.Buffer.Data()
}

// CopyToDevice implements compute.Buffer.
func (t *tensor) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	return t.backend.adopt(t.Buffer.CopyToDevice(device))
}

// adopt makes a tensor of a buffer of the reference backend.
func (b *backend) adopt(buffer compute.Buffer, err error) (compute.Buffer, error) {
	if err != nil {
		return nil, err
	}
	return &tensor{Buffer: buffer, backend: b}, nil
}

// BufferFromFlatData implements compute.Backend.
func (b *backend) BufferFromFlatData(device compute.DeviceNum, values any, shape shapes.Shape) (compute.Buffer, error) {
	return b.adopt(b.Backend.BufferFromFlatData(device, values, shape))
}

// NewSharedBuffer implements compute.Backend.
func (b *backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (buffer compute.Buffer, values any, err error) {
	inner, values, err := b.Backend.NewSharedBuffer(device, shape)
	buffer, err = b.adopt(inner, err)
	return buffer, values, err
}

// reference is an executable of the reference backend, for tensors of this one.
type reference struct {
	compute.Executable
	backend *backend
}

// Execute implements compute.Executable.
func (e *reference) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) (outputs []compute.Buffer, err error) {
	if caught := guard(func() { outputs, err = e.execute(inputs, donate, device) }); caught != nil {
		return nil, caught
	}
	return outputs, err
}

func (e *reference) execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	inner := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		inner[i] = in
		if t, ok := in.(*tensor); ok {
			if t.spent.Load() {
				return nil, errSpent
			}
			inner[i] = t.Buffer
		}
	}
	outputs, err := e.Executable.Execute(inner, donate, device)
	if err != nil {
		return nil, err
	}
	for i, given := range donate {
		if t, ok := inputs[i].(*tensor); ok && given {
			t.spent.Store(true)
		}
	}
	for i, out := range outputs {
		outputs[i] = &tensor{Buffer: out, backend: e.backend}
	}
	return outputs, nil
}
