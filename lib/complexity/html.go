package complexity

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
)

//go:embed report.html
var page string

// HTML writes a report as one page that needs no other file and no script: totals, how complexity is distributed, the
// functions of the view, packages and files with bars.
func (r *Report) HTML(w io.Writer, v View) error {
	v.By = ByFunction
	t, err := r.rows(v)
	if err != nil {
		return err
	}
	parsed, err := template.New("report").Funcs(template.FuncMap{
		"bar": bar, "colour": colour, "risk": Risk, "whole": whole, "fixed": func(digits int, x float64) string { return strconv.FormatFloat(x, 'f', digits, 64) },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("complexity: write: %w", err)
	}
	widest := Function{}
	for _, f := range r.Functions {
		widest.Cyclomatic, widest.Cognitive = max(widest.Cyclomatic, f.Cyclomatic), max(widest.Cognitive, f.Cognitive)
	}
	lines := 0
	for _, p := range r.Packages {
		lines = max(lines, p.Lines)
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, map[string]any{
		"Report": r, "Functions": t.functions, "More": t.more, "Packages": t.packages, "Files": t.files, "Sort": t.Sort, "Over": overTitle(t.View),
		"Widest": widest, "MostLines": lines, "Histogram": r.histogram(),
	})
	if err != nil {
		return fmt.Errorf("complexity: write: %w", err)
	}
	return write(w, out.Bytes())
}

// bar is a value's share of the widest in per cent, for a style attribute. What is not 0 is visible.
func bar(value, widest int) string {
	if value <= 0 || widest <= 0 {
		return "0"
	}
	return strconv.FormatFloat(math.Max(1, 100*float64(value)/float64(widest)), 'f', 1, 64)
}

// colour is the class of a cyclomatic complexity's risk in the page's style.
func colour(cyclomatic int) string {
	switch Risk(cyclomatic) {
	case "low":
		return "r0"
	case "moderate":
		return "r1"
	case "high":
		return "r2"
	}
	return "r3"
}

// bin is one bar of the histogram.
type bin struct {
	Label      string
	Cyclomatic int // lowest of the bin
	Functions  int
	Share      float64 // of the fullest bin
	Percent    float64 // of all functions
}

// histogram counts functions by cyclomatic complexity. The bins end where the risk changes.
func (r *Report) histogram() []bin {
	from := []int{1, 2, 3, 4, 6, 8, 11, 16, 21, 31, 51}
	bins := make([]bin, len(from))
	fullest := 1
	for i, low := range from {
		bins[i].Cyclomatic = low
		high := math.MaxInt
		switch {
		case i == len(from)-1:
			bins[i].Label = fmt.Sprintf("%d and more", low)
		case from[i+1] == low+1:
			bins[i].Label = strconv.Itoa(low)
			high = low
		default:
			high = from[i+1] - 1
			bins[i].Label = fmt.Sprintf("%d to %d", low, high)
		}
		for _, f := range r.Functions {
			if f.Cyclomatic >= low && f.Cyclomatic <= high {
				bins[i].Functions++
			}
		}
		fullest = max(fullest, bins[i].Functions)
	}
	for i := range bins {
		bins[i].Share = 100 * float64(bins[i].Functions) / float64(fullest)
		bins[i].Percent = 100 * float64(bins[i].Functions) / float64(max(1, len(r.Functions)))
	}
	return bins
}
