package generate

import "fmt"

const (
	maxSamples  = 100_000_000
	maxCells    = 1 << 30 // 4 GiB of values
	maxFeatures = 1024
	maxHosts    = 10_000
)

// Config says what to generate. Start from DefaultConfig: a field left at zero means zero.
type Config struct {
	// Samples is the number of rows, 1..100,000,000, and at most 2^30 divided by Features.
	Samples int `json:"samples"`
	// Features is the number of numeric columns, 1..1024: the first of FeatureNames, and beyond those alternately
	// mixtures of two of them and pure noise.
	Features int `json:"features"`
	// ThreatRatio is the share of rows that are threats, 0..1; the number is exact, rounded to the nearest row.
	ThreatRatio float64 `json:"threat_ratio"`
	// Seed chooses the data set.
	Seed int64 `json:"seed"`
	// Difficulty, 0..1, weakens what threats do to the measurements.
	Difficulty float64 `json:"difficulty"`
	// Missing is the share of cells without a value, 0 <= Missing < 1.
	Missing float64 `json:"missing"`
	// Hosts is the number of hosts, 1..10,000; every host reports once in five minutes.
	Hosts int `json:"hosts"`
}

// DefaultConfig is the seed's data set: 35,000 rows of 20 features, half of them threats.
func DefaultConfig() Config {
	return Config{Samples: 35_000, Features: 20, ThreatRatio: 0.5, Seed: 42, Difficulty: 0.5, Hosts: 12}
}

// Validate reports the first field that is out of its range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name     string
		value, n int
	}{{"samples", c.Samples, maxSamples}, {"features", c.Features, maxFeatures}, {"hosts", c.Hosts, maxHosts}} {
		if f.value < 1 || f.value > f.n {
			return fmt.Errorf("generate: %s is %d, want 1..%d", f.name, f.value, f.n)
		}
	}
	if c.Samples > maxCells/c.Features {
		return fmt.Errorf("generate: %d samples of %d features do not fit into memory, want at most %d samples", c.Samples, c.Features, maxCells/c.Features)
	}
	if !(c.ThreatRatio >= 0 && c.ThreatRatio <= 1) {
		return fmt.Errorf("generate: threat_ratio is %v, want a share of 0..1", c.ThreatRatio)
	}
	if !(c.Difficulty >= 0 && c.Difficulty <= 1) {
		return fmt.Errorf("generate: difficulty is %v, want 0 (easy) to 1 (hard)", c.Difficulty)
	}
	if !(c.Missing >= 0 && c.Missing < 1) {
		return fmt.Errorf("generate: missing is %v, want a share of 0 or more and below 1", c.Missing)
	}
	return nil
}
