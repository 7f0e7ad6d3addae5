package faulttree

import (
	"fmt"
	"slices"
	"strings"
)

// compiled is the tree of one top, ready for analysis.
type compiled struct {
	top     string
	circuit *circuit
	events  []variable // of the variables of the circuit
	world   *world     // the parameters, those of common-cause groups included
}

// variable is a basic event of the compiled tree: one of the model's, or a shared failure of a common-cause group.
type variable struct {
	id    string
	event *Event // nil for a shared failure
	value *Expr
	pos   Pos
	rank  int // place in the model, for lists
}

// compile translates the formulas below a top. The model has been validated.
func (m *Model) compile(top string, time float64) (*compiled, error) {
	var f faults
	x := m.index(&f)
	m.checkGroups(&f, x) // fills in the members
	if err := f.err(); err != nil {
		return nil, err
	}
	c := &compiler{model: m, index: x, rank: make(map[string]int), gates: make(map[string]lit), variables: make(map[string]lit), members: make(map[string]lit)}
	for i, e := range m.Events {
		c.rank[e.ID] = i
	}
	order, err := c.gatesBelow(top)
	if err != nil {
		return nil, err
	}
	c.number(order)
	c.out = &circuit{vars: len(c.events)}
	c.shared()
	for _, id := range order {
		c.gates[id] = c.formula(x.gate[id].Formula)
	}
	c.out.top = c.gates[top]
	w := newWorld(m, time)
	for _, g := range m.Groups {
		for _, p := range g.parameters() {
			w.parameters[p.ID] = p.Value
		}
	}
	return &compiled{top: top, circuit: c.out, events: c.events, world: w}, nil
}

type compiler struct {
	model     *Model
	index     *index
	out       *circuit
	events    []variable
	gates     map[string]lit // of finished gates
	variables map[string]lit // of basic events outside groups, and of the shared failures
	members   map[string]lit // what stands for a member of a group: the OR of its shared failures
	groups    []*Group       // in use
	rank      map[string]int // place of a basic event in the model
}

// gatesBelow returns the gates that top reaches, arguments first.
func (c *compiler) gatesBelow(top string) ([]string, error) {
	if c.index.gate[top] == nil {
		return nil, fmt.Errorf("faulttree: top %q is not a gate of the model: the tops are %s: %w", top, strings.Join(c.model.Tops(), ", "), ErrModel)
	}
	var order []string
	entered, left := make(map[string]bool), make(map[string]bool)
	stack := []string{top}
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		if entered[id] {
			stack = stack[:len(stack)-1]
			if !left[id] {
				left[id] = true
				order = append(order, id)
			}
			continue
		}
		entered[id] = true
		at := len(stack)
		c.index.gate[id].Formula.each(func(ref *Formula) {
			if c.index.gate[ref.Name] != nil && !entered[ref.Name] {
				stack = append(stack, ref.Name)
			}
		})
		slices.Reverse(stack[at:]) // visit in the order of the model
	}
	return order, nil
}

// number gives every basic event below the top its variable, in the order in which the gates mention them.
func (c *compiler) number(order []string) {
	add := func(v variable) {
		c.events = append(c.events, v)
		c.variables[v.id] = lit(2 * len(c.events))
	}
	used := make(map[*Group]bool)
	for _, id := range order {
		c.index.gate[id].Formula.each(func(ref *Formula) {
			event := c.index.event[ref.Name]
			if event == nil {
				return
			}
			group := c.index.member[ref.Name]
			switch {
			case group == nil && c.variables[ref.Name] == 0:
				add(variable{id: event.ID, event: event, value: event.Probability, pos: event.Pos, rank: c.rank[event.ID]})
			case group != nil && !used[group]:
				used[group] = true
				c.groups = append(c.groups, group)
				for _, shared := range group.combinations() {
					v := variable{id: shared.id, value: shared.value, pos: group.Pos, rank: c.rank[group.Members[shared.members[0]]]}
					if len(shared.members) == 1 {
						v.event = c.index.event[group.Members[shared.members[0]]]
					}
					add(v)
				}
			}
		})
	}
}

// shared makes the gate of each member of a group: it fails when any combination that it is part of does.
func (c *compiler) shared() {
	for _, g := range c.groups {
		args := make([][]lit, len(g.Members))
		for _, shared := range g.combinations() {
			for _, m := range shared.members {
				args[m] = append(args[m], c.variables[shared.id])
			}
		}
		for i, id := range g.Members {
			c.members[id] = c.out.add(kindOr, 0, args[i])
		}
	}
}

// formula returns what a formula becomes. Its depth has been checked.
func (c *compiler) formula(f *Formula) lit {
	switch f.Op {
	case True:
		return litTrue
	case False:
		return litFalse
	case Ref:
		if l, ok := c.gates[f.Name]; ok {
			return l
		}
		if house := c.index.house[f.Name]; house != nil {
			if house.State {
				return litTrue
			}
			return litFalse
		}
		if l, ok := c.members[f.Name]; ok {
			return l
		}
		return c.variables[f.Name]
	}
	args := make([]lit, len(f.Args))
	for i, arg := range f.Args {
		args[i] = c.formula(arg)
	}
	switch f.Op {
	case Pass:
		return args[0]
	case Not:
		return args[0].not()
	case Or:
		return c.out.add(kindOr, 0, args)
	case Nor:
		return c.out.add(kindOr, 0, args).not()
	case Nand:
		return c.out.add(kindAnd, 0, args).not()
	case Xor:
		return c.out.add(kindXor, 0, args)
	case Iff:
		return c.out.add(kindXor, 0, args).not()
	case Imply:
		return c.out.add(kindOr, 0, []lit{args[0].not(), args[1]})
	case Atleast:
		return c.out.add(kindAtleast, f.K, args)
	}
	return c.out.add(kindAnd, 0, args) // And, Inhibit
}
