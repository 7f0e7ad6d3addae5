package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/threat"
)

// lastFigure is drawn last, whatever the others: where it is, all are.
const lastFigure = "confusion"

// draw writes the figures of a detector on labelled rows into a folder. A figure that the rows do not allow (ROC with
// one class) is left out with a note; a file that cannot be written is an error.
func (a *app) draw(ctx context.Context, dir string, f *threat.Fitted, t *threat.Table, history threat.History) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	save := func(name string, figure *plot.Figure, err error) error {
		if err != nil {
			a.note("no %s: %v", name, err)
			return nil
		}
		return figure.Save(filepath.Join(dir, name+".png"))
	}
	if len(history) > 0 {
		figure, err := plot.LearningCurves(history)
		if err := save("learning-curves", figure, err); err != nil {
			return err
		}
	}
	if t == nil || t.Rows() == 0 || t.Label == nil {
		return nil
	}
	p, err := f.Predict(ctx, t)
	if err != nil {
		return err
	}
	if p.Classes != nil {
		figure, err := plot.ConfusionMatrix(countClasses(p, t, f.Classes()), f.Classes())
		return save(lastFigure, figure, err)
	}
	return drawBinary(f, p, t, save)
}

func drawBinary(f *threat.Fitted, p *threat.Prediction, t *threat.Table, save func(string, *plot.Figure, error) error) error {
	ranking, err := metrics.Rank(p.Prob, t.Label)
	if err != nil {
		return err
	}
	name := filepath.Base(t.Name)
	ranked := plot.Ranked{Name: name, Ranking: ranking, Threshold: f.Threshold()}
	predicted := plot.Predicted{Name: name, Prob: p.Prob, Label: t.Label}
	for _, c := range []struct {
		file string
		make func() (*plot.Figure, error)
	}{
		{"roc", func() (*plot.Figure, error) { return plot.ROC(ranked) }},
		{"precision-recall", func() (*plot.Figure, error) { return plot.PrecisionRecall(ranked) }},
		{"reliability", func() (*plot.Figure, error) { return plot.Reliability(predicted) }},
		{"scores", func() (*plot.Figure, error) { return plot.ScoreDistribution(predicted, f.Threshold()) }},
		{lastFigure, func() (*plot.Figure, error) { return plot.Confusion(ranking.Confusion(f.Threshold())) }},
	} {
		figure, err := c.make()
		if err := save(c.file, figure, err); err != nil {
			return err
		}
	}
	return nil
}

// countClasses counts rows by true and predicted class. The table's own list of classes may be shorter than the
// detector's.
func countClasses(p *threat.Prediction, t *threat.Table, classes []string) [][]int {
	index := map[string]int{}
	counts := make([][]int, len(classes))
	for i, name := range classes {
		index[name], counts[i] = i, make([]int, len(classes))
	}
	for i, y := range t.Label {
		if y >= 0 {
			if k, ok := index[t.Classes[y]]; ok {
				counts[k][p.Class[i]]++
			}
		}
	}
	return counts
}
