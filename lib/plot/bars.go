package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/track"
)

// maxBars is what fits on a figure legibly; the rest is counted in the subtitle.
const maxBars = 16

// bar is one row of a horizontal chart.
type bar struct {
	name  string
	value float64
	std   float64 // half the length of the whisker; 0 = none
	note  string  // at the right
}

// RunComparison draws mean ± standard deviation of a metric by group of runs, in the order of the comparison. Dots instead of bars: the
// axis shows the range of the values and does not start at 0.
func RunComparison(c *track.Comparison, metric string) (*Figure, error) {
	if c == nil {
		return nil, fmt.Errorf("plot: run comparison: nothing to compare")
	}
	var rows []bar
	for _, g := range c.Groups {
		s, ok := g.Metrics[metric]
		if !ok || s.Mean-s.Mean != 0 {
			continue
		}
		rows = append(rows, bar{name: g.Name(), value: s.Mean, std: s.Std, note: s.String()})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("plot: run comparison: no group has the metric %q, the comparison is of %v", metric, c.Metrics)
	}
	var ends []float64 // of what is shown, so that a long tail of poor runs does not squash the best
	for _, r := range rows[:min(len(rows), maxBars)] {
		ends = append(ends, r.value-r.std, r.value+r.std)
	}
	least, most, _ := finiteRange(ends)
	least, most = pad(least, most, 0.08)
	subtitle := fmt.Sprintf("%s, mean ± standard deviation over seeds (runs)", metric)
	return horizontal("Comparison of runs", subtitle, metric, rows, least, most, true), nil
}

// ParameterImpact draws the share of a metric's variance that each setting explains, and the sign of its rank correlation.
func ParameterImpact(impacts []track.Impact, metric string) (*Figure, error) {
	if len(impacts) == 0 {
		return nil, fmt.Errorf("plot: parameter impact: no setting differs between the runs")
	}
	var rows []bar
	for _, im := range impacts {
		note := fmt.Sprintf("%.2f", im.Explained)
		if im.Numeric {
			note += fmt.Sprintf("   r %+.2f", im.Spearman)
		}
		rows = append(rows, bar{name: im.Param, value: im.Explained, note: note})
	}
	subtitle := fmt.Sprintf("share of the variance of %s explained by each setting; r is the rank correlation", metric)
	return horizontal("Impact of settings", subtitle, "variance explained", rows, 0, 1, false), nil
}

// Importance draws how much each feature contributes, in the order given. std may be nil, or the standard deviation of each
// value. what names the unit, such as "loss of ROC AUC when shuffled". Values must be finite.
func Importance(names []string, value, std []float64, what string) (*Figure, error) {
	if len(names) == 0 || len(value) != len(names) || std != nil && len(std) != len(names) {
		return nil, fmt.Errorf("plot: importance: %d names, %d values, %d deviations, want as many of each and at least one",
			len(names), len(value), len(std))
	}
	var rows []bar
	low, high := 0.0, 0.0
	for i, v := range value {
		if v-v != 0 {
			return nil, fmt.Errorf("plot: importance: %s is %v, want a finite number", names[i], v)
		}
		b := bar{name: names[i], value: v, note: fmt.Sprintf("%.4g", v)}
		if std != nil && std[i]-std[i] == 0 {
			b.std = math.Abs(std[i])
		}
		low, high = min(low, v-b.std), max(high, v+b.std)
		rows = append(rows, b)
	}
	if low == high {
		high = 1
	}
	if low < 0 {
		low -= (high - low) * 0.04
	}
	return horizontal("Importance of features", what, what, rows, low, high+(high-low)*0.04, false), nil
}

// horizontal draws one row per entry from the top: a bar from 0, or a dot, with a whisker and a note.
func horizontal(title, subtitle, xLabel string, rows []bar, low, high float64, dots bool) *Figure {
	if extra := len(rows) - maxBars; extra > 0 {
		subtitle += fmt.Sprintf(" (%d more not shown)", extra)
		rows = rows[:maxBars]
	}
	p := axes("", xLabel, "")
	limits(&p.X, low, high)
	limits(&p.Y, -0.5, float64(len(rows))-0.5)
	p.Y.LineStyle.Width, p.Y.Tick.Length = 0, 0
	p.Y.Tick.Marker = plot.ConstantTicks{} // names are drawn with the rows, where they can be cut to fit
	p.Add(drawing(func(c draw.Canvas, p *plot.Plot) {
		for i, r := range rows {
			drawBar(c, p, r, c.Y(p.Y.Norm(float64(len(rows)-1-i))), barHeight(c, len(rows)), dots)
		}
	}))
	return newFigure(title, subtitle, func(c draw.Canvas) {
		name, note := textStyle(12, black), textStyle(11, grey)
		var names, notes vg.Length
		for _, r := range rows {
			names = max(names, min(name.Width(r.name), 230*px))
			notes = max(notes, note.Width(r.note))
		}
		inner := draw.Crop(c, names+8*px, -notes-10*px, 0, 0)
		data := dataCanvas(p, inner)
		drawPlot(p, inner)
		name.XAlign, name.YAlign, note.YAlign = draw.XRight, middle, middle
		for i, r := range rows {
			y := data.Y(p.Y.Norm(float64(len(rows) - 1 - i)))
			c.FillText(name, vg.Point{X: data.Min.X - 8*px, Y: y}, shorten(name, r.name, names))
			c.FillText(note, vg.Point{X: data.Max.X + 10*px, Y: y}, r.note)
		}
	})
}

func barHeight(c draw.Canvas, n int) vg.Length {
	return min(22*px, (c.Max.Y-c.Min.Y)/vg.Length(n)*0.62)
}

func drawBar(c draw.Canvas, p *plot.Plot, r bar, y, height vg.Length, dot bool) {
	x := c.X(p.X.Norm(r.value))
	if dot {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: blue, Radius: 5 * px, Shape: draw.CircleGlyph{}}, vg.Point{X: x, Y: y})
	} else {
		zero := c.X(p.X.Norm(0))
		c.FillPolygon(blue, rectangle(zero, y-height/2, x, y+height/2))
	}
	if r.std > 0 {
		style := draw.LineStyle{Color: black, Width: 1.2 * px}
		a, b := c.X(p.X.Norm(r.value-r.std)), c.X(p.X.Norm(r.value+r.std))
		cap := min(height/3, 5*px)
		c.StrokeLine2(style, a, y, b, y)
		c.StrokeLine2(style, a, y-cap, a, y+cap)
		c.StrokeLine2(style, b, y-cap, b, y+cap)
	}
}
