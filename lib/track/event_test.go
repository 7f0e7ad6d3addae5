package track

import (
	"math"
	"testing"
	"time"
)

func TestEventString(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{
			Epoch: 3, Epochs: 30,
			Metrics: map[string]float64{"valid/f1": 0.941, "valid/loss": 0.231, "train/loss": 0.21344, "valid/roc_auc": 0.98123,
				"valid/pr_auc": 0.9734, "learning_rate": 0.0005, "dropout": 0.3},
			RowsPerSecond: 42_100, Elapsed: 12 * time.Second, Remaining: 108 * time.Second, Best: true,
		}, "epoch  3/30  loss 0.2134  valid 0.2310  roc_auc 0.9812  pr_auc 0.9734  f1 0.9410  dropout 0.3000  lr 0.0005" +
			"  42.1k rows/s  12s, 1m48s left  best"},
		{Event{Epoch: 1}, "epoch 1"},
		{Event{Epoch: 100, Epochs: 100, Metrics: map[string]float64{"train/loss": math.NaN()}}, "epoch 100/100  loss -"},
		{Event{Epoch: 2, Metrics: map[string]float64{"train/grad_norm": 5, "valid/cost": 123456}, Elapsed: time.Hour + 5*time.Minute, RowsPerSecond: 2.5e6},
			"epoch 2  cost 1.23e+05  2.50M rows/s  1h05m"},
	} {
		if got := c.event.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0.4s", 9960 * time.Millisecond: "10s", 59*time.Second + 600*time.Millisecond: "1m00s",
		61 * time.Second: "1m01s", time.Hour - 100*time.Millisecond: "1h00m", 26*time.Hour + 90*time.Second: "26h02m",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v prints as %s, want %s", d, got, want)
		}
	}
}

func TestQuantity(t *testing.T) {
	for v, want := range map[float64]string{12: "12", 999.4: "999", 999.6: "1.0k", 42_100: "42.1k", 999_960: "1.00M", 1.25e6: "1.25M"} {
		if got := quantity(v); got != want {
			t.Errorf("%v prints as %s, want %s", v, got, want)
		}
	}
}
