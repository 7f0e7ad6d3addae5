package threat

import (
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/track"
)

// Types for comparing detectors; see the packages below for their fields and methods.
type (
	RunSummary = track.Summary    // a run folder in one row
	Comparison = track.Comparison // runs grouped by configuration
	Impact     = track.Impact     // how much a setting moves a metric
	Ranking    = metrics.Ranking  // labelled rows in order of probability: what every threshold is chosen on
)

// Runs summarises every run below a folder, sorted by name; the folder itself may be one. A run whose files cannot be
// read is in the list, with its problem.
func Runs(root string) ([]RunSummary, error) { return track.Runs(root) }

// CompareRuns groups runs by configuration, without the seed, and gives mean and standard deviation of the metrics, the
// best group by the first metric first. Without metrics it takes all that some run has.
func CompareRuns(runs []RunSummary, metrics ...string) (*Comparison, error) {
	return track.Compare(runs, metrics...)
}

// ParameterImpact says which settings that differ between runs move a metric, strongest first.
func ParameterImpact(runs []RunSummary, metric string) ([]Impact, error) {
	return track.ParameterImpact(runs, metric)
}

// RunTable returns runs as a text table with the metrics asked for.
func RunTable(runs []RunSummary, metrics ...string) string { return track.Table(runs, metrics...) }

// ImpactTable returns impacts as a text table.
func ImpactTable(impacts []Impact) string { return track.ImpactTable(impacts) }

// Rank orders rows by their probability of a threat; label is 1 for a threat and 0 for benign. Thresholds, curves and
// ranking metrics follow from the result. Slices of different length, no rows, and values that are no numbers are errors.
func Rank(prob []float64, label []int32) (*Ranking, error) { return metrics.Rank(prob, label) }
