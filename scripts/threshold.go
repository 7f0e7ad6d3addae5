//go:build ignore

// Choose the threshold of a detector by how many false alarms can be borne, and see what that costs on rows that took no part
// in the choice.
//
//	jamba run scripts/threshold.go -- -fpr 0.001,0.01,0.05
//	go run scripts/threshold.go -run runs/nsl -data KDDTest+.txt.gz -schema nsl-kdd -plot roc.png
//
// The limit is kept on the validation rows; on the test rows the rate is a little above or below, and that is the honest
// number. With -run the detector of a finished run is used; -data then holds rows that it has not seen, which are divided
// into rows to choose on and rows to test on. Without, a small detector is trained first.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	run := flag.String("run", "", "folder of a finished run (default: train a small detector)")
	data := flag.String("data", "", "file of labelled rows (default: generated ones)")
	schema := flag.String("schema", "", "schema of -data: nsl-kdd or unsw-nb15 (default: see -label)")
	label := flag.String("label", "is_threat", "label column of -data when there is no -schema")
	samples := flag.Int("samples", 4000, "rows to generate when there is no -data")
	limits := flag.String("fpr", "0.001,0.01,0.05", "largest false-positive rates, separated by commas")
	epochs := flag.Int("epochs", 5, "epochs when a detector is trained")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of data, split and weights")
	picture := flag.String("plot", "", "file for the ROC curves, .png, .svg or .pdf (default: none)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	table, err := load(ctx, *data, *schema, *label, *samples, *seed)
	check(err)
	model, valid, test, err := detector(ctx, *run, table, *epochs, *engine, *seed)
	check(err)
	defer model.Close()
	choice, err := rank(ctx, model, valid)
	check(err)
	truth, err := rank(ctx, model, test)
	check(err)
	fmt.Printf("chosen on %d rows (%d benign), tested on %d (%d benign)\n\n", choice.Rows(), choice.Negatives(), truth.Rows(), truth.Negatives())
	fmt.Println("limit   threshold  chosen: FPR  recall   tested: FPR  recall  precision")
	last := 0.0
	for _, limit := range floats(*limits) {
		threshold, err := choice.AtFPR(limit)
		check(err)
		a, b := choice.Confusion(threshold), truth.Confusion(threshold)
		fmt.Printf("%-7g %.6f       %.4f  %.4f        %.4f  %.4f     %.4f\n", limit, threshold, a.FPR(), a.Recall(), b.FPR(), b.Recall(), b.Precision())
		if limit*float64(choice.Negatives()) < 1 {
			fmt.Printf("        (%d benign rows cannot show a rate of %g: no false alarm was allowed)\n", choice.Negatives(), limit)
		}
		last = threshold
	}
	if *picture != "" {
		figure, err := plot.ROC(plot.Ranked{Name: "chosen on", Ranking: choice, Threshold: last}, plot.Ranked{Name: "tested on", Ranking: truth, Threshold: last})
		check(err)
		check(figure.Save(*picture))
		fmt.Println("drawn:", *picture)
	}
}

// detector opens or trains one, and returns the rows to choose and to test on.
func detector(ctx context.Context, run string, table *threat.Table, epochs int, engine string, seed int64) (model *threat.Fitted, valid, test *threat.Table, err error) {
	if run != "" {
		split, err := table.Split(threat.Stratified(0.5, 0.5, seed))
		if err != nil {
			return nil, nil, nil, err
		}
		model, err := threat.Open(run)
		return model, split.Train, split.Valid, err
	}
	split, err := table.Split(threat.Stratified(0.5, 0.25, seed))
	if err != nil {
		return nil, nil, nil, err
	}
	cfg := threat.DefaultConfig()
	cfg.Seed, cfg.Engine = seed, engine
	cfg.Train.Epochs, cfg.Train.LearningRate, cfg.Model.Members = epochs, 0.003, 4
	model, err = cfg.Fit(ctx, split.Train, split.Valid)
	return model, split.Valid, split.Test, err
}

// rank orders rows by their probability.
func rank(ctx context.Context, model *threat.Fitted, t *threat.Table) (*threat.Ranking, error) {
	if t.Label == nil {
		return nil, fmt.Errorf("%s has no labels", t.Name)
	}
	p, err := model.Predict(ctx, t)
	if err != nil {
		return nil, err
	}
	return threat.Rank(p.Prob, t.Label)
}

func floats(list string) []float64 {
	var values []float64
	for _, text := range strings.Split(list, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || v < 0 || v > 1 {
			check(fmt.Errorf("-fpr: %q is no rate of 0 to 1", text))
		}
		values = append(values, v)
	}
	return values
}

func load(ctx context.Context, path, schema, label string, samples int, seed int64) (*threat.Table, error) {
	if path == "" {
		g := threat.DefaultGenerate()
		g.Samples, g.Seed = samples, seed
		return threat.GenerateTable(g)
	}
	s := threat.Schema{Label: label}
	if schema != "" {
		named, err := threat.NamedSchema(schema)
		if err != nil {
			return nil, err
		}
		s = named
	}
	return threat.Read(ctx, path, s)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "threshold:", err)
		os.Exit(1)
	}
}
