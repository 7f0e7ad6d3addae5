package faulttree

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// textArgs names the arguments of the laws and the uncertain numbers in the text form. A name with "=" has a default:
// "=time" the mission time, "=0.95" a number. Operators that are not listed take a list of arguments.
var textArgs = map[string][]string{
	"exponential": {"rate", "time=time"},
	"glm":         {"gamma=0", "failure_rate", "repair_rate", "time=time"},
	"weibull":     {"scale", "shape", "start=0", "time=time"},
	"lognormal":   {"mean", "error_factor", "level=0.95"},
	"normal":      {"mean", "std"},
	"uniform":     {"low", "high"},
	"beta":        {"alpha", "beta"},
	"gamma":       {"shape", "scale"},
}

// testArgs are the arguments of a periodic test; which ones are given decides between its three forms.
var testArgs = [][]string{
	{"rate", "interval", "first", "time=time"},
	{"rate", "repair_rate", "interval", "first", "time=time"},
	{"rate", "rate_in_test", "repair_rate", "interval", "first", "failure_by_test", "duration", "available_in_test", "detection", "bad_restart", "time=time"},
}

// expression reads a number: a constant, the name of a parameter, "mission_time", or a mapping of one operator.
func (r *textReader) expression(v *value, what string) *Expr {
	e := &Expr{Pos: v.pos}
	if !r.part(v) {
		return e
	}
	switch v.kind {
	case scalar:
		if x, err := strconv.ParseFloat(v.text, 64); err == nil && !v.quoted {
			if x-x != 0 {
				r.faults.add(v.pos, "%s: %s is not a finite number", what, v.text)
			}
			e.Op, e.Number = "constant", x
			return e
		}
		switch v.text {
		case "":
			r.faults.add(v.pos, "%s: the number is missing", what)
		case "mission_time":
			e.Op = "mission-time"
			return e
		}
		e.Op, e.Name = "parameter", v.text
		return e
	case list:
		r.faults.add(v.pos, "%s: expected a number, found a list", what)
		return Const(0)
	}
	if len(v.keys) != 1 {
		r.faults.add(v.pos, "%s: expected one law or operator, found %d keys", what, len(v.keys))
		return Const(0)
	}
	e.Op = v.keys[0].text
	e.Pos = v.keys[0].pos
	if _, known := operators(e.Op); !known && e.Op != "ite" && e.Op != "uncertain" {
		r.faults.add(e.Pos, "%s: unknown law or operator %q", what, e.Op)
		return Const(0)
	}
	r.arguments(e, v.items[0], what)
	return e
}

// arguments reads the arguments of an operator, by name or as a list.
func (r *textReader) arguments(e *Expr, v *value, what string) {
	what = what + ": " + e.Op
	if v.kind == list {
		for _, item := range v.items {
			e.Args = append(e.Args, r.expression(item, what))
		}
		return
	}
	names := textArgs[e.Op]
	switch {
	case e.Op == "histogram" && v.kind == mapping:
		r.histogram(e, v, what)
		return
	case e.Op == "periodic-test" && v.kind == mapping:
		has := func(name string) bool {
			return slices.ContainsFunc(v.keys, func(k *value) bool { return k.text == name })
		}
		switch {
		case has("rate_in_test") || has("duration") || has("detection"):
			names = testArgs[2]
		case has("repair_rate"):
			names = testArgs[1]
		default:
			names = testArgs[0]
		}
	case v.kind != mapping || names == nil:
		e.Args = []*Expr{r.expression(v, what)}
		return
	}
	given := make(map[string]*Expr)
	fields := make(map[string]func(*value))
	for _, name := range names {
		name, _, _ = strings.Cut(name, "=")
		fields[name] = func(v *value) { given[name] = r.expression(v, what+": "+name) }
	}
	r.fields(v, what, fields)
	for _, name := range names {
		name, standard, optional := strings.Cut(name, "=")
		switch {
		case given[name] != nil:
			e.Args = append(e.Args, given[name])
		case !optional:
			r.faults.add(v.pos, "%s needs %s (it takes %s)", what, name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			e.Args = append(e.Args, Const(0))
		case standard == "time":
			e.Args = append(e.Args, &Expr{Op: "mission-time", Pos: e.Pos})
		default:
			x, _ := strconv.ParseFloat(standard, 64) // from the table above
			e.Args = append(e.Args, Const(x))
		}
	}
}

// histogram reads bounds and weights, one more bound than weights.
func (r *textReader) histogram(e *Expr, v *value, what string) {
	var bounds, weights []*Expr
	read := func(into *[]*Expr) func(*value) {
		return func(v *value) {
			for _, item := range v.items {
				*into = append(*into, r.expression(item, what))
			}
		}
	}
	r.fields(v, what, map[string]func(*value){"bounds": read(&bounds), "weights": read(&weights)})
	if len(bounds) != len(weights)+1 || len(weights) == 0 {
		r.faults.add(v.pos, "%s has %d bounds and %d weights: needs one bound more than weights", what, len(bounds), len(weights))
		return
	}
	e.Args = append(e.Args, bounds[0])
	for i, w := range weights {
		e.Args = append(e.Args, bounds[i+1], w)
	}
}

// around reads an uncertainty given beside a number. For {lognormal: {error_factor: 3}} and {normal: {std: x}} the number
// is the mean. Distributions with a mean of their own are drawn from in the trials, and the number stands everywhere else.
func (r *textReader) around(point *Expr, v *value, what string) *Expr {
	what += ": uncertainty"
	if point == nil {
		return r.expression(v, what)
	}
	if v.kind == mapping && len(v.keys) == 1 && v.items[0].kind == mapping {
		op, body := v.keys[0].text, v.items[0]
		hasMean := slices.ContainsFunc(body.keys, func(k *value) bool { return k.text == "mean" })
		if (op == "lognormal" || op == "normal") && !hasMean {
			named := &value{kind: mapping, pos: body.pos, keys: append([]*value{{text: "mean", pos: body.pos}}, body.keys...)}
			named.items = append([]*value{{text: "0", pos: body.pos}}, body.items...)
			e := r.expression(&value{kind: mapping, pos: v.pos, keys: v.keys, items: []*value{named}}, what)
			if len(e.Args) > 0 {
				e.Args[0] = point
			}
			return e
		}
	}
	return &Expr{Op: "uncertain", Args: []*Expr{point, r.expression(v, what)}, Pos: point.Pos}
}
