package complexity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Metric is a figure to sort by and to compare with a limit.
type Metric string

// The metrics, by the names that [ParseMetric] takes.
const (
	Cyclomatic      Metric = "cyclomatic"
	Cognitive       Metric = "cognitive"
	Maintainability Metric = "maintainability"
	Volume          Metric = "volume"
	Difficulty      Metric = "difficulty"
	Effort          Metric = "effort"
	Lines           Metric = "lines"
	Nesting         Metric = "nesting"
)

// Metrics returns the names of all metrics.
func Metrics() []string {
	var names []string
	for _, m := range []Metric{Cyclomatic, Cognitive, Maintainability, Volume, Difficulty, Effort, Lines, Nesting} {
		names = append(names, string(m))
	}
	return names
}

// ParseMetric checks a metric's name.
func ParseMetric(name string) (Metric, error) {
	if slices.Contains(Metrics(), name) {
		return Metric(name), nil
	}
	return "", fmt.Errorf("complexity: metric %q, must be one of %s", name, strings.Join(Metrics(), ", "))
}

// Limit is the value beyond which a function deserves a look: 10 for cyclomatic (McCabe 1976) and 15 for cognitive
// complexity (SonarSource's default), 20 for the maintainability index (maintidx's default), a volume of 1000, a difficulty
// of 30, an effort of 30000, 60 lines (the default of the linter funlen), 4 levels of nesting.
func (m Metric) Limit() float64 {
	switch m {
	case Cognitive:
		return 15
	case Maintainability:
		return 20
	case Volume:
		return 1000
	case Difficulty:
		return 30
	case Effort:
		return 30000
	case Lines:
		return 60
	case Nesting:
		return 4
	}
	return 10
}

// Of returns the metric's value for a function.
func (m Metric) Of(f Function) float64 {
	switch m {
	case Cognitive:
		return float64(f.Cognitive)
	case Maintainability:
		return float64(f.MaintainabilityIndex)
	case Volume:
		return f.Halstead.Volume
	case Difficulty:
		return f.Halstead.Difficulty
	case Effort:
		return f.Halstead.Effort
	case Lines:
		return float64(f.Lines)
	case Nesting:
		return float64(f.Nesting)
	}
	return float64(f.Cyclomatic)
}

// ofSummary returns the value by which files and packages are sorted: what their functions add up to, and where that
// means nothing, the worst of them.
func (m Metric) ofSummary(s Summary) float64 {
	switch m {
	case Cognitive:
		return float64(s.Cognitive)
	case Maintainability:
		return float64(s.MinMaintainabilityIndex)
	case Volume:
		return s.Halstead.Volume
	case Difficulty:
		return s.Halstead.Difficulty
	case Effort:
		return s.Halstead.Effort
	case Lines:
		return float64(s.Lines)
	case Nesting:
		return float64(s.Nesting)
	}
	return float64(s.Cyclomatic)
}

// Beyond reports whether a value is on the wrong side of a limit: below it for maintainability, above it for the others.
func (m Metric) Beyond(value, limit float64) bool {
	if m == Maintainability {
		return value < limit
	}
	return value > limit
}

// worse orders values, the worst first.
func (m Metric) worse(a, b float64) int {
	if m == Maintainability {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}
