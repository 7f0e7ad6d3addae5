package gocpu

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

var special = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.75, 2, 3.25, -7, 1e-20, -1e-20, 1e-42, 80, -80, 1e10, -3e38,
	math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
}

// pairs returns every pair of special values, many times over, so that blocks have beginnings and ends.
func pairs() (a, b value) {
	var x, y []float32
	for range 7 {
		for _, v := range special {
			for _, w := range special {
				x, y = append(x, v), append(y, w)
			}
		}
	}
	return value{x, []int{len(x)}}, value{y, []int{len(y)}}
}

// each runs a test on every set of kernels.
func each(t *testing.T, test func(t *testing.T, b *backend, plain compute.Backend)) {
	plain := plainBackend(t)
	for _, isa := range simd.Supported() {
		t.Run(isa.String(), func(t *testing.T) { test(t, fusing(t, isa, 2), plain) })
	}
}

func TestUnaryOperations(t *testing.T) {
	each(t, func(t *testing.T, b *backend, plain compute.Backend) {
		for _, c := range []struct {
			name      string
			op        func(f compute.Function) unaryFunc
			tolerance float64
			skip      func(x float32) bool
		}{
			{name: "abs", op: func(f compute.Function) unaryFunc { return f.Abs }},
			{name: "neg", op: func(f compute.Function) unaryFunc { return f.Neg }},
			{name: "sqrt", op: func(f compute.Function) unaryFunc { return f.Sqrt }},
			{name: "rsqrt", op: func(f compute.Function) unaryFunc { return f.Rsqrt }, tolerance: 2e-7},
			{name: "exp", op: func(f compute.Function) unaryFunc { return f.Exp }, tolerance: 5e-7},
			{name: "expm1", op: func(f compute.Function) unaryFunc { return f.Expm1 }, tolerance: 5e-7},
			{name: "log", op: func(f compute.Function) unaryFunc { return f.Log }, tolerance: 5e-7},
			{name: "log1p", op: func(f compute.Function) unaryFunc { return f.Log1p }, tolerance: 5e-7},
			{name: "logistic", op: func(f compute.Function) unaryFunc { return f.Logistic }, tolerance: 5e-7},
			{name: "tanh", op: func(f compute.Function) unaryFunc { return f.Tanh }, tolerance: 5e-7},
			{name: "sin", op: func(f compute.Function) unaryFunc { return f.Sin }, tolerance: 5e-7},
			{name: "cos", op: func(f compute.Function) unaryFunc { return f.Cos }, tolerance: 5e-7},
			// The interface asks for NaN of NaN; the reference backend gives 0.
			{name: "sign", op: func(f compute.Function) unaryFunc { return f.Sign }, skip: func(x float32) bool { return x != x }},
			{name: "is nan", op: func(f compute.Function) unaryFunc { return f.IsNaN }},
			{name: "is finite", op: func(f compute.Function) unaryFunc { return f.IsFinite }},
		} {
			in, _ := pairs()
			if c.skip != nil {
				for i, x := range in.flat.([]float32) {
					if c.skip(x) {
						in.flat.([]float32)[i] = 1
					}
				}
			}
			t.Run(c.name, func(t *testing.T) {
				same(t, b, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
					v, err := c.op(f)(in[0])
					return []compute.Value{v}, err
				}, []value{in}, c.tolerance)
			})
		}
	})
}

// binaries are operations of two inputs, and the kinds of inputs that they take.
var binaries = []struct {
	name  string
	op    func(f compute.Function) binaryFunc
	kinds []kind
}{
	{"add", func(f compute.Function) binaryFunc { return f.Add }, []kind{float, signed, unsigned}},
	{"sub", func(f compute.Function) binaryFunc { return f.Sub }, []kind{float, signed, unsigned}},
	{"mul", func(f compute.Function) binaryFunc { return f.Mul }, []kind{float, signed, unsigned}},
	{"div", func(f compute.Function) binaryFunc { return f.Div }, []kind{float}},
	{"min", func(f compute.Function) binaryFunc { return f.Min }, []kind{float, signed, unsigned}},
	{"max", func(f compute.Function) binaryFunc { return f.Max }, []kind{float, signed, unsigned}},
	{"pow", func(f compute.Function) binaryFunc { return f.Pow }, []kind{float}},
	{"equal", func(f compute.Function) binaryFunc { return f.Equal }, []kind{float, signed, unsigned}},
	{"not equal", func(f compute.Function) binaryFunc { return f.NotEqual }, []kind{float, signed, unsigned}},
	{"less", func(f compute.Function) binaryFunc { return f.LessThan }, []kind{float, signed, unsigned}},
	{"less or equal", func(f compute.Function) binaryFunc { return f.LessOrEqual }, []kind{float, signed, unsigned}},
	{"greater", func(f compute.Function) binaryFunc { return f.GreaterThan }, []kind{float, signed, unsigned}},
	{"greater or equal", func(f compute.Function) binaryFunc { return f.GreaterOrEqual }, []kind{float, signed, unsigned}},
	{"and", func(f compute.Function) binaryFunc { return f.BitwiseAnd }, []kind{signed, unsigned}},
	{"or", func(f compute.Function) binaryFunc { return f.BitwiseOr }, []kind{signed, unsigned}},
	{"xor", func(f compute.Function) binaryFunc { return f.BitwiseXor }, []kind{signed, unsigned}},
	{"shift left", func(f compute.Function) binaryFunc { return f.ShiftLeft }, []kind{unsigned}},
	{"shift right", func(f compute.Function) binaryFunc { return f.ShiftRightLogical }, []kind{unsigned}},
	{"logical and", func(f compute.Function) binaryFunc { return f.LogicalAnd }, []kind{boolean}},
	{"logical or", func(f compute.Function) binaryFunc { return f.LogicalOr }, []kind{boolean}},
	{"logical xor", func(f compute.Function) binaryFunc { return f.LogicalXor }, []kind{boolean}},
}

// as makes a tensor of a kind of numbers.
func as(k kind, v value) value {
	x := v.flat.([]float32)
	switch k {
	case signed:
		y := make([]int32, len(x))
		for i := range y {
			y[i] = int32(bits(x)[i] * 2654435761 >> (i % 32))
		}
		return value{y, v.dims}
	case unsigned:
		y := make([]uint32, len(x))
		for i := range y {
			y[i] = bits(x)[i] * 2654435761 >> (i % 32)
		}
		return value{y, v.dims}
	case boolean:
		y := make([]bool, len(x))
		for i := range y {
			y[i] = x[i] > 0.5
		}
		return value{y, v.dims}
	}
	return v
}

// first is the scalar at place i of a tensor.
func (v value) at(i int) value {
	switch x := v.flat.(type) {
	case []int32:
		return value{x[i : i+1], nil}
	case []uint32:
		return value{x[i : i+1], nil}
	case []bool:
		return value{x[i : i+1], nil}
	}
	return value{v.flat.([]float32)[i : i+1], nil}
}

// TestBinaryOperations tries each operation on tensors, and with a scalar on either side.
func TestBinaryOperations(t *testing.T) {
	a, b := pairs()
	each(t, func(t *testing.T, engine *backend, plain compute.Backend) {
		for _, c := range binaries {
			for _, k := range c.kinds {
				x, y := as(k, a), as(k, b)
				inputs := [][]value{{x, y}}
				for i := 0; i < len(special)*len(special); i += 63 {
					inputs = append(inputs, []value{x, y.at(i)}, []value{x.at(i), y})
				}
				inputs = append(inputs, []value{x.at(3), y.at(5)})
				for i, in := range inputs {
					t.Run(fmt.Sprint(c.name, " ", k, " ", i), func(t *testing.T) {
						same(t, engine, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
							v, err := c.op(f)(in[0], in[1])
							return []compute.Value{v}, err
						}, in, 2e-7)
					})
				}
			}
		}
	})
}

func TestConversions(t *testing.T) {
	numbers := value{[]float32{0, 1, -1, 2.75, -2.75, 1e6, -1e6, 16777217, 2147483520, 0.99, -0.99}, []int{11}}
	positive := value{[]float32{0, 1, 3.99, 4294967040, 2147483648, 1e6}, []int{6}}
	ints := value{[]int32{0, 1, -1, 16777217, math.MaxInt32, math.MinInt32, 33554435}, []int{7}}
	unsigneds := value{[]uint32{0, 1, 16777217, math.MaxUint32, 1 << 31, 4294967167, 4294967168, 2147483777}, []int{8}}
	flags := value{[]bool{true, false, true, true, false}, []int{5}}
	each(t, func(t *testing.T, b *backend, plain compute.Backend) {
		for _, c := range []struct {
			from value
			to   []dtypes.DType
		}{
			{numbers, []dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Bool}},
			{positive, []dtypes.DType{dtypes.Uint32}},
			{ints, []dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Uint32, dtypes.Bool}},
			{unsigneds, []dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Uint32, dtypes.Bool}},
			{flags, []dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Uint32, dtypes.Bool}},
		} {
			for _, to := range c.to {
				t.Run(fmt.Sprintf("%T to %v", c.from.flat, to), func(t *testing.T) {
					same(t, b, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
						v, err := f.ConvertDType(in[0], to)
						return []compute.Value{v}, err
					}, []value{c.from}, 0)
				})
			}
		}
	})
}

// TestWhereAndClamp tries tensors and scalars at every place.
func TestWhereAndClamp(t *testing.T) {
	a, b := pairs()
	condition := as(boolean, b)
	each(t, func(t *testing.T, engine *backend, plain compute.Backend) {
		for i, in := range [][]value{{condition, a, b}, {condition, a, b.at(3)}, {condition, a.at(19), b}, {condition, a.at(3), b.at(2)},
			{condition.at(2), a, b}, {condition.at(3), a.at(1), b.at(2)}} {
			t.Run(fmt.Sprint("where ", i), func(t *testing.T) {
				same(t, engine, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
					v, err := f.Where(in[0], in[1], in[2])
					return []compute.Value{v}, err
				}, in, 0)
			})
		}
		for i, in := range [][]value{{a, b, a}, {a.at(60), b, a.at(45)}} {
			t.Run(fmt.Sprint("clamp ", i), func(t *testing.T) {
				same(t, engine, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
					v, err := f.Clamp(in[0], in[1], in[2])
					return []compute.Value{v}, err
				}, in, 0)
			})
		}
		for _, constant := range []bool{false, true} {
			t.Run(fmt.Sprint("where ", constant), func(t *testing.T) {
				same(t, engine, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
					c, err := f.Constant([]bool{constant})
					if err != nil {
						return nil, err
					}
					v, err := f.Where(c, in[0], in[1])
					return []compute.Value{v}, err
				}, []value{a, b}, 0)
			})
		}
	})
}

// TestReductions tries forms of reductions whose rows are shorter and longer than a block, with special values.
func TestReductions(t *testing.T) {
	each(t, func(t *testing.T, b *backend, plain compute.Backend) {
		for _, c := range []struct{ dims, axes []int }{
			{[]int{3, 5000}, []int{1}}, {[]int{5000, 3}, []int{0}}, {[]int{3, 700, 5}, []int{1}}, {[]int{20000}, nil},
			{[]int{2, 17000}, []int{1}}, {[]int{7, 17000}, []int{0}}, {[]int{4, 3, 5, 6}, []int{0, 2}}, {[]int{4, 3, 5, 6}, []int{1, 3}},
			{[]int{1, 6, 1}, []int{0, 2}}, {[]int{640, 8}, []int{1}}, {[]int{1030, 16}, []int{0, 1}}, {[]int{30, 20, 20}, []int{1}},
		} {
			x := make([]float32, product(c.dims))
			for i := range x {
				x[i] = float32(i*7919%257) - 100
			}
			hurt := append([]float32(nil), x...)
			hurt[len(hurt)/2], hurt[1] = float32(math.NaN()), float32(math.Inf(-1))
			for name, in := range map[string][]float32{"numbers": x, "special": hurt} {
				t.Run(fmt.Sprint(c.dims, c.axes, name), func(t *testing.T) {
					same(t, b, plain, func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
						sum, err := f.ReduceSum(in[0], c.axes...)
						if err != nil {
							return nil, err
						}
						highest, err := f.ReduceMax(in[0], c.axes...)
						if err != nil {
							return nil, err
						}
						lowest, err := f.ReduceMin(in[0], c.axes...)
						return []compute.Value{sum, highest, lowest}, err
					}, []value{{in, c.dims}}, 0)
				})
			}
		}
	})
}
