package faulttree

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Op is the logical operator of a formula.
type Op string

// Operators of a formula. The comment says when the formula is true.
const (
	And     Op = "and"     // all arguments are
	Or      Op = "or"      // at least one argument is
	Atleast Op = "atleast" // at least K arguments are (K-of-N voting)
	Xor     Op = "xor"     // an odd number of arguments is
	Not     Op = "not"     // the one argument is not
	Nand    Op = "nand"    // at least one argument is not
	Nor     Op = "nor"     // no argument is
	Inhibit Op = "inhibit" // all are: a cause and the conditions that let it through
	Iff     Op = "iff"     // both arguments are, or neither
	Imply   Op = "imply"   // the second is, or the first is not
	Pass    Op = "pass"    // the one argument is
	Ref     Op = "ref"     // the gate, basic event or house event named by Name is
	True    Op = "true"    // always
	False   Op = "false"   // never
)

// Pos is a place in a model file; the zero value is a model built in Go.
type Pos struct {
	File         string
	Line, Column int
}

// String returns file:line:column, as far as known.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Formula is a Boolean formula over gates, basic events and house events.
type Formula struct {
	Op   Op
	K    int        // of Atleast
	Name string     // of Ref
	Args []*Formula // in the order of the model
	Pos  Pos
}

// Gate is a named formula: an intermediate or top event.
type Gate struct {
	ID          string
	Name        string // for people; "" means the ID
	Description string
	Severity    int // 1 (negligible) to 5 (catastrophic), 0 when not rated
	Mitigation  string
	Formula     *Formula
	Pos         Pos
}

// Event is a basic event: a cause that is not developed further.
type Event struct {
	ID          string
	Name        string // for people; "" means the ID
	Description string
	Severity    int // 1 (negligible) to 5 (catastrophic), 0 when not rated
	Mitigation  string
	// MitigationEffect is the share of the probability that the mitigation takes away, 0..1. 0 means 1: the event can no
	// longer happen.
	MitigationEffect float64
	// Probability may depend on time and be uncertain. Members of a common-cause group need none: the group has it.
	Probability *Expr
	Pos         Pos
}

// House is a house event: a condition that the analyst switches on or off.
type House struct {
	ID    string
	State bool
	Pos   Pos
}

// Parameter is a named number that several events may share. In a Monte-Carlo trial it is drawn once for all of them.
type Parameter struct {
	ID    string
	Value *Expr
	Pos   Pos
}

// Common-cause models of a [Group].
const (
	BetaFactor = "beta"
	MGL        = "mgl"
	AlphaModel = "alpha"
	PhiModel   = "phi"
)

// Group is a common-cause failure group: events that may fail from one shared cause.
type Group struct {
	ID      string
	Model   string   // BetaFactor, MGL, AlphaModel or PhiModel
	Members []string // ids of basic events
	Total   *Expr    // probability of one member to fail from any cause
	// Factors are: beta for BetaFactor; beta, gamma, delta ... (levels 2, 3, 4 ...) for MGL; one per level 1, 2, 3 ... for
	// the other two. Fewer than the members means that larger combinations do not occur.
	Factors []*Expr
	Pos     Pos
}

// Model is a set of fault trees over common events.
type Model struct {
	Name        string
	Description string
	// MissionTime is the time at which laws are evaluated, in the unit of their rates (usually hours). 0 means not set.
	MissionTime float64
	// Top names the gates to analyse. Empty means the gates that no other gate uses.
	Top        []string
	Gates      []*Gate
	Events     []*Event
	Houses     []*House
	Parameters []*Parameter
	Groups     []*Group
	// Warnings are what a reader skipped because it does not bear on the analysis.
	Warnings []string
}

// New returns an empty model.
func New(name string) *Model { return &Model{Name: name} }

// Gate adds a gate over the named gates and events and returns it, so that its other fields can be set. For voting use
// [Model.Vote]; for nested formulas set Gate.Formula.
func (m *Model) Gate(id string, op Op, inputs ...string) *Gate {
	f := &Formula{Op: op}
	for _, name := range inputs {
		f.Args = append(f.Args, &Formula{Op: Ref, Name: name})
	}
	g := &Gate{ID: id, Formula: f}
	m.Gates = append(m.Gates, g)
	return g
}

// Vote adds a gate that is true when at least k of the inputs are, and returns it.
func (m *Model) Vote(id string, k int, inputs ...string) *Gate {
	g := m.Gate(id, Atleast, inputs...)
	g.Formula.K = k
	return g
}

// Event adds a basic event with a fixed probability and returns it. For laws and uncertainty set Event.Probability.
func (m *Model) Event(id string, probability float64) *Event {
	e := &Event{ID: id, Probability: Const(probability)}
	m.Events = append(m.Events, e)
	return e
}

// Tops returns the gates to analyse: Model.Top, else those that no other gate uses, in model order.
func (m *Model) Tops() []string {
	if len(m.Top) > 0 {
		return slices.Clone(m.Top)
	}
	used := make(map[string]bool)
	for _, g := range m.Gates {
		g.Formula.each(func(f *Formula) { used[f.Name] = true })
	}
	var tops []string
	for _, g := range m.Gates {
		if !used[g.ID] {
			tops = append(tops, g.ID)
		}
	}
	return tops
}

// each calls fn for the references of a formula, in order.
func (f *Formula) each(fn func(ref *Formula)) {
	stack := []*Formula{f}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f == nil {
			continue
		}
		if f.Op == Ref {
			fn(f)
		}
		for i := len(f.Args) - 1; i >= 0; i-- {
			stack = append(stack, f.Args[i])
		}
	}
}

// String returns the formula in a compact notation.
func (f *Formula) String() string {
	switch {
	case f == nil:
		return "?"
	case f.Op == Ref:
		return f.Name
	case f.Op == True || f.Op == False:
		return string(f.Op)
	}
	args := make([]string, len(f.Args))
	for i, arg := range f.Args {
		args[i] = arg.String()
	}
	if f.Op == Atleast {
		return fmt.Sprintf("atleast(%d; %s)", f.K, strings.Join(args, ", "))
	}
	return fmt.Sprintf("%s(%s)", f.Op, strings.Join(args, ", "))
}

// ErrModel is what every error about the content of a model wraps.
var ErrModel = errors.New("bad model")

// ModelError is one fault of a model, with its place.
type ModelError struct {
	Pos Pos
	Msg string
}

// Error returns the place and the fault.
func (e *ModelError) Error() string {
	if place := e.Pos.String(); place != "" {
		return "faulttree: " + place + ": " + e.Msg
	}
	return "faulttree: " + e.Msg
}

// Unwrap returns ErrModel.
func (e *ModelError) Unwrap() error { return ErrModel }

// maxFaults is how many faults one reading reports: the first ones, because the later often follow from them.
const maxFaults = 20

// faults collects the faults of a model.
type faults struct {
	list []error
	more int
}

func (f *faults) add(pos Pos, format string, args ...any) {
	if len(f.list) == maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, &ModelError{pos, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.list, fmt.Errorf("faulttree: and %d more faults: %w", f.more, ErrModel))...)
	}
	return errors.Join(f.list...)
}
