package faulttree

import (
	"strconv"
	"strings"
)

// mefOps are the formula elements of the format that map to one operator.
var mefOps = map[string]Op{
	"and": And, "or": Or, "not": Not, "nand": Nand, "nor": Nor, "xor": Xor, "iff": Iff, "imply": Imply, "null": Pass, "inhibit": Inhibit,
}

// formula reads a Boolean formula.
func (r *mefReader) formula(e *element, scope []string) *Formula {
	f := &Formula{Pos: e.pos}
	switch e.name {
	case "gate", "basic-event", "house-event", "event":
		return r.reference(e, scope)
	case "constant":
		f.Op = False
		if r.boolean(e) {
			f.Op = True
		}
		return f
	case "atleast":
		f.Op, f.K = Atleast, r.count(e, "min")
	case "cardinality": // min to max: at least min, and not at least max+1
		low, high := r.count(e, "min"), r.count(e, "max")
		args := r.formulas(e, scope)
		atleast := &Formula{Op: Atleast, K: low, Args: args, Pos: e.pos}
		if low <= 0 {
			atleast = &Formula{Op: True, Pos: e.pos}
		}
		if high >= len(args) {
			return atleast
		}
		more := &Formula{Op: Not, Pos: e.pos, Args: []*Formula{{Op: Atleast, K: high + 1, Args: args, Pos: e.pos}}}
		return &Formula{Op: And, Args: []*Formula{atleast, more}, Pos: e.pos}
	default:
		op, ok := mefOps[e.name]
		if !ok {
			r.faults.add(e.pos, "unknown formula <%s>", e.name)
			return &Formula{Op: False, Pos: e.pos}
		}
		f.Op = op
	}
	f.Args = r.formulas(e, scope)
	return f
}

func (r *mefReader) formulas(e *element, scope []string) []*Formula {
	var list []*Formula
	for _, c := range e.children {
		list = append(list, r.formula(c, scope))
	}
	return list
}

// reference reads <gate name=.../> and its like. The kind that the element or its type attribute states is checked.
func (r *mefReader) reference(e *element, scope []string) *Formula {
	name := strings.TrimSpace(e.attrs["name"])
	want := e.name
	if want == "event" {
		want = e.attrs["type"]
	}
	id, ok := r.resolve("event", name, scope)
	switch {
	case name == "":
		r.faults.add(e.pos, "<%s> has no name", e.name)
	case !ok:
		r.faults.add(e.pos, "%s %q is not defined", strings.ReplaceAll(e.name, "-", " "), name)
	case want != "" && r.defined["event"][id] != want:
		r.faults.add(e.pos, "%q is used as a %s but defined as a %s", name, want, r.defined["event"][id])
	}
	return &Formula{Op: Ref, Name: id, Pos: e.pos}
}

func (r *mefReader) count(e *element, attr string) int {
	n, err := strconv.Atoi(strings.TrimSpace(e.attrs[attr]))
	if err != nil || n < 0 {
		r.faults.add(e.pos, "<%s %s=%q>: must be a whole number of at least 0", e.name, attr, e.attrs[attr])
	}
	return n
}

// mefExpressions are the expression elements of the format by our operator names.
var mefExpressions = map[string]string{
	"exponential": "exponential", "GLM": "glm", "Weibull": "weibull", "periodic-test": "periodic-test",
	"uniform-deviate": "uniform", "normal-deviate": "normal", "lognormal-deviate": "lognormal", "gamma-deviate": "gamma", "beta-deviate": "beta",
	"neg": "neg", "add": "add", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow", "exp": "exp", "log": "log", "log10": "log10", "sqrt": "sqrt",
	"abs": "abs", "floor": "floor", "ceil": "ceil", "mod": "mod", "min": "min", "max": "max", "mean": "mean",
	"ite": "ite", "eq": "eq", "df": "df", "lt": "lt", "gt": "gt", "leq": "leq", "geq": "geq", "not": "not", "and": "and", "or": "or",
}

// expression reads a numeric expression.
func (r *mefReader) expression(e *element, scope []string) *Expr {
	x := &Expr{Pos: e.pos}
	switch e.name {
	case "float", "int":
		value, err := strconv.ParseFloat(strings.TrimSpace(e.attrs["value"]), 64)
		if err != nil || value-value != 0 {
			r.faults.add(e.pos, "<%s value=%q>: not a finite number", e.name, e.attrs["value"])
		}
		x.Op, x.Number = "constant", value
		return x
	case "bool":
		x.Op = "constant"
		if r.boolean(e) {
			x.Number = 1
		}
		return x
	case "pi":
		return &Expr{Op: "constant", Number: 3.141592653589793, Pos: e.pos}
	case "parameter":
		id, ok := r.resolve("parameter", e.attrs["name"], scope)
		if !ok {
			r.faults.add(e.pos, "parameter %q is not defined", e.attrs["name"])
		}
		x.Op, x.Name = "parameter", id
		return x
	case "system-mission-time":
		x.Op = "mission-time"
		return x
	case "histogram":
		return r.histogram(e, scope)
	case "switch":
		return r.choice(e, scope)
	}
	op, ok := mefExpressions[e.name]
	if !ok {
		r.faults.add(e.pos, "unknown expression <%s>", e.name)
		return Const(0)
	}
	x.Op = op
	for _, c := range e.children {
		x.Args = append(x.Args, r.expression(c, scope))
	}
	return x
}

// histogram reads a lower bound followed by bins of upper bound and weight.
func (r *mefReader) histogram(e *element, scope []string) *Expr {
	x := &Expr{Op: "histogram", Pos: e.pos}
	for i, c := range e.children {
		switch {
		case c.name == "bin" && len(c.children) == 2 && i > 0:
			x.Args = append(x.Args, r.expression(c.children[0], scope), r.expression(c.children[1], scope))
		case c.name != "bin" && i == 0:
			x.Args = append(x.Args, r.expression(c, scope))
		default:
			r.faults.add(c.pos, "<%s> in a histogram: expected a lower bound and then <bin> elements with a bound and a weight", c.name)
		}
	}
	return x
}

// choice reads a switch: cases of condition and value, then the value of all other cases. It becomes nested ites.
func (r *mefReader) choice(e *element, scope []string) *Expr {
	n := len(e.children)
	if n == 0 || e.children[n-1].name == "case" {
		r.faults.add(e.pos, "<switch> has no default value at its end")
		return Const(0)
	}
	x := r.expression(e.children[n-1], scope)
	for i := n - 2; i >= 0; i-- {
		c := e.children[i]
		if c.name != "case" || len(c.children) != 2 {
			r.faults.add(c.pos, "<%s> in <switch>: expected <case> with a condition and a value", c.name)
			continue
		}
		x = &Expr{Op: "ite", Pos: c.pos, Args: []*Expr{r.expression(c.children[0], scope), r.expression(c.children[1], scope), x}}
	}
	return x
}
