package faulttree

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Expr is a number of a model: a constant, a parameter, a law of time, an uncertain quantity, or arithmetic over these.
// Operators have the names of the Open-PSA Model Exchange Format; functions and argument orders are listed at the
// constructors below.
type Expr struct {
	Op     string
	Number float64 // of "constant"
	Name   string  // of "parameter"
	Args   []*Expr
	Pos    Pos
}

// Const returns a fixed number.
func Const(x float64) *Expr { return &Expr{Op: "constant", Number: x} }

// Param returns the parameter of that name.
func Param(name string) *Expr { return &Expr{Op: "parameter", Name: name} }

// MissionTime returns the time of the analysis.
func MissionTime() *Expr { return &Expr{Op: "mission-time"} }

// Call returns the operator op applied to args. Operators:
//
//	laws       exponential(rate, time), glm(gamma, failure rate, repair rate, time), weibull(scale, shape, start, time),
//	           periodic-test(failure rate, test interval, first test, time),
//	           periodic-test(failure rate, repair rate, test interval, first test, time),
//	           periodic-test(failure rate, failure rate in test, repair rate, test interval, first test, probability of
//	           failure by the test, test duration, available in test 0|1, probability that a test finds a failure,
//	           probability of a bad restart, time)
//	uncertain  lognormal(mean, error factor, level) or lognormal(mu, sigma), normal(mean, standard deviation),
//	           uniform(low, high), beta(alpha, beta), gamma(shape, scale), histogram(b0, b1, w1, b2, w2, ...)
//	           uncertain(number, distribution): the number, but a draw from the distribution in a Monte-Carlo trial
//	arithmetic neg add sub mul div min max mean pow exp log log10 sqrt abs floor ceil mod
//	choice     ite(condition, then, else), eq df lt gt leq geq not and or; a number other than 0 is true
//
// A wrong operator or number of arguments is reported by Validate and Analyze.
func Call(op string, args ...*Expr) *Expr { return &Expr{Op: op, Args: args} }

// Lognormal returns an uncertain number with the given mean whose 95 % quantile is errorFactor times its median.
func Lognormal(mean, errorFactor float64) *Expr {
	return Call("lognormal", Const(mean), Const(errorFactor), Const(0.95))
}

// Exponential returns the probability that a component with a constant failure rate has failed by the mission time.
func Exponential(rate float64) *Expr { return Call("exponential", Const(rate), MissionTime()) }

// String returns the expression in a compact notation.
func (e *Expr) String() string {
	switch {
	case e == nil:
		return "?"
	case e.Op == "constant":
		return strconv.FormatFloat(e.Number, 'g', -1, 64)
	case e.Op == "parameter":
		return e.Name
	case len(e.Args) == 0:
		return e.Op
	}
	args := make([]string, len(e.Args))
	for i, arg := range e.Args {
		args[i] = arg.String()
	}
	return e.Op + "(" + strings.Join(args, ", ") + ")"
}

// world is what expressions are evaluated in: the parameters, the time, and in a Monte-Carlo trial a generator. Without
// a generator an uncertain number is its mean.
type world struct {
	parameters map[string]*Expr
	time       float64
	hasTime    bool
	rng        *rand.Rand
	known      map[string]float64 // parameters already evaluated: drawn once per trial
	active     map[string]bool    // to find cycles
}

func newWorld(m *Model, time float64) *world {
	w := &world{parameters: make(map[string]*Expr), time: time, hasTime: time > 0, known: make(map[string]float64), active: make(map[string]bool)}
	for _, p := range m.Parameters {
		w.parameters[p.ID] = p.Value
	}
	return w
}

// trial starts a Monte-Carlo trial with its own generator.
func (w *world) trial(rng *rand.Rand) {
	w.rng = rng
	clear(w.known)
}

// exprError is a fault of an expression at its place.
func exprError(e *Expr, format string, args ...any) error {
	return &ModelError{e.Pos, fmt.Sprintf(format, args...)}
}

// maxExprDepth bounds nested expressions, so that no file can exhaust the stack.
const maxExprDepth = 500

// value evaluates e.
func (w *world) value(e *Expr) (float64, error) { return w.eval(e, 0) }

func (w *world) eval(e *Expr, depth int) (float64, error) {
	if e == nil {
		return 0, &ModelError{Msg: "an expression is missing"}
	}
	if depth > maxExprDepth {
		return 0, exprError(e, "expressions are nested deeper than %d", maxExprDepth)
	}
	switch e.Op {
	case "constant":
		return e.Number, nil
	case "parameter":
		return w.parameter(e, depth)
	case "mission-time":
		if !w.hasTime {
			return 0, exprError(e, "the mission time is needed but not set: give mission_time in the model or a time of analysis")
		}
		return w.time, nil
	case "uncertain": // a number and, for the trials, the distribution around it
		if len(e.Args) != 2 {
			return 0, exprError(e, "uncertain has %d arguments, needs 2", len(e.Args))
		}
		if w.rng == nil {
			// The distribution must be sound although it is not asked for its mean.
			if _, err := w.eval(e.Args[1], depth+1); err != nil {
				return 0, err
			}
			return w.eval(e.Args[0], depth+1)
		}
		return w.eval(e.Args[1], depth+1)
	case "ite": // only the branch taken may be meaningful
		if len(e.Args) != 3 {
			return 0, exprError(e, "ite has %d arguments, needs 3", len(e.Args))
		}
		condition, err := w.eval(e.Args[0], depth+1)
		if err != nil {
			return 0, err
		}
		if condition != 0 {
			return w.eval(e.Args[1], depth+1)
		}
		return w.eval(e.Args[2], depth+1)
	}
	args := make([]float64, len(e.Args))
	for i, arg := range e.Args {
		x, err := w.eval(arg, depth+1)
		if err != nil {
			return 0, err
		}
		args[i] = x
	}
	x, err := apply(e.Op, args, w.rng)
	if err != nil {
		return 0, exprError(e, "%v", err)
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, exprError(e, "%s is not a finite number", e)
	}
	return x, nil
}

func (w *world) parameter(e *Expr, depth int) (float64, error) {
	if x, ok := w.known[e.Name]; ok {
		return x, nil
	}
	definition, ok := w.parameters[e.Name]
	switch {
	case !ok:
		return 0, exprError(e, "parameter %q is not defined", e.Name)
	case w.active[e.Name]:
		return 0, exprError(e, "parameter %q is defined by itself", e.Name)
	}
	w.active[e.Name] = true
	defer delete(w.active, e.Name)
	x, err := w.eval(definition, depth+1)
	if err != nil {
		return 0, err
	}
	w.known[e.Name] = x
	return x, nil
}

// operator is one row of the table of operators.
type operator struct {
	min, max int // number of arguments; max -1: any
	compute  func(a []float64) (float64, error)
	sample   func(a []float64, rng *rand.Rand) float64 // of uncertain operators, after compute accepted the arguments
}

// apply computes one operator; rng nil gives the mean of an uncertain one.
func apply(op string, args []float64, rng *rand.Rand) (float64, error) {
	row, ok := operators(op)
	switch {
	case !ok:
		return 0, fmt.Errorf("unknown operator %q", op)
	case len(args) < row.min || row.max >= 0 && len(args) > row.max:
		return 0, fmt.Errorf("%s has %d arguments, needs %s", op, len(args), argRange(row.min, row.max))
	}
	if rng != nil {
		clip(op, args)
	}
	x, err := row.compute(args)
	if err != nil || rng == nil || row.sample == nil {
		return x, err
	}
	return row.sample(args, rng), nil
}

func argRange(low, high int) string {
	switch {
	case high < 0:
		return fmt.Sprintf("%d or more", low)
	case low == high:
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}

// operators returns the row of an operator.
func operators(op string) (operator, bool) {
	if row, ok := laws(op); ok {
		return row, true
	}
	if row, ok := deviates(op); ok {
		return row, true
	}
	return arithmetic(op)
}

func arithmetic(op string) (operator, bool) {
	plain := func(low, high int, f func(a []float64) float64) (operator, bool) {
		return operator{min: low, max: high, compute: func(a []float64) (float64, error) { return f(a), nil }}, true
	}
	fold := func(f func(x, y float64) float64) (operator, bool) {
		return plain(1, -1, func(a []float64) float64 {
			x := a[0]
			for _, y := range a[1:] {
				x = f(x, y)
			}
			return x
		})
	}
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	compare := func(f func(x, y float64) bool) (operator, bool) {
		return plain(2, 2, func(a []float64) float64 { return truth(f(a[0], a[1])) })
	}
	single := func(f func(float64) float64) (operator, bool) {
		return plain(1, 1, func(a []float64) float64 { return f(a[0]) })
	}
	switch op {
	case "add":
		return fold(func(x, y float64) float64 { return x + y })
	case "sub":
		return fold(func(x, y float64) float64 { return x - y })
	case "mul":
		return fold(func(x, y float64) float64 { return x * y })
	case "div":
		return fold(func(x, y float64) float64 { return x / y })
	case "min":
		return fold(math.Min)
	case "max":
		return fold(math.Max)
	case "mean":
		return plain(1, -1, func(a []float64) float64 {
			sum := 0.0
			for _, x := range a {
				sum += x
			}
			return sum / float64(len(a))
		})
	case "pow":
		return plain(2, 2, func(a []float64) float64 { return math.Pow(a[0], a[1]) })
	case "mod":
		return plain(2, 2, func(a []float64) float64 { return math.Mod(a[0], a[1]) })
	case "neg":
		return single(func(x float64) float64 { return -x })
	case "exp":
		return single(math.Exp)
	case "log":
		return single(math.Log)
	case "log10":
		return single(math.Log10)
	case "sqrt":
		return single(math.Sqrt)
	case "abs":
		return single(math.Abs)
	case "floor":
		return single(math.Floor)
	case "ceil":
		return single(math.Ceil)
	case "not":
		return single(func(x float64) float64 { return truth(x == 0) })
	case "and":
		return fold(func(x, y float64) float64 { return truth(x != 0 && y != 0) })
	case "or":
		return fold(func(x, y float64) float64 { return truth(x != 0 || y != 0) })
	case "eq":
		return compare(func(x, y float64) bool { return x == y })
	case "df":
		return compare(func(x, y float64) bool { return x != y })
	case "lt":
		return compare(func(x, y float64) bool { return x < y })
	case "gt":
		return compare(func(x, y float64) bool { return x > y })
	case "leq":
		return compare(func(x, y float64) bool { return x <= y })
	case "geq":
		return compare(func(x, y float64) bool { return x >= y })
	}
	return operator{}, false
}

// uncertain reports whether e depends on a deviate, through parameters too.
func (w *world) uncertain(e *Expr) bool {
	return w.contains(e, func(op string) bool { _, ok := deviates(op); return ok })
}

// timed reports whether e depends on the time of the analysis, through parameters too.
func (w *world) timed(e *Expr) bool {
	return w.contains(e, func(op string) bool { return op == "mission-time" })
}

// contains reports whether an operator that is wanted occurs in e, through parameters too.
func (w *world) contains(e *Expr, wanted func(op string) bool) bool {
	seen := make(map[string]bool)
	stack := []*Expr{e}
	for len(stack) > 0 {
		e := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if e == nil {
			continue
		}
		if e.Op == "parameter" && !seen[e.Name] {
			seen[e.Name] = true
			stack = append(stack, w.parameters[e.Name])
		}
		if wanted(e.Op) {
			return true
		}
		stack = append(stack, e.Args...)
	}
	return false
}
