package model

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Random draws numbers inside a training step from a counter and a key. There is no state to carry along: step n of a
// run draws the same numbers whether or not the run was interrupted, and on every engine, since only integer
// arithmetic is involved. Speed and even spread matter here, secrecy does not.
type Random struct {
	key    *Node // scalar uint32, different in every step
	stream uint32
}

// NewRandom returns a source for one execution of a graph; key is a scalar uint32.
func NewRandom(key *Node) *Random { return &Random{key: key} }

// Bits returns 32 random bits for each element of a tensor of the given shape.
func (r *Random) Bits(dims ...int) *Node {
	g := r.key.Graph()
	r.stream++
	u32 := func(v uint32) *Node { return Const(g, v) }
	n := size(dims)
	// Murmur3's finalizer, a bijection that spreads each input bit over the word, over key and stream, then the counter.
	mix := func(h *Node) *Node {
		h = Mul(BitwiseXor(h, BitwiseShiftRightLogicalScalar(h, uint32(16))), u32(0x85ebca6b))
		h = Mul(BitwiseXor(h, BitwiseShiftRightLogicalScalar(h, uint32(13))), u32(0xc2b2ae35))
		return BitwiseXor(h, BitwiseShiftRightLogicalScalar(h, uint32(16)))
	}
	key := mix(Add(r.key, u32(r.stream*0x9e3779b9)))
	counter := Mul(Iota(g, shapes.Make(dtypes.Uint32, n), 0), u32(0x9e3779b9))
	return Reshape(StopGradient(mix(Add(counter, key))), dims...)
}

// Below returns a tensor that is true with the given probability (scalar float32 node, 0..1).
func (r *Random) Below(probability *Node, dims ...int) *Node {
	const top = 4294967040 // the largest float32 below 2^32
	threshold := ConvertDType(MinScalar(MulScalar(probability, 1<<32), top), dtypes.Uint32)
	return LessThan(r.Bits(dims...), threshold)
}

// Normal returns standard normal numbers, made of four uniform ones (Irwin-Hall): close enough for augmentation.
func (r *Random) Normal(dims ...int) *Node {
	var sum *Node
	for range 4 {
		u := MulScalar(ConvertDType(r.Bits(dims...), dtypes.Float32), 1.0/(1<<32))
		if sum == nil {
			sum = u
		} else {
			sum = Add(sum, u)
		}
	}
	const variance = 4.0 / 12
	return MulScalar(AddScalar(sum, -2), 1/sqrt(variance))
}
