package gguf

import (
	"cmp"
	"slices"
)

// Summary is what the tensors of a file take, in all and by type.
type Summary struct {
	Tensors int
	Weights uint64
	Bytes   uint64 // of the data, without padding
	Types   []TypeSummary
}

// TypeSummary is the part of a Summary that has one type.
type TypeSummary struct {
	Type    Type
	Tensors int
	Weights uint64
	Bytes   uint64
}

// Summarize adds up tensors. Types come in the order of their share of the weights, the largest first. Of a Tensor that
// is not yet written, Size may be 0: then it is computed from Type and Dims.
func Summarize(tensors []Tensor) Summary {
	var s Summary
	at := map[Type]int{}
	for _, t := range tensors {
		i, ok := at[t.Type]
		if !ok {
			i = len(s.Types)
			at[t.Type] = i
			s.Types = append(s.Types, TypeSummary{Type: t.Type})
		}
		size := t.Size
		if size == 0 {
			size, _ = tensorBytes(t.Type, t.Dims)
		}
		n := t.Elements()
		p := &s.Types[i]
		p.Tensors, p.Weights, p.Bytes = p.Tensors+1, p.Weights+n, p.Bytes+size
		s.Tensors, s.Weights, s.Bytes = s.Tensors+1, s.Weights+n, s.Bytes+size
	}
	slices.SortStableFunc(s.Types, func(a, b TypeSummary) int { return cmp.Compare(b.Weights, a.Weights) })
	return s
}

// BitsPerWeight is 8 times bytes by weights, 0 without weights.
func (s Summary) BitsPerWeight() float64 {
	if s.Weights == 0 {
		return 0
	}
	return 8 * float64(s.Bytes) / float64(s.Weights)
}
