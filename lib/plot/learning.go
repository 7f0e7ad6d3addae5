package plot

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/track"
)

// LearningCurves draws a run by epoch: training and validation loss at the left, validation metrics at the right, and, where
// they changed, learning rate and dropout below. The best epoch is marked. Without names the metrics are valid/roc_auc,
// valid/pr_auc and valid/f1 as far as the run has them, or else every other validation metric. A history without
// epochs and a name that it does not have are errors.
func LearningCurves(h track.History, metrics ...string) (*Figure, error) {
	if len(h) == 0 {
		return nil, fmt.Errorf("plot: learning curves: the history has no epochs")
	}
	known := map[string]bool{}
	for _, n := range h.MetricNames() {
		known[n] = true
	}
	for _, n := range metrics {
		if !known[n] {
			return nil, fmt.Errorf("plot: learning curves: unknown metric %q, the history has %s", n, strings.Join(h.MetricNames(), ", "))
		}
	}
	if len(metrics) == 0 {
		metrics = defaultMetrics(h, known)
	}
	best, _ := h.Best()
	subtitle := fmt.Sprintf("epochs: %d, best: %d", len(h), best.Epoch)
	for _, n := range append([]string{track.ValidLoss}, metrics...) {
		if v, ok := best.Metrics[n]; ok && v == v {
			subtitle += fmt.Sprintf(", %s %.4f", n, v)
		}
	}

	var legend []legendEntry
	panel := func(title string, names ...string) *plot.Plot {
		p := axes(title, "", "")
		p.X.Tick.Marker = ticks{integer: true}
		low, high := pad(float64(h[0].Epoch), float64(h[len(h)-1].Epoch), 0.02)
		limits(&p.X, low, high)
		var all [][]float64
		for _, n := range names {
			x, y := h.Metric(n)
			if len(x) == 0 {
				continue
			}
			colour, dashes := series(len(legend))
			p.Add(line(x, y, colour, 2, dashes))
			legend = append(legend, legendEntry{name: n, color: colour, dashes: dashes})
			all = append(all, y)
		}
		if low, high, ok := finiteRange(all...); ok {
			low, high = pad(low, high, 0.06)
			limits(&p.Y, low, high)
		}
		return p
	}
	top := []*plot.Plot{panel("loss by epoch", track.TrainLoss, track.ValidLoss)}
	if len(metrics) > 0 {
		top = append(top, panel("validation metrics by epoch", metrics...))
	}
	named := len(legend) // a panel with one line needs no more than its title
	var bottom []*plot.Plot
	for _, n := range []string{track.LearningRate, track.Dropout} {
		if _, y := h.Metric(n); varies(y) {
			p := panel(strings.ReplaceAll(n, "_", " "), n)
			p.Y.Tick.Marker = ticks{about: 2}
			bottom = append(bottom, p)
		}
	}
	legend = append(legend[:named:named], legendEntry{name: "best epoch", color: grey, dashes: dashed()})
	for _, p := range slices.Concat(top, bottom) {
		p.Add(vertical(float64(best.Epoch), ""))
	}
	return newFigure("Learning curves", subtitle, func(c draw.Canvas) {
		upper := c
		if len(bottom) > 0 {
			split := c.Min.Y + (c.Max.Y-c.Min.Y)*0.32
			lower := c
			lower.Max.Y = split - 12*px
			upper.Min.Y = split
			drawRow(lower, bottom)
		}
		drawRow(upper, top)
	}, legend...), nil
}

func drawRow(c draw.Canvas, plots []*plot.Plot) {
	for i, part := range columns(c, len(plots)) {
		drawPlot(plots[i], part)
	}
}

func defaultMetrics(h track.History, known map[string]bool) []string {
	var out []string
	for _, n := range []string{track.ValidROCAUC, track.ValidPRAUC, track.ValidF1} {
		if known[n] {
			out = append(out, n)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, n := range h.MetricNames() {
		if strings.HasPrefix(n, "valid/") && n != track.ValidLoss {
			out = append(out, n)
		}
	}
	return out
}

// varies reports whether there is more than one value.
func varies(v []float64) bool {
	low, high, ok := finiteRange(v)
	return ok && high > low
}
