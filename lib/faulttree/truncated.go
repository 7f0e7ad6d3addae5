package faulttree

import (
	"cmp"
	"math"
	"slices"
)

// truncatedCutSets returns the minimal cut sets of c with at most order events as a family in z, straight from the tree,
// for trees whose BDD does not fit. Every gate becomes the family of its own cut sets of the orders that can still matter
// at the top; combining two of them drops what is too long.
//
// Negations are pushed to the events and carried as literals of their own: a consistent product of literals is made true
// by its positive events alone, so the minimal positive parts are the minimal cut sets, for non-monotone trees too.
func truncatedCutSets(z *zbdd, c *circuit, vars []int32, order int) uint32 {
	t := &truncator{z: z, c: c, level: make([]uint32, c.vars), done: make(map[lit]uint32)}
	for level, v := range vars {
		t.level[v] = uint32(level)
	}
	t.plan(order)
	for i := range c.gates {
		id := lit(2 * (c.vars + 1 + i))
		for _, l := range []lit{id, id.not()} {
			if budget, needed := t.budget[l]; needed {
				t.done[l] = t.gate(l, budget)
			}
		}
		if z.err != nil {
			return noSets
		}
	}
	return z.positive(z.truncate(t.of(c.top), order))
}

type truncator struct {
	z      *zbdd
	c      *circuit
	level  []uint32
	done   map[lit]uint32
	budget map[lit]int // longest cut sets that matter, of the gates needed in this sign
	least  map[lit]int // a lower bound on the number of events in any cut set
	spread []bits64    // events below each gate; nil when the tree is too large for that
}

// bits64 is a set of small numbers.
type bits64 []uint64

func (b bits64) meets(other bits64) bool {
	for i := range b {
		if b[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// plan finds which gates are needed in which sign, and how long their cut sets may be: an AND with an argument that takes
// at least two events on its own leaves two less for an argument that shares no event with it.
func (t *truncator) plan(order int) {
	c := t.c
	t.spreads()
	t.least = make(map[lit]int)
	for i := range c.gates {
		id := lit(2 * (c.vars + 1 + i))
		t.least[id] = t.leastOf(id)
		t.least[id.not()] = t.leastOf(id.not())
	}
	t.budget = make(map[lit]int)
	need := func(l lit, budget int) {
		if c.gate(l) != nil && budget >= t.atLeast(l) {
			t.budget[l] = max(t.budget[l], budget)
		}
	}
	need(c.top, order)
	for i := len(c.gates) - 1; i >= 0; i-- {
		id := lit(2 * (c.vars + 1 + i))
		for _, l := range []lit{id, id.not()} {
			budget, needed := t.budget[l]
			if !needed {
				continue
			}
			kind, _, args := t.normal(l)
			for j, a := range args {
				left := budget
				if kind == kindAnd {
					left -= t.others(args, j)
				}
				need(a, left)
				if kind == kindXor {
					need(a.not(), left)
				}
			}
		}
	}
}

// normal returns the gate of l with a negation moved to its arguments.
func (t *truncator) normal(l lit) (kind gateKind, k int, args []lit) {
	g := t.c.gate(l)
	kind, k, args = g.kind, g.k, g.args
	if !l.negated() {
		return kind, k, args
	}
	negated := make([]lit, len(args))
	for i, a := range args {
		negated[i] = a.not()
	}
	switch kind {
	case kindAnd:
		return kindOr, 0, negated
	case kindOr:
		return kindAnd, 0, negated
	case kindAtleast:
		return kindAtleast, len(args) - k + 1, negated
	}
	negated = slices.Clone(args) // an even number: flip one
	negated[0] = negated[0].not()
	return kindXor, 0, negated
}

func (t *truncator) atLeast(l lit) int {
	switch _, isEvent := t.c.variable(l); {
	case l == litFalse:
		return math.MaxInt32
	case l == litTrue:
		return 0
	case isEvent && l.negated():
		return 0
	case isEvent:
		return 1
	}
	return t.least[l]
}

func (t *truncator) leastOf(l lit) int {
	kind, k, args := t.normal(l)
	each := make([]int, len(args))
	for i, a := range args {
		each[i] = t.atLeast(a)
	}
	switch kind {
	case kindAnd:
		return slices.Max(each)
	case kindOr:
		return slices.Min(each)
	case kindAtleast: // any k arguments: at least what the k-th cheapest takes
		slices.Sort(each)
		return each[k-1]
	}
	return 0
}

// others returns a lower bound on the events that the arguments other than j add to it.
func (t *truncator) others(args []lit, j int) int {
	most := 0
	for i, a := range args {
		if i != j && t.atLeast(a) > most && t.disjoint(a, args[j]) {
			most = t.atLeast(a)
		}
	}
	return most
}

func (t *truncator) spreads() {
	c := t.c
	words := (c.vars + 63) / 64
	const most = 16 << 20 // words, 128 MB
	if words*len(c.gates) > most {
		return
	}
	t.spread = make([]bits64, len(c.gates))
	for i, g := range c.gates {
		set := make(bits64, words)
		for _, a := range g.args {
			if v, ok := c.variable(a); ok {
				set[v/64] |= 1 << (v % 64)
			} else if a > litFalse {
				for w, bits := range t.spread[a.id()-1-c.vars] {
					set[w] |= bits
				}
			}
		}
		t.spread[i] = set
	}
}

// disjoint reports whether two arguments are known to have no event in common.
func (t *truncator) disjoint(a, b lit) bool {
	if t.spread == nil {
		return false
	}
	va, aIsEvent := t.c.variable(a)
	vb, bIsEvent := t.c.variable(b)
	gate := func(l lit) bits64 { return t.spread[l.id()-1-t.c.vars] }
	has := func(set bits64, v int) bool { return set[v/64]&(1<<(v%64)) != 0 }
	switch {
	case aIsEvent && bIsEvent:
		return va != vb
	case aIsEvent:
		return !has(gate(b), va)
	case bIsEvent:
		return !has(gate(a), vb)
	}
	return !gate(a).meets(gate(b))
}

// of returns the cut sets of an argument.
func (t *truncator) of(l lit) uint32 {
	if v, ok := t.c.variable(l); ok {
		return t.z.make(2*t.level[v]+uint32(l&1), emptySet, noSets)
	}
	switch l {
	case litTrue:
		return emptySet
	case litFalse:
		return noSets
	}
	return t.done[l] // noSets for a gate whose shortest cut set is too long
}

func (t *truncator) gate(l lit, budget int) uint32 {
	kind, k, args := t.normal(l)
	z := t.z
	if kind == kindXor {
		// odd: an odd number of the arguments so far is true.
		odd, even := noSets, emptySet
		for _, a := range args {
			yes, no := t.of(a), t.of(a.not())
			odd, even = z.union(z.product(odd, no, budget), z.product(even, yes, budget)),
				z.union(z.product(even, no, budget), z.product(odd, yes, budget))
		}
		return odd
	}
	sets := make([]uint32, len(args))
	for i, a := range args {
		sets[i] = z.truncate(t.of(a), budget)
	}
	// From the bottom of the order up, as for the BDD.
	slices.SortStableFunc(sets, func(x, y uint32) int { return cmp.Compare(z.nodes[y].level, z.nodes[x].level) })
	switch kind {
	case kindOr:
		result := noSets
		for _, s := range sets {
			result = z.union(s, result)
		}
		return result
	case kindAtleast:
		row := make([]uint32, k+1) // row[j]: j or more of the arguments so far
		row[0] = emptySet
		for i, s := range sets {
			for j := min(k, i+1); j >= 1; j-- {
				row[j] = z.union(z.product(s, row[j-1], budget), row[j])
			}
		}
		return row[k]
	}
	result := emptySet
	for _, s := range sets {
		result = z.product(s, result, budget)
	}
	return result
}
