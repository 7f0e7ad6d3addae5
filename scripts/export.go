//go:build ignore

// Export a detector to GGUF in every mix, and compare sizes.
//
//	jamba run scripts/export.go -- -run runs/first
//	go run scripts/export.go -run runs/nsl -out models/gguf -name nsl-kdd
//
// A file OUT/MIX/NAME.gguf holds everything that a prediction needs. Without -run a small detector is trained first.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	run := flag.String("run", "", "folder of a finished run (default: train a small detector)")
	out := flag.String("out", "models/gguf", "folder for the files")
	name := flag.String("name", "", "name of the detector and of the files (default: that of the run, or demo)")
	samples := flag.Int("samples", 2000, "rows to generate when a detector is trained")
	epochs := flag.Int("epochs", 3, "epochs when a detector is trained")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of data, split and weights")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	model, err := detector(ctx, *run, *samples, *epochs, *engine, *seed)
	check(err)
	defer model.Close()
	title := *name
	if title == "" {
		title = "demo"
		if *run != "" {
			title = filepath.Base(filepath.Clean(*run))
		}
	}
	fmt.Println(model)
	fmt.Println("mix       bytes   of F32  bits/weight  kept wider")
	largest := int64(0)
	for _, mix := range []threat.Mix{threat.F32, threat.BF16, threat.F16, threat.Q8_0, threat.Q5_K_M, threat.Q4_K_M} {
		mixName := strings.ToLower(mix.String())
		path := filepath.Join(*out, mixName, title+".gguf")
		summary, err := model.ExportWith(path, mix, threat.ExportInfo{Name: title})
		check(err)
		if largest == 0 {
			largest = summary.Bytes
		}
		fell, meant := summary.FellBack()
		fmt.Printf("%-7s %7d   %5.1f%%       %6.2f  %d of %d tensors\n", mixName, summary.Bytes,
			100*float64(summary.Bytes)/float64(largest), summary.BitsPerWeight(), fell, meant)
	}
	fmt.Println("written:", filepath.Join(*out, "*", title+".gguf"))
}

func detector(ctx context.Context, run string, samples, epochs int, engine string, seed int64) (*threat.Fitted, error) {
	if run != "" {
		return threat.Open(run)
	}
	g := threat.DefaultGenerate()
	g.Samples, g.Seed = samples, seed
	table, err := threat.GenerateTable(g)
	if err != nil {
		return nil, err
	}
	split, err := table.Split(threat.Stratified(0.70, 0.30, seed))
	if err != nil {
		return nil, err
	}
	cfg := threat.DefaultConfig()
	cfg.Seed, cfg.Engine = seed, engine
	cfg.Train.Epochs, cfg.Train.LearningRate = epochs, 0.003
	// Rows of 256 weights fill the blocks of the k-quants; the default's are too short for them.
	cfg.Model.Hidden, cfg.Model.Members = 256, 4
	return cfg.Fit(ctx, split.Train, split.Valid)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}
