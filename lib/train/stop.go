package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// StopReason says why training ended.
type StopReason string

const (
	Finished     StopReason = "all epochs done"
	EarlyStopped StopReason = "no improvement"
	Interrupted  StopReason = "interrupted"
)

// ErrDiverged is returned when the loss is no longer a number. Nothing is saved from then on, so the checkpoint before
// is the last.
var ErrDiverged = errors.New("loss is not a number")

// MetricNames lists what may be monitored, for a model of one output or of several.
func MetricNames(outputs int) []string {
	names := []string{"train/loss", "valid/loss", "valid/accuracy"}
	if outputs == 1 {
		return append(names, "valid/roc_auc", "valid/pr_auc", "valid/f1")
	}
	return append(names, "valid/macro_f1")
}

// CheckMonitor refuses a metric that is never reported: training would otherwise never stop early.
func CheckMonitor(name string, outputs, validRows int) error {
	if known := MetricNames(outputs); !slices.Contains(known, name) {
		return fmt.Errorf("train: monitor is %q, must be one of %s", name, strings.Join(known, ", "))
	}
	if validRows == 0 && strings.HasPrefix(name, "valid/") {
		return fmt.Errorf("train: monitor is %q, but there are no validation rows: hold some out, or monitor train/loss", name)
	}
	return nil
}

// better reports whether value improves on best by more than delta; losses improve downwards, the rest upwards.
// The first value always does.
func better(name string, value float64, best Best, delta float64) bool {
	if best.Epoch == 0 {
		return true
	}
	if strings.HasSuffix(name, "/loss") {
		return value < best.Value-delta
	}
	return value > best.Value+delta
}
