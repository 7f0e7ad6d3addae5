package complexity

import "fmt"

// Limits are bounds that functions have to keep; 0 is no bound.
type Limits struct {
	MaxCyclomatic      int
	MaxCognitive       int // does not bind functions with the directive //gocognit:ignore
	MinMaintainability int
}

// Offence is a function that does not keep a limit.
type Offence struct {
	Function Function
	Metric   Metric
	Limit    int
}

// String names the place, the function, the value and the limit.
func (o Offence) String() string {
	bound := "at most"
	if o.Metric == Maintainability {
		bound = "at least"
	}
	f := o.Function
	return fmt.Sprintf("%s:%d: %s: %s %.0f, must be %s %d", f.File, f.Line, f.Function, o.Metric, o.Metric.Of(f), bound, o.Limit)
}

// Check returns the functions that do not keep the limits, in their order; one that does not keep two is there twice.
func (l Limits) Check(list []Function) []Offence {
	var found []Offence
	for _, f := range list {
		check := func(m Metric, limit int) {
			if limit != 0 && m.Beyond(m.Of(f), float64(limit)) {
				found = append(found, Offence{f, m, limit})
			}
		}
		check(Cyclomatic, l.MaxCyclomatic)
		if !f.cognitiveIgnored {
			check(Cognitive, l.MaxCognitive)
		}
		check(Maintainability, l.MinMaintainability)
	}
	return found
}
