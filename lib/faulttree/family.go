package faulttree

import (
	"context"
	"math"
	"math/big"
	"math/bits"
)

// family is a finished ZBDD: the nodes that one root needs, in topological order. Totals over all its sets cost one pass
// over the nodes however many sets there are.
type family struct {
	nodes []node // 0 is the empty family, 1 the empty set
	root  uint32
	vars  []int32 // variable of each level of the BDD; literal levels are twice that
}

// compact copies what is reachable from root.
func (z *zbdd) compact(root uint32, vars []int32) *family {
	reached := make([]bool, max(root+1, 2))
	reached[root] = true
	for i := len(reached) - 1; i > 1; i-- {
		if reached[i] {
			reached[z.nodes[i].hi], reached[z.nodes[i].lo] = true, true
		}
	}
	f := &family{nodes: []node{{level: terminalLevel}, {level: terminalLevel}}, vars: vars}
	renumbered := make([]uint32, len(reached))
	renumbered[1] = 1
	for i := 2; i < len(reached); i++ {
		if !reached[i] {
			continue
		}
		n := z.nodes[i]
		renumbered[i] = uint32(len(f.nodes))
		f.nodes = append(f.nodes, node{n.level, renumbered[n.hi], renumbered[n.lo]})
	}
	f.root = renumbered[root]
	return f
}

// literal returns the variable of a level and whether the level stands for its negation.
func (f *family) literal(level uint32) (v int32, negated bool) { return f.vars[level/2], level&1 == 1 }

// chance returns the probability of the literal of a node.
func (f *family) chance(n node, o odds) float64 {
	v, negated := f.literal(n.level)
	if negated {
		return o[v].no
	}
	return o[v].yes
}

// counts returns the number of sets by their number of literals. It walks down from the root with the number of ways to
// reach a node by how many literals were chosen; a node's numbers are dropped once passed on, so what is kept is the
// frontier of the walk.
func (f *family) counts(ctx context.Context) ([]*big.Int, error) {
	small, ok, err := countsOf[uint64](ctx, f, func(x, y uint64) (uint64, bool) {
		sum, carry := bits.Add64(x, y, 0)
		return sum, carry == 0
	}, 1)
	if err != nil {
		return nil, err
	}
	if ok {
		list := make([]*big.Int, len(small))
		for i, n := range small {
			list[i] = new(big.Int).SetUint64(n)
		}
		return list, nil
	}
	large, _, err := countsOf[*big.Int](ctx, f, func(x, y *big.Int) (*big.Int, bool) {
		switch {
		case x == nil:
			return y, true
		case y == nil:
			return x, true
		}
		return new(big.Int).Add(x, y), true
	}, big.NewInt(1))
	for i := range large {
		if large[i] == nil {
			large[i] = new(big.Int)
		}
	}
	return large, err
}

// ways are numbers of ways by the number of chosen literals, from low on.
type ways[T any] struct {
	low  int
	list []T
}

// countsOf is counts for one type of numbers; add reports an overflow.
func countsOf[T any](ctx context.Context, f *family, add func(x, y T) (T, bool), one T) (byOrder []T, ok bool, err error) {
	at := make([]ways[T], len(f.nodes))
	var free [][]T
	give := func(to uint32, from ways[T], shift int) bool {
		if to == noSets {
			return true
		}
		w := &at[to]
		low, high := from.low+shift, from.low+shift+len(from.list)
		if w.list == nil {
			w.low = low
			if n := len(free); n > 0 {
				w.list, free = free[n-1][:0], free[:n-1]
			}
			w.list = append(w.list, from.list...)
			return true
		}
		if low < w.low {
			grown := make([]T, w.low-low+len(w.list), max(w.low+len(w.list), high)-low)
			copy(grown[w.low-low:], w.list)
			w.low, w.list = low, grown
		}
		for w.low+len(w.list) < high {
			var zero T
			w.list = append(w.list, zero)
		}
		for i, n := range from.list {
			sum, fits := add(w.list[low-w.low+i], n)
			if !fits {
				return false
			}
			w.list[low-w.low+i] = sum
		}
		return true
	}
	at[f.root] = ways[T]{0, []T{one}}
	for i := len(f.nodes) - 1; i > 1; i-- {
		if i&0xffff == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		n := f.nodes[i]
		if !give(n.hi, at[i], 1) || !give(n.lo, at[i], 0) {
			return nil, false, nil
		}
		if cap(at[i].list) > 0 && len(free) < 1024 {
			free = append(free, at[i].list)
		}
		at[i].list = nil
	}
	if f.root == noSets {
		return nil, true, nil
	}
	result := make([]T, at[emptySet].low+len(at[emptySet].list))
	copy(result[at[emptySet].low:], at[emptySet].list)
	return result, true, nil
}

// powerSum returns the sum over all sets of the k-th power of their probability.
func (f *family) powerSum(o odds, k float64, scratch []float64) float64 {
	scratch[0], scratch[1] = 0, 1
	power := make([]float64, 2*len(o))
	for v := range o {
		power[2*v], power[2*v+1] = math.Pow(o[v].yes, k), math.Pow(o[v].no, k)
	}
	for i := 2; i < len(f.nodes); i++ {
		n := f.nodes[i]
		scratch[i] = math.FMA(power[2*f.vars[n.level/2]+int32(n.level&1)], scratch[n.hi], scratch[n.lo])
	}
	return scratch[f.root]
}

// best returns the probability of the most probable set below each node.
func (f *family) best(o odds) []float64 {
	best := make([]float64, len(f.nodes))
	best[1] = 1
	for i := 2; i < len(f.nodes); i++ {
		n := f.nodes[i]
		best[i] = math.Max(f.chance(n, o)*best[n.hi], best[n.lo])
	}
	return best
}

// containing returns for each variable the sum of the probabilities of the sets that have it, in either sign.
func (f *family) containing(o odds) []float64 {
	below := make([]float64, len(f.nodes))
	f.powerSum(o, 1, below)
	reach := make([]float64, len(f.nodes))
	reach[f.root] = 1
	sum := make([]float64, len(o))
	for i := len(f.nodes) - 1; i > 1; i-- {
		n := f.nodes[i]
		p := reach[i] * f.chance(n, o)
		v, _ := f.literal(n.level)
		sum[v] += p * below[n.hi]
		reach[n.hi] += p
		reach[n.lo] += reach[i]
	}
	return sum
}

// upperBound returns the min-cut upper bound 1 - product of (1 - P(set)) over all sets. With
//
//	-ln(1 - bound) = sum over sets of -ln(1-p) = sum over k of S_k / k,  S_k the sum of p^k,
//
// it needs no enumeration. Sets with p above 1/2, for which the series would be slow, are taken out one by one; when
// there are many the bound is 1 to the last digit.
func (f *family) upperBound(ctx context.Context, o odds) (float64, error) {
	scratch := make([]float64, len(f.nodes))
	var likely []float64
	const manyLikely = 64 // 1 - 2^-64 is 1
	err := f.bestFirst(ctx, o, func(_ []uint32, p float64) bool {
		if p <= 0.5 {
			return false
		}
		likely = append(likely, p)
		return len(likely) < manyLikely
	})
	if err != nil {
		return 0, err
	}
	if len(likely) == manyLikely {
		return 1, nil
	}
	sum := 0.0
	for _, p := range likely {
		sum -= math.Log1p(-p)
	}
	for k := 1.0; k <= 200; k++ {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		s := f.powerSum(o, k, scratch)
		for _, p := range likely {
			s -= math.Pow(p, k)
		}
		if s <= 0 {
			break
		}
		sum += s / k
		// The next terms shrink at least by half each.
		if s/(k+1) < 1e-17*sum {
			break
		}
	}
	return -math.Expm1(-sum), nil
}
