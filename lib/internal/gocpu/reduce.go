package gocpu

import (
	"math"

	"github.com/gomlx/compute"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// combiner is what a reduction does with numbers.
type combiner struct {
	zero    float32                                              // the reduction of nothing
	all     func(k *simd.Kernels, x []float32) float32           // of a row
	rows    func(k *simd.Kernels, dst, x []float32, rows, n int) // of each row of a matrix
	columns func(k *simd.Kernels, dst, x []float32, rows, n int) // of each column of a matrix, into dst
	two     func(k *simd.Kernels, dst, a, b []float32)           // of two numbers
	halves  bool                                                 // whether any order gives the same result
}

var combiners = map[compute.OpType]*combiner{
	compute.OpTypeReduceSum:     {0, (*simd.Kernels).Sum, (*simd.Kernels).SumRows, (*simd.Kernels).AddRows, (*simd.Kernels).Add, false},
	compute.OpTypeReduceMax:     {float32(math.Inf(-1)), (*simd.Kernels).MaxOf, (*simd.Kernels).MaxRows, columnsBy((*simd.Kernels).Max), (*simd.Kernels).Max, true},
	compute.OpTypeReduceMin:     {float32(math.Inf(1)), (*simd.Kernels).MinOf, rowsBy((*simd.Kernels).MinOf), columnsBy((*simd.Kernels).Min), (*simd.Kernels).Min, true},
	compute.OpTypeReduceProduct: {1, productOf, rowsBy(productOf), columnsBy((*simd.Kernels).Mul), (*simd.Kernels).Mul, false},
}

func productOf(_ *simd.Kernels, x []float32) float32 {
	p := float32(1)
	for _, v := range x {
		p *= v
	}
	return p
}

func rowsBy(all func(k *simd.Kernels, x []float32) float32) func(k *simd.Kernels, dst, x []float32, rows, n int) {
	return func(k *simd.Kernels, dst, x []float32, rows, n int) {
		for r := range rows {
			dst[r] = all(k, x[r*n:][:n])
		}
	}
}

func columnsBy(two binaryBody) func(k *simd.Kernels, dst, x []float32, rows, n int) {
	return func(k *simd.Kernels, dst, x []float32, rows, n int) {
		for r := range rows {
			two(k, dst[:n], dst[:n], x[r*n:][:n])
		}
	}
}

// sink is a reduction at the end of a loop's program.
//
// Each row that is reduced lies within one task, save where the result is one number or one row for the whole domain:
// then each task makes its own, in partial, and finish combines them in order.
type sink struct {
	item    *item
	form    reduced
	combine *combiner
	partial *buffer // [tasks, inner], nil if there is one task
}

// shared reports whether several tasks reduce to the same place.
func (s *sink) shared() bool { return s.form.outer == 1 }

// target is where the task's result goes.
func (s *sink) target(f *frame, task int) []float32 {
	if s.partial == nil {
		return f.floats(s.item.buffer)
	}
	return f.floats(s.partial)[task*s.form.inner:][:s.form.inner]
}

// begin sets what the task from..to adds to.
func (s *sink) begin(f *frame, _ *worker, task, from, to int) {
	switch t := s.target(f, task); {
	case s.form.outer == 1:
		f.kernels.Fill(t, s.combine.zero)
	case s.form.inner > 1:
		plane := s.form.r * s.form.inner
		f.kernels.Fill(t[from/plane*s.form.inner:to/plane*s.form.inner], s.combine.zero)
	}
}

// feed reduces a block, which begins at element at of the domain.
func (s *sink) feed(f *frame, w *worker, x []float32, task, at int) {
	k, t, form := f.kernels, s.target(f, task), s.form
	switch {
	case form.outer == 1 && form.inner == 1:
		block := [1]float32{s.combine.all(k, x)}
		s.combine.two(k, t, t, block[:])
	case form.inner == 1:
		s.combine.rows(k, t[at/form.r:], x, len(x)/form.r, form.r)
	default:
		for row := at / form.inner; len(x) > 0; {
			rows := min(len(x)/form.inner, form.r-row%form.r)
			into, part := t[row/form.r*form.inner:][:form.inner], x[:rows*form.inner]
			x = x[len(part):]
			row += rows
			if s.combine.halves {
				// The order does not matter to the result: whole halves at a time are faster than short rows.
				for rows > 1 && len(part)/2 <= len(w.spare) {
					half := rows / 2 * form.inner
					best := w.spare[:half]
					s.combine.two(k, best, part[:half], part[half:2*half])
					if rows%2 == 1 {
						s.combine.two(k, into, into, part[2*half:])
					}
					part, rows = best, rows/2
				}
			}
			s.combine.columns(k, into, part, rows, form.inner)
		}
	}
}

// finish combines the results of the tasks.
func (s *sink) finish(f *frame, tasks int) {
	if s.partial == nil {
		return
	}
	out, parts := f.floats(s.item.buffer), f.floats(s.partial)
	copy(out, parts[:s.form.inner])
	for t := 1; t < tasks; t++ {
		s.combine.two(f.kernels, out, out, parts[t*s.form.inner:][:s.form.inner])
	}
}
