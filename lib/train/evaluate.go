package train

import (
	"context"
	"errors"
	"math"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/track"
)

// evaluate adds the metrics of the validation rows.
func (r *run) evaluate(ctx context.Context, c *Checkpoint, into map[string]float64) error {
	if err := r.predictor.SetWeights(c.Evaluated(), c.Stats); err != nil {
		return err
	}
	out, err := r.predictor.Predict(ctx, r.valid.Matrix)
	if err != nil {
		return err
	}
	if r.layout.Config.Outputs == 1 {
		return binaryMetrics(out, r.valid.Label, into)
	}
	classMetrics(out, r.valid.Label, r.layout.Config.Outputs, into)
	return nil
}

func binaryMetrics(logOdds []float32, label []int32, into map[string]float64) error {
	score := make([]float64, len(logOdds))
	loss := 0.0
	for i, z := range logOdds {
		score[i] = float64(z)
		sign := float64(1 - 2*label[i]) // the loss of a threat is log(1+exp(-z)), of a benign row log(1+exp(z))
		loss += softplus(sign * float64(z))
	}
	into[track.ValidLoss] = loss / float64(len(score))
	confusion, err := metrics.Confuse(score, label, 0) // log-odds 0 is probability 0.5
	if err != nil {
		return err
	}
	into["valid/accuracy"], into[track.ValidF1] = confusion.Accuracy(), confusion.F1()
	ranking, err := metrics.Rank(score, label)
	if err != nil {
		return err
	}
	for name, measure := range map[string]func() (float64, error){
		track.ValidROCAUC: ranking.ROCAUC, track.ValidPRAUC: ranking.AveragePrecision} {
		v, err := measure()
		if errors.Is(err, metrics.ErrOneClass) {
			continue // no value: absent, not zero
		}
		if err != nil {
			return err
		}
		into[name] = v
	}
	return nil
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func classMetrics(prob []float32, label []int32, classes int, into map[string]float64) {
	loss, right := 0.0, 0
	hits, said, there := make([]float64, classes), make([]float64, classes), make([]float64, classes)
	for i, y := range label {
		row := prob[i*classes : (i+1)*classes]
		guess := 0
		for k, p := range row {
			if p > row[guess] {
				guess = k
			}
		}
		loss -= math.Log(max(1e-15, float64(row[y])))
		said[guess]++
		there[y]++
		if guess == int(y) {
			right++
			hits[y]++
		}
	}
	n := float64(len(label))
	f1, present := 0.0, 0.0
	for k := range classes {
		if total := said[k] + there[k]; total > 0 {
			f1 += 2 * hits[k] / total
			present++
		}
	}
	into[track.ValidLoss], into["valid/accuracy"], into["valid/macro_f1"] = loss/n, float64(right)/n, f1/max(1, present)
}
