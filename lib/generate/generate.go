package generate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/jamba-threat/jamba/lib/data"
)

const (
	start       = int64(1_704_067_200) * 1e9 // 2024-01-01T00:00:00Z, a Monday
	reportEvery = int64(300) * 1e9           // a host reports once in five minutes
	hourLength  = int64(3600) * 1e9
)

// Columns of the table that are not features.
const (
	LabelColumn  = "is_threat"
	FamilyColumn = "kind"
	TimeColumn   = "timestamp"
	GroupColumn  = "host"
)

// Table generates a data set: rows in order of time, a label (benign or threat), a family ("normal" or the kind of
// threat), and the host as group. Its schema reads back what data.WriteCSV writes.
// Errors: a Config out of range.
// Determinism: the Config fixes every bit, on every machine.
func Table(cfg Config) (*data.Table, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	t := emptyTable(cfg)
	// Row i belongs to host i mod Hosts, so that the rows of all hosts are in order of time without sorting.
	hosts := min(cfg.Hosts, cfg.Samples)
	sizes := make([]int, hosts)
	for h := range sizes {
		sizes[h] = (cfg.Samples - h + hosts - 1) / hosts
	}
	threats := allot(int(math.Round(mul(float64(cfg.Samples), cfg.ThreatRatio))), sizes)
	for h := range hosts {
		t.Groups = append(t.Groups, fmt.Sprintf("host-%02d", h+1))
		newHost(cfg, h, hosts).run(t, sizes[h], threats[h])
	}
	if cfg.Missing > 0 {
		punch(t, cfg)
	}
	return t, nil
}

func emptyTable(cfg Config) *data.Table {
	t := &data.Table{
		Name:     "generated",
		Label:    make([]int32, cfg.Samples),
		Classes:  []string{"benign", "threat"},
		Family:   make([]int32, cfg.Samples),
		Families: append([]string(nil), families...),
		Group:    make([]int32, cfg.Samples),
		Time:     make([]int64, cfg.Samples),
		Schema:   data.Schema{Label: LabelColumn, Family: FamilyColumn, Time: TimeColumn, Group: GroupColumn},
	}
	for _, name := range FeatureNames(cfg.Features) {
		t.Columns = append(t.Columns, data.Column{Name: name, Kind: data.Numeric, Num: make([]float32, cfg.Samples)})
		t.Schema.Columns = append(t.Schema.Columns, data.ColumnSpec{Name: name, Kind: data.Numeric})
	}
	return t
}

func featureName(i int) string {
	if i < named {
		return metrics[i].name
	}
	return "metric_" + strconv.Itoa(i+1)
}

// punch removes cells at random. It has a stream of its own: the values that remain are those of the full table.
func punch(t *data.Table, cfg Config) {
	rng := rand.New(rand.NewPCG(uint64(cfg.Seed), math.MaxUint64))
	for i := range t.Columns {
		values := t.Columns[i].Num
		for k := range values {
			if rng.Float64() < cfg.Missing {
				values[k] = float32(math.NaN())
			}
		}
	}
}
