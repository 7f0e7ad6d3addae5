package complexity

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes a view as text for people: one row for each function, file or package, and the totals.
func (r *Report) Table(w io.Writer, v View) error {
	t, err := r.rows(v)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch t.By {
	case ByFile:
		summaryTable(&out, t.View, "file", len(t.files), func(i int) (string, Summary) { return t.files[i].File, t.files[i].Summary })
	case ByPackage:
		summaryTable(&out, t.View, "package", len(t.packages), func(i int) (string, Summary) { return t.packages[i].Package, t.packages[i].Summary })
	default:
		functionTable(&out, t.functions)
	}
	if t.more > 0 {
		fmt.Fprintf(&out, "and %d more\n", t.more)
	}
	fmt.Fprintf(&out, "\n%s\n", r.headline())
	return write(w, out.Bytes())
}

// headline are the totals in a line.
func (r *Report) headline() string {
	s := r.Totals
	return fmt.Sprintf("%s in %s of %s, %s; cyclomatic complexity mean %.2f, highest %d, above %.0f in %d; cognitive (%s) mean %.2f, highest %d; maintainability mean %.1f, lowest %d",
		plural(s.Functions, "function"), plural(len(r.Files), "file"), plural(len(r.Packages), "package"), plural(s.Lines, "line"),
		s.MeanCyclomatic(), s.MaxCyclomatic, Cyclomatic.Limit(), s.Over, r.Cognitive, s.MeanCognitive(), s.MaxCognitive, s.MaintainabilityIndex, s.MinMaintainabilityIndex)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func functionTable(out *bytes.Buffer, list []Function) {
	grid := [][]string{{"cyclomatic", "cognitive", "maintainability", "volume", "effort", "lines", "nesting", "function", "place"}}
	for _, f := range list {
		grid = append(grid, []string{
			strconv.Itoa(f.Cyclomatic), strconv.Itoa(f.Cognitive), strconv.Itoa(f.MaintainabilityIndex), whole(f.Halstead.Volume),
			whole(f.Halstead.Effort), strconv.Itoa(f.Lines), strconv.Itoa(f.Nesting), f.Function, fmt.Sprintf("%s:%d", f.File, f.Line),
		})
	}
	align(out, grid, 7)
}

func summaryTable(out *bytes.Buffer, v View, what string, n int, row func(i int) (string, Summary)) {
	grid := [][]string{{"functions", overTitle(v), "cyclomatic", "mean", "max", "cognitive", "max", "maintainability", "min", "volume", "lines", "nesting", what}}
	for i := range n {
		name, s := row(i)
		grid = append(grid, []string{
			strconv.Itoa(s.Functions), strconv.Itoa(s.Over), strconv.Itoa(s.Cyclomatic), fmt.Sprintf("%.1f", s.MeanCyclomatic()), strconv.Itoa(s.MaxCyclomatic),
			strconv.Itoa(s.Cognitive), strconv.Itoa(s.MaxCognitive), fmt.Sprintf("%.1f", s.MaintainabilityIndex), strconv.Itoa(s.MinMaintainabilityIndex),
			whole(s.Halstead.Volume), strconv.Itoa(s.Lines), strconv.Itoa(s.Nesting), name,
		})
	}
	align(out, grid, 12)
}

func whole(x float64) string { return strconv.FormatFloat(x, 'f', 0, 64) }

// align writes rows with the first columns, which are numbers, to the right and the others to the left.
func align(out *bytes.Buffer, grid [][]string, numbers int) {
	width := make([]int, len(grid[0]))
	for _, line := range grid {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range grid {
		for i, cell := range line {
			space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch {
			case i < numbers:
				out.WriteString(space + cell)
			case i == len(line)-1:
				out.WriteString(cell)
			default:
				out.WriteString(cell + space)
			}
			if i < len(line)-1 {
				out.WriteString("  ")
			}
		}
		out.WriteByte('\n')
	}
}
