package faulttree

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// attempt is the outcome of building a BDD in one variable order under one limit of nodes.
type attempt struct {
	rule     string
	order    []int32
	progress float64 // share of the gates that were finished
}

// buildStats says how the BDD was found.
type buildStats struct {
	rule     string
	attempts int
	created  int // nodes, in the attempt that succeeded
}

// bytesPerNode is what a node costs while a diagram is built: itself, its share of the tables, and the slack of growing
// slices.
const bytesPerNode = 64

// build returns the BDD of the circuit and its root. It tries all variable orders under a small limit of nodes, then
// under ten times that, those that came furthest first, up to maxNodes. That costs at most a few times what the best
// order alone would, and nobody has to know which one is the best. The error is errFull or the context's.
func build(ctx context.Context, c *circuit, maxNodes int) (*bdd, edge, []int32, buildStats, error) {
	var attempts []attempt
	for _, rule := range orderRules {
		order := variableOrder(c, rule)
		if !slices.ContainsFunc(attempts, func(a attempt) bool { return slices.Equal(a.order, order) }) {
			attempts = append(attempts, attempt{rule: rule, order: order})
		}
	}
	stats := buildStats{}
	limit := min(maxNodes, max(100_000, 8*(c.vars+len(c.gates))))
	for {
		tries := len(attempts)
		if limit > 1_000_000 {
			tries = min(tries, 3) // each now takes seconds; the laggards hardly ever catch up
		}
		for i := range tries {
			a := &attempts[i]
			stats.attempts++
			b := newBDD(ctx, limit)
			root, progress, err := b.evaluate(c, a.order)
			a.progress = progress
			switch {
			case err == nil:
				stats.rule, stats.created = a.rule, len(b.nodes)
				return b, root, a.order, stats, nil
			case !errors.Is(err, errFull):
				return nil, 0, nil, stats, err
			}
		}
		if limit >= maxNodes {
			return nil, 0, nil, stats, errFull
		}
		limit = min(maxNodes, 10*limit)
		slices.SortStableFunc(attempts[:tries], func(a, b attempt) int { return cmp.Compare(b.progress, a.progress) })
	}
}

// evaluate builds the function of c with the variables in the given order, gate by gate.
func (b *bdd) evaluate(c *circuit, order []int32) (root edge, progress float64, err error) {
	value := make([]edge, c.vars+len(c.gates)+1)
	value[0] = constTrue
	for level, v := range order {
		value[v+1] = b.make(uint32(level), constTrue, constFalse)
	}
	reached := c.parents()
	finished := 0
	var args []edge
	for i, g := range c.gates {
		if reached[c.vars+1+i] == 0 {
			continue
		}
		args = args[:0]
		for _, a := range g.args {
			args = append(args, value[a.id()]^edge(a&1))
		}
		value[c.vars+1+i] = b.gate(g, args)
		if b.err != nil {
			return 0, float64(finished) / float64(len(c.gates)), b.err
		}
		finished++
	}
	if b.err != nil {
		return 0, 0, b.err
	}
	return value[c.top.id()] ^ edge(c.top&1), 1, nil
}

// gate combines the functions of a gate's arguments, those at the bottom of the order first: then most operations only
// add nodes on top of what is there.
func (b *bdd) gate(g cgate, args []edge) edge {
	slices.SortStableFunc(args, func(x, y edge) int {
		return cmp.Compare(b.nodes[y.index()].level, b.nodes[x.index()].level)
	})
	result := args[0]
	switch g.kind {
	case kindAtleast:
		return b.atleast(g.k, args)
	case kindAnd:
		for _, arg := range args[1:] {
			result = b.and(arg, result)
		}
	case kindOr:
		for _, arg := range args[1:] {
			result = b.or(arg, result)
		}
	case kindXor:
		for _, arg := range args[1:] {
			result = b.xor(arg, result)
		}
	}
	return result
}
