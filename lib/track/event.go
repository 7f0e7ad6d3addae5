package track

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names of metrics that every trainer reports. A metric's name is its split, a slash and what was measured; settings that
// change during training have no split.
const (
	TrainLoss    = "train/loss"
	ValidLoss    = "valid/loss"
	ValidROCAUC  = "valid/roc_auc"
	ValidPRAUC   = "valid/pr_auc"
	ValidF1      = "valid/f1"
	Dropout      = "dropout"
	LearningRate = "learning_rate"
)

// Event is what is known at the end of an epoch.
type Event struct {
	Epoch  int // the epoch just finished, from 1
	Epochs int // the planned number of epochs; 0 = not known

	// Metrics by name, such as "valid/loss". A metric that has no value in this epoch is absent or NaN.
	Metrics map[string]float64

	Rows          int64         // training rows seen since the start of the run
	RowsPerSecond float64       // training rows per second of this epoch
	Elapsed       time.Duration // since the start of the run, earlier processes of a resumed run included
	Remaining     time.Duration // estimate until the last planned epoch; 0 = not known
	Best          bool          // the monitored metric is the best so far
}

// String returns the event as one line for a terminal, without a newline:
//
//	epoch  3/30  loss 0.2134  valid 0.2310  roc_auc 0.9812  pr_auc 0.9734  f1 0.9410  42.1k rows/s  12s, 1m48s left  best
//
// Losses come first, then the validation metrics in a fixed order, then any other metric by name.
func (e Event) String() string {
	var b strings.Builder
	if e.Epochs > 0 {
		total := strconv.Itoa(e.Epochs)
		fmt.Fprintf(&b, "epoch %*d/%s", len(total), e.Epoch, total)
	} else {
		fmt.Fprintf(&b, "epoch %d", e.Epoch)
	}
	for _, name := range displayOrder(e.Metrics) {
		fmt.Fprintf(&b, "  %s %s", displayName(name), short(e.Metrics[name]))
	}
	if e.RowsPerSecond > 0 {
		fmt.Fprintf(&b, "  %s rows/s", quantity(e.RowsPerSecond))
	}
	if e.Elapsed > 0 {
		fmt.Fprintf(&b, "  %s", clock(e.Elapsed))
		if e.Remaining > 0 {
			fmt.Fprintf(&b, ", %s left", clock(e.Remaining))
		}
	}
	if e.Best {
		b.WriteString("  best")
	}
	return b.String()
}

// displayOrder returns the names of the metrics in the order in which a person looks for them.
func displayOrder(metrics map[string]float64) []string {
	first := []string{TrainLoss, ValidLoss, ValidROCAUC, ValidPRAUC, ValidF1}
	var names, rest []string
	for _, n := range first {
		if _, ok := metrics[n]; ok {
			names = append(names, n)
		}
	}
	for n := range metrics {
		// Of the training rows only the loss is for the terminal; the rest, such as gradient norms, is in metrics.csv.
		if !slices.Contains(first, n) && !strings.HasPrefix(n, "train/") {
			rest = append(rest, n)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

// displayName shortens a metric's name where the line stays unambiguous: validation is what a person watches, so its
// metrics go by their bare names and its loss is called valid.
func displayName(name string) string {
	switch name {
	case TrainLoss:
		return "loss"
	case ValidLoss:
		return "valid"
	case LearningRate:
		return "lr"
	}
	return strings.TrimPrefix(name, "valid/")
}

// short prints a metric in about six characters.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a != 0 && (a < 0.001 || a >= 1e5):
		return strconv.FormatFloat(v, 'g', 3, 64)
	default:
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
}

// quantity prints a positive number with a thousands suffix: 950, 42.1k, 1.25M.
func quantity(v float64) string {
	switch {
	case v < 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v < 999_950:
		return strconv.FormatFloat(v/1e3, 'f', 1, 64) + "k"
	default:
		return strconv.FormatFloat(v/1e6, 'f', 2, 64) + "M"
	}
}

// clock prints a duration at a resolution a person cares about: 0.4s, 12s, 1m48s, 2h05m.
func clock(d time.Duration) string {
	switch {
	case d < 9950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Minute-time.Second/2:
		return strconv.FormatFloat(d.Seconds(), 'f', 0, 64) + "s"
	case d < time.Hour-time.Second/2:
		s := int(d.Round(time.Second).Seconds())
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		m := int(d.Round(time.Minute).Minutes())
		return fmt.Sprintf("%dh%02dm", m/60, m%60)
	}
}
