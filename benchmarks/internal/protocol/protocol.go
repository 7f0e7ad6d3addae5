// Package protocol is the way in which the accuracy benchmarks train and measure, so that every figure is made alike.
package protocol

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/jamba-threat/jamba/lib/threat"
)

// Flags are what the commands have in common.
type Flags struct {
	Data   string // folder of the data sets
	Seeds  int    // runs, with seeds 0, 1, ...
	Engine string
	Set    settings // changes of the configuration, key=value
	Quiet  bool
}

type settings []string

func (s *settings) String() string     { return strings.Join(*s, " ") }
func (s *settings) Set(v string) error { *s = append(*s, v); return nil }

// Parse defines the flags, reads the command line and returns them.
func Parse(more func()) *Flags {
	f := &Flags{}
	folder := os.Getenv("JAMBA_DATA")
	if folder == "" {
		folder = filepath.Join("..", "shared", "data")
	}
	flag.StringVar(&f.Data, "data", folder, "folder of the data sets (or JAMBA_DATA)")
	flag.IntVar(&f.Seeds, "seeds", 5, "number of runs; their seeds are 0, 1, ...")
	flag.StringVar(&f.Engine, "engine", "auto", "auto, xla:cuda, xla:cpu or go")
	flag.Var(&f.Set, "set", "change of the configuration, such as model.members=8; may be repeated")
	flag.BoolVar(&f.Quiet, "quiet", false, "print the means only")
	if more != nil {
		more()
	}
	flag.Parse()
	return f
}

// Config returns the named configuration with the changes of the command line, for a seed.
func (f *Flags) Config(name string, seed int64) threat.Config {
	c, err := threat.NamedConfig(name)
	Check(err)
	for _, change := range f.Set {
		key, value, ok := strings.Cut(change, "=")
		if !ok {
			Check(fmt.Errorf("-set %s: want key=value", change))
		}
		Check(c.Set(key, value))
	}
	c.Seed, c.Engine = seed, f.Engine
	return c.WithDefaults()
}

// Row is the result of one run.
type Row struct {
	Seed    int64
	Values  []float64 // in the order of Columns
	Seconds float64   // features, training, calibration and threshold
	Epochs  int
}

// Columns names the values of a Row.
var Columns = []string{"auc", "accuracy", "f1", "fpr", "unseen"}

// Run trains with 15 % of the rows held out (same share of every family), which choose the threshold at a false-positive
// rate of 1 %, and measures on the test rows.
func Run(cfg threat.Config, rows, test *threat.Table) Row {
	split, err := rows.Split(threat.Stratified(0.85, 0.15, cfg.Seed))
	Check(err)
	start := time.Now()
	model, err := cfg.Fit(context.Background(), split.Train, split.Valid)
	Check(err)
	defer model.Close()
	seconds := time.Since(start).Seconds()
	report, err := model.Evaluate(test)
	Check(err)
	m := report.Metrics
	return Row{Seed: cfg.Seed, Seconds: seconds, Epochs: len(model.History()),
		Values: []float64{m.ROCAUC, m.Accuracy, m.F1, m.FPR, report.RecallUnseen}}
}

// RunSeeds runs a named configuration with each seed, prints the rows, and the summary under title.
func (f *Flags) RunSeeds(title, config string, rows, test *threat.Table) {
	var results []Row
	for seed := range f.Seeds {
		r := Run(f.Config(config, int64(seed)), rows, test)
		results = append(results, r)
		if !f.Quiet {
			r.Print()
		}
	}
	Summary(title, results)
}

// Print prints a row.
func (r Row) Print() {
	fmt.Printf("seed %d  ", r.Seed)
	for i, v := range r.Values {
		fmt.Printf("%s %.4f  ", Columns[i], v)
	}
	fmt.Printf("%d epochs  %.1f s\n", r.Epochs, r.Seconds)
}

// Summary prints the mean over the runs, and the median of the seconds.
func Summary(name string, rows []Row) {
	fmt.Printf("%-24s", name)
	for i := range Columns {
		sum := 0.0
		for _, r := range rows {
			sum += r.Values[i]
		}
		fmt.Printf("%s %.4f  ", Columns[i], sum/float64(len(rows)))
	}
	seconds := make([]float64, len(rows))
	for i, r := range rows {
		seconds[i] = r.Seconds
	}
	sort.Float64s(seconds)
	fmt.Printf("median %.1f s  (%d seeds)\n", seconds[len(seconds)/2], len(rows))
}

// Without returns the rows of a table whose family is not among names, and those whose family is.
func Without(t *threat.Table, names []string) (kept, left *threat.Table) {
	var present []string
	for _, n := range names {
		if slices.Contains(t.Families, n) {
			present = append(present, n)
		}
	}
	kept, left, err := t.LeaveFamiliesOut(present...)
	Check(err)
	return kept, left
}

// Check ends the program on an error.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
