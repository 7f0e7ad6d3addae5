package faulttree

// minimalCutSets returns the minimal cut sets of the function of d as a family in z: the minimal sets of events whose
// occurrence, with all others absent, makes the function true. With
//
//	M(if x then f1 else f0) = M(f0) + x (M(f1) without the supersets of M(f0))
//
// (Rauzy 1993) this needs no monotone function.
func minimalCutSets(z *zbdd, d *diagram) uint32 {
	done := make([]uint32, 2*len(d.nodes)) // result + 1 by edge
	done[constTrue], done[constFalse] = emptySet+1, noSets+1
	var walk func(e edge) uint32
	walk = func(e edge) uint32 {
		if done[e] != 0 {
			return done[e] - 1
		}
		n := d.nodes[e.index()]
		lo := walk(edge(n.lo) ^ e&1)
		hi := walk(edge(n.hi) ^ e&1)
		r := z.make(2*n.level, z.without(hi, lo), lo)
		if z.err != nil {
			return noSets
		}
		done[e] = r + 1
		return r
	}
	return walk(d.root)
}

// primeImplicants returns the prime implicants of the function of b at e, sets of literals, as a family in z:
//
//	P(if x then f1 else f0) = P(f0 f1) + x (P(f1) without P(f0 f1)) + not x (P(f0) without P(f0 f1))
//
// (Coudert and Madre 1992). An implicant of f0 f1 needs no x, and whatever contains one is not prime.
func primeImplicants(z *zbdd, b *bdd, root edge) uint32 {
	done := map[edge]uint32{constTrue: emptySet, constFalse: noSets}
	var walk func(e edge) uint32
	walk = func(e edge) uint32 {
		if r, ok := done[e]; ok {
			return r
		}
		n := b.nodes[e.index()]
		f1, f0 := edge(n.hi)^e&1, edge(n.lo)^e&1
		both := walk(b.and(f0, f1))
		hi := z.without(walk(f1), both)
		lo := z.without(walk(f0), both)
		r := z.make(2*n.level, hi, z.make(2*n.level+1, lo, both))
		if z.err != nil || b.err != nil {
			return noSets
		}
		done[e] = r
		return r
	}
	return walk(root)
}
