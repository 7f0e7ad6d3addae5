package faulttree

import "context"

// edge points to a node of a BDD and says whether the function there is to be negated: index<<1 | complement. Negation is
// then free, which is what trees with NOT, XOR and NAND need. Node 0 is the constant true.
type edge uint32

const (
	constTrue  edge = 0
	constFalse edge = 1
)

func (e edge) not() edge     { return e ^ 1 }
func (e edge) index() uint32 { return uint32(e) >> 1 }

// bdd is a reduced ordered binary decision diagram with complement edges (Bryant 1986; Brace, Rudell and Bryant 1990).
// The hi edge of a stored node is never complemented: that makes the form unique.
type bdd struct {
	store
	ands, xors memo
}

func newBDD(ctx context.Context, limit int) *bdd {
	return &bdd{store: newStore(ctx, limit, 1), ands: newMemo(), xors: newMemo()}
}

// make returns the function "if the variable at level then hi else lo".
func (b *bdd) make(level uint32, hi, lo edge) edge {
	if hi == lo {
		return hi
	}
	flip := hi & 1
	return edge(b.find(node{level, uint32(hi ^ flip), uint32(lo ^ flip)})<<1) ^ flip
}

// cofactors returns what becomes of e when the variable at level is true and false.
func (b *bdd) cofactors(e edge, level uint32) (hi, lo edge) {
	n := b.nodes[e.index()]
	if n.level != level {
		return e, e
	}
	return edge(n.hi) ^ e&1, edge(n.lo) ^ e&1
}

func (b *bdd) and(f, g edge) edge {
	switch {
	case b.err != nil:
		return constFalse
	case f == g:
		return f
	case f == g.not():
		return constFalse
	}
	if f > g {
		f, g = g, f
	}
	switch f {
	case constTrue:
		return g
	case constFalse:
		return constFalse
	}
	if r, ok := b.ands.get(uint32(f), uint32(g), 0); ok {
		return edge(r)
	}
	if !b.step() {
		return constFalse
	}
	level := min(b.nodes[f.index()].level, b.nodes[g.index()].level)
	f1, f0 := b.cofactors(f, level)
	g1, g0 := b.cofactors(g, level)
	hi := b.and(f1, g1)
	lo := b.and(f0, g0)
	r := b.make(level, hi, lo)
	if b.err == nil {
		b.ands.put(uint32(f), uint32(g), 0, uint32(r))
	}
	return r
}

func (b *bdd) or(f, g edge) edge { return b.and(f.not(), g.not()).not() }

func (b *bdd) xor(f, g edge) edge {
	flip := (f ^ g) & 1 // negations move outside
	f, g = f&^1, g&^1
	if f > g {
		f, g = g, f
	}
	switch {
	case b.err != nil:
		return constFalse
	case f == g:
		return constFalse ^ flip
	case f == constTrue:
		return g.not() ^ flip
	}
	if r, ok := b.xors.get(uint32(f), uint32(g), 0); ok {
		return edge(r) ^ flip
	}
	if !b.step() {
		return constFalse
	}
	level := min(b.nodes[f.index()].level, b.nodes[g.index()].level)
	f1, f0 := b.cofactors(f, level)
	g1, g0 := b.cofactors(g, level)
	hi := b.xor(f1, g1)
	lo := b.xor(f0, g0)
	r := b.make(level, hi, lo)
	if b.err == nil {
		b.xors.put(uint32(f), uint32(g), 0, uint32(r))
	}
	return r ^ flip
}

// atleast returns the function "k or more of args are true". The functions "j or more of the last i" nest, so two
// operations per step suffice where the general choice would need three.
func (b *bdd) atleast(k int, args []edge) edge {
	// row[j] is "j or more of the arguments so far are true".
	row := make([]edge, k+1)
	for j := range row {
		row[j] = constFalse
	}
	row[0] = constTrue
	for i, arg := range args {
		for j := min(k, i+1); j >= 1; j-- {
			row[j] = b.or(b.and(arg, row[j-1]), row[j])
		}
	}
	return row[k]
}

// diagram is the part of a BDD that one function needs, without the tables that built it.
type diagram struct {
	nodes []node
	root  edge
	vars  []int32 // variable of each level
}

// compact copies what is reachable from root.
func (b *bdd) compact(root edge, vars []int32) *diagram {
	reached := make([]bool, root.index()+1)
	reached[0], reached[root.index()] = true, true
	for i := len(reached) - 1; i > 0; i-- {
		if reached[i] {
			reached[b.nodes[i].hi>>1], reached[b.nodes[i].lo>>1] = true, true
		}
	}
	count := 0
	for _, r := range reached {
		if r {
			count++
		}
	}
	d := &diagram{nodes: make([]node, 0, count), vars: vars}
	renumbered := make([]uint32, len(reached))
	for i, r := range reached {
		if !r {
			continue
		}
		renumbered[i] = uint32(len(d.nodes))
		n := b.nodes[i]
		if i > 0 {
			n.hi = renumbered[n.hi>>1]<<1 | n.hi&1
			n.lo = renumbered[n.lo>>1]<<1 | n.lo&1
		}
		d.nodes = append(d.nodes, n)
	}
	d.root = edge(renumbered[root.index()]<<1) ^ root&1
	return d
}
