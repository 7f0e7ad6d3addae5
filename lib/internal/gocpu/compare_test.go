package gocpu

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// value is a tensor in the memory of a test.
type value struct {
	flat any
	dims []int
}

func (v value) shape() shapes.Shape {
	switch v.flat.(type) {
	case []float32:
		return shapes.Make(dtypes.Float32, v.dims...)
	case []int32:
		return shapes.Make(dtypes.Int32, v.dims...)
	case []uint32:
		return shapes.Make(dtypes.Uint32, v.dims...)
	}
	return shapes.Make(dtypes.Bool, v.dims...)
}

// graphFunc builds a graph of its parameters.
type graphFunc func(f compute.Function, in []compute.Value) ([]compute.Value, error)

// fusing opens a backend of this package for a test.
func fusing(t testing.TB, isa simd.ISA, threads int) *backend {
	t.Helper()
	b, err := open(isa, threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

func plainBackend(t testing.TB) compute.Backend {
	t.Helper()
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

// compileGraph builds and compiles a graph for parameters like inputs.
func compileGraph(b compute.Backend, build graphFunc, inputs []value) (compute.Executable, error) {
	builder := b.Builder("test")
	f := builder.Main()
	params := make([]compute.Value, len(inputs))
	for i, in := range inputs {
		var err error
		if params[i], err = f.Parameter(fmt.Sprint("p", i), in.shape(), nil); err != nil {
			return nil, err
		}
	}
	outputs, err := build(f, params)
	if err != nil {
		return nil, err
	}
	if err := f.Return(outputs, nil); err != nil {
		return nil, err
	}
	return builder.Compile()
}

// execute runs an executable on inputs, giving them away if donate is set.
func execute(b compute.Backend, e compute.Executable, inputs []value, donate bool) ([]value, error) {
	buffers, given := make([]compute.Buffer, len(inputs)), make([]bool, len(inputs))
	for i, in := range inputs {
		var err error
		if buffers[i], err = b.BufferFromFlatData(0, in.flat, in.shape()); err != nil {
			return nil, err
		}
		given[i] = donate
	}
	outputs, err := e.Execute(buffers, given, 0)
	if err != nil {
		return nil, err
	}
	values := make([]value, len(outputs))
	for i, out := range outputs {
		flat, err := out.Data()
		if err != nil {
			return nil, err
		}
		shape, err := out.Shape()
		if err != nil {
			return nil, err
		}
		values[i] = value{flat, shape.Dimensions}
	}
	if !donate { // inputs must be as they were
		for i, in := range inputs {
			flat, err := buffers[i].Data()
			if err != nil {
				return nil, err
			}
			if err := equalValues(value{flat, in.dims}, in, 0); err != nil {
				return nil, fmt.Errorf("input %d was changed: %w", i, err)
			}
		}
	}
	return values, nil
}

// same runs a graph on both backends and fails unless it was compiled by this package and the results agree to tolerance.
func same(t failer, b *backend, plain compute.Backend, build graphFunc, inputs []value, tolerance float64) {
	t.Helper()
	before := b.fused.Load()
	quick, err := compileGraph(b, build, inputs)
	if err != nil {
		t.Fatalf("compile: %+v", err)
	}
	if b.fused.Load() != before+1 {
		t.Fatalf("the graph was left to the reference backend")
	}
	slow, err := compileGraph(plain, build, inputs)
	if err != nil {
		t.Fatalf("compile on the reference backend: %v", err)
	}
	want, err := execute(plain, slow, inputs, false)
	if err != nil {
		t.Fatalf("execute on the reference backend: %v", err)
	}
	for _, donate := range []bool{false, true, false} {
		got, err := execute(b, quick, inputs, donate)
		if err != nil {
			t.Fatalf("execute: %+v", err)
		}
		for i := range want {
			if err := equalValues(got[i], want[i], tolerance); err != nil {
				t.Fatalf("output %d (donated inputs: %v): %v", i, donate, err)
			}
		}
	}
}

// failer is what same needs of a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// equalValues compares tensors: numbers to a relative tolerance, NaN being equal to NaN.
func equalValues(got, want value, tolerance float64) error {
	if fmt.Sprint(got.dims) != fmt.Sprint(want.dims) {
		return fmt.Errorf("shape %v, want %v", got.dims, want.dims)
	}
	g, okG := got.flat.([]float32)
	w, okW := want.flat.([]float32)
	if !okG || !okW {
		if !reflect.DeepEqual(got.flat, want.flat) {
			return fmt.Errorf("%T %.200v, want %T %.200v", got.flat, fmt.Sprint(got.flat), want.flat, fmt.Sprint(want.flat))
		}
		return nil
	}
	for i, x := range w {
		y := g[i]
		if x == y || x != x && y != y {
			continue
		}
		if difference := math.Abs(float64(x) - float64(y)); !(difference <= tolerance*math.Max(1e-30, math.Abs(float64(x)))) {
			return fmt.Errorf("element %d is %v, want %v", i, y, x)
		}
	}
	return nil
}
