package faulttree

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"text/tabwriter"
)

// JSON returns the analysis as one indented JSON object, with a newline at the end.
func (a *Analysis) JSON() ([]byte, error) { return indented(a) }

// JSON returns the report as one indented JSON object, with a newline at the end.
func (r *Report) JSON() ([]byte, error) { return indented(r) }

func indented(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("faulttree: report: %w", err)
	}
	return out.Bytes(), nil
}

// figures are the lines at the head of every form of the report.
func (a *Analysis) figures() [][2]string {
	exact := "not known"
	if a.Probability.Exact != nil {
		exact = a.Probability.Exact.String()
	}
	list := [][2]string{
		{"Probability (exact)", exact},
		{"Rare-event sum", a.Probability.RareEvent.String()},
		{"Min-cut upper bound", a.Probability.MCUB.String()},
		{"Cut sets", a.CutSets.Count.String()},
	}
	if a.MissionTime > 0 {
		list = append(list, [2]string{"Mission time", a.MissionTime.String()})
	}
	if a.CutOffBound > 0 {
		list = append(list, [2]string{"Bound on what was cut", a.CutOffBound.String()})
	}
	if c := a.Curve; c != nil {
		list = append(list,
			[2]string{"PFDavg (low demand)", fmt.Sprintf("%v, %s", c.PFDavg, level(c.SILLowDemand))},
			[2]string{"PFH (high demand)", fmt.Sprintf("%v, %s", c.PFH, level(c.SILHighDemand))})
	}
	if u := a.Uncertainty; u != nil {
		list = append(list, [2]string{"Uncertainty", fmt.Sprintf("mean %v, 5 %% %v, median %v, 95 %% %v (%d samples, seed %d)", u.Mean, u.P05, u.P50, u.P95, u.Samples, u.Seed)})
	}
	return list
}

// level names a safety integrity level.
func level(sil int) string {
	if sil == 0 {
		return "no SIL"
	}
	return fmt.Sprintf("SIL %d", sil)
}

// String returns the analysis as plain text.
func (a *Analysis) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Fault tree %s, top event %s\n\n", a.Model, a.Top)
	figures := a.figures()
	table(&out, nil, len(figures), func(i int) []string { return figures[i][:] })
	fmt.Fprintf(&out, "\nMost probable cut sets\n")
	table(&out, []string{"probability", "events"}, len(a.TopCutSets), func(i int) []string {
		return []string{a.TopCutSets[i].Probability.String(), strings.Join(a.TopCutSets[i].Events, ", ")}
	})
	const most = 20
	fmt.Fprintf(&out, "\nImportance of the events\n")
	table(&out, []string{"event", "p", "MIF", "CIF", "DIF", "RAW", "RRW", "FV"}, min(most, len(a.Importance)), func(i int) []string {
		v := a.Importance[i]
		return []string{v.Event, v.Probability.String(), v.MIF.String(), v.CIF.String(), v.DIF.String(), v.RAW.String(), v.RRW.String(), v.FussellVesely.String()}
	})
	if more := len(a.Importance) - most; more > 0 {
		fmt.Fprintf(&out, "and %d more\n", more)
	}
	if c := a.Curve; c != nil {
		fmt.Fprintf(&out, "\nProbability over time\n")
		table(&out, []string{"time", "probability"}, len(c.Points), func(i int) []string {
			return []string{c.Points[i].Time.String(), c.Points[i].Probability.String()}
		})
	}
	for _, w := range a.Warnings {
		fmt.Fprintf(&out, "\nWarning: %s\n", w)
	}
	return out.String()
}

// table writes aligned rows.
func table(out *strings.Builder, header []string, rows int, row func(i int) []string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(cells []string) { fmt.Fprintln(w, "  "+strings.Join(cells, "\t")) }
	if header != nil {
		line(header)
	}
	for i := range rows {
		line(row(i))
	}
	w.Flush()
}

// String returns the report as plain text.
func (r *Report) String() string {
	var out strings.Builder
	out.WriteString(r.Analysis.String())
	if r.Severity > 0 {
		fmt.Fprintf(&out, "\nRisk score of the top event: %v (severity %d x probability)\n", r.RiskScore, r.Severity)
	}
	fmt.Fprintf(&out, "\nRisk scores (severity x probability)\n")
	table(&out, []string{"score", "severity", "p", "event", "name"}, min(20, len(r.Risks)), func(i int) []string {
		v := r.Risks[i]
		return []string{v.Score.String(), rating(v.Severity), v.Probability.String(), v.Event, v.Name}
	})
	fmt.Fprintf(&out, "\nCritical paths\n")
	for i, p := range r.CriticalPaths {
		fmt.Fprintf(&out, "  %d. p=%v, %v of all\n", i+1, p.Probability, percent(p.Share))
		for _, route := range p.Routes {
			fmt.Fprintf(&out, "     %s\n", strings.Join(route, " > "))
		}
	}
	if len(r.Mitigations) > 0 {
		fmt.Fprintf(&out, "\nMitigations by what they buy\n")
		table(&out, []string{"less by", "p after", "mitigation", "events"}, len(r.Mitigations), func(i int) []string {
			v := r.Mitigations[i]
			return []string{percent(v.Share), v.After.String(), v.Mitigation, strings.Join(v.Events, ", ")}
		})
	}
	return out.String()
}

func rating(severity int) string {
	if severity == 0 {
		return "-"
	}
	return strconv.Itoa(severity)
}

func percent(share Number) string {
	if share != share {
		return "-"
	}
	return strconv.FormatFloat(100*float64(share), 'f', 1, 64) + " %"
}

// CSV returns one row for each basic event, with a header. Numbers have full precision; +Inf stands for infinity and an
// empty cell for what is not defined.
func (r *Report) CSV() ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"event", "name", "severity", "probability", "risk_score", "mif", "cif", "dif", "raw", "rrw", "fussell_vesely", "mitigation"}}
	cell := func(n Number) string {
		if n != n {
			return ""
		}
		return strconv.FormatFloat(float64(n), 'g', -1, 64)
	}
	for _, v := range r.Risks {
		i := v.Importance
		rows = append(rows, []string{v.Event, v.Name, strconv.Itoa(v.Severity), cell(v.Probability), cell(v.Score),
			cell(i.MIF), cell(i.CIF), cell(i.DIF), cell(i.RAW), cell(i.RRW), cell(i.FussellVesely), v.Mitigation})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("faulttree: report: %w", err)
	}
	return out.Bytes(), nil
}

// HTML returns the report as one page that needs no other file, with the tree as a picture.
func (r *Report) HTML() ([]byte, error) {
	svg, err := r.model.SVG(DrawOptions{Top: r.Analysis.Top})
	if err != nil {
		return nil, err
	}
	page, err := template.New("report").Funcs(template.FuncMap{
		"join": func(list []string, by string) string { return strings.Join(list, by) }, "percent": percent, "rating": rating,
		"bar": func(share Number) string { // width in per cent, for the style attribute
			return strconv.FormatFloat(100*max(0, min(1, float64(share))), 'f', 1, 64)
		},
	}).Parse(reportPage)
	if err != nil {
		return nil, fmt.Errorf("faulttree: report: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{"Report": r, "Analysis": r.Analysis, "Figures": r.Analysis.figures(), "Model": r.model, "SVG": template.HTML(svg)})
	if err != nil {
		return nil, fmt.Errorf("faulttree: report: %w", err)
	}
	return out.Bytes(), nil
}

const reportPage = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fault tree {{.Analysis.Model}}: {{.Analysis.Top}}</title>
<style>
body { font-family: sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border-bottom: 1px solid #ddd; padding: .3em .8em; text-align: left; }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tree { overflow: auto; border: 1px solid #ddd; max-height: 80vh; }
.bar { background: #c6dbef; height: .8em; }
.warning { background: #fff3cd; padding: .5em 1em; }
</style>
</head>
<body>
<h1>{{.Analysis.Model}}: {{.Analysis.Top}}</h1>
{{with .Model.Description}}<p>{{.}}</p>{{end}}
{{range .Analysis.Warnings}}<p class="warning">{{.}}</p>
{{end}}<table>
{{range .Figures}}<tr><th>{{index . 0}}</th><td>{{index . 1}}</td></tr>
{{end}}{{if .Report.Severity}}<tr><th>Risk score</th><td>{{.Report.RiskScore}} (severity {{.Report.Severity}} × probability)</td></tr>
{{end}}</table>
<h2>Tree</h2>
<div class="tree">{{.SVG}}</div>
<h2>Critical paths</h2>
<table>
<tr><th>Probability</th><th>Share</th><th>Events</th><th>Routes</th></tr>
{{range $p := .Report.CriticalPaths}}<tr><td class="n">{{$p.Probability}}</td><td class="n">{{percent $p.Share}}</td><td>{{join $p.Events ", "}}</td><td>{{range $p.Routes}}{{join . " › "}}<br>{{end}}</td></tr>
{{end}}</table>
<h2>Mitigations by what they buy</h2>
<table>
<tr><th>Mitigation</th><th>Events</th><th>Probability after</th><th>Less by</th><th></th></tr>
{{range .Report.Mitigations}}<tr><td>{{.Mitigation}}</td><td>{{join .Events ", "}}</td><td class="n">{{.After}}</td><td class="n">{{percent .Share}}</td><td style="width:10em"><div class="bar" style="width:{{bar .Share}}%"></div></td></tr>
{{end}}</table>
<h2>Basic events</h2>
<table>
<tr><th>Event</th><th>Name</th><th>Severity</th><th>Probability</th><th>Risk score</th><th>MIF</th><th>CIF</th><th>DIF</th><th>RAW</th><th>RRW</th><th>FV</th></tr>
{{range .Report.Risks}}<tr><td>{{.Event}}</td><td>{{.Name}}</td><td class="n">{{rating .Severity}}</td><td class="n">{{.Probability}}</td><td class="n">{{.Score}}</td><td class="n">{{.Importance.MIF}}</td><td class="n">{{.Importance.CIF}}</td><td class="n">{{.Importance.DIF}}</td><td class="n">{{.Importance.RAW}}</td><td class="n">{{.Importance.RRW}}</td><td class="n">{{.Importance.FussellVesely}}</td></tr>
{{end}}</table>
</body>
</html>
`
