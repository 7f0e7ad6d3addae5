package faulttree

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Validate checks the whole model: that names are unique and references lead somewhere, that no gate is below itself,
// that every operator has as many arguments as it takes, that every number makes sense, and that every basic event has a
// probability in 0..1. All faults found (up to 20) are joined; each is a *[ModelError] with its place.
func (m *Model) Validate() error {
	var f faults
	index := m.index(&f)
	for _, g := range m.Gates {
		m.checkFormula(&f, index, g)
		checkRating(&f, g.Pos, g.ID, g.Severity)
	}
	for _, id := range m.Top {
		if index.gate[id] == nil {
			f.add(Pos{}, "top %q is not a gate of the model", id)
		}
	}
	if len(m.Gates) == 0 {
		f.add(Pos{}, "model %q has no gate", m.Name)
	}
	if !(m.MissionTime >= 0) || math.IsInf(m.MissionTime, 0) {
		f.add(Pos{}, "mission time %g: must be a number of at least 0", m.MissionTime)
	}
	m.checkGroups(&f, index)
	if len(f.list) == 0 {
		if cycle := m.cycle(index); cycle != nil {
			f.add(index.gate[cycle[0]].Pos, "gate %q is below itself: %s", cycle[0], strings.Join(cycle, " -> "))
		}
	}
	if len(f.list) == 0 {
		m.checkProbabilities(&f, index)
	}
	return f.err()
}

// index finds the parts of a model by id.
type index struct {
	gate   map[string]*Gate
	event  map[string]*Event
	house  map[string]*House
	member map[string]*Group // of a basic event
}

func (m *Model) index(f *faults) *index {
	x := &index{make(map[string]*Gate), make(map[string]*Event), make(map[string]*House), make(map[string]*Group)}
	where := make(map[string]string)
	claim := func(id, what string, pos Pos) {
		switch before, twice := where[id]; {
		case id == "":
			f.add(pos, "a %s has no id", what)
		case twice:
			f.add(pos, "%s %q is already defined as a %s", what, id, before)
		}
		where[id] = what
		if at := pos.String(); at != "" {
			where[id] += " at " + at
		}
	}
	for _, g := range m.Gates {
		claim(g.ID, "gate", g.Pos)
		x.gate[g.ID] = g
	}
	for _, e := range m.Events {
		claim(e.ID, "basic event", e.Pos)
		x.event[e.ID] = e
	}
	for _, h := range m.Houses {
		claim(h.ID, "house event", h.Pos)
		x.house[h.ID] = h
	}
	clear(where) // parameters and groups have name spaces of their own
	for _, p := range m.Parameters {
		claim(p.ID, "parameter", p.Pos)
	}
	clear(where)
	for _, g := range m.Groups {
		claim(g.ID, "common-cause group", g.Pos)
	}
	return x
}

func checkRating(f *faults, pos Pos, id string, severity int) {
	if severity < 0 || severity > 5 {
		f.add(pos, "%q has severity %d: must be 1 (negligible) to 5 (catastrophic), or 0 for not rated", id, severity)
	}
}

// arity is the number of arguments that an operator takes; max -1 means any.
func (op Op) arity() (low, high int, known bool) {
	switch op {
	case And, Or, Atleast, Nand, Nor:
		return 1, -1, true
	case Xor, Inhibit:
		return 2, -1, true
	case Not, Pass:
		return 1, 1, true
	case Iff, Imply:
		return 2, 2, true
	case Ref, True, False:
		return 0, 0, true
	}
	return 0, 0, false
}

func (m *Model) checkFormula(f *faults, x *index, g *Gate) {
	type item struct {
		formula *Formula
		depth   int
	}
	stack := []item{{g.Formula, 0}}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		q := top.formula
		if q == nil {
			f.add(g.Pos, "gate %q has no formula", g.ID)
			continue
		}
		if top.depth > maxDepth {
			f.add(q.Pos, "gate %q: formulas are nested deeper than %d: give the inner ones a name of their own", g.ID, maxDepth)
			return
		}
		low, high, known := q.Op.arity()
		switch {
		case !known:
			f.add(q.Pos, "gate %q: unknown operator %q", g.ID, q.Op)
		case len(q.Args) < low || high >= 0 && len(q.Args) > high:
			f.add(q.Pos, "gate %q: %s has %d inputs, needs %s", g.ID, q.Op, len(q.Args), argRange(low, high))
		case q.Op == Atleast && (q.K < 1 || q.K > len(q.Args)):
			f.add(q.Pos, "gate %q: at least %d of %d inputs: must be 1 to %d", g.ID, q.K, len(q.Args), len(q.Args))
		case q.Op == Ref && x.gate[q.Name] == nil && x.event[q.Name] == nil && x.house[q.Name] == nil:
			f.add(q.Pos, "gate %q: input %q is not defined", g.ID, q.Name)
		}
		for i := len(q.Args) - 1; i >= 0; i-- {
			stack = append(stack, item{q.Args[i], top.depth + 1})
		}
	}
}

func (m *Model) checkGroups(f *faults, x *index) {
	for _, g := range m.Groups {
		n := len(g.Members)
		if n < 2 {
			f.add(g.Pos, "common-cause group %q has %d members, needs at least 2", g.ID, n)
		}
		for _, id := range g.Members {
			switch {
			case x.event[id] == nil:
				f.add(g.Pos, "common-cause group %q: member %q is not a basic event", g.ID, id)
			case x.member[id] == g:
				f.add(g.Pos, "common-cause group %q has the member %q twice", g.ID, id)
			case x.member[id] != nil:
				f.add(g.Pos, "basic event %q is in the common-cause groups %q and %q", id, x.member[id].ID, g.ID)
			}
			x.member[id] = g
		}
		if g.Total == nil {
			f.add(g.Pos, "common-cause group %q has no probability", g.ID)
		}
		low, high := 1, n
		switch g.Model {
		case BetaFactor:
			high = 1
		case MGL:
			high = n - 1
		case AlphaModel, PhiModel:
		default:
			f.add(g.Pos, "common-cause group %q has the model %q: must be %s, %s, %s or %s", g.ID, g.Model, BetaFactor, MGL, AlphaModel, PhiModel)
			continue
		}
		if len(g.Factors) < low || len(g.Factors) > high {
			f.add(g.Pos, "common-cause group %q: %s of %d members has %d factors, needs %s", g.ID, g.Model, n, len(g.Factors), argRange(low, max(low, high)))
		}
		if combinations(n, g.levels()) > maxCombinations {
			f.add(g.Pos, "common-cause group %q: %d members make more than %d combinations: give fewer factors", g.ID, n, maxCombinations)
			continue
		}
		if !slices.ContainsFunc(m.Events, func(e *Event) bool { return strings.HasPrefix(e.ID, "[") }) {
			continue
		}
		for _, shared := range g.combinations() {
			if e := x.event[shared.id]; e != nil {
				f.add(e.Pos, "basic event %q has the name of a shared failure of the common-cause group %q", e.ID, g.ID)
			}
		}
	}
}

// cycle returns the ids along a cycle of gates, or nil.
func (m *Model) cycle(x *index) []string {
	const (
		unseen = iota
		open
		done
	)
	state := make(map[string]int, len(m.Gates))
	type frame struct {
		id   string
		next []string
	}
	inputs := func(id string) []string {
		var list []string
		x.gate[id].Formula.each(func(ref *Formula) {
			if x.gate[ref.Name] != nil {
				list = append(list, ref.Name)
			}
		})
		return list
	}
	for _, g := range m.Gates {
		if state[g.ID] != unseen {
			continue
		}
		path := []frame{{g.ID, inputs(g.ID)}}
		state[g.ID] = open
		for len(path) > 0 {
			top := &path[len(path)-1]
			if len(top.next) == 0 {
				state[top.id] = done
				path = path[:len(path)-1]
				continue
			}
			id := top.next[0]
			top.next = top.next[1:]
			switch state[id] {
			case unseen:
				state[id] = open
				path = append(path, frame{id, inputs(id)})
			case open:
				at := slices.IndexFunc(path, func(f frame) bool { return f.id == id })
				var names []string
				for _, f := range path[at:] {
					names = append(names, f.id)
				}
				return append(names, id)
			}
		}
	}
	return nil
}

// checkProbabilities evaluates every probability at the mission time, uncertain numbers at their means. What needs a
// mission time that is not set is left to the analysis, which may be given one.
func (m *Model) checkProbabilities(f *faults, x *index) {
	at := m.MissionTime
	if at == 0 {
		at = 1
	}
	w := newWorld(m, at)
	for _, p := range m.Parameters {
		if p.Value == nil {
			f.add(p.Pos, "parameter %q has no value", p.ID)
		} else if _, err := w.value(&Expr{Op: "parameter", Name: p.ID, Pos: p.Pos}); err != nil {
			f.add(p.Pos, "parameter %q: %s", p.ID, strip(err))
		}
	}
	if len(f.list) > 0 {
		return
	}
	for _, e := range m.Events {
		checkRating(f, e.Pos, e.ID, e.Severity)
		if !(e.MitigationEffect >= 0 && e.MitigationEffect <= 1) {
			f.add(e.Pos, "basic event %q has mitigation effect %g: must be 0 to 1", e.ID, e.MitigationEffect)
		}
		switch {
		case x.member[e.ID] != nil:
			if e.Probability != nil {
				f.add(e.Pos, "basic event %q has a probability, but its common-cause group %q gives it one: remove either", e.ID, x.member[e.ID].ID)
			}
		case e.Probability == nil:
			f.add(e.Pos, "basic event %q has no probability", e.ID)
		default:
			checkProbability(f, w, e.Probability, e.Pos, fmt.Sprintf("basic event %q", e.ID))
		}
	}
	for _, g := range m.Groups {
		checkProbability(f, w, g.Total, g.Pos, fmt.Sprintf("common-cause group %q", g.ID))
		for i, factor := range g.Factors {
			checkProbability(f, w, factor, g.Pos, fmt.Sprintf("common-cause group %q, factor %d", g.ID, i+1))
		}
	}
}

func checkProbability(f *faults, w *world, e *Expr, pos Pos, what string) {
	p, err := w.value(e)
	switch {
	case err != nil:
		at := pos
		if e != nil && e.Pos.Line > 0 {
			at = e.Pos
		}
		f.add(at, "%s: %s", what, strip(err))
	case !(p >= 0 && p <= 1):
		if e.Pos.Line > 0 {
			pos = e.Pos
		}
		f.add(pos, "%s has probability %g: must be 0 to 1", what, p)
	}
}

// strip returns the message of a model error without its place, which the caller states.
func strip(err error) string {
	var e *ModelError
	if errors.As(err, &e) {
		return e.Msg
	}
	return err.Error()
}
