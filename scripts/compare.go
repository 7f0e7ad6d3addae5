//go:build ignore

// Compare runs that are there: a table, the differences in their settings, and the course of a metric over the epochs.
//
//	jamba run scripts/compare.go -- runs/first runs/second
//	go run scripts/compare.go -metric test/roc_auc -plot compare.png runs
//
// An argument is a run folder or a folder with runs somewhere below. Without arguments two small runs are made first, with
// and without attention, in -out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/jamba-threat/jamba/lib/threat"
)

func main() {
	metric := flag.String("metric", "valid/roc_auc", "metric to compare by: valid/..., or test/... of runs with test rows")
	curve := flag.String("curve", "valid/loss", "metric whose course is drawn")
	picture := flag.String("plot", "", "file for the figure, .png, .svg or .pdf (default: compare.png in -out, when the runs are made)")
	samples := flag.Int("samples", 2000, "rows to generate when there are no arguments")
	epochs := flag.Int("epochs", 5, "epochs of the runs that are made")
	engine := flag.String("engine", "auto", "engine of the runs that are made: auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of the runs that are made")
	out := flag.String("out", "runs/compare", "folder of the runs that are made")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: compare [flags] [RUN...]")
		flag.PrintDefaults()
	}
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	folders, path := flag.Args(), *picture
	if len(folders) == 0 {
		check(make2(ctx, *out, *samples, *epochs, *engine, *seed))
		folders = []string{*out}
		if path == "" {
			path = filepath.Join(*out, "compare.png")
		}
	}
	var runs []threat.RunSummary
	for _, folder := range folders {
		found, err := threat.Runs(folder)
		check(err)
		for _, r := range found {
			if len(folders) > 1 { // the name is below the folder: not enough to tell them apart
				r.Name = filepath.ToSlash(filepath.Clean(r.Dir))
			}
			runs = append(runs, r)
		}
	}
	if len(runs) == 0 {
		check(fmt.Errorf("no runs in %v; scripts/train.go -out makes one", folders))
	}
	fmt.Print(threat.RunTable(runs, *metric, *curve))
	for _, r := range runs {
		if r.Problem != "" {
			fmt.Printf("%s: %s\n", r.Name, r.Problem)
		}
	}
	comparison, err := threat.CompareRuns(runs, *metric)
	check(err)
	fmt.Printf("\nby configuration, best first\n%s\n", comparison)
	if path != "" {
		check(draw(path, runs, *curve))
		fmt.Println("drawn:", path)
	}
}

// make2 makes two runs that differ in one thing.
func make2(ctx context.Context, out string, samples, epochs int, engine string, seed int64) error {
	g := threat.DefaultGenerate()
	g.Samples, g.Seed = samples, seed
	table, err := threat.GenerateTable(g)
	if err != nil {
		return err
	}
	split, err := table.Split(threat.Stratified(0.70, 0.15, seed))
	if err != nil {
		return err
	}
	blocks := map[string]int{"attention": 1, "none": -1}
	for _, name := range []string{"attention", "none"} {
		cfg := threat.DefaultConfig()
		cfg.Seed, cfg.Engine = seed, engine
		cfg.Train.Epochs, cfg.Train.LearningRate = epochs, 0.003
		cfg.Model.Members, cfg.Model.Blocks = 4, blocks[name]
		model, err := threat.Run(ctx, filepath.Join(out, name), cfg, split)
		if err != nil {
			return err
		}
		model.Close()
	}
	return nil
}

// draw draws the course of a metric, one line for each finished run.
func draw(path string, runs []threat.RunSummary, metric string) error {
	p := newPlot(metric+" over the epochs", "epoch", metric)
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	p.Add(plotter.NewGrid())
	drawn := 0
	for _, r := range runs {
		if r.State != "finished" {
			continue
		}
		model, err := threat.Open(r.Dir)
		if err != nil {
			return err
		}
		epoch, value := model.History().Metric(metric)
		model.Close()
		points := make(plotter.XYs, len(epoch))
		for i := range epoch {
			points[i].X, points[i].Y = epoch[i], value[i]
		}
		if len(points) == 0 {
			continue
		}
		line, marks, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color = plotutil.Color(drawn)
		line.Width = vg.Points(1.5)
		line.Dashes = plotutil.Dashes(drawn)
		marks.Color = line.Color
		marks.Shape = plotutil.Shape(drawn)
		p.Add(line, marks)
		p.Legend.Add(r.Name, line, marks)
		drawn++
	}
	if drawn == 0 {
		return fmt.Errorf("no finished run has the metric %s", metric)
	}
	p.X.Min -= 0.2
	p.X.Max += 0.2
	p.Y.Max += (p.Y.Max - p.Y.Min) * 0.1 * float64(drawn+1) // room for the legend
	return p.Save(10*vg.Inch, 6*vg.Inch, path)
}

// newPlot is an empty plot in a sans-serif font, with the legend at the top right.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = "\n"+title, x, y // the line above is a margin
	p.Title.Padding = vg.Points(12)
	sans := font.Font{Typeface: "Liberation", Variant: "Sans"}
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font = font.From(sans, style.Font.Size)
	}
	p.Title.TextStyle.Font.Size = vg.Points(15)
	p.Legend.Top = true
	p.Legend.XOffs = vg.Points(-8)
	p.Legend.YOffs = vg.Points(-4)
	p.Legend.Padding = vg.Points(4)
	p.Legend.ThumbnailWidth = vg.Points(32)
	return p
}

// wholeTicks are ticks at whole numbers, ten at most: there is no half epoch.
func wholeTicks(low, high float64) []plot.Tick {
	step := int(high-low)/10 + 1
	var ticks []plot.Tick
	for e := int(low); e <= int(high); e += step {
		if float64(e) >= low {
			ticks = append(ticks, plot.Tick{Value: float64(e), Label: fmt.Sprint(e)})
		}
	}
	return ticks
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}
