package complexity

// markRecursion adds what recursion costs in SonarSource's paper: one for each function of a package that is part of a
// cycle of calls, directly or through others.
func markRecursion(functions []*Function) {
	g := &callGraph{byName: map[string]*callNode{}}
	for _, f := range functions {
		// A name can be declared twice, in files with different build constraints: then all of them are looked at together.
		n := g.byName[f.self]
		if n == nil {
			n = &callNode{}
			g.byName[f.self] = n
			g.nodes = append(g.nodes, n)
		}
		n.functions = append(n.functions, f)
	}
	for _, n := range g.nodes {
		if n.index == 0 {
			g.visit(n)
		}
	}
}

// callGraph finds the strongly connected components of the calls in a package (Tarjan 1972).
type callGraph struct {
	byName map[string]*callNode
	nodes  []*callNode
	count  int
	stack  []*callNode
}

type callNode struct {
	functions  []*Function
	index, low int // order of visiting from 1, and the first node that can be reached
	onStack    bool
}

func (g *callGraph) visit(n *callNode) {
	g.count++
	n.index, n.low, n.onStack = g.count, g.count, true
	g.stack = append(g.stack, n)
	loop := false
	for _, f := range n.functions {
		for name := range f.calls {
			next := g.byName[name]
			switch {
			case next == nil: // of another package, or predeclared
				continue
			case next.index == 0:
				g.visit(next)
				n.low = min(n.low, next.low)
			case next.onStack:
				n.low = min(n.low, next.index)
			}
			loop = loop || next == n
		}
	}
	if n.low < n.index {
		return
	}
	size := len(g.stack)
	for at := size - 1; ; at-- {
		member := g.stack[at]
		member.onStack = false
		if member == n {
			g.close(g.stack[at:], loop)
			g.stack = g.stack[:at]
			return
		}
	}
}

// close scores a component: a cycle is more than one function, or one that calls itself.
func (g *callGraph) close(component []*callNode, loop bool) {
	if len(component) == 1 && !loop {
		return
	}
	for _, n := range component {
		for _, f := range n.functions {
			f.Cognitive++
		}
	}
}
