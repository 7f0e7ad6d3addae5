package gocpu

import (
	"slices"

	"github.com/gomlx/compute"
)

// The operations of one input, of two inputs and of one input over axes, each recorded as what it is.

type unaryFunc = func(x compute.Value) (compute.Value, error)
type binaryFunc = func(a, b compute.Value) (compute.Value, error)
type reduceFunc = func(x compute.Value, axes ...int) (compute.Value, error)

func (f *function) unary(op compute.OpType, inner unaryFunc, x compute.Value) (compute.Value, error) {
	v, err := inner(x)
	return f.note(v, err, op, nil, x)
}

func (f *function) binary(op compute.OpType, inner binaryFunc, a, b compute.Value) (compute.Value, error) {
	v, err := inner(a, b)
	return f.note(v, err, op, nil, a, b)
}

func (f *function) reduce(op compute.OpType, inner reduceFunc, x compute.Value, axes []int) (compute.Value, error) {
	v, err := inner(x, axes...)
	return f.note(v, err, op, slices.Clone(axes), x)
}

// Abs implements compute.Function.
func (f *function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeAbs, f.Function.Abs, x)
}

// Neg implements compute.Function.
func (f *function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeNeg, f.Function.Neg, x)
}

// Sqrt implements compute.Function.
func (f *function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSqrt, f.Function.Sqrt, x)
}

// Rsqrt implements compute.Function.
func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeRsqrt, f.Function.Rsqrt, x)
}

// Exp implements compute.Function.
func (f *function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExp, f.Function.Exp, x)
}

// Expm1 implements compute.Function.
func (f *function) Expm1(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeExpm1, f.Function.Expm1, x)
}

// Log implements compute.Function.
func (f *function) Log(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog, f.Function.Log, x)
}

// Log1p implements compute.Function.
func (f *function) Log1p(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLog1p, f.Function.Log1p, x)
}

// Logistic implements compute.Function.
func (f *function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogistic, f.Function.Logistic, x)
}

// Tanh implements compute.Function.
func (f *function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeTanh, f.Function.Tanh, x)
}

// Sin implements compute.Function.
func (f *function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSin, f.Function.Sin, x)
}

// Cos implements compute.Function.
func (f *function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeCos, f.Function.Cos, x)
}

// Sign implements compute.Function.
func (f *function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeSign, f.Function.Sign, x)
}

// IsNaN implements compute.Function.
func (f *function) IsNaN(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeIsNaN, f.Function.IsNaN, x)
}

// IsFinite implements compute.Function.
func (f *function) IsFinite(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeIsFinite, f.Function.IsFinite, x)
}

// Identity implements compute.Function.
func (f *function) Identity(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeIdentity, f.Function.Identity, x)
}

// LogicalNot implements compute.Function.
func (f *function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeLogicalNot, f.Function.LogicalNot, x)
}

// BitwiseNot implements compute.Function.
func (f *function) BitwiseNot(x compute.Value) (compute.Value, error) {
	return f.unary(compute.OpTypeBitwiseNot, f.Function.BitwiseNot, x)
}

// Add implements compute.Function.
func (f *function) Add(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeAdd, f.Function.Add, a, b)
}

// Sub implements compute.Function.
func (f *function) Sub(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeSub, f.Function.Sub, a, b)
}

// Mul implements compute.Function.
func (f *function) Mul(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMul, f.Function.Mul, a, b)
}

// Div implements compute.Function.
func (f *function) Div(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeDiv, f.Function.Div, a, b)
}

// Max implements compute.Function.
func (f *function) Max(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMax, f.Function.Max, a, b)
}

// Min implements compute.Function.
func (f *function) Min(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMin, f.Function.Min, a, b)
}

// Pow implements compute.Function.
func (f *function) Pow(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypePow, f.Function.Pow, a, b)
}

// BitwiseAnd implements compute.Function.
func (f *function) BitwiseAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseAnd, f.Function.BitwiseAnd, a, b)
}

// BitwiseOr implements compute.Function.
func (f *function) BitwiseOr(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseOr, f.Function.BitwiseOr, a, b)
}

// BitwiseXor implements compute.Function.
func (f *function) BitwiseXor(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseXor, f.Function.BitwiseXor, a, b)
}

// LogicalAnd implements compute.Function.
func (f *function) LogicalAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalAnd, f.Function.LogicalAnd, a, b)
}

// LogicalOr implements compute.Function.
func (f *function) LogicalOr(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalOr, f.Function.LogicalOr, a, b)
}

// LogicalXor implements compute.Function.
func (f *function) LogicalXor(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalXor, f.Function.LogicalXor, a, b)
}

// ShiftLeft implements compute.Function.
func (f *function) ShiftLeft(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftLeft, f.Function.ShiftLeft, a, b)
}

// ShiftRightLogical implements compute.Function.
func (f *function) ShiftRightLogical(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftRightLogical, f.Function.ShiftRightLogical, a, b)
}

// Equal implements compute.Function.
func (f *function) Equal(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeEqual, f.Function.Equal, a, b)
}

// NotEqual implements compute.Function.
func (f *function) NotEqual(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeNotEqual, f.Function.NotEqual, a, b)
}

// LessThan implements compute.Function.
func (f *function) LessThan(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLessThan, f.Function.LessThan, a, b)
}

// LessOrEqual implements compute.Function.
func (f *function) LessOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLessOrEqual, f.Function.LessOrEqual, a, b)
}

// GreaterThan implements compute.Function.
func (f *function) GreaterThan(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeGreaterThan, f.Function.GreaterThan, a, b)
}

// GreaterOrEqual implements compute.Function.
func (f *function) GreaterOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeGreaterOrEqual, f.Function.GreaterOrEqual, a, b)
}

// ReduceSum implements compute.Function.
func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceSum, f.Function.ReduceSum, x, axes)
}

// ReduceMax implements compute.Function.
func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMax, f.Function.ReduceMax, x, axes)
}

// ReduceMin implements compute.Function.
func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMin, f.Function.ReduceMin, x, axes)
}

// ReduceProduct implements compute.Function.
func (f *function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceProduct, f.Function.ReduceProduct, x, axes)
}
