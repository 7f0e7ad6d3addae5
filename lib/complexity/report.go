package complexity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Report is the result of an analysis.
type Report struct {
	Cognitive string     // the definition: Gocognit or Paper
	Totals    Summary    // of everything measured
	Packages  []Package  // by name
	Files     []File     // by path
	Functions []Function // by path and line

	Generated []string   // files left out because a program wrote them
	Ignored   int        // functions left out by //gocyclo:ignore
	Left      Left       // what was left out before it was read
	Problems  []*Problem // what could not be read or does not parse
}

// Package sums up a package.
type Package struct {
	Package string `json:"package"`
	Files   int    `json:"files"`
	Summary

	folder string // without a go.mod, packages of two folders can have one name
}

// File sums up a file.
type File struct {
	Package string `json:"package"`
	File    string `json:"file"`
	Summary
}

// Summary is what the functions of a file or package come to.
type Summary struct {
	Functions int `json:"functions"`
	Over      int `json:"over"` // functions beyond a limit: cyclomatic complexity above 10 unless a View says otherwise

	Cyclomatic    int    `json:"cyclomatic"` // sum
	MaxCyclomatic int    `json:"max_cyclomatic"`
	Worst         string `json:"worst"`     // the first function with MaxCyclomatic, "" without functions
	Cognitive     int    `json:"cognitive"` // sum
	MaxCognitive  int    `json:"max_cognitive"`

	Halstead                Halstead `json:"halstead"`              // of all tokens, in functions and between them
	MaintainabilityIndex    float64  `json:"maintainability_index"` // mean over the functions; 100 without functions
	MinMaintainabilityIndex int      `json:"min_maintainability_index"`
	Lines                   int      `json:"lines"`   // of the files
	Nesting                 int      `json:"nesting"` // deepest
}

// MeanCyclomatic is the mean over the functions, 0 without functions.
func (s Summary) MeanCyclomatic() float64 {
	return float64(s.Cyclomatic) / float64(max(1, s.Functions))
}

// MeanCognitive is the mean over the functions, 0 without functions.
func (s Summary) MeanCognitive() float64 { return float64(s.Cognitive) / float64(max(1, s.Functions)) }

// Err joins the report's problems to one error; nil when there are none.
func (r *Report) Err() error {
	var list []error
	for _, p := range r.Problems {
		list = append(list, fmt.Errorf("complexity: %w", p))
	}
	return errors.Join(list...)
}

// Over returns the functions beyond a limit, the worst first.
func (r *Report) Over(m Metric, limit float64) []Function {
	var list []Function
	for _, f := range r.Functions {
		if m.Beyond(m.Of(f), limit) {
			list = append(list, f)
		}
	}
	sortFunctions(list, m)
	return list
}

// sortFunctions puts the worst first and leaves equals in their order.
func sortFunctions(list []Function, m Metric) {
	slices.SortStableFunc(list, func(a, b Function) int { return m.worse(m.Of(a), m.Of(b)) })
}

// LeftOut says in one line what was not measured; "" when nothing was left out.
func (r *Report) LeftOut() string {
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(len(r.Generated), "generated file", "generated files")
	add(r.Left.Tests, "test file", "test files")
	add(r.Left.Build, "file for other targets", "files for other targets")
	add(r.Left.Vendor, "folder vendor", "folders vendor")
	add(r.Left.Testdata, "folder testdata", "folders testdata")
	add(r.Left.Hidden, "name that begins with _ or a dot", "names that begin with _ or a dot")
	add(r.Left.Links, "link to a folder", "links to folders")
	add(r.Ignored, "function with //gocyclo:ignore", "functions with //gocyclo:ignore")
	return strings.Join(parts, ", ")
}

// group adds up files.
type group struct {
	name      string
	folder    string
	files     int
	lines     int
	counts    *counts
	functions []Function
}

func newGroup(name, folder string) *group {
	return &group{name: name, folder: folder, counts: newCounts()}
}

func (g *group) add(m *measured) {
	g.files++
	g.lines += m.lines
	g.counts.add(m.counts)
	g.functions = append(g.functions, m.functions...)
}

func (g *group) summary() Summary {
	s := Summary{
		Functions: len(g.functions), Lines: g.lines, Halstead: g.counts.halstead(),
		MaintainabilityIndex: 100, MinMaintainabilityIndex: 100,
	}
	index := 0
	for _, f := range g.functions {
		s.Cyclomatic += f.Cyclomatic
		s.Cognitive += f.Cognitive
		if f.Cyclomatic > s.MaxCyclomatic {
			s.MaxCyclomatic, s.Worst = f.Cyclomatic, f.Function
		}
		s.MaxCognitive = max(s.MaxCognitive, f.Cognitive)
		s.MinMaintainabilityIndex = min(s.MinMaintainabilityIndex, f.MaintainabilityIndex)
		s.Nesting = max(s.Nesting, f.Nesting)
		if Cyclomatic.Beyond(Cyclomatic.Of(f), Cyclomatic.Limit()) {
			s.Over++
		}
		index += f.MaintainabilityIndex
	}
	if s.Functions > 0 {
		s.MaintainabilityIndex = float64(index) / float64(s.Functions)
	}
	return s
}
