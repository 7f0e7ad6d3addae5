//go:build ignore

// Train a grid of configurations over learning rate, width, heads and layers, rank them by a validation metric, and draw
// the comparison and what each setting contributes.
//
//	jamba run scripts/sweep.go -- -trials 20
//	go run scripts/sweep.go -lr 0.0003,0.001,0.003 -width 32,64,128 -heads 2,4 -layers 1,2 -epochs 20 -out runs/sweep
//
// Every trial is a run folder below -out: a sweep that was interrupted goes on where it stopped, and one that is asked for
// more trials trains only those. The test rows are looked at by nobody: settings are chosen on the validation rows.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jamba-threat/jamba/lib/plot"
	"github.com/jamba-threat/jamba/lib/threat"
)

// trial is one point of the grid.
type trial struct {
	LR                   float64
	Width, Heads, Layers int
}

func main() {
	data := flag.String("data", "", "file of labelled rows (default: generated ones)")
	schema := flag.String("schema", "", "schema of -data: nsl-kdd or unsw-nb15 (default: see -label)")
	label := flag.String("label", "is_threat", "label column of -data when there is no -schema")
	samples := flag.Int("samples", 1500, "rows to generate when there is no -data")
	rates := flag.String("lr", "0.001,0.005", "learning rates, separated by commas")
	widths := flag.String("width", "32,64", "widths of the first feature layer (hidden_dim)")
	heads := flag.String("heads", "2,4", "attention heads (they must divide the token width, 8)")
	layers := flag.String("layers", "1,2", "numbers of feature layers")
	trials := flag.Int("trials", 6, "trials at most, drawn from the grid at random; 0 for the whole grid")
	epochs := flag.Int("epochs", 4, "epochs of a trial")
	members := flag.Int("members", 2, "members of the ensemble")
	metric := flag.String("metric", "valid/roc_auc", "metric to rank by")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of data, split, weights and of the choice of trials")
	out := flag.String("out", "runs/sweep", "folder for the runs and figures")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	table, err := load(ctx, *data, *schema, *label, *samples, *seed)
	check(err)
	split, err := table.Split(threat.Stratified(0.70, 0.15, *seed))
	check(err)
	split.Test = nil // not for choosing settings
	all := grid(floats("lr", *rates), ints("width", *widths), ints("heads", *heads), ints("layers", *layers))
	chosen := choose(all, *trials, *seed)
	fmt.Printf("%d of %d configurations, %d rows to train, %d to validate\n", len(chosen), len(all), split.Train.Rows(), split.Valid.Rows())

	base := threat.DefaultConfig()
	base.Seed, base.Engine = *seed, *engine
	base.Train.Epochs, base.Train.Patience, base.Model.Members = *epochs, -1, *members
	var dirs []string
	for i, t := range chosen {
		name := fmt.Sprintf("lr%g-width%d-heads%d-layers%d", t.LR, t.Width, t.Heads, t.Layers)
		dir := filepath.Join(*out, name)
		value, err := train(ctx, dir, base, t, split, *metric)
		check(err)
		fmt.Printf("%2d/%d  %-36s %s %.4f\n", i+1, len(chosen), name, *metric, value)
		dirs = append(dirs, dir)
	}
	check(conclude(*out, dirs, *metric))
}

// train runs one trial, or opens it when it is there, and returns the metric at its best epoch.
func train(ctx context.Context, dir string, base threat.Config, t trial, split threat.Split, metric string) (float64, error) {
	cfg := base
	cfg.Train.LearningRate = t.LR
	cfg.Model.Hidden, cfg.Model.Heads, cfg.Model.Layers = t.Width, t.Heads, t.Layers
	cfg.Model.MemberLayer = 1 // the same for one layer and for several
	model, err := threat.Run(ctx, dir, cfg, split)
	if err != nil {
		return 0, err
	}
	defer model.Close()
	best, _ := model.History().Best()
	value, ok := best.Metrics[metric]
	if !ok {
		return 0, fmt.Errorf("no metric %s; there are %s", metric, strings.Join(model.MetricNames(), ", "))
	}
	return value, nil
}

// conclude prints the ranking and what the settings contribute, and draws both.
func conclude(out string, dirs []string, metric string) error {
	var runs []threat.RunSummary
	for _, dir := range dirs {
		found, err := threat.Runs(dir)
		if err != nil {
			return err
		}
		for _, r := range found {
			r.Name = filepath.Base(dir)
			r.Params = map[string]string{ // under short names, so that they fit into a figure
				"lr": r.Params["train.learning_rate"], "width": r.Params["model.hidden_dim"],
				"heads": r.Params["model.n_heads"], "layers": r.Params["model.feature_layers"],
			}
			runs = append(runs, r)
		}
	}
	ranking, err := threat.CompareRuns(runs, metric)
	if err != nil {
		return err
	}
	fmt.Printf("\nranking by %s\n%s\n", metric, ranking)
	impacts, err := threat.ParameterImpact(runs, metric)
	if err != nil {
		return err
	}
	if len(impacts) == 0 {
		fmt.Println("one configuration: there is nothing to compare")
		return nil
	}
	fmt.Printf("what moves %s\n%s", metric, threat.ImpactTable(impacts))
	comparison, err := plot.RunComparison(ranking, metric)
	if err != nil {
		return err
	}
	if err := comparison.Save(filepath.Join(out, "comparison.png")); err != nil {
		return err
	}
	impact, err := plot.ParameterImpact(impacts, metric)
	if err != nil {
		return err
	}
	if err := impact.Save(filepath.Join(out, "impact.png")); err != nil {
		return err
	}
	fmt.Println("\ndrawn: comparison.png and impact.png in", out)
	return nil
}

func grid(rates []float64, widths, heads, layers []int) []trial {
	var all []trial
	for _, lr := range rates {
		for _, w := range widths {
			for _, h := range heads {
				for _, l := range layers {
					all = append(all, trial{lr, w, h, l})
				}
			}
		}
	}
	return all
}

// choose draws n of the trials; fewer trials are a beginning of more.
func choose(all []trial, n int, seed int64) []trial {
	if n <= 0 || n > len(all) {
		n = len(all)
	}
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	var chosen []trial
	for _, i := range r.Perm(len(all))[:n] {
		chosen = append(chosen, all[i])
	}
	return chosen
}

func floats(name, list string) []float64 {
	var values []float64
	for _, text := range strings.Split(list, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			check(fmt.Errorf("-%s: %q is no number", name, text))
		}
		values = append(values, v)
	}
	return values
}

func ints(name, list string) []int {
	var values []int
	for _, v := range floats(name, list) {
		if v != float64(int(v)) {
			check(fmt.Errorf("-%s: %g is no whole number", name, v))
		}
		values = append(values, int(v))
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
		fmt.Fprintln(os.Stderr, "sweep:", err)
		os.Exit(1)
	}
}
