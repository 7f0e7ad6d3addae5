package faulttree

// circuit is the Boolean function of one top, ready for the engine: variables and gates of four kinds with negations on
// the arguments, without house events, one-argument gates and constants. Gates come after their arguments.
type circuit struct {
	vars  int
	gates []cgate
	top   lit
}

// lit refers to a constant, a variable or a gate, and says whether it is negated: 2*id | negation. Id 0 is the constant
// true, ids 1..vars are variables, larger ones gates.
type lit int32

const (
	litTrue  lit = 0
	litFalse lit = 1
)

func (l lit) not() lit      { return l ^ 1 }
func (l lit) id() int       { return int(l >> 1) }
func (l lit) negated() bool { return l&1 == 1 }

type gateKind uint8

const (
	kindAnd gateKind = iota
	kindOr
	kindAtleast
	kindXor
)

type cgate struct {
	kind gateKind
	k    int // of kindAtleast
	args []lit
}

func (c *circuit) variable(l lit) (int, bool) {
	id := l.id()
	return id - 1, id >= 1 && id <= c.vars
}

// gate returns the gate of l, or nil for constants and variables.
func (c *circuit) gate(l lit) *cgate {
	if i := l.id() - 1 - c.vars; i >= 0 {
		return &c.gates[i]
	}
	return nil
}

// add appends a gate, simplified, and returns what stands for it.
func (c *circuit) add(kind gateKind, k int, args []lit) lit {
	var flip lit
	switch kind {
	case kindAnd, kindOr:
		neutral, ruling := litTrue, litFalse
		if kind == kindOr {
			neutral, ruling = litFalse, litTrue
		}
		kept := args[:0:0]
		seen := make(map[lit]bool, len(args))
		for _, a := range args {
			switch {
			case a == ruling || seen[a.not()]:
				return ruling
			case a == neutral || seen[a]:
				continue
			}
			seen[a] = true
			kept = append(kept, a)
		}
		args = kept
		if len(args) == 0 {
			return neutral
		}
	case kindXor:
		kept := args[:0:0]
		for _, a := range args {
			if a <= litFalse {
				flip ^= a ^ 1 // xor with true negates
				continue
			}
			kept = append(kept, a)
		}
		args = kept
		if len(args) == 0 {
			return litFalse ^ flip
		}
	case kindAtleast:
		kept := args[:0:0]
		for _, a := range args {
			switch a {
			case litTrue:
				k--
			case litFalse:
			default:
				kept = append(kept, a)
			}
		}
		args = kept
		switch {
		case k <= 0:
			return litTrue
		case k > len(args):
			return litFalse
		case k == 1:
			return c.add(kindOr, 0, args)
		case k == len(args):
			return c.add(kindAnd, 0, args)
		}
	}
	if len(args) == 1 {
		return args[0] ^ flip
	}
	c.gates = append(c.gates, cgate{kind, k, args})
	return lit(2*(c.vars+len(c.gates))) ^ flip
}

// parents returns how often each id is an argument of a gate that the top reaches.
func (c *circuit) parents() []int {
	count := make([]int, c.vars+len(c.gates)+1)
	count[c.top.id()]++
	for i := len(c.gates) - 1; i >= 0; i-- {
		if count[c.vars+1+i] == 0 {
			continue
		}
		for _, a := range c.gates[i].args {
			count[a.id()]++
		}
	}
	return count
}

// flatten merges an AND into the AND that is its only parent, and so for OR: fewer and wider gates give the engine more
// freedom in the order of its operations. It returns a new circuit.
func (c *circuit) flatten() *circuit {
	parents := c.parents()
	out := &circuit{vars: c.vars, gates: make([]cgate, 0, len(c.gates))}
	moved := make([]lit, c.vars+len(c.gates)+1) // what stands for each id, not negated
	merged := make([]bool, len(c.gates))
	for id := range c.vars + 1 {
		moved[id] = lit(2 * id)
	}
	// A gate to be merged is decided by its one parent, which comes later: look there first.
	for _, g := range c.gates {
		if g.kind != kindAnd && g.kind != kindOr {
			continue
		}
		for _, a := range g.args {
			child := c.gate(a)
			if child == nil || parents[a.id()] != 1 {
				continue
			}
			// not(and) below or is or of negations, and the other way round.
			if !a.negated() && child.kind == g.kind || a.negated() && child.kind == kindAnd+kindOr-g.kind {
				merged[a.id()-1-c.vars] = true
			}
		}
	}
	// pieces collects the arguments of gate id as seen through merged children.
	pieces := func(id int) (into []lit) {
		stack := []lit{lit(2 * id)}
		for first := true; len(stack) > 0; first = false {
			l := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			g := c.gate(l)
			if !first && (g == nil || !merged[l.id()-1-c.vars]) {
				into = append(into, moved[l.id()]^(l&1))
				continue
			}
			for i := len(g.args) - 1; i >= 0; i-- {
				stack = append(stack, g.args[i]^(l&1))
			}
		}
		return into
	}
	for i, g := range c.gates {
		id := c.vars + 1 + i
		if merged[i] || parents[id] == 0 {
			continue
		}
		var args []lit
		if g.kind == kindAnd || g.kind == kindOr {
			args = pieces(id)
		} else {
			for _, a := range g.args {
				args = append(args, moved[a.id()]^(a&1))
			}
		}
		moved[id] = out.add(g.kind, g.k, args)
	}
	out.top = moved[c.top.id()] ^ (c.top & 1)
	return out
}

// monotone reports whether no negation and no XOR is reachable from the top.
func (c *circuit) monotone() bool {
	if c.top.negated() && c.top > litFalse {
		return false
	}
	reached := c.parents()
	for i, g := range c.gates {
		if reached[c.vars+1+i] == 0 {
			continue
		}
		if g.kind == kindXor {
			return false
		}
		for _, a := range g.args {
			if a.negated() {
				return false
			}
		}
	}
	return true
}

// used returns the variables that the top reaches.
func (c *circuit) used() []bool {
	count := c.parents()
	used := make([]bool, c.vars)
	for v := range used {
		used[v] = count[v+1] > 0
	}
	return used
}
