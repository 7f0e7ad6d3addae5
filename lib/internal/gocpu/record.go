package gocpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// kind is the type of the values of a node. All but booleans are 32 bits wide; booleans are a byte in memory and a
// 32-bit mask, all ones or all zeros, in a register.
type kind uint8

const (
	noKind kind = iota
	float
	signed
	unsigned
	boolean
)

func kindOf(d dtypes.DType) kind {
	switch d {
	case dtypes.Float32:
		return float
	case dtypes.Int32:
		return signed
	case dtypes.Uint32:
		return unsigned
	case dtypes.Bool:
		return boolean
	}
	return noKind
}

// node is a recorded operation.
type node struct {
	id   int // in order of recording, which is an order of computation
	op   compute.OpType
	kind kind
	dims []int
	in   []*node
	attr any  // by op: what the operation takes beside its inputs
	wide bool // in truth of 64 bits, though all values fit into 32
}

func (n *node) size() int { return product(n.dims) }

func product(dims []int) int {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return size
}

// Attributes of operations that have more than one.
type (
	parameter struct{ index int }
	dotAxes   struct{ contractA, batchA, contractB, batchB []int }
	sliceAxes struct{ starts, limits, strides []int }
)

// function is a main function of the reference backend that remembers what was asked of it. An operation that is not
// overridden here, or not with these types, is simply not in nodes; neither is what depends on it.
type function struct {
	compute.Function
	builder *builder
	nodes   map[compute.Value]*node
	params  []*node // nil for one of a type that is not supported
	outputs []compute.Value
}

// Builder returns the builder of this package, not the one inside.
func (f *function) Builder() compute.Builder { return f.builder }

// note records that the reference backend made v, unless it did so before: equal operations have one value.
func (f *function) note(v compute.Value, err error, op compute.OpType, attr any, inputs ...compute.Value) (compute.Value, error) {
	if err != nil || f.nodes[v] != nil {
		return v, err
	}
	n := &node{id: len(f.nodes), op: op, attr: attr}
	for _, in := range inputs {
		from := f.nodes[in]
		if from == nil {
			return v, nil
		}
		n.in = append(n.in, from)
	}
	shape, err := f.Shape(v)
	if err != nil {
		return nil, err
	}
	n.kind = kindOf(shape.DType)
	if op == compute.OpTypeIota && shape.DType == dtypes.Int64 && shape.Size() <= math.MaxInt32 {
		// GoMLX makes its diagonal matrices by comparing such numbers. What an operation makes of them may be recorded
		// if it is of another type; sums and products, which could become large, are not.
		n.kind, n.wide = signed, true
	}
	if n.kind == noKind || shape.IsDynamic() || shape.IsZeroSize() {
		return v, nil
	}
	n.dims = slices.Clone(shape.Dimensions)
	if supported(n) {
		f.nodes[v] = n
	}
	return v, nil
}

// Parameter implements compute.Function.
func (f *function) Parameter(name string, shape shapes.Shape, sharding *compute.ShardingSpec) (compute.Value, error) {
	v, err := f.Function.Parameter(name, shape, sharding)
	v, err = f.note(v, err, compute.OpTypeParameter, parameter{len(f.params)})
	if err == nil {
		f.params = append(f.params, f.nodes[v])
	}
	return v, err
}

// Constant implements compute.Function.
func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	v, err := f.Function.Constant(flat, dims...)
	if err != nil || f.nodes[v] != nil {
		return v, err
	}
	var bits []float32
	switch flat := flat.(type) {
	case []float32:
		bits = slices.Clone(flat)
	case []int32:
		bits = slices.Clone(floats(flat))
	case []uint32:
		bits = slices.Clone(floats(flat))
	case []bool:
		bits = make([]float32, words(len(flat)))
		copy(bools(bits, len(flat)), flat)
	}
	return f.note(v, nil, compute.OpTypeConstant, bits)
}

// Return implements compute.Function.
func (f *function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	f.outputs = slices.Clone(outputs)
	return f.Function.Return(outputs, shardings)
}

// Iota implements compute.Function.
func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	v, err := f.Function.Iota(shape, axis)
	return f.note(v, err, compute.OpTypeIota, axis)
}

// FusedSoftmax is refused: GoMLX then builds it of operations that are recorded, and that this package fuses itself.
func (f *function) FusedSoftmax(compute.Value, int) (compute.Value, error) {
	return nil, fmt.Errorf("gocpu: soft-max: %w", compute.ErrNotImplemented)
}

// Reshape implements compute.Function.
func (f *function) Reshape(x compute.Value, dims ...int) (compute.Value, error) {
	v, err := f.Function.Reshape(x, dims...)
	return f.note(v, err, compute.OpTypeReshape, nil, x)
}

// BroadcastInDim implements compute.Function.
func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	v, err := f.Function.BroadcastInDim(x, shape, axes)
	return f.note(v, err, compute.OpTypeBroadcastInDim, slices.Clone(axes), x)
}

// Transpose implements compute.Function.
func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	v, err := f.Function.Transpose(x, permutation...)
	return f.note(v, err, compute.OpTypeTranspose, slices.Clone(permutation), x)
}

// Slice implements compute.Function.
func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	v, err := f.Function.Slice(x, starts, limits, strides)
	return f.note(v, err, compute.OpTypeSlice, sliceAxes{slices.Clone(starts), slices.Clone(limits), slices.Clone(strides)}, x)
}

// Pad implements compute.Function.
func (f *function) Pad(x, fill compute.Value, axes ...compute.PadAxis) (compute.Value, error) {
	v, err := f.Function.Pad(x, fill, axes...)
	return f.note(v, err, compute.OpTypePad, slices.Clone(axes), x, fill)
}

// Concatenate implements compute.Function.
func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	v, err := f.Function.Concatenate(axis, operands...)
	return f.note(v, err, compute.OpTypeConcatenate, axis, operands...)
}

// Where implements compute.Function.
func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	v, err := f.Function.Where(condition, onTrue, onFalse)
	return f.note(v, err, compute.OpTypeWhere, nil, condition, onTrue, onFalse)
}

// Clamp implements compute.Function.
func (f *function) Clamp(low, x, high compute.Value) (compute.Value, error) {
	v, err := f.Function.Clamp(low, x, high)
	return f.note(v, err, compute.OpTypeClamp, nil, low, x, high)
}

// ConvertDType implements compute.Function.
func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	v, err := f.Function.ConvertDType(x, dtype)
	return f.note(v, err, compute.OpTypeConvertDType, nil, x)
}

// DotGeneral implements compute.Function.
func (f *function) DotGeneral(a compute.Value, contractA, batchA []int, b compute.Value, contractB, batchB []int,
	config compute.DotGeneralConfig) (compute.Value, error) {
	v, err := f.Function.DotGeneral(a, contractA, batchA, b, contractB, batchB, config)
	for _, d := range []dtypes.DType{config.AccumulatorDType, config.OutputDType} {
		if d != dtypes.InvalidDType && d != dtypes.Float32 {
			return v, err
		}
	}
	axes := dotAxes{slices.Clone(contractA), slices.Clone(batchA), slices.Clone(contractB), slices.Clone(batchB)}
	return f.note(v, err, compute.OpTypeDotGeneral, axes, a, b)
}

// Gather implements compute.Function. Recorded is the choice of whole rows by one index each, the index vector being
// the last axis of the indices.
func (f *function) Gather(operand, indices compute.Value, indexAxis int, offsetAxes, collapsed, indexMap, sizes []int,
	sorted bool) (compute.Value, error) {
	v, err := f.Function.Gather(operand, indices, indexAxis, offsetAxes, collapsed, indexMap, sizes, sorted)
	if err != nil || !f.rowIndices(operand, indices, indexAxis) ||
		!slices.Equal(collapsed, []int{0}) || !slices.Equal(indexMap, []int{0}) {
		return v, err
	}
	table := f.nodes[operand].dims
	whole := slices.Equal(sizes[1:], table[1:]) && sizes[0] == 1
	shape, err := f.Shape(v)
	if err != nil {
		return nil, err
	}
	for i, axis := range offsetAxes {
		whole = whole && axis == shape.Rank()-len(offsetAxes)+i
	}
	if !whole {
		return v, nil
	}
	return f.note(v, nil, compute.OpTypeGather, nil, operand, indices)
}

// ScatterSum implements compute.Function. Recorded is the sum into whole rows.
func (f *function) ScatterSum(operand, indices, updates compute.Value, indexAxis int, windowAxes, inserted, toOperand []int,
	sorted, unique bool) (compute.Value, error) {
	v, err := f.Function.ScatterSum(operand, indices, updates, indexAxis, windowAxes, inserted, toOperand, sorted, unique)
	if err != nil || !f.rowIndices(operand, indices, indexAxis) || f.nodes[updates] == nil ||
		!slices.Equal(inserted, []int{0}) || !slices.Equal(toOperand, []int{0}) {
		return v, err
	}
	table, rows := f.nodes[operand].dims, f.nodes[updates].dims
	whole := len(windowAxes) == len(table)-1 && slices.Equal(rows[len(rows)-len(windowAxes):], table[1:])
	for i, axis := range windowAxes {
		whole = whole && axis == len(rows)-len(windowAxes)+i
	}
	if !whole {
		return v, nil
	}
	return f.note(v, nil, compute.OpTypeScatterSum, nil, operand, indices, updates)
}

// rowIndices reports whether indices hold one number each for the first axis of the operand.
func (f *function) rowIndices(operand, indices compute.Value, axis int) bool {
	table, at := f.nodes[operand], f.nodes[indices]
	if table == nil || at == nil || len(table.dims) == 0 || (at.kind != signed && at.kind != unsigned) {
		return false
	}
	return axis == len(at.dims) || axis == len(at.dims)-1 && at.dims[axis] == 1
}
