//go:build ignore

// Ask how a detector does on attacks that it has never seen: for each attack family, train without its rows and measure how
// many of them are flagged all the same.
//
//	jamba run scripts/unseen.go -- -plot unseen.png
//	go run scripts/unseen.go -data KDDTrain+.txt.gz -schema nsl-kdd -config nsl-kdd -families neptune,satan,smurf
//
// A family that is found as well without as with its rows in training is like the others; one that is not shows what the
// recall on known attacks hides. The rows left out are also left out of validation, which chooses the threshold.
package main

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"os"
	"os/signal"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

	"github.com/jamba-threat/jamba/lib/threat"
)

// outcome is what became of one family.
type outcome struct {
	Family       string
	Rows         int
	Seen, Unseen float64 // recall with and without the family in training
}

func main() {
	data := flag.String("data", "", "file of labelled rows with a family column (default: generated ones)")
	schema := flag.String("schema", "nsl-kdd", "schema of -data: nsl-kdd or unsw-nb15")
	samples := flag.Int("samples", 3000, "rows to generate when there is no -data")
	families := flag.String("families", "", "families to leave out, separated by commas (default: the largest, see -most)")
	most := flag.Int("most", 4, "families at most, those with most rows first")
	config := flag.String("config", "default", "configuration to start from: default, nsl-kdd or unsw-nb15")
	epochs := flag.Int("epochs", 5, "epochs at most, 0 for those of the configuration")
	members := flag.Int("members", 2, "members of the ensemble, 0 for those of the configuration")
	engine := flag.String("engine", "auto", "auto, xla:cuda, xla:cpu or go")
	seed := flag.Int64("seed", 42, "seed of data, split and weights")
	picture := flag.String("plot", "", "file for the figure, .png, .svg or .pdf (default: none)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	table, err := load(ctx, *data, *schema, *samples, *seed)
	check(err)
	split, err := table.Split(threat.Stratified(0.60, 0.15, *seed))
	check(err)
	cfg, err := threat.NamedConfig(*config)
	check(err)
	cfg.Seed, cfg.Engine = *seed, *engine
	if *epochs > 0 {
		cfg.Train.Epochs = *epochs
	}
	if *members > 0 {
		cfg.Model.Members = *members
	}
	if *config == "default" {
		cfg.Train.LearningRate = 0.003 // few epochs
	}

	all, err := evaluate(ctx, cfg, split)
	check(err)
	fmt.Printf("all families in training: recall %.4f at a false-positive rate of %.4f\n\n", all.Metrics.Recall, all.Metrics.FPR)
	names := chooseFamilies(all, *families, *most)
	fmt.Printf("%-24s %6s  %11s  %8s  %s\n", "left out", "rows", "recall seen", "unseen", "false-positive rate")
	var outcomes []outcome
	for _, name := range names {
		report, err := without(ctx, cfg, split, name)
		check(err)
		o := outcome{Family: name, Seen: recallOf(all, name), Unseen: recallOf(report, name), Rows: rowsOf(all, name)}
		outcomes = append(outcomes, o)
		fmt.Printf("%-24s %6d  %11.4f  %8.4f  %.4f\n", o.Family, o.Rows, o.Seen, o.Unseen, report.Metrics.FPR)
	}
	if *picture != "" {
		check(draw(*picture, outcomes))
		fmt.Println("drawn:", *picture)
	}
}

// without trains and chooses the threshold on rows of all families but one, and tests on all.
func without(ctx context.Context, cfg threat.Config, split threat.Split, family string) (*threat.Report, error) {
	kept, _, err := split.Train.LeaveFamiliesOut(family)
	if err != nil {
		return nil, err
	}
	valid, _, err := split.Valid.LeaveFamiliesOut(family)
	if err != nil {
		return nil, err
	}
	return evaluate(ctx, cfg, threat.Split{Train: kept, Valid: valid, Test: split.Test})
}

func evaluate(ctx context.Context, cfg threat.Config, split threat.Split) (*threat.Report, error) {
	model, err := cfg.Fit(ctx, split.Train, split.Valid)
	if err != nil {
		return nil, err
	}
	defer model.Close()
	return model.EvaluateContext(ctx, split.Test)
}

// chooseFamilies returns those that were asked for, or the largest; a report has them by size.
func chooseFamilies(r *threat.Report, list string, most int) []string {
	if list != "" {
		return strings.Split(list, ",")
	}
	if len(r.Families) == 0 {
		check(fmt.Errorf("the rows have no attack families; -schema names the column"))
	}
	var names []string
	for _, f := range r.Families {
		if len(names) < most && f.Seen {
			names = append(names, f.Name)
		}
	}
	return names
}

func recallOf(r *threat.Report, family string) float64 {
	for _, f := range r.Families {
		if f.Name == family {
			return f.Recall
		}
	}
	return 0
}

func rowsOf(r *threat.Report, family string) int {
	for _, f := range r.Families {
		if f.Name == family {
			return f.Rows
		}
	}
	return 0
}

// draw draws two bars for each family.
func draw(path string, outcomes []outcome) error {
	p := newPlot("Attacks with and without their family in training", "", "recall on test rows")
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	p.Add(grid)
	var names []string
	seen, unseen := plotter.Values{}, plotter.Values{}
	for _, o := range outcomes {
		names = append(names, o.Family)
		seen = append(seen, o.Seen)
		unseen = append(unseen, o.Unseen)
	}
	width := vg.Points(36)
	for i, values := range []plotter.Values{seen, unseen} {
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return err
		}
		bars.LineStyle.Width = 0
		bars.Offset = width * vg.Length(2*i-1) / 2
		if i == 0 {
			bars.Color = color.RGBA{R: 0x0b, G: 0x5f, B: 0xa5, A: 0xff}
			p.Legend.Add("in training", bars)
		} else {
			bars.Color = color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}
			p.Legend.Add("left out", bars)
		}
		p.Add(bars)
		labels, err := numbers(values, bars.Offset)
		if err != nil {
			return err
		}
		p.Add(labels)
	}
	p.NominalX(names...)
	p.X.Min = -0.6
	p.X.Max = float64(len(names)) - 0.4
	p.Y.Min = 0
	p.Y.Max = 1.25 // room for the legend
	p.Y.Tick.Marker = plot.TickerFunc(shares)
	return p.Save(10*vg.Inch, 6*vg.Inch, path)
}

// numbers writes each value above its bar: a recall of 0 has no bar.
func numbers(values plotter.Values, offset vg.Length) (*plotter.Labels, error) {
	at := plotter.XYLabels{}
	for i, v := range values {
		at.XYs = append(at.XYs, plotter.XY{X: float64(i), Y: v})
		at.Labels = append(at.Labels, fmt.Sprintf("%.2f", v))
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return nil, err
	}
	labels.Offset = vg.Point{X: offset, Y: vg.Points(3)}
	for i := 0; i < len(labels.TextStyle); i++ {
		labels.TextStyle[i].XAlign = text.XCenter
		labels.TextStyle[i].Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(10))
	}
	return labels, nil
}

// shares are ticks for a share, which ends at 1 whatever room there is above.
func shares(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for i := 0; i <= 5; i++ {
		ticks = append(ticks, plot.Tick{Value: float64(i) / 5, Label: fmt.Sprintf("%.1f", float64(i)/5)})
	}
	return ticks
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
	return p
}

func load(ctx context.Context, path, schema string, samples int, seed int64) (*threat.Table, error) {
	if path == "" {
		g := threat.DefaultGenerate()
		g.Samples, g.Seed = samples, seed
		return threat.GenerateTable(g)
	}
	s, err := threat.NamedSchema(schema)
	if err != nil {
		return nil, err
	}
	return threat.Read(ctx, path, s)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "unseen:", err)
		os.Exit(1)
	}
}
