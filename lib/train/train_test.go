package train_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/testenv"
	"github.com/jamba-threat/jamba/lib/track"
	"github.com/jamba-threat/jamba/lib/train"
)

var spec = features.Spec{
	Numeric: []features.NumericSpec{
		{Name: "a", Edges: []float32{-2, -1, -0.5, 0, 0.5, 1, 2}},
		{Name: "b", Edges: []float32{-2, -1, -0.5, 0, 0.5, 1, 2}},
		{Name: "noise", Edges: []float32{-2, 0, 2}}},
	Categorical: []features.CategoricalSpec{{Name: "c", Size: 4}},
}

// small is a network that trains in a moment on any engine.
var small = model.Config{TokenWidth: 4, Heads: 2, Hidden: 16, Members: 2, Dropout: 0.1}

// rows makes a problem that is easy but not linear: a threat when a and b have the same sign.
func rows(n int, seed uint64) train.Data {
	rng := rand.New(rand.NewPCG(seed, 1))
	d := train.Data{Matrix: &features.Matrix{Rows: n}}
	for range n {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		d.Numeric = append(d.Numeric, float32(a), float32(b), float32(rng.NormFloat64()))
		d.Categorical = append(d.Categorical, int32(2+rng.IntN(2)))
		y := int32(0)
		if a*b > 0 {
			y = 1
		}
		d.Label = append(d.Label, y)
	}
	return d
}

func layoutOf(t testing.TB, c model.Config) *model.Layout {
	t.Helper()
	l, err := model.NewLayout(c, spec)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func open(t testing.TB, name string) *gx.Engine {
	t.Helper()
	e, err := gx.Open(name)
	if err != nil {
		testenv.Missing(t, "xla", err.Error())
	}
	t.Cleanup(e.Close)
	return e
}

func onEachEngine(t *testing.T, test func(t *testing.T, e *gx.Engine)) {
	for _, name := range []string{gx.PureGo, gx.XLACPU} {
		t.Run(name, func(t *testing.T) { test(t, open(t, name)) })
	}
}

func fit(t *testing.T, e *gx.Engine, l *model.Layout, cfg train.Config, opt train.Options) *train.Result {
	t.Helper()
	r, err := train.Fit(context.Background(), e, l, cfg, rows(400, 1), rows(200, 2), opt)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return r
}

func TestLearns(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e *gx.Engine) {
		r := fit(t, e, layoutOf(t, small), train.Config{Epochs: 25, LearningRate: 0.01, Patience: -1, Seed: 3}, train.Options{})
		first, last := r.History[0].Metrics, r.History[len(r.History)-1].Metrics
		if last["train/loss"] > 0.6*first["train/loss"] {
			t.Errorf("training loss went from %v to %v", first["train/loss"], last["train/loss"])
		}
		if auc := last["valid/roc_auc"]; auc < 0.95 {
			t.Errorf("AUC on fresh rows is %v", auc)
		}
		if r.Reason != train.Finished {
			t.Errorf("stopped because of %q", r.Reason)
		}
	})
}

func TestShuffledLabelsTeachNothing(t *testing.T) {
	e := open(t, gx.PureGo)
	d := rows(400, 1)
	rng := rand.New(rand.NewPCG(9, 9))
	rng.Shuffle(len(d.Label), func(i, j int) { d.Label[i], d.Label[j] = d.Label[j], d.Label[i] })
	r, err := train.Fit(context.Background(), e, layoutOf(t, small), train.Config{Epochs: 10, LearningRate: 0.01, Patience: -1}, d, rows(400, 2), train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if auc := r.History[9].Metrics["valid/roc_auc"]; math.Abs(auc-0.5) > 0.12 {
		t.Errorf("AUC after training on shuffled labels is %v", auc)
	}
}

func TestSameSeedSameWeights(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e *gx.Engine) {
		l := layoutOf(t, small)
		cfg := train.Config{Epochs: 3, Seed: 5, Augment: features.Augment{Noise: 0.1, Mask: 0.1, Unknown: 0.1}}
		a, b := fit(t, e, l, cfg, train.Options{}), fit(t, e, l, cfg, train.Options{})
		if !slices.Equal(a.Best.Weights, b.Best.Weights) {
			t.Error("the same seed gives other weights")
		}
		cfg.Seed = 6
		if c := fit(t, e, l, cfg, train.Options{}); slices.Equal(a.Best.Weights, c.Best.Weights) {
			t.Error("another seed gives the same weights")
		}
	})
}

// TestResumeIsExact stops a run in the middle of an epoch, as Ctrl-C does, and at the end of one, as a power cut does,
// and continues from the file that was saved.
func TestResumeIsExact(t *testing.T) {
	for _, cfg := range []train.Config{
		{Epochs: 4, Seed: 5, Schedule: train.Plateau, Patience: 2, Augment: features.Augment{Noise: 0.1, Unknown: 0.1}},
		{Epochs: 4, Seed: 5, Schedule: train.OneCycle, Average: train.EMA},
		{Epochs: 4, Seed: 5, Schedule: train.Cosine, WarmUp: 0.2, Average: train.LastEpochs, AverageFrom: 2},
	} {
		for _, stopAt := range []int{7, 24} { // 12 steps make an epoch
			t.Run(fmt.Sprintf("%s/%s/%d", cfg.Schedule, cfg.Average, stopAt), func(t *testing.T) {
				e := open(t, gx.PureGo)
				l := layoutOf(t, small)
				whole := fit(t, e, l, cfg, train.Options{})

				dir := t.TempDir()
				last, best := filepath.Join(dir, "last"), filepath.Join(dir, "best")
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				save := func(c *train.Checkpoint, isBest bool) error {
					if isBest {
						return c.Save(best, l, json.RawMessage(`{}`))
					}
					return c.Save(last, l, json.RawMessage(`{}`))
				}
				stopping := &countdown{Context: ctx, cancel: cancel, left: stopAt}
				_, err := train.Fit(stopping, e, l, cfg, rows(400, 1), rows(200, 2), train.Options{Save: save})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("error %v, want one that wraps context.Canceled", err)
				}
				opt := train.Options{Save: save}
				if opt.Resume, _, err = train.Open(last, l); err != nil {
					t.Fatal(err)
				}
				if opt.Best, _, err = train.Open(best, l); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				rest := fit(t, e, l, cfg, opt)
				if !slices.Equal(rest.Best.Evaluated(), whole.Best.Evaluated()) || !slices.Equal(rest.Best.Stats, whole.Best.Stats) {
					t.Error("the continued run ends with other weights than the uninterrupted one")
				}
				if len(rest.History) != len(whole.History) {
					t.Errorf("history of %d epochs, want %d", len(rest.History), len(whole.History))
				}
				for i := range rest.History {
					if a, b := rest.History[i].Metrics, whole.History[i].Metrics; a["train/loss"] != b["train/loss"] || a["valid/loss"] != b["valid/loss"] {
						t.Errorf("epoch %d has losses %v, uninterrupted %v", i+1, a, b)
					}
				}
			})
		}
	}
}

// countdown is a context that ends after its error was asked for a number of times, that is, after so many steps.
type countdown struct {
	context.Context
	cancel func()
	left   int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

func TestDivergenceIsNotSaved(t *testing.T) {
	e := open(t, gx.PureGo)
	saved := 0
	cfg := train.Config{Epochs: 5, LearningRate: 10, ClipNorm: -1, Seed: 1, DropoutMode: train.FixedDropout}
	d := rows(400, 1)
	for i := range d.Numeric {
		d.Numeric[i] = float32(math.Inf(1)) // inf*0 is NaN under a linear embedding
	}
	_, err := train.Fit(context.Background(), e, layoutOf(t, model.Config{Embedding: model.Linear, TokenWidth: 4, Heads: 2, Hidden: 16}), cfg, d, rows(200, 2),
		train.Options{Save: func(*train.Checkpoint, bool) error { saved++; return nil }})
	if !errors.Is(err, train.ErrDiverged) {
		t.Fatalf("error %v, want ErrDiverged", err)
	}
	if saved != 0 {
		t.Errorf("%d checkpoints were saved from a run without a finite loss", saved)
	}
	if !strings.Contains(err.Error(), "lower the learning rate") {
		t.Errorf("no way out in %q", err)
	}
}

func TestEarlyStop(t *testing.T) {
	e := open(t, gx.PureGo)
	// Nothing can be learnt from constant rows, so no epoch after the first improves by much.
	d := rows(64, 1)
	clear(d.Numeric)
	for i := range d.Categorical {
		d.Categorical[i] = 2
	}
	r, err := train.Fit(context.Background(), e, layoutOf(t, small), train.Config{Epochs: 50, Patience: 3, MinDelta: 0.5}, d, d, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Reason != train.EarlyStopped || len(r.History) != 4 || r.Best.Epoch != 1 {
		t.Errorf("stopped because of %q after %d epochs with best %d, want no improvement after 4 with best 1", r.Reason, len(r.History), r.Best.Epoch)
	}
}

func TestAdaptiveDropoutStaysInBounds(t *testing.T) {
	e := open(t, gx.PureGo)
	c := small
	c.Dropout = 0.2
	cfg := train.Config{Epochs: 12, LearningRate: 0.02, Patience: -1, DropoutMin: 0.15, DropoutMax: 0.25}
	r, err := train.Fit(context.Background(), e, layoutOf(t, c), cfg, rows(60, 1), rows(200, 2), train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rates := map[float64]bool{}
	for _, event := range r.History {
		rate := event.Metrics[track.Dropout]
		rates[rate] = true
		if rate < 0.15 || rate > 0.25 {
			t.Errorf("epoch %d has dropout %v, bounds .15 and .25", event.Epoch, rate)
		}
	}
	if len(rates) < 2 {
		t.Error("the adaptive rate never moved")
	}
	cfg.DropoutMode = train.FixedDropout
	r, err = train.Fit(context.Background(), e, layoutOf(t, c), cfg, rows(60, 1), rows(200, 2), train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range r.History {
		if event.Metrics[track.Dropout] != 0.2 {
			t.Errorf("fixed dropout is %v", event.Metrics[track.Dropout])
		}
	}
}

// TestSchedules pins the shape of each schedule: start, middle, end.
func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		cfg  train.Config
		want map[int64]float64 // rate by step, of 100
	}{
		{train.Config{}, map[int64]float64{0: 0.1, 99: 0.1}},
		{train.Config{WarmUp: 0.1}, map[int64]float64{0: 0.01, 4: 0.05, 9: 0.1, 50: 0.1}},
		{train.Config{Schedule: train.Cosine}, map[int64]float64{0: 0.1, 50: 0.05, 100: 0}},
		{train.Config{Schedule: train.Cosine, WarmUp: 0.2}, map[int64]float64{0: 0.005, 20: 0.1, 60: 0.05, 100: 0}},
		{train.Config{Schedule: train.OneCycle}, map[int64]float64{0: 0.004, 30: 0.1, 100: 0.00001}},
	} {
		c.cfg.LearningRate = 0.1
		for step, want := range c.want {
			if got := c.cfg.WithDefaults(0).Rate(step, 100); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s, warm-up %v: rate at step %d is %v, want %v", c.cfg.Schedule, c.cfg.WarmUp, step, got, want)
			}
		}
	}
}

func TestClasses(t *testing.T) {
	e := open(t, gx.PureGo)
	training, valid := rows(400, 1), rows(200, 2)
	for _, d := range []train.Data{training, valid} {
		for i := range d.Label { // the quadrant
			d.Label[i] = 0
			if d.Numeric[3*i] > 0 {
				d.Label[i] = 1
			}
			if d.Numeric[3*i+1] > 0 {
				d.Label[i] += 2
			}
		}
	}
	c := small
	c.Outputs = 4
	r, err := train.Fit(context.Background(), e, layoutOf(t, c), train.Config{Epochs: 25, LearningRate: 0.01, ClassWeights: "balanced", Focal: 1, Monitor: "valid/macro_f1", Patience: -1}, training, valid, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if acc := r.History[r.Best.Epoch-1].Metrics["valid/accuracy"]; acc < 0.9 {
		t.Errorf("accuracy over four classes is %v", acc)
	}
}

func TestPredictBatches(t *testing.T) {
	e := open(t, gx.PureGo)
	l := layoutOf(t, small)
	p, err := train.NewPredictor(e, l)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	w, s := l.Init(1)
	if err := p.SetWeights(w, s); err != nil {
		t.Fatal(err)
	}
	d := rows(1024+5, 3) // one full batch and a rest
	out, err := p.Predict(context.Background(), d.Matrix)
	if err != nil {
		t.Fatal(err)
	}
	tail := &features.Matrix{Rows: 5, Numeric: d.Numeric[1024*3:], Categorical: d.Categorical[1024:]}
	alone, err := p.Predict(context.Background(), tail)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 1029 || !slices.Equal(out[1024:], alone) {
		t.Errorf("%d results; the last five are %v, on their own %v", len(out), out[len(out)-5:], alone)
	}
	if err := p.SetWeights(w[1:], s); err == nil {
		t.Error("too few weights are accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Predict(ctx, d.Matrix); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled prediction gives %v", err)
	}
}

func TestBadInput(t *testing.T) {
	e := open(t, gx.PureGo)
	good := rows(20, 1)
	for name, c := range map[string]struct {
		cfg   train.Config
		valid train.Data
		label int32
		want  string
	}{
		"monitor":         {train.Config{Monitor: "valid/auc"}, good, 0, `monitor is "valid/auc", must be one of train/loss`},
		"no validation":   {train.Config{}, train.Data{}, 0, "there are no validation rows"},
		"label":           {train.Config{}, good, 2, "has label 2, the model has classes 0..1"},
		"learning rate":   {train.Config{LearningRate: math.NaN()}, good, 0, "learning_rate is NaN"},
		"several at once": {train.Config{Epochs: -1, Focal: -1}, good, 0, "focal is -1"},
	} {
		d := rows(20, 1)
		d.Label[3] = c.label
		_, err := train.Fit(context.Background(), e, layoutOf(t, small), c.cfg, d, c.valid, train.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestCheckpointFile(t *testing.T) {
	e := open(t, gx.PureGo)
	l := layoutOf(t, small)
	path := filepath.Join(t.TempDir(), "last.safetensors")
	fit(t, e, l, train.Config{Epochs: 1}, train.Options{Save: func(c *train.Checkpoint, best bool) error { return c.Save(path, l, json.RawMessage(`{"epochs":1}`)) }})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) string {
		p := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if _, config, err := train.Open(path, l); err != nil || string(config) != `{"epochs":1}` {
		t.Errorf("config %s, error %v", config, err)
	}
	flipped := slices.Clone(raw)
	flipped[len(raw)-100] ^= 1
	other := small
	other.Hidden = 32
	for name, c := range map[string]struct {
		path   string
		layout *model.Layout
	}{
		"one bit flipped":      {write(flipped), l},
		"cut short":            {write(raw[:len(raw)-1]), l},
		"empty":                {write(nil), l},
		"newer version":        {write([]byte(strings.Replace(string(raw), `"version":"1"`, `"version":"2"`, 1))), l},
		"another architecture": {path, layoutOf(t, other)},
	} {
		if _, _, err := train.Open(c.path, c.layout); !errors.Is(err, train.ErrCheckpoint) {
			t.Errorf("%s: error %v, want ErrCheckpoint", name, err)
		}
	}
	if _, _, err := train.Open(filepath.Join(t.TempDir(), "none"), l); !errors.Is(err, os.ErrNotExist) || errors.Is(err, train.ErrCheckpoint) {
		t.Errorf("missing file: %v", err)
	}
}

func TestSaveErrorStops(t *testing.T) {
	e := open(t, gx.PureGo)
	full := errors.New("no space left on device")
	_, err := train.Fit(context.Background(), e, layoutOf(t, small), train.Config{Epochs: 3}, rows(64, 1), rows(64, 2),
		train.Options{Save: func(*train.Checkpoint, bool) error { return full }})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "checkpoint of epoch 1") {
		t.Errorf("error %v", err)
	}
}

func Example() {
	engine, err := gx.Open(gx.PureGo)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	layout, err := model.NewLayout(small, spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := train.Config{Epochs: 20, LearningRate: 0.01, Patience: -1}
	result, err := train.Fit(context.Background(), engine, layout, cfg, rows(400, 1), rows(200, 2), train.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Reason, result.History[19].Metrics["valid/roc_auc"] > 0.95)
	// Output: all epochs done true
}
