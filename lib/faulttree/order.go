package faulttree

import (
	"cmp"
	"slices"
)

// The size of a BDD depends on the order of the variables, and no rule for it wins on every tree: one that is the best on
// one tree needs a thousand times more nodes on the next. So several are tried, see build.
var orderRules = []string{"heavy first", "light first", "file", "shared first", "breadth first"}

// variableOrder returns the variables of c in the order of the rule. Except for the last, the rules walk the tree depth
// first and differ in which argument of a gate they visit first.
func variableOrder(c *circuit, rule string) []int32 {
	if rule == "breadth first" {
		return breadthFirst(c)
	}
	parents := c.parents()
	weight := c.weights()
	var compare func(a, b lit) int
	switch rule {
	case "heavy first":
		compare = func(a, b lit) int { return cmp.Compare(weight[b.id()], weight[a.id()]) }
	case "light first":
		compare = func(a, b lit) int { return cmp.Compare(weight[a.id()], weight[b.id()]) }
	case "shared first":
		compare = func(a, b lit) int { return cmp.Compare(parents[b.id()], parents[a.id()]) }
	}
	var order []int32
	seen := make([]bool, c.vars+len(c.gates)+1)
	stack := []lit{c.top}
	var args []lit
	for len(stack) > 0 {
		l := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[l.id()] {
			continue
		}
		seen[l.id()] = true
		if v, ok := c.variable(l); ok {
			order = append(order, int32(v))
			continue
		}
		g := c.gate(l)
		if g == nil {
			continue
		}
		args = append(args[:0], g.args...)
		if compare != nil {
			slices.SortStableFunc(args, compare)
		}
		slices.Reverse(args) // the stack turns them round again
		stack = append(stack, args...)
	}
	return order
}

func breadthFirst(c *circuit) []int32 {
	var order []int32
	seen := make([]bool, c.vars+len(c.gates)+1)
	queue := []lit{c.top}
	seen[c.top.id()] = true
	for len(queue) > 0 {
		l := queue[0]
		queue = queue[1:]
		if v, ok := c.variable(l); ok {
			order = append(order, int32(v))
		} else if g := c.gate(l); g != nil {
			for _, a := range g.args {
				if !seen[a.id()] {
					seen[a.id()] = true
					queue = append(queue, a)
				}
			}
		}
	}
	return order
}

// weights returns the number of occurrences of variables below each id, with shared parts counted each time.
func (c *circuit) weights() []float64 {
	weight := make([]float64, c.vars+len(c.gates)+1)
	for v := range c.vars {
		weight[v+1] = 1
	}
	for i, g := range c.gates {
		for _, a := range g.args {
			weight[c.vars+1+i] += weight[a.id()]
		}
	}
	return weight
}
