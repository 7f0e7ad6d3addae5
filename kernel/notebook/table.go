package notebook

import (
	"fmt"
	"html"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/track"
)

// How much of a long or wide table is shown.
const (
	headRows, tailRows = 8, 4
	maxColumns         = 24
)

// grid is a table on its way to HTML. Its styles are inline and name no colours of text, so that it is at home on light
// and on dark pages, and in a viewer that strips style sheets.
type grid struct {
	caption string
	heads   []string
	under   []string // a second line under each head, smaller; nil is none
	left    []bool   // columns that are text
	rows    [][]string
	marks   []bool // rows that stand out
	gap     int    // rows left out before row gap-1; 0 is none
	note    string
}

const (
	cellStyle = "padding:.2em .8em;border:0;"
	rule      = "1px solid rgba(128,128,128,.55)"
	stripe    = "background:rgba(128,128,128,.07);"
	marked    = "background:rgba(213,94,0,.14);"
)

func (g grid) html() string {
	var b strings.Builder
	if g.caption != "" {
		fmt.Fprintf(&b, `<div style="font-weight:600;margin:.4em 0 .2em">%s</div>`, html.EscapeString(g.caption))
	}
	b.WriteString(`<div style="overflow-x:auto"><table style="border-collapse:collapse;border:0;font-size:90%;font-variant-numeric:tabular-nums">`)
	b.WriteString(`<thead><tr>`)
	align := func(i int) string {
		if g.left == nil || g.left[i] {
			return "text-align:left;"
		}
		return "text-align:right;"
	}
	for i, h := range g.heads {
		fmt.Fprintf(&b, `<th style="%s%sborder-bottom:%s">%s`, cellStyle, align(i), rule, html.EscapeString(h))
		if g.under != nil {
			fmt.Fprintf(&b, `<div style="font-weight:400;font-size:85%%;opacity:.65">%s</div>`, html.EscapeString(g.under[i]))
		}
		b.WriteString(`</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	for r, row := range g.rows {
		if g.gap == r+1 {
			fmt.Fprintf(&b, `<tr><td colspan="%d" style="%stext-align:center;opacity:.6">⋮</td></tr>`, len(g.heads), cellStyle)
		}
		style := ""
		switch {
		case g.marks != nil && g.marks[r]:
			style = marked
		case r%2 == 1:
			style = stripe
		}
		fmt.Fprintf(&b, `<tr style="%s">`, style)
		for i, v := range row {
			fmt.Fprintf(&b, `<td style="%s%s">%s</td>`, cellStyle, align(i), html.EscapeString(v))
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</tbody></table></div>`)
	if g.note != "" {
		fmt.Fprintf(&b, `<div style="font-size:85%%;opacity:.7;margin:.25em 0 .6em">%s</div>`, html.EscapeString(g.note))
	}
	return b.String()
}

// visibleRows chooses the rows to show of n: all, or the first and the last. gap is for grid.
func visibleRows(n int) (rows []int, gap int) {
	if n <= headRows+tailRows+2 {
		for i := range n {
			rows = append(rows, i)
		}
		return rows, 0
	}
	for i := range headRows {
		rows = append(rows, i)
	}
	for i := n - tailRows; i < n; i++ {
		rows = append(rows, i)
	}
	return rows, headRows + 1
}

func visibleColumns(n int) []int {
	var out []int
	for i := range n {
		if n <= maxColumns || i < maxColumns*2/3 || i >= n-maxColumns/3 {
			out = append(out, i)
		}
	}
	return out
}

func size(rows, columns int) string { return count(rows, "row") + " × " + count(columns, "column") }

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number writes a value of a table with four significant digits, and no more of them than it has.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v == math.Trunc(v) && math.Abs(v) < 1e9, math.Abs(v) >= 1e4 && math.Abs(v) < 1e9:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// ratio writes a metric: all of a column have the same digits.
func ratio(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// drawFrame adds a gota data frame as a table.
func drawFrame(b Bundle, df dataframe.DataFrame) error {
	if df.Err != nil {
		return df.Err
	}
	g := grid{heads: []string{""}, under: []string{""}, left: []bool{false}}
	names, kinds := df.Names(), df.Types()
	columns := visibleColumns(len(names))
	rows, gap := visibleRows(df.Nrow())
	g.gap = gap
	for _, r := range rows {
		g.rows = append(g.rows, []string{strconv.Itoa(r)})
	}
	last := -1
	for _, c := range columns {
		if c != last+1 {
			g.heads, g.under, g.left = append(g.heads, "…"), append(g.under, ""), append(g.left, true)
			for i := range g.rows {
				g.rows[i] = append(g.rows[i], "…")
			}
		}
		last = c
		g.heads, g.under = append(g.heads, names[c]), append(g.under, string(kinds[c]))
		g.left = append(g.left, kinds[c] == series.String)
		for i, r := range rows {
			e := df.Elem(r, c)
			text := e.String()
			if kinds[c] == series.Float && !e.IsNA() {
				text = number(e.Float())
			}
			g.rows[i] = append(g.rows[i], text)
		}
	}
	g.note = size(df.Nrow(), df.Ncol())
	b[HTML] = g.html()
	b[Plain] = df.String()
	return nil
}

// tableHTML is the first and last rows of telemetry, with what kind of column each is.
func tableHTML(t *data.Table) string {
	g := grid{caption: t.Name, heads: []string{""}, under: []string{""}, left: []bool{false}}
	rows, gap := visibleRows(t.Rows())
	g.gap = gap
	for _, r := range rows {
		g.rows = append(g.rows, []string{strconv.Itoa(r)})
	}
	add := func(name, kind string, left bool, value func(row int) string) {
		g.heads, g.under, g.left = append(g.heads, name), append(g.under, kind), append(g.left, left)
		for i, r := range rows {
			g.rows[i] = append(g.rows[i], value(r))
		}
	}
	last := -1
	for _, c := range visibleColumns(len(t.Columns)) {
		if c != last+1 {
			add("…", "", true, func(int) string { return "…" })
		}
		last = c
		col := &t.Columns[c]
		value := col.Value
		if col.Kind == data.Numeric {
			value = func(i int) string { return number(float64(col.Num[i])) }
		}
		add(col.Name, col.Kind.String(), col.Kind == data.Categorical, value)
	}
	if t.Label != nil {
		add("class", "label", true, func(i int) string { return t.Classes[t.Label[i]] })
	}
	g.note = size(t.Rows(), len(t.Columns)) + classNote(t)
	return g.html()
}

func classNote(t *data.Table) string {
	if t.Label == nil {
		return ", unlabelled"
	}
	var parts []string
	for i, n := range t.ClassCounts() {
		parts = append(parts, fmt.Sprintf("%s %s (%.1f %%)", t.Classes[i], thousands(n), 100*float64(n)/float64(max(1, t.Rows()))))
	}
	return "; " + strings.Join(parts, ", ")
}

func splitHTML(s data.Split) string {
	g := grid{heads: []string{"part", "rows"}, left: []bool{true, false}}
	for _, part := range []struct {
		name string
		t    *data.Table
	}{{"train", s.Train}, {"valid", s.Valid}, {"test", s.Test}} {
		if part.t == nil {
			continue
		}
		row := []string{part.name, thousands(part.t.Rows())}
		if part.t.Label != nil {
			for i, n := range part.t.ClassCounts() {
				if len(g.rows) == 0 {
					g.heads, g.left = append(g.heads, part.t.Classes[i]), append(g.left, false)
				}
				row = append(row, fmt.Sprintf("%s (%.1f %%)", thousands(n), 100*float64(n)/float64(max(1, part.t.Rows()))))
			}
		}
		g.rows = append(g.rows, row)
	}
	return g.html()
}

// reportHTML is an evaluation: metrics with their intervals beside the confusion matrix, and recall by attack family.
func reportHTML(r *metrics.Report) string {
	g := grid{heads: []string{"metric", "value", "95 % interval"}, left: []bool{true, false, false}}
	for _, name := range metrics.Names() {
		v, err := r.Metrics.Get(name)
		if err != nil {
			continue
		}
		interval := ""
		if iv, ok := r.Intervals[name]; ok {
			interval = ratio(iv[0]) + " – " + ratio(iv[1])
		}
		g.rows = append(g.rows, []string{name, ratio(v), interval})
	}
	for _, extra := range []struct {
		name  string
		value float64
	}{{"recall_seen", r.RecallSeen}, {"recall_unseen", r.RecallUnseen}} {
		if !math.IsNaN(extra.value) {
			g.rows = append(g.rows, []string{extra.name, ratio(extra.value), ""})
		}
	}
	g.note = fmt.Sprintf("%s, %s threats (%.1f %%), threshold %s", count(r.Rows, "row"), thousands(r.Positives),
		100*float64(r.Positives)/float64(max(1, r.Rows)), ratio(r.Threshold))
	parts := []string{g.html()}
	if fig, err := plot.Confusion(r.Confusion); err == nil {
		if out, err := fig.PNG(); err == nil {
			parts = append(parts, strings.Replace(imageHTML(out, fig.String()), "<img ", `<img style="max-width:30em" `, 1))
		}
	}
	if len(r.Families) > 0 {
		f := grid{caption: "recall by attack family", heads: []string{"family", "rows", "recall", ""}, left: []bool{true, false, false, true}}
		for _, fam := range r.Families {
			seen := ""
			if !fam.Seen {
				seen = "unseen in training"
			}
			f.rows = append(f.rows, []string{fam.Name, thousands(fam.Rows), ratio(fam.Recall), seen})
			f.marks = append(f.marks, !fam.Seen)
		}
		parts = append(parts, f.html())
	}
	return `<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start"><div>` + strings.Join(parts, `</div><div>`) + `</div></div>`
}

// summaryHTML is a list of runs with their metrics.
func summaryHTML(runs []track.Summary) string {
	names := map[string]bool{}
	for _, r := range runs {
		for name := range r.Metrics {
			names[name] = true
		}
	}
	var metricNames []string
	for name := range names {
		if !strings.HasSuffix(name, "loss") || len(names) < 6 {
			metricNames = append(metricNames, name)
		}
	}
	slices.Sort(metricNames)
	metricNames = metricNames[:min(len(metricNames), 8)]
	g := grid{heads: append([]string{"run", "state", "epochs"}, metricNames...), left: []bool{true, true, false}}
	for range metricNames {
		g.left = append(g.left, false)
	}
	for _, r := range runs {
		row := []string{r.Name, string(r.State), fmt.Sprintf("%d (best %d)", r.Epochs, r.BestEpoch)}
		for _, name := range metricNames {
			v, ok := r.Metric(name)
			if !ok {
				v = math.NaN()
			}
			row = append(row, ratio(v))
		}
		g.rows = append(g.rows, row)
	}
	g.note = count(len(runs), "run")
	return g.html()
}

// structsHTML shows a slice of structs as a table of their exported fields, when those are plain values.
func structsHTML(x any) (string, bool) {
	v := reflect.ValueOf(x)
	if !v.IsValid() || v.Kind() != reflect.Slice || v.Len() == 0 {
		return "", false
	}
	t := v.Type().Elem()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return "", false
	}
	var fields []int
	g := grid{heads: []string{""}, left: []bool{false}}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		switch f.Type.Kind() {
		case reflect.Struct, reflect.Func, reflect.Chan, reflect.Map, reflect.Slice, reflect.Array, reflect.Interface, reflect.Pointer:
			return "", false
		}
		fields = append(fields, i)
		g.heads, g.left = append(g.heads, f.Name), append(g.left, f.Type.Kind() == reflect.String)
	}
	if len(fields) == 0 || len(fields) > maxColumns {
		return "", false
	}
	rows, gap := visibleRows(v.Len())
	g.gap = gap
	for _, r := range rows {
		row := []string{strconv.Itoa(r)}
		e := v.Index(r)
		if e.Kind() == reflect.Pointer {
			if e.IsNil() {
				return "", false
			}
			e = e.Elem()
		}
		for _, i := range fields {
			f := e.Field(i)
			if f.CanFloat() && !hasText(f) {
				row = append(row, number(f.Float()))
				continue
			}
			row = append(row, fmt.Sprint(f.Interface()))
		}
		g.rows = append(g.rows, row)
	}
	g.note = size(v.Len(), len(fields))
	return g.html(), true
}

func hasText(v reflect.Value) bool {
	_, ok := v.Interface().(fmt.Stringer)
	return ok
}

// nilPointer reports whether x is a nil pointer inside an interface, whose methods would panic.
func nilPointer(x any) bool {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil() && v.Kind() == reflect.Pointer
	}
	return false
}
