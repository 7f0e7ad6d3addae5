//go:build ignore

// Train one detector, measure it on rows that it has not seen, and draw its learning curves.
//
//	jamba run scripts/train.go -- -epochs 10 -out runs/first
//	go run scripts/train.go -data KDDTrain+.txt.gz -schema nsl-kdd -config nsl-kdd -out runs/nsl
//
// With -out the run is kept: the same command opens it when it is finished, and continues it when Ctrl-C or a crash ended it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	data := flag.String("data", "", "file of labelled rows (default: generated ones)")
	schema := flag.String("schema", "", "schema of -data: nsl-kdd or unsw-nb15 (default: see -label)")
	label := flag.String("label", "is_threat", "label column of -data when there is no -schema")
	samples := flag.Int("samples", 3000, "rows to generate when there is no -data")
	config := flag.String("config", "default", "configuration to start from: default, nsl-kdd, unsw-nb15 or a file")
	epochs := flag.Int("epochs", 5, "epochs at most, 0 for those of the configuration")
	members := flag.Int("members", 4, "members of the ensemble, 0 for those of the configuration")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of data, split and weights")
	out := flag.String("out", "", "run folder to keep everything in (default: nothing is kept)")
	picture := flag.String("plot", "", "file for the learning curves, .png, .svg or .pdf (default: learning-curves.png in -out)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	table, err := load(ctx, *data, *schema, *label, *samples, *seed)
	check(err)
	split, err := table.Split(threat.Stratified(0.70, 0.15, *seed))
	check(err)
	fmt.Printf("%d rows of %d features: %d to train, %d to validate, %d to test\n",
		table.Rows(), len(table.Columns), split.Train.Rows(), split.Valid.Rows(), split.Test.Rows())

	cfg, err := configuration(*config)
	check(err)
	cfg.Seed, cfg.Engine = *seed, *engine
	if *epochs > 0 {
		cfg.Train.Epochs = *epochs
	}
	if *members > 0 {
		cfg.Model.Members = *members
	}
	cfg.Train.OnEpoch = func(e threat.Event) error {
		fmt.Printf("epoch %2d/%d  loss %.4f  valid %.4f  roc_auc %.4f\n", e.Epoch, e.Epochs,
			e.Metrics["train/loss"], e.Metrics["valid/loss"], e.Metrics["valid/roc_auc"])
		return nil
	}

	model, err := fit(ctx, *out, cfg, split)
	check(err)
	defer model.Close()
	report, err := model.EvaluateContext(ctx, split.Test)
	check(err)
	fmt.Println(model)
	fmt.Println(report)

	path := *picture
	if path == "" && *out != "" {
		path = filepath.Join(*out, "learning-curves.png")
	}
	if path != "" {
		figure, err := plot.LearningCurves(model.History())
		check(err)
		check(figure.Save(path))
		fmt.Println("drawn:", path)
	}
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

// configuration returns a configuration by its name, or reads it from a file.
func configuration(name string) (threat.Config, error) {
	for _, known := range threat.ConfigNames() {
		if name == known {
			return threat.NamedConfig(name)
		}
	}
	return threat.ReadConfig(name)
}

func fit(ctx context.Context, dir string, cfg threat.Config, split threat.Split) (*threat.Fitted, error) {
	if dir == "" {
		return cfg.Fit(ctx, split.Train, split.Valid)
	}
	return threat.Run(ctx, dir, cfg, split)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}
