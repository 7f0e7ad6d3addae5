// Command speed measures the training step: rows per second of wall and of CPU time of the default network over 20
// numeric features. twin.py beside it is the same network in PyTorch; compare.sh runs both in turn.
//
//	go run ./benchmarks/speed -batch 32
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	batch := flag.Int("batch", 32, "rows per step")
	seconds := flag.Float64("seconds", 8, "time to measure, after compilation")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	name := flag.String("config", "default", "named configuration")
	flag.Parse()

	table, err := threat.GenerateTable(threat.DefaultGenerate())
	check(err)
	cfg, err := threat.NamedConfig(*name)
	check(err)
	cfg.Engine = *engine
	cfg.Train.BatchSize, cfg.Train.Epochs, cfg.Train.Monitor, cfg.Train.Patience = *batch, 100_000, "train/loss", -1
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	// The first report comes after compilation and some steps; from there on, rows and time count.
	var start time.Time
	var startCPU float64
	var from, rows int
	cfg.Train.OnStep = func(e threat.StepEvent) {
		rows = ((e.Epoch-1)*e.Steps + e.Step) * *batch
		if start.IsZero() {
			start, startCPU, from = time.Now(), cpuSeconds(), rows
		} else if time.Since(start).Seconds() > *seconds {
			wall, cpu := time.Since(start).Seconds(), cpuSeconds()-startCPU
			fmt.Printf("jamba   batch %4d  %8.0f rows/s  %8.0f rows/CPU s  loss %.4f\n", *batch, float64(rows-from)/wall, float64(rows-from)/cpu, e.Loss)
			cancel()
		}
	}
	_, err = cfg.Fit(ctx, table, nil)
	if !errors.Is(err, context.Canceled) {
		check(err)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
