package gocpu

import (
	"math"

	"github.com/gomlx/compute"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// Bodies of element-wise operations over a block. All registers are []float32; where a body works on integers or
// masks it looks at the same memory as such.
type (
	unaryBody  func(k *simd.Kernels, dst, a []float32)
	binaryBody func(k *simd.Kernels, dst, a, b []float32)
	scalarBody func(k *simd.Kernels, dst, a []float32, s float32) // the other operand is one value for all
)

// binaryBodies are the forms of an operation with two inputs; a missing form with a scalar is done by spreading it.
type binaryBodies struct {
	vv binaryBody
	vs scalarBody // second operand is the scalar
	sv scalarBody // first operand is the scalar
}

// opKey selects bodies: an operation on inputs of a kind.
type opKey struct {
	op   compute.OpType
	from kind
}

var unaryOps = map[opKey]unaryBody{
	{compute.OpTypeAbs, float}:           (*simd.Kernels).Abs,
	{compute.OpTypeNeg, float}:           (*simd.Kernels).Neg,
	{compute.OpTypeSqrt, float}:          (*simd.Kernels).Sqrt,
	{compute.OpTypeRsqrt, float}:         (*simd.Kernels).Rsqrt,
	{compute.OpTypeExp, float}:           (*simd.Kernels).Exp,
	{compute.OpTypeExpm1, float}:         (*simd.Kernels).Expm1,
	{compute.OpTypeLog, float}:           (*simd.Kernels).Log,
	{compute.OpTypeLog1p, float}:         (*simd.Kernels).Log1p,
	{compute.OpTypeLogistic, float}:      (*simd.Kernels).Sigmoid,
	{compute.OpTypeTanh, float}:          (*simd.Kernels).Tanh,
	{compute.OpTypeSin, float}:           (*simd.Kernels).Sin,
	{compute.OpTypeCos, float}:           (*simd.Kernels).Cos,
	{compute.OpTypeSign, float}:          (*simd.Kernels).Sign,
	{compute.OpTypeIsNaN, float}:         func(k *simd.Kernels, dst, a []float32) { k.NotEqual(bits(dst), a, a) },
	{compute.OpTypeIsFinite, float}:      isFinite,
	{compute.OpTypeLogicalNot, boolean}:  not,
	{compute.OpTypeBitwiseNot, signed}:   not,
	{compute.OpTypeBitwiseNot, unsigned}: not,
	{compute.OpTypeNeg, signed}:          negate,
	{compute.OpTypeIdentity, float}:      move,
	{compute.OpTypeIdentity, signed}:     move,
	{compute.OpTypeIdentity, unsigned}:   move,
	{compute.OpTypeIdentity, boolean}:    move,
}

func move(_ *simd.Kernels, dst, a []float32) { copy(dst, a) }
func not(k *simd.Kernels, dst, a []float32)  { k.Not(bits(dst), bits(a)) }
func negate(_ *simd.Kernels, d, a []float32) {
	for i, v := range ints(a) {
		ints(d)[i] = -v
	}
}

func isFinite(k *simd.Kernels, dst, a []float32) {
	k.Abs(dst, a)
	k.LessEqualS(bits(dst), dst, math.MaxFloat32)
}

// conversions are keyed by the kinds from and to; int32 and uint32 are the same bits.
var conversions = map[[2]kind]unaryBody{
	{boolean, float}:    func(k *simd.Kernels, dst, a []float32) { k.AndS(bits(dst), bits(a), math.Float32bits(1)) },
	{boolean, signed}:   func(k *simd.Kernels, dst, a []float32) { k.AndS(bits(dst), bits(a), 1) },
	{boolean, unsigned}: func(k *simd.Kernels, dst, a []float32) { k.AndS(bits(dst), bits(a), 1) },
	{float, boolean}:    func(k *simd.Kernels, dst, a []float32) { k.NotEqualS(bits(dst), a, 0) },
	{signed, boolean}:   isNotZero,
	{unsigned, boolean}: isNotZero,
	{signed, float}:     func(k *simd.Kernels, dst, a []float32) { k.FromI32(dst, ints(a)) },
	{unsigned, float}:   func(k *simd.Kernels, dst, a []float32) { k.FromU32(dst, bits(a)) },
	{float, signed}:     func(k *simd.Kernels, dst, a []float32) { k.ToI32(ints(dst), a) },
	{float, unsigned}:   func(k *simd.Kernels, dst, a []float32) { k.ToU32(bits(dst), a) },
}

func isNotZero(k *simd.Kernels, dst, a []float32) {
	k.EqualUS(bits(dst), bits(a), 0)
	k.Not(bits(dst), bits(dst))
}

// onBits makes bodies for 32-bit words of those that kernels have.
func onBits(vv func(k *simd.Kernels, dst, a, b []uint32), vs func(k *simd.Kernels, dst, a []uint32, s uint32)) binaryBodies {
	b := binaryBodies{vv: func(k *simd.Kernels, dst, a, b []float32) { vv(k, bits(dst), bits(a), bits(b)) }}
	if vs != nil {
		b.vs = func(k *simd.Kernels, dst, a []float32, s float32) { vs(k, bits(dst), bits(a), math.Float32bits(s)) }
		b.sv = b.vs // all of them are symmetric
	}
	return b
}

// compared makes bodies of kernels that compare floats.
func compared(vv func(k *simd.Kernels, mask []uint32, a, b []float32), vs, sv func(k *simd.Kernels, mask []uint32, a []float32, s float32)) binaryBodies {
	return binaryBodies{
		vv: func(k *simd.Kernels, dst, a, b []float32) { vv(k, bits(dst), a, b) },
		vs: func(k *simd.Kernels, dst, a []float32, s float32) { vs(k, bits(dst), a, s) },
		sv: func(k *simd.Kernels, dst, a []float32, s float32) { sv(k, bits(dst), a, s) },
	}
}

// swapped exchanges the operands.
func swapped(b binaryBodies) binaryBodies {
	return binaryBodies{
		vv: func(k *simd.Kernels, dst, x, y []float32) { b.vv(k, dst, y, x) },
		vs: b.sv, sv: b.vs,
	}
}

// inverted negates a mask.
func inverted(b binaryBodies) binaryBodies {
	then := func(s scalarBody) scalarBody {
		if s == nil {
			return nil
		}
		return func(k *simd.Kernels, dst, a []float32, v float32) {
			s(k, dst, a, v)
			k.Not(bits(dst), bits(dst))
		}
	}
	return binaryBodies{
		vv: func(k *simd.Kernels, dst, x, y []float32) {
			b.vv(k, dst, x, y)
			k.Not(bits(dst), bits(dst))
		},
		vs: then(b.vs), sv: then(b.sv),
	}
}

// plain makes a body of a function of two integers, for operations that are too rare for a kernel.
func plain[T int32 | uint32](f func(a, b T) uint32) binaryBodies {
	return binaryBodies{vv: func(_ *simd.Kernels, dst, a, b []float32) {
		x, y, d := recast[T](a), recast[T](b), bits(dst)
		for i, v := range x {
			d[i] = f(v, y[i])
		}
	}}
}

func maskOf(b bool) uint32 {
	if b {
		return math.MaxUint32
	}
	return 0
}

func pow(_ *simd.Kernels, dst, a, b []float32) {
	for i, v := range a {
		dst[i] = float32(math.Pow(float64(v), float64(b[i])))
	}
}

func subBits(k *simd.Kernels, dst, a []uint32, s uint32) { k.AddUS(dst, a, -s) }

// shift makes bodies of a kernel that shifts by one distance for all. As in Go, a distance of the width of the word or
// more leaves nothing.
func shift(by func(k *simd.Kernels, dst, a []uint32, n uint), one func(a, n uint32) uint32) binaryBodies {
	b := plain(one)
	b.vs = func(k *simd.Kernels, dst, a []float32, s float32) {
		if n := math.Float32bits(s); n < 32 {
			by(k, bits(dst), bits(a), uint(n))
		} else {
			clear(dst[:len(a)])
		}
	}
	return b
}

var binaryOps = makeBinaryOps()

func makeBinaryOps() map[opKey]binaryBodies {
	type K = simd.Kernels
	less := compared((*K).Less, (*K).LessS, (*K).GreaterS)
	lessEqual := compared((*K).LessEqual, (*K).LessEqualS, (*K).GreaterEqualS)
	equal := compared((*K).Equal, (*K).EqualS, (*K).EqualS)
	ops := map[opKey]binaryBodies{
		{compute.OpTypeAdd, float}:            {(*K).Add, (*K).AddS, (*K).AddS},
		{compute.OpTypeSub, float}:            {(*K).Sub, (*K).SubS, (*K).RSubS},
		{compute.OpTypeMul, float}:            {(*K).Mul, (*K).MulS, (*K).MulS},
		{compute.OpTypeDiv, float}:            {(*K).Div, (*K).DivS, (*K).RDivS},
		{compute.OpTypeMin, float}:            {(*K).Min, (*K).MinS, (*K).MinS},
		{compute.OpTypeMax, float}:            {(*K).Max, (*K).MaxS, (*K).MaxS},
		{compute.OpTypePow, float}:            {vv: pow},
		{compute.OpTypeLessThan, float}:       less,
		{compute.OpTypeLessOrEqual, float}:    lessEqual,
		{compute.OpTypeGreaterThan, float}:    swapped(less),
		{compute.OpTypeGreaterOrEqual, float}: swapped(lessEqual),
		{compute.OpTypeEqual, float}:          equal,
		{compute.OpTypeNotEqual, float}:       compared((*K).NotEqual, (*K).NotEqualS, (*K).NotEqualS),

		{compute.OpTypeLogicalAnd, boolean}: onBits((*K).And, (*K).AndS),
		{compute.OpTypeLogicalOr, boolean}:  onBits((*K).Or, (*K).OrS),
		{compute.OpTypeLogicalXor, boolean}: onBits((*K).Xor, (*K).XorS),
	}
	same := onBits((*K).EqualU, (*K).EqualUS)
	lessU := onBits((*K).LessU, nil)
	lessU.vs = onBits((*K).LessU, (*K).LessUS).vs
	lessI := plain(func(a, b int32) uint32 { return maskOf(a < b) })
	for _, from := range []kind{signed, unsigned} {
		add := onBits((*K).AddU, (*K).AddUS)
		sub := onBits((*K).SubU, subBits)
		sub.sv = nil
		ops[opKey{compute.OpTypeAdd, from}] = add
		ops[opKey{compute.OpTypeSub, from}] = sub
		ops[opKey{compute.OpTypeMul, from}] = onBits((*K).MulU, (*K).MulUS)
		ops[opKey{compute.OpTypeBitwiseAnd, from}] = onBits((*K).And, (*K).AndS)
		ops[opKey{compute.OpTypeBitwiseOr, from}] = onBits((*K).Or, (*K).OrS)
		ops[opKey{compute.OpTypeBitwiseXor, from}] = onBits((*K).Xor, (*K).XorS)
		ops[opKey{compute.OpTypeEqual, from}] = same
		ops[opKey{compute.OpTypeNotEqual, from}] = inverted(same)
		lesser := lessU
		if from == signed {
			lesser = lessI
		}
		ops[opKey{compute.OpTypeLessThan, from}] = lesser
		ops[opKey{compute.OpTypeGreaterThan, from}] = swapped(lesser)
		ops[opKey{compute.OpTypeLessOrEqual, from}] = inverted(swapped(lesser))
		ops[opKey{compute.OpTypeGreaterOrEqual, from}] = inverted(lesser)
	}
	ops[opKey{compute.OpTypeShiftLeft, unsigned}] = shift((*K).ShlS, func(a, n uint32) uint32 { return a << n })
	ops[opKey{compute.OpTypeShiftRightLogical, unsigned}] = shift((*K).ShrS, func(a, n uint32) uint32 { return a >> n })
	ops[opKey{compute.OpTypeMin, signed}] = plain(func(a, b int32) uint32 { return uint32(min(a, b)) })
	ops[opKey{compute.OpTypeMax, signed}] = plain(func(a, b int32) uint32 { return uint32(max(a, b)) })
	ops[opKey{compute.OpTypeMin, unsigned}] = plain(func(a, b uint32) uint32 { return min(a, b) })
	ops[opKey{compute.OpTypeMax, unsigned}] = plain(func(a, b uint32) uint32 { return max(a, b) })
	return ops
}

// supported reports whether this package computes the node, whose inputs are supported.
func supported(n *node) bool {
	from := n.kind
	if len(n.in) > 0 {
		from = n.in[len(n.in)-1].kind
	}
	switch n.op {
	case compute.OpTypeParameter, compute.OpTypeConstant, compute.OpTypeReshape, compute.OpTypeIdentity,
		compute.OpTypeBroadcastInDim, compute.OpTypeTranspose, compute.OpTypeSlice, compute.OpTypeConcatenate, compute.OpTypeWhere:
		return true
	case compute.OpTypeIota:
		return n.kind != boolean
	case compute.OpTypeConvertDType:
		return n.kind == from || conversions[[2]kind{from, n.kind}] != nil || from != float && from != boolean
	case compute.OpTypeReduceSum, compute.OpTypeReduceMax, compute.OpTypeReduceMin, compute.OpTypeReduceProduct,
		compute.OpTypeDotGeneral, compute.OpTypeScatterSum:
		return n.kind == float
	case compute.OpTypeGather:
		return n.kind != boolean
	case compute.OpTypePad:
		for _, a := range n.attr.([]compute.PadAxis) {
			if a.Start < 0 || a.End < 0 || a.Interior != 0 {
				return false
			}
		}
		return true
	case compute.OpTypeClamp:
		return binaryOps[opKey{compute.OpTypeMax, from}].vv != nil
	}
	return unaryOps[opKey{n.op, from}] != nil || binaryOps[opKey{n.op, from}].vv != nil
}
