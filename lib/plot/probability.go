package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/metrics"
)

// Predicted is the probabilities of one detector, for figures about their values.
type Predicted struct {
	Name  string
	Prob  []float64 // of a threat, 0..1
	Label []int32   // 1 threat, 0 benign
}

// Reliability draws the share of threats among rows that were given a probability, in 15 bins of equal width as in ECE: on the
// diagonal a probability means what it says. Below is the share of rows in each bin. Several are drawn over each other,
// for example before and after calibration.
func Reliability(predictions ...Predicted) (*Figure, error) {
	if len(predictions) == 0 {
		return nil, fmt.Errorf("plot: reliability: nothing to draw")
	}
	curve := axes("", "", "share of threats")
	unit(&curve.X)
	unit(&curve.Y)
	diagonal := []float64{0, 1}
	curve.Add(line(diagonal, diagonal, grey, 1, dotted()))
	rows := axes("", "predicted probability of a threat", "share of rows")
	rows.Y.Tick.Marker = ticks{about: 2}
	unit(&rows.X)
	var legend []legendEntry
	for i, d := range predictions {
		bins, err := metrics.Reliability(d.Prob, d.Label, metrics.ECEBins)
		if err != nil {
			return nil, fmt.Errorf("plot: reliability: %s: %w", d.Name, err)
		}
		ece, err := metrics.ECE(d.Prob, d.Label)
		if err != nil {
			return nil, fmt.Errorf("plot: reliability: %s: %w", d.Name, err)
		}
		colour, dashes := series(i)
		var x, y, height []float64
		edges := []float64{0}
		for _, b := range bins {
			if b.Count > 0 {
				x, y = append(x, b.Mean), append(y, b.Rate)
			}
			edges = append(edges, b.High)
			height = append(height, float64(b.Count)/float64(len(d.Prob)))
		}
		curve.Add(line(x, y, colour, 2, dashes))
		for j := range x {
			curve.Add(dot(x[j], y[j], colour))
		}
		rows.Add(steps(edges, height, colour))
		_, most, _ := finiteRange(height)
		limits(&rows.Y, 0, max(rows.Y.Max, most*1.05))
		legend = append(legend, legendEntry{name: label(d.Name, "ECE %.4f", ece), color: colour, dashes: dashes})
	}
	legend = append(legend, legendEntry{name: "perfectly calibrated", color: grey, dashes: dotted()})
	return newFigure("Reliability", "of the rows given a probability, the share that really are threats", func(c draw.Canvas) {
		drawStack(c, 0.36, curve, rows)
	}, legend...), nil
}

// drawStack draws two plots above each other with their data areas aligned; the lower one gets this share of the height.
func drawStack(c draw.Canvas, share float64, upper, lower *plot.Plot) {
	split := c.Min.Y + (c.Max.Y-c.Min.Y)*vg.Length(share)
	a, b := c, c
	a.Min.Y, b.Max.Y = split, split-8*px
	wide := dataCanvas(upper, a).Min.X - dataCanvas(lower, b).Min.X
	if wide > 0 {
		b.Min.X += wide
	} else {
		a.Min.X -= wide
	}
	drawPlot(upper, a)
	drawPlot(lower, b)
}

// ScoreDistribution draws, for benign rows and threats apart, the share of rows by probability, on a logarithmic scale so that the
// few on the wrong side of the threshold show. A threshold of 0 draws no line.
func ScoreDistribution(d Predicted, threshold float64) (*Figure, error) {
	const bins = 50
	all, err := metrics.Reliability(d.Prob, d.Label, bins)
	if err != nil {
		return nil, fmt.Errorf("plot: score distribution: %w", err)
	}
	var edges []float64
	var count [2][]float64
	var rows [2]float64
	for _, b := range all {
		edges = append(edges, b.Low)
		threats := 0.0
		if b.Count > 0 {
			threats = math.Round(b.Rate * float64(b.Count))
		}
		count[0] = append(count[0], float64(b.Count)-threats)
		count[1] = append(count[1], threats)
		rows[0] += float64(b.Count) - threats
		rows[1] += threats
	}
	edges = append(edges, 1)

	p := axes("", "predicted probability of a threat", "share of the class, logarithmic")
	unit(&p.X)
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	least := 1.0
	for k := range count {
		for i := range count[k] {
			if count[k][i] > 0 {
				count[k][i] /= rows[k]
				least = min(least, count[k][i])
			}
		}
	}
	limits(&p.Y, math.Pow(10, math.Floor(math.Log10(least)-0.01)), 1)
	var legend []legendEntry
	for k, name := range []string{"benign", "threat"} {
		colour, _ := series(k)
		if rows[k] > 0 {
			p.Add(steps(edges, count[k], colour))
		}
		legend = append(legend, legendEntry{name: fmt.Sprintf("%s (%s rows)", name, thousands(int(rows[k]))), color: colour, patch: true})
	}
	subtitle := ""
	if threshold != 0 {
		p.Add(vertical(threshold, "threshold"))
		c, err := metrics.Confuse(d.Prob, d.Label, threshold)
		if err != nil {
			return nil, fmt.Errorf("plot: score distribution: %w", err)
		}
		subtitle = fmt.Sprintf("threshold %.4g: %s benign rows at or above it, %s threats below", threshold, thousands(c.FP), thousands(c.FN))
	}
	return newFigure("Scores by class", subtitle, func(c draw.Canvas) { drawPlot(p, c) }, legend...), nil
}
