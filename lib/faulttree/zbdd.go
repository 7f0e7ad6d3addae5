package faulttree

import "context"

// zbdd is a zero-suppressed decision diagram (Minato 1993) that holds families of sets of literals in which no set
// contains another. Index 0 is the empty family, index 1 the family with the empty set alone; because of minimality that
// is also the only family that has the empty set. Level 2v is the event v, level 2v+1 its negation; cut sets of coherent
// trees use the even levels only.
type zbdd struct {
	store
	withouts, unions, products memo
	countNegations             bool // whether negations count in a budget of literals
}

const (
	noSets   uint32 = 0
	emptySet uint32 = 1
)

func newZBDD(ctx context.Context, limit int) *zbdd {
	return &zbdd{store: newStore(ctx, limit, 2), withouts: newMemo(), unions: newMemo(), products: newMemo()}
}

func (z *zbdd) make(level, hi, lo uint32) uint32 {
	if hi == noSets {
		return lo
	}
	return z.find(node{level, hi, lo})
}

// without returns the sets of f that contain no set of g.
func (z *zbdd) without(f, g uint32) uint32 {
	for {
		switch {
		case z.err != nil, f == noSets, g == emptySet, f == g:
			return noSets
		case g == noSets, f == emptySet:
			return f
		}
		if z.nodes[g].level >= z.nodes[f].level {
			break
		}
		g = z.nodes[g].lo // the sets with this literal contain something that no set of f has
	}
	if r, ok := z.withouts.get(f, g, 0); ok {
		return r
	}
	if !z.step() {
		return noSets
	}
	nf, ng := z.nodes[f], z.nodes[g]
	var hi, lo uint32
	if ng.level > nf.level {
		hi = z.without(nf.hi, g)
		lo = z.without(nf.lo, g)
	} else {
		hi = z.without(z.without(nf.hi, ng.hi), ng.lo)
		lo = z.without(nf.lo, ng.lo)
	}
	r := z.make(nf.level, hi, lo)
	if z.err == nil {
		z.withouts.put(f, g, 0, r)
	}
	return r
}

// union returns the minimal sets of f and g together.
func (z *zbdd) union(f, g uint32) uint32 {
	switch {
	case z.err != nil:
		return noSets
	case f == emptySet || g == emptySet:
		return emptySet
	case f == noSets || f == g:
		return g
	case g == noSets:
		return f
	}
	if f > g {
		f, g = g, f
	}
	if r, ok := z.unions.get(f, g, 0); ok {
		return r
	}
	if !z.step() {
		return noSets
	}
	nf, ng := z.nodes[f], z.nodes[g]
	var r uint32
	switch {
	case nf.level < ng.level:
		lo := z.union(nf.lo, g)
		r = z.make(nf.level, z.without(nf.hi, lo), lo)
	case nf.level > ng.level:
		lo := z.union(f, ng.lo)
		r = z.make(ng.level, z.without(ng.hi, lo), lo)
	default:
		lo := z.union(nf.lo, ng.lo)
		r = z.make(nf.level, z.without(z.union(nf.hi, ng.hi), lo), lo)
	}
	if z.err == nil {
		z.unions.put(f, g, 0, r)
	}
	return r
}

// product returns the minimal sets a+b, a of f and b of g, that have at most budget counted literals and do not have an
// event together with its negation.
func (z *zbdd) product(f, g uint32, budget int) uint32 {
	switch {
	case z.err != nil, f == noSets, g == noSets:
		return noSets
	case f == emptySet:
		return z.truncate(g, budget)
	case g == emptySet:
		return z.truncate(f, budget)
	}
	if f > g {
		f, g = g, f
	}
	if r, ok := z.products.get(f, g, uint32(budget)); ok {
		return r
	}
	if !z.step() {
		return noSets
	}
	level := min(z.nodes[f].level, z.nodes[g].level)
	f1, f0 := z.split(f, level)
	g1, g0 := z.split(g, level)
	lo := z.product(f0, g0, budget)
	hi := noSets
	left := budget - z.cost(level)
	if left >= 0 {
		hi = z.product(f1, z.union(g0, g1), left)
		hi = z.union(hi, z.product(f0, g1, left))
		if level&1 == 0 && hi > emptySet && z.nodes[hi].level == level+1 {
			hi = z.nodes[hi].lo // x and not x
		}
	}
	r := z.make(level, z.without(hi, lo), lo)
	if z.err == nil {
		z.products.put(f, g, uint32(budget), r)
	}
	return r
}

// cost is what the literal of a level takes from a budget.
func (z *zbdd) cost(level uint32) int {
	if level&1 == 1 && !z.countNegations {
		return 0
	}
	return 1
}

// split returns the sets of f with the literal at level (without it) and those that do not have it.
func (z *zbdd) split(f, level uint32) (with, rest uint32) {
	if n := z.nodes[f]; n.level == level {
		return n.hi, n.lo
	}
	return noSets, f
}

// truncate returns the sets of f with at most budget counted literals.
func (z *zbdd) truncate(f uint32, budget int) uint32 {
	if f <= emptySet || z.err != nil {
		return f
	}
	// The product memo is shared: emptySet is never an operand there.
	if r, ok := z.products.get(emptySet, f, uint32(budget)); ok {
		return r
	}
	if !z.step() {
		return noSets
	}
	n := z.nodes[f]
	hi := noSets
	if left := budget - z.cost(n.level); left >= 0 {
		hi = z.truncate(n.hi, left)
	}
	r := z.make(n.level, hi, z.truncate(n.lo, budget))
	if z.err == nil {
		z.products.put(emptySet, f, uint32(budget), r)
	}
	return r
}

// positive drops the negations from all sets and keeps the minimal ones of what is left.
func (z *zbdd) positive(f uint32) uint32 {
	done := make(map[uint32]uint32)
	var walk func(f uint32) uint32
	walk = func(f uint32) uint32 {
		if f <= emptySet || z.err != nil {
			return f
		}
		if r, ok := done[f]; ok {
			return r
		}
		n := z.nodes[f]
		hi, lo := walk(n.hi), walk(n.lo)
		var r uint32
		if n.level&1 == 1 {
			r = z.union(hi, lo)
		} else {
			r = z.make(n.level, z.without(hi, lo), lo)
		}
		done[f] = r
		return r
	}
	return walk(f)
}
