package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/jamba-threat/jamba/lib/metrics"
)

// Ranked is one detector on one set of rows.
type Ranked struct {
	Name      string
	Ranking   *metrics.Ranking
	Threshold float64 // where the detector operates, marked by a dot; 0 = no mark
}

// ROC draws receiver operating characteristics: at the left as usual, at the right with a logarithmic false-positive rate, because
// a detector that is to be lived with operates below 1 %. Each needs both classes.
func ROC(detectors ...Ranked) (*Figure, error) {
	if err := checkRanked("roc", detectors, true); err != nil {
		return nil, err
	}
	full := axes("", "false-positive rate", "true-positive rate (recall)")
	unit(&full.X)
	unit(&full.Y)
	diagonal := []float64{0, 1}
	full.Add(line(diagonal, diagonal, grey, 1, dotted()))

	least := 1.0
	for _, d := range detectors {
		least = min(least, 0.5/float64(d.Ranking.Negatives()))
	}
	low := axes("", "false-positive rate, logarithmic", "")
	limits(&low.X, max(1e-6, min(least, 1e-2)), 1)
	low.X.Scale, low.X.Tick.Marker = plot.LogScale{}, decades{}
	unit(&low.Y)
	var chance []float64
	for i := range 101 {
		chance = append(chance, low.X.Min*math.Pow(1/low.X.Min, float64(i)/100))
	}
	low.Add(line(chance, chance, grey, 1, dotted()))

	var legend []legendEntry
	subtitle := ""
	for i, d := range detectors {
		colour, dashes := series(i)
		c := d.Ranking.ROC(true)
		full.Add(line(c.FPR, c.TPR, colour, 2, dashes))
		// Rates of 0 have no place on a logarithmic axis: the curve comes in from the left edge.
		fpr := make([]float64, len(c.FPR))
		for j, v := range c.FPR {
			fpr[j] = max(v, low.X.Min)
		}
		low.Add(line(fpr, c.TPR, colour, 2, dashes))
		auc, err := d.Ranking.ROCAUC()
		if err != nil {
			return nil, fmt.Errorf("plot: roc: %s: %w", d.Name, err)
		}
		legend = append(legend, legendEntry{name: label(d.Name, "AUC %.4f", auc), color: colour, dashes: dashes})
		if d.Threshold != 0 {
			m := d.Ranking.Confusion(d.Threshold)
			full.Add(marker(m.FPR(), m.Recall(), colour, draw.CircleGlyph{}))
			low.Add(marker(max(m.FPR(), low.X.Min), m.Recall(), colour, draw.CircleGlyph{}))
			subtitle = operating(subtitle, len(detectors), d, "recall %.4f at a false-positive rate of %.4f", m.Recall(), m.FPR())
		}
	}
	legend = append(legend, legendEntry{name: "chance", color: grey, dashes: dotted()})
	legend = withOperating(legend, detectors)
	return newFigure("Receiver operating characteristic", subtitle, func(c draw.Canvas) {
		drawRow(c, []*plot.Plot{full, low})
	}, legend...), nil
}

// PrecisionRecall draws precision against recall as the steps that average precision adds up. The dotted lines are what flagging at
// random gives: the share of positives. Each needs a positive row.
func PrecisionRecall(detectors ...Ranked) (*Figure, error) {
	if err := checkRanked("precision-recall", detectors, false); err != nil {
		return nil, err
	}
	p := axes("", "recall", "precision")
	unit(&p.X)
	unit(&p.Y)
	var legend []legendEntry
	subtitle := ""
	for i, d := range detectors {
		colour, dashes := series(i)
		c := d.Ranking.PR(true)
		x, y := stairs(c.Recall, c.Precision)
		share := float64(d.Ranking.Positives()) / float64(d.Ranking.Rows())
		p.Add(line([]float64{0, 1}, []float64{share, share}, alpha(colour, 0xA0), 1, dotted()), line(x, y, colour, 2, dashes))
		ap, err := d.Ranking.AveragePrecision()
		if err != nil {
			return nil, fmt.Errorf("plot: precision-recall: %s: %w", d.Name, err)
		}
		legend = append(legend, legendEntry{name: label(d.Name, "AP %.4f", ap), color: colour, dashes: dashes})
		if d.Threshold != 0 {
			m := d.Ranking.Confusion(d.Threshold)
			p.Add(marker(m.Recall(), m.Precision(), colour, draw.CircleGlyph{}))
			subtitle = operating(subtitle, len(detectors), d, "precision %.4f, recall %.4f, F1 %.4f", m.Precision(), m.Recall(), m.F1())
		}
	}
	legend = append(legend, legendEntry{name: "share of threats", color: grey, dashes: dotted()})
	legend = withOperating(legend, detectors)
	return newFigure("Precision and recall", subtitle, func(c draw.Canvas) { drawPlot(p, c) }, legend...), nil
}

// stairs turns falling recalls into steps: between two recalls the precision is that of the higher one.
func stairs(recall, precision []float64) (x, y []float64) {
	for i := range recall {
		if i > 0 {
			x, y = append(x, recall[i]), append(y, precision[i-1])
		}
		if i < len(recall)-1 { // the last point, precision 1 at recall 0, is a convention and not a decision
			x, y = append(x, recall[i]), append(y, precision[i])
		}
	}
	return x, y
}

func checkRanked(what string, detectors []Ranked, negatives bool) error {
	if len(detectors) == 0 {
		return fmt.Errorf("plot: %s: nothing to draw", what)
	}
	for _, d := range detectors {
		if d.Ranking == nil {
			return fmt.Errorf("plot: %s: %q has no ranking", what, d.Name)
		}
		if d.Ranking.Positives() == 0 || negatives && d.Ranking.Negatives() == 0 {
			return fmt.Errorf("plot: %s: %q: %w: %d positives, %d negatives", what, d.Name, metrics.ErrOneClass,
				d.Ranking.Positives(), d.Ranking.Negatives())
		}
	}
	return nil
}

// label joins a detector's name, which may be empty, and a number.
func label(name, format string, v float64) string {
	if name != "" {
		name += ", "
	}
	return name + fmt.Sprintf(format, v)
}

// operating says in words where a single detector operates; several would not fit in a line.
func operating(subtitle string, n int, d Ranked, format string, v ...any) string {
	if n > 1 {
		return ""
	}
	return subtitle + fmt.Sprintf("threshold %.4g: ", d.Threshold) + fmt.Sprintf(format, v...)
}

func withOperating(legend []legendEntry, detectors []Ranked) []legendEntry {
	for _, d := range detectors {
		if d.Threshold != 0 {
			return append(legend, legendEntry{name: "at the threshold", color: grey, marker: draw.CircleGlyph{}})
		}
	}
	return legend
}
