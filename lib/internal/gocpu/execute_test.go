package gocpu

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// network is a layer with batch norm, its gradient by the weights, and a step along it: products, sums along both axes,
// a transpose, random bits, and state that is read and replaced.
func network(f compute.Function, in []compute.Value) ([]compute.Value, error) {
	b := &chain{f: f}
	x, w, state := in[0], in[1], in[2] // [rows, 24], [16, 24], [16, 24]
	rows := shapeOf(f, x).Dimensions[0]
	wide := shapes.Make(dtypes.Float32, rows, 16)
	h := b.dot(x, 1, w, 1)
	mean := b.two(f.Mul, b.sum(h, 0), b.number(1/float32(rows)))
	centred := b.two(f.Sub, h, b.v(f.BroadcastInDim(mean, wide, []int{1})))
	variance := b.two(f.Mul, b.sum(b.two(f.Mul, centred, centred), 0), b.number(1/float32(rows)))
	scale := b.one(f.Rsqrt, b.two(f.Add, variance, b.number(1e-5)))
	y := b.two(f.Mul, centred, b.v(f.BroadcastInDim(scale, wide, []int{1})))
	y = b.two(f.Mul, y, b.one(f.Logistic, y))
	word := shapes.Make(dtypes.Uint32, rows*16)
	noise := b.v(f.Reshape(b.two(f.Mul, b.v(f.Iota(word, 0)), b.v(f.Constant([]uint32{2654435761}))), rows, 16))
	y = b.v(f.Where(b.two(f.LessThan, noise, b.v(f.Constant([]uint32{1 << 30}))), b.number(0), y))
	largest := b.v(f.ReduceMax(y, 1))
	y = b.two(f.Sub, y, b.v(f.BroadcastInDim(largest, wide, []int{0})))
	loss := b.sum(y, 0, 1)
	gradient := b.dot(y, 0, x, 0) // [16, 24]
	next := b.two(f.Add, b.two(f.Mul, state, b.number(0.9)), gradient)
	weights := b.two(f.Sub, w, b.two(f.Mul, next, b.number(1e-3)))
	turned := b.v(f.Reshape(b.v(f.Transpose(y, 1, 0)), rows*16))
	return []compute.Value{loss, weights, next, turned}, b.err
}

// chain keeps the first error of a row of operations.
type chain struct {
	f   compute.Function
	err error
}

func (c *chain) v(v compute.Value, err error) compute.Value {
	c.err = errors.Join(c.err, err)
	return v
}
func (c *chain) one(op unaryFunc, x compute.Value) compute.Value     { return c.v(op(x)) }
func (c *chain) two(op binaryFunc, x, y compute.Value) compute.Value { return c.v(op(x, y)) }
func (c *chain) number(v float32) compute.Value                      { return c.v(c.f.Constant([]float32{v})) }
func (c *chain) sum(x compute.Value, axes ...int) compute.Value {
	return c.v(c.f.ReduceSum(x, axes...))
}
func (c *chain) dot(x compute.Value, along int, y compute.Value, by int) compute.Value {
	return c.v(c.f.DotGeneral(x, []int{along}, nil, y, []int{by}, nil, compute.DotGeneralConfig{}))
}

func networkInputs(rows int) []value {
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32((i*7919+n)%1009)/500 - 1
		}
		return x
	}
	return []value{{numbers(rows * 24), []int{rows, 24}}, {numbers(16 * 24), []int{16, 24}}, {numbers(16 * 24), []int{16, 24}}}
}

func TestNetwork(t *testing.T) {
	each(t, func(t *testing.T, b *backend, plain compute.Backend) {
		for _, rows := range []int{1, 7, 64, 1000} {
			t.Run(fmt.Sprint(rows), func(t *testing.T) {
				quick, err := compileGraph(b, network, networkInputs(rows))
				if err != nil {
					t.Fatal(err)
				}
				slow, err := compileGraph(plain, network, networkInputs(rows))
				if err != nil {
					t.Fatal(err)
				}
				got, err := execute(b, quick, networkInputs(rows), true)
				if err != nil {
					t.Fatal(err)
				}
				want, err := execute(plain, slow, networkInputs(rows), false)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if err := near(got[i], want[i], 2e-5); err != nil {
						t.Errorf("output %d: %v", i, err)
					}
				}
			})
		}
	})
}

// near compares numbers with a tolerance relative to the largest one, for sums in another order.
func near(got, want value, tolerance float32) error {
	g, w := got.flat.([]float32), want.flat.([]float32)
	bound := float32(0)
	for _, x := range w {
		bound = max(bound, x, -x)
	}
	for i, x := range w {
		if d := x - g[i]; !(max(d, -d) <= tolerance*bound) {
			return fmt.Errorf("element %d is %v, want %v", i, g[i], x)
		}
	}
	return nil
}

// TestSameBits: results depend on neither the number of threads nor who does which task.
func TestSameBits(t *testing.T) {
	inputs := networkInputs(3000)
	var first []value
	for _, threads := range []int{1, 2, 4} {
		b := fusing(t, simd.Best(), threads)
		b.worth = grain{loop: 1 << 10, products: 1 << 12, moved: 1 << 8, helpers: 2}
		e, err := compileGraph(b, network, inputs)
		if err != nil {
			t.Fatal(err)
		}
		if !e.(*executable).plan.parallel {
			t.Fatal("the graph is too small to ask for helpers")
		}
		for range 30 {
			out, err := execute(b, e, inputs, false)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = out
			}
			for i := range out {
				if err := equalValues(out[i], first[i], 0); err != nil {
					t.Fatalf("%d threads: output %d: %v", threads, i, err)
				}
			}
		}
	}
}

// TestConcurrentExecutions runs one executable from several goroutines at once.
func TestConcurrentExecutions(t *testing.T) {
	b := fusing(t, simd.Best(), 3)
	b.worth = grain{loop: 1 << 10, products: 1 << 12, moved: 1 << 8, helpers: 2}
	inputs := networkInputs(1500)
	e, err := compileGraph(b, network, inputs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := execute(b, e, inputs, false)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for range 15 {
				got, err := execute(b, e, inputs, worker%2 == 0)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range got {
					if err := equalValues(got[i], want[i], 0); err != nil {
						t.Errorf("output %d: %v", i, err)
					}
				}
			}
		})
	}
	group.Wait()
}

// TestDonation: state is replaced in its own memory, and a buffer that was given away is not to be used again.
func TestDonation(t *testing.T) {
	b := fusing(t, simd.Best(), 1)
	inputs := networkInputs(64)
	e, err := compileGraph(b, network, inputs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := execute(b, e, inputs, false)
	if err != nil {
		t.Fatal(err)
	}
	buffers := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		if buffers[i], err = b.BufferFromFlatData(0, slices.Clone(in.flat.([]float32)), in.shape()); err != nil {
			t.Fatal(err)
		}
	}
	state, err := buffers[2].Data()
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Execute(buffers, []bool{false, true, true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	next, err := out[2].Data()
	if err != nil {
		t.Fatal(err)
	}
	if &next.([]float32)[0] != &state.([]float32)[0] {
		t.Error("the new state is not in the memory of the old one")
	}
	if err := equalValues(value{next, inputs[2].dims}, want[2], 0); err != nil {
		t.Error(err)
	}
	if _, err := buffers[0].Data(); err != nil {
		t.Errorf("a buffer that was kept: %v", err)
	}
	if _, err := e.Execute(buffers, nil, 0); err == nil {
		t.Error("a donated buffer is taken again")
	}
	if err := buffers[2].Finalize(); err != nil {
		t.Errorf("finalize a donated buffer: %v", err)
	}
	if _, err := out[2].Data(); err != nil {
		t.Errorf("the result was released with the handle that was given away: %v", err)
	}
}

// TestDonateTwice gives the same memory away as one parameter and keeps it as another.
func TestDonateTwice(t *testing.T) {
	b := fusing(t, simd.Best(), 1)
	in := value{[]float32{1, 2, 3, 4}, []int{4}}
	e, err := compileGraph(b, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
		c := &chain{f: f}
		double := c.two(f.Add, in[0], in[0])
		total := c.sum(double, 0)
		return []compute.Value{double, c.two(f.Mul, in[1], total)}, c.err
	}, []value{in, in})
	if err != nil {
		t.Fatal(err)
	}
	buffer, err := b.BufferFromFlatData(0, in.flat, in.shape())
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Execute([]compute.Buffer{buffer, buffer}, []bool{true, false}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{{2, 4, 6, 8}, {20, 40, 60, 80}} {
		got, err := out[i].Data()
		if err != nil || !slices.Equal(got.([]float32), want) {
			t.Errorf("output %d is %v, want %v (%v)", i, got, want, err)
		}
	}
}

func TestWrongInputs(t *testing.T) {
	b, other := fusing(t, simd.Best(), 1), fusing(t, simd.Best(), 1)
	inputs := networkInputs(8)
	e, err := compileGraph(b, network, inputs)
	if err != nil {
		t.Fatal(err)
	}
	buffer := func(b *backend, v value) compute.Buffer {
		made, err := b.BufferFromFlatData(0, v.flat, v.shape())
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	x, w := buffer(b, inputs[0]), buffer(b, inputs[1])
	for name, in := range map[string][]compute.Buffer{
		"too few":         {x, w},
		"nil":             {x, w, nil},
		"wrong shape":     {x, w, x},
		"wrong type":      {x, w, buffer(b, value{make([]int32, 16*24), []int{16, 24}})},
		"another backend": {x, w, buffer(other, inputs[2])},
	} {
		if _, err := e.Execute(in, nil, 0); err == nil || !strings.HasPrefix(err.Error(), "gocpu: execute: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestPanicInTask: a bug in a pass is an error of the execution, on the thread that executes and on helpers.
func TestPanicInTask(t *testing.T) {
	b := fusing(t, simd.Best(), 3)
	e, err := compileGraph(b, network, networkInputs(8))
	if err != nil {
		t.Fatal(err)
	}
	for at := range 3 {
		e.(*executable).plan.passes[at] = broken{}
		e.(*executable).plan.parallel = at > 0
		_, err = execute(b, e, networkInputs(8), false)
		if err == nil || err.Error() != "gocpu: execute: internal error: broken" {
			t.Errorf("pass %d: error %v", at, err)
		}
		if full := fmt.Sprintf("%+v", err); !strings.Contains(full, "execute_test.go") {
			t.Errorf("no stack in %q", full)
		}
	}
}

type broken struct{}

func (broken) tasks() int               { return 5 }
func (broken) run(*frame, *worker, int) { panic("broken") }
func (broken) finish(*frame)            {}

// TestAllocations: an execution allocates its results and a little besides, whatever it computes.
func TestAllocations(t *testing.T) {
	b := fusing(t, simd.Best(), 1)
	inputs := networkInputs(512)
	e, err := compileGraph(b, network, inputs)
	if err != nil {
		t.Fatal(err)
	}
	buffers := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		if buffers[i], err = b.BufferFromFlatData(0, in.flat, in.shape()); err != nil {
			t.Fatal(err)
		}
	}
	run := func() {
		out, err := e.Execute(buffers, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(out)
	}
	run()
	const outputs = 4
	if n := testing.AllocsPerRun(20, run); n > 10*outputs+10 {
		t.Errorf("%v allocations in an execution with %d outputs", n, outputs)
	}
}

// TestReferenceGraphs: what is not supported runs on the reference backend, on buffers of this one.
func TestReferenceGraphs(t *testing.T) {
	b := fusing(t, simd.Best(), 1)
	in := value{[]float32{1.5, -2.5, 2.4}, []int{3}}
	e, err := compileGraph(b, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
		v, err := f.Round(in[0])
		return []compute.Value{v}, err
	}, []value{in})
	if err != nil {
		t.Fatal(err)
	}
	if b.fused.Load() != 0 || b.reference.Load() != 1 {
		t.Fatalf("%d graphs here, %d on the reference backend", b.fused.Load(), b.reference.Load())
	}
	out, err := execute(b, e, []value{in}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := out[0].flat.([]float32); !slices.Equal(got, []float32{2, -2, 2}) {
		t.Errorf("rounded to %v", got)
	}
}

// TestDescription names both parts, for jamba doctor.
func TestDescription(t *testing.T) {
	b, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	if d := b.Description(); !strings.Contains(d, simd.Best().String()) {
		t.Errorf("description %q", d)
	}
}
