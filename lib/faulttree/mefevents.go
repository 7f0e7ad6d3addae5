package faulttree

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Event trees of the Open-PSA format. What follows an initiating event is a tree of forks; every path through it ends in
// a sequence and collects formulas on the way. Each sequence of each initiating event becomes a gate
// "initiator.sequence", the OR of its paths, each of which is the AND of what it collected. A sequence may go on in
// another event tree (linking).

// eventTree is one <define-event-tree>.
type eventTree struct {
	e         *element
	name      string
	initial   *element
	branches  map[string]*element
	sequences map[string]*element
}

// walk is the state along one path.
type walk struct {
	collected []*Formula
	states    map[string]string // of functional events
	houses    map[string]bool   // set on the way
	initiator string
	trees     []string // on the way, to find loops
	depth     int
}

func (w walk) fork(functional, state string) walk {
	w.states = maps.Clone(w.states)
	w.states[functional] = state
	return w
}

// treeWalker expands the event trees of a document.
type treeWalker struct {
	r      *mefReader
	trees  map[string]*eventTree
	rules  map[string]*element
	paths  map[string][]*Formula // by gate id
	order  []string              // gate ids as they were met
	where  map[string]Pos
	clones map[string]string // original gate and house settings -> clone
	count  int               // paths so far
	steps  int               // instructions so far
	gates  map[string]*Gate  // of the fault trees
}

// maxPaths bounds the paths of all event trees together.
const maxPaths = 100_000

func (r *mefReader) eventTrees() {
	t := &treeWalker{r: r, trees: make(map[string]*eventTree), rules: make(map[string]*element), paths: make(map[string][]*Formula),
		where: make(map[string]Pos), clones: make(map[string]string), gates: make(map[string]*Gate)}
	for _, g := range r.model.Gates {
		t.gates[g.ID] = g
	}
	var initiators []*element
	started := make(map[string]bool)
	for _, e := range r.trees {
		name := r.name(e)
		switch e.name {
		case "define-event-tree":
			if t.trees[name] != nil {
				r.faults.add(e.pos, "event tree %q is already defined at %s", name, t.trees[name].e.pos)
			}
			t.trees[name] = t.define(e, name)
		case "define-rule":
			t.rules[name] = e
		case "define-initiating-event":
			initiators = append(initiators, e)
			started[e.attrs["event-tree"]] = true
		}
	}
	for _, e := range initiators {
		tree := t.trees[e.attrs["event-tree"]]
		if tree == nil {
			r.faults.add(e.pos, "initiating event %q: event tree %q is not defined", e.attrs["name"], e.attrs["event-tree"])
			continue
		}
		t.start(tree, e.attrs["name"])
	}
	for _, name := range slices.Sorted(maps.Keys(t.trees)) {
		// A tree that nothing starts or links to is analysed under its own name.
		if len(initiators) == 0 && !started[name] {
			t.start(t.trees[name], name)
		}
	}
	for _, id := range t.order {
		r.model.Gates = append(r.model.Gates, &Gate{ID: id, Description: "event-tree sequence", Pos: t.where[id],
			Formula: &Formula{Op: Or, Args: t.paths[id], Pos: t.where[id]}})
	}
}

func (t *treeWalker) define(e *element, name string) *eventTree {
	tree := &eventTree{e: e, name: name, branches: make(map[string]*element), sequences: make(map[string]*element)}
	for _, c := range e.children {
		switch c.name {
		case "label", "attributes", "define-functional-event":
		case "define-sequence":
			tree.sequences[t.r.name(c)] = c
		case "define-branch":
			tree.branches[t.r.name(c)] = c
		case "initial-state":
			tree.initial = c
		default:
			t.r.faults.add(c.pos, "unknown element <%s> in event tree %q", c.name, name)
		}
	}
	if tree.initial == nil {
		t.r.faults.add(e.pos, "event tree %q has no initial state", name)
	}
	return tree
}

func (t *treeWalker) start(tree *eventTree, initiator string) {
	if tree.initial != nil {
		t.branch(tree, tree.initial.children, walk{states: map[string]string{}, houses: map[string]bool{}, initiator: initiator, trees: []string{tree.name}})
	}
}

// branch follows instructions up to the fork or the end that they lead to.
func (t *treeWalker) branch(tree *eventTree, steps []*element, w walk) {
	faults := &t.r.faults
	if w.depth++; w.depth > maxDepth {
		faults.add(tree.e.pos, "event tree %q is deeper than %d: does a branch lead to itself?", tree.name, maxDepth)
		return
	}
	for _, step := range steps {
		if len(faults.list) >= maxFaults || t.count > maxPaths {
			return
		}
		switch step.name {
		case "fork":
			for _, path := range step.children {
				if path.name != "path" {
					faults.add(path.pos, "<%s> in a fork: expected <path>", path.name)
					continue
				}
				t.branch(tree, path.children, w.fork(step.attrs["functional-event"], path.attrs["state"]))
			}
			return
		case "sequence":
			sequence := tree.sequences[step.attrs["name"]]
			if sequence == nil {
				faults.add(step.pos, "sequence %q is not defined in event tree %q", step.attrs["name"], tree.name)
				return
			}
			t.end(tree, step.attrs["name"], sequence, w)
			return
		case "branch":
			branch := tree.branches[step.attrs["name"]]
			if branch == nil {
				faults.add(step.pos, "branch %q is not defined in event tree %q", step.attrs["name"], tree.name)
				return
			}
			t.branch(tree, branch.children, w)
			return
		case "event-tree":
			t.link(step, w)
			return
		default:
			w = t.instruct(step, w, 0)
		}
	}
	faults.add(tree.e.pos, "a path of event tree %q ends without a sequence", tree.name)
}

// end closes a path in a sequence, whose instructions may lead on into another event tree.
func (t *treeWalker) end(tree *eventTree, name string, sequence *element, w walk) {
	for _, step := range sequence.children {
		if step.name == "event-tree" {
			t.link(step, w)
			return
		}
		w = t.instruct(step, w, 0)
	}
	if t.count++; t.count > maxPaths {
		t.r.faults.add(sequence.pos, "the event trees have more than %d paths", maxPaths)
		return
	}
	id := w.initiator + "." + name
	if _, met := t.paths[id]; !met {
		t.order = append(t.order, id)
		t.where[id] = sequence.pos
	}
	path := &Formula{Op: True, Pos: sequence.pos}
	if len(w.collected) > 0 {
		path = &Formula{Op: And, Args: slices.Clone(w.collected), Pos: sequence.pos}
	}
	t.paths[id] = append(t.paths[id], path)
}

func (t *treeWalker) link(step *element, w walk) {
	next := t.trees[step.attrs["name"]]
	switch {
	case next == nil:
		t.r.faults.add(step.pos, "event tree %q is not defined", step.attrs["name"])
	case slices.Contains(w.trees, next.name):
		t.r.faults.add(step.pos, "event trees link in a circle: %s -> %s", strings.Join(w.trees, " -> "), next.name)
	case next.initial != nil:
		w.trees = append(slices.Clone(w.trees), next.name)
		t.branch(next, next.initial.children, w)
	}
}

// instruct applies one instruction to the state of a path.
func (t *treeWalker) instruct(step *element, w walk, depth int) walk {
	r := t.r
	if depth > maxDepth {
		r.faults.add(step.pos, "rules are nested deeper than %d: does a rule use itself?", maxDepth)
		return w
	}
	// Rules that use others twice double the work at every level.
	if t.steps++; t.steps == maxParts+1 {
		r.faults.add(step.pos, "the event trees have more than %d instructions, counted along their paths", maxParts)
	}
	if t.steps > maxParts {
		return w
	}
	switch step.name {
	case "label", "attributes":
	case "collect-formula":
		for _, c := range step.children {
			w.collected = append(slices.Clone(w.collected), t.underHouses(r.formula(c, nil), w.houses))
		}
	case "collect-expression":
		for _, c := range step.children {
			w.collected = append(slices.Clone(w.collected), t.factor(c))
		}
	case "set-house-event":
		id, ok := r.resolve("event", step.attrs["name"], nil)
		state := step.child("constant")
		if !ok || r.defined["event"][id] != "house-event" || state == nil {
			r.faults.add(step.pos, "set-house-event %q: needs the name of a house event and a constant", step.attrs["name"])
			return w
		}
		w.houses = maps.Clone(w.houses)
		w.houses[id] = r.boolean(state)
	case "block":
		for _, c := range step.children {
			w = t.instruct(c, w, depth+1)
		}
	case "rule":
		rule := t.rules[step.attrs["name"]]
		if rule == nil {
			r.faults.add(step.pos, "rule %q is not defined", step.attrs["name"])
			return w
		}
		for _, c := range rule.children {
			w = t.instruct(c, w, depth+1)
		}
	case "if":
		if len(step.children) < 2 || len(step.children) > 3 {
			r.faults.add(step.pos, "<if> has %d parts: needs a test, an instruction, and perhaps another", len(step.children))
			return w
		}
		if t.test(step.children[0], w) {
			return t.instruct(step.children[1], w, depth+1)
		}
		if len(step.children) == 3 {
			return t.instruct(step.children[2], w, depth+1)
		}
	default:
		r.faults.add(step.pos, "unknown instruction <%s> in an event tree", step.name)
	}
	return w
}

// test evaluates the condition of an <if>.
func (t *treeWalker) test(e *element, w walk) bool {
	switch e.name {
	case "test-functional-event":
		return w.states[e.attrs["name"]] == e.attrs["state"]
	case "test-initiating-event":
		return w.initiator == e.attrs["name"]
	case "not":
		return len(e.children) == 1 && !t.test(e.children[0], w)
	case "and":
		return !slices.ContainsFunc(e.children, func(c *element) bool { return !t.test(c, w) })
	case "or":
		return slices.ContainsFunc(e.children, func(c *element) bool { return t.test(c, w) })
	}
	t.r.faults.add(e.pos, "unknown test <%s> in an event tree", e.name)
	return false
}

// factor turns a collected probability into an independent basic event, one for each place in the document.
func (t *treeWalker) factor(e *element) *Formula {
	id := fmt.Sprintf("factor@%d:%d", e.pos.Line, e.pos.Column)
	if _, known := t.r.defined["event"][id]; !known {
		t.r.defined["event"][id] = "basic-event"
		t.r.model.Events = append(t.r.model.Events, &Event{ID: id, Description: "probability collected by an event tree", Probability: t.r.expression(e, nil), Pos: e.pos})
	}
	return &Formula{Op: Ref, Name: id, Pos: e.pos}
}

// underHouses returns the formula with house events set: the gates that depend on one are copied under a name that says
// how it is set.
func (t *treeWalker) underHouses(f *Formula, houses map[string]bool) *Formula {
	if len(houses) == 0 {
		return f
	}
	var setting strings.Builder
	for _, id := range slices.Sorted(maps.Keys(houses)) {
		fmt.Fprintf(&setting, "[%s=%v]", id, houses[id])
	}
	active := make(map[string]bool)
	var copyOf func(f *Formula, depth int) *Formula
	copyOf = func(f *Formula, depth int) *Formula {
		if depth > 100*maxDepth {
			t.r.faults.add(f.Pos, "gates below an event tree that sets house events are nested deeper than %d", 100*maxDepth)
			return f
		}
		if f.Op != Ref {
			c := *f
			c.Args = make([]*Formula, len(f.Args))
			for i, arg := range f.Args {
				c.Args[i] = copyOf(arg, depth+1)
			}
			return &c
		}
		if state, set := houses[f.Name]; set {
			op := False
			if state {
				op = True
			}
			return &Formula{Op: op, Pos: f.Pos}
		}
		g := t.gates[f.Name]
		if g == nil || active[f.Name] { // a cycle is found by the validation
			return f
		}
		key := f.Name + setting.String()
		if _, done := t.clones[key]; !done {
			active[f.Name] = true
			body := copyOf(g.Formula, depth+1)
			delete(active, f.Name)
			if body.String() == g.Formula.String() {
				t.clones[key] = f.Name
			} else {
				t.clones[key] = key
				clone := *g
				clone.ID, clone.Formula = key, body
				t.r.model.Gates = append(t.r.model.Gates, &clone)
			}
		}
		return &Formula{Op: Ref, Name: t.clones[key], Pos: f.Pos}
	}
	return copyOf(f, 0)
}
