package threat_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/threat"
)

// flows writes a small synthetic file, so that the examples have something to read.
func flows() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "jamba")
	check(err)
	g := threat.DefaultGenerate()
	g.Samples, g.Difficulty = 1200, 0
	table, err := threat.GenerateTable(g)
	check(err)
	path = filepath.Join(dir, "flows.csv")
	check(data.Write(path, table))
	return path, func() { os.RemoveAll(dir) }
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// One experiment, from a file of flows to an evaluated detector.
func Example() {
	path, remove := flows()
	defer remove()
	ctx := context.Background()

	table, err := threat.ReadCSV(path, threat.Schema{Label: "is_threat", Time: "timestamp", Family: "kind", Drop: []string{"host"}})
	check(err)
	split, err := table.Split(threat.Stratified(0.70, 0.15, 42)) // train, valid; the rest is test
	check(err)
	cfg := threat.DefaultConfig()
	cfg.Engine = "go" // for the same numbers on every machine; "auto" takes the fastest
	cfg.Train.Epochs = 6
	cfg.Train.LearningRate = 0.005
	epochs := 0
	cfg.Train.OnEpoch = func(e threat.Event) error { epochs++; return nil }

	model, err := cfg.Fit(ctx, split.Train, split.Valid)
	check(err)
	defer model.Close()
	report, err := model.Evaluate(split.Test)
	check(err)

	fmt.Println(epochs, "epochs,", report.Rows, "test rows")
	fmt.Println("better than chance:", report.Metrics.ROCAUC > 0.8)
	// Output:
	// 6 epochs, 180 test rows
	// better than chance: true
}

// Run keeps everything in a folder, and the second call finds the detector there.
func ExampleRun() {
	path, remove := flows()
	defer remove()
	table, err := threat.ReadCSV(path, threat.Schema{Label: "is_threat", Time: "timestamp", Group: "host", Drop: []string{"kind"}})
	check(err)
	split, err := table.Split(threat.ByTime(0.70, 0.15))
	check(err)
	cfg := threat.DefaultConfig()
	cfg.Engine = "go"
	cfg.Train.Epochs = 1
	trained := 0
	cfg.Train.OnEpoch = func(threat.Event) error { trained++; return nil }

	dir := filepath.Join(filepath.Dir(path), "run")
	for range 2 {
		model, err := threat.Run(context.Background(), dir, cfg, split)
		check(err)
		model.Close()
	}
	fmt.Println("epochs trained:", trained)

	model, err := threat.Open(dir)
	check(err)
	defer model.Close()
	prediction, err := model.Predict(context.Background(), split.Test)
	check(err)
	fmt.Println("rows:", len(prediction.Prob))
	// Output:
	// epochs trained: 1
	// rows: 180
}
