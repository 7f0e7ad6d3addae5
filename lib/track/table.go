package track

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table lays text out in columns: numbers to the right, everything else to the left.
type table struct {
	header []string
	rows   [][]string
}

func (t table) String() string {
	width := make([]int, len(t.header))
	right := make([]bool, len(t.header))
	for c := range t.header {
		width[c] = utf8.RuneCountInString(t.header[c])
		right[c] = true
		for _, row := range t.rows {
			width[c] = max(width[c], utf8.RuneCountInString(row[c]))
			if _, err := strconv.ParseFloat(row[c], 64); err != nil && row[c] != "-" {
				right[c] = false
			}
		}
	}
	var b strings.Builder
	for _, row := range slices.Concat([][]string{t.header}, t.rows) {
		var line strings.Builder
		for c, cell := range row {
			if c > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[c]-utf8.RuneCountInString(cell))
			if right[c] {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// Table returns runs as a text table: name, state, epochs and the metrics asked for.
func Table(runs []Summary, metrics ...string) string {
	t := table{header: append([]string{"run", "state", "epochs", "best"}, metrics...)}
	for _, r := range runs {
		row := []string{r.Name, string(r.State), strconv.Itoa(r.Epochs), strconv.Itoa(r.BestEpoch)}
		for _, m := range metrics {
			if v, ok := r.Metrics[m]; ok {
				row = append(row, short(v))
			} else {
				row = append(row, "-")
			}
		}
		t.rows = append(t.rows, row)
	}
	return t.String()
}
