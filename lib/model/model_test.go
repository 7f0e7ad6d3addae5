package model_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/testenv"
)

// engines opens every engine of this machine: pure Go always, XLA where its plugin is.
func engines(t *testing.T, test func(t *testing.T, e *gx.Engine)) {
	for _, name := range []string{gx.PureGo, gx.XLACPU} {
		t.Run(name, func(t *testing.T) {
			e, err := gx.Open(name)
			if err != nil {
				testenv.Missing(t, "xla", err.Error())
			}
			defer e.Close()
			test(t, e)
		})
	}
}

// spec has three numeric features with different numbers of bins, and two categorical ones, one of them large enough to
// be looked up instead of multiplied.
var spec = features.Spec{
	Numeric: []features.NumericSpec{
		{Name: "bytes", Edges: []float32{-2, -1, 0, 1, 2}},
		{Name: "packets", Edges: []float32{-1, 0.5, 3}},
		{Name: "constant", Edges: []float32{-0.5, 0.5}},
	},
	Categorical: []features.CategoricalSpec{{Name: "protocol", Size: 5}, {Name: "address", Size: 600}},
}

var configs = map[string]model.Config{
	"default":       {Dropout: 0.3},
	"linear":        {Embedding: model.Linear, TokenWidth: 16, Heads: 2, Blocks: 2, Members: 4, Layers: 3},
	"periodic":      {Embedding: model.Periodic, Members: 1, Layers: 1, Hidden: 16, Heads: 8},
	"no attention":  {Blocks: -1, Members: 3, Layers: 1},
	"early members": {Members: 3, Hidden: 16, MemberLayer: 1},
	"classes":       {Outputs: 4, Members: 2},
	"bfloat16":      {Precision: model.BFloat16},
}

// some leaves XLA, whose compiler takes seconds for each graph, one configuration; TestEnginesAgree has the others.
func some(e *gx.Engine) map[string]model.Config {
	if e.Name == gx.PureGo {
		return configs
	}
	return map[string]model.Config{"default": configs["default"]}
}

func layoutOf(t *testing.T, c model.Config) *model.Layout {
	t.Helper()
	l, err := model.NewLayout(c, spec)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rows makes n rows that use every category and bin, with some values missing.
func rows(n int) (numeric []float32, codes []int32) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		for range spec.Numeric {
			numeric = append(numeric, float32(rng.NormFloat64()*1.5))
		}
		if i%7 == 3 {
			for j := range spec.Numeric { // every feature needs its missing value met
				numeric[len(numeric)-1-j] = float32(math.NaN())
			}
		}
		codes = append(codes, int32(rng.IntN(5)), int32(rng.IntN(600)))
	}
	return numeric, codes
}

// votes runs the forward pass of use (not training) on the given rows.
func votes(t *testing.T, e *gx.Engine, l *model.Layout, numeric []float32, codes []int32) []float32 {
	t.Helper()
	weights, stats := l.Init(7)
	for i := range stats { // statistics of a trained network are not 0 and 1
		stats[i] += 0.1 * float32(i%5)
	}
	n := len(codes) / len(spec.Categorical)
	out := call(t, e, func(in []*Node) []*Node {
		w, s := model.NewVector(in[0], l.Weights), model.NewVector(in[1], l.Stats)
		return []*Node{model.Vote(l.Forward(w, s, model.Inputs{Numeric: in[2], Categorical: in[3]}, model.Mode{}))}
	}, floats(t, e, weights, l.NWeights), floats(t, e, stats, l.NStats),
		floats(t, e, numeric, n, len(spec.Numeric)), ints(t, e, codes, n, len(spec.Categorical)))
	return out[0]
}

// TestEveryParameterGetsGradient is what the original of this project would have failed: its attention saw a single
// token, so queries and keys had no effect.
func TestEveryParameterGetsGradient(t *testing.T) {
	engines(t, func(t *testing.T, e *gx.Engine) {
		for name, c := range some(e) {
			t.Run(name, func(t *testing.T) {
				l := layoutOf(t, c)
				gradient := gradientOf(t, e, l, model.Loss{})
				for _, p := range l.Weights {
					if allZero(gradient[p.Offset : p.Offset+p.Size]) {
						t.Errorf("%s gets no gradient", p.Name)
					}
				}
			})
		}
	})
}

// gradientOf is the gradient of the training loss on 64 rows.
func gradientOf(t *testing.T, e *gx.Engine, l *model.Layout, loss model.Loss) []float32 {
	t.Helper()
	return gradientBy(t, e, l, loss, false)
}

func gradientBy(t *testing.T, e *gx.Engine, l *model.Layout, loss model.Loss, halves bool) []float32 {
	t.Helper()
	numeric, codes := rows(64)
	labels := make([]int32, 64)
	for i := range labels {
		labels[i] = int32(i % max(2, l.Config.Outputs))
	}
	weights, stats := l.Init(7)
	out := call(t, e, func(in []*Node) []*Node {
		w, s := model.NewVector(in[0], l.Weights), model.NewVector(in[1], l.Stats)
		z := l.Forward(w, s, model.Inputs{Numeric: in[2], Categorical: in[3]}, model.Mode{Training: true,
			Random: model.NewRandom(Const(in[0].Graph(), uint32(5))), Dropout: Const(in[0].Graph(), float32(0.2)), Momentum: 0.1, Halves: halves})
		return []*Node{w.Gradient(loss.Graph(z, in[4]))}
	}, floats(t, e, weights, l.NWeights), floats(t, e, stats, l.NStats),
		floats(t, e, numeric, 64, len(spec.Numeric)), ints(t, e, codes, 64, len(spec.Categorical)), ints(t, e, labels, 64))
	return out[0]
}

func TestRowIndependence(t *testing.T) {
	engines(t, func(t *testing.T, e *gx.Engine) {
		for name, c := range some(e) {
			t.Run(name, func(t *testing.T) {
				l := layoutOf(t, c)
				numeric, codes := rows(24)
				together := votes(t, e, l, numeric, codes)
				width := len(together) / 24
				fn, fc := len(spec.Numeric), len(spec.Categorical)
				for _, i := range []int{3, 23} { // row 3 has missing values
					alone := votes(t, e, l, numeric[i*fn:(i+1)*fn], codes[i*fc:(i+1)*fc])
					for k, v := range alone {
						if d := math.Abs(float64(v - together[i*width+k])); d > 1e-5 {
							t.Errorf("row %d alone %v, in a batch %v", i, v, together[i*width+k])
						}
					}
				}
			})
		}
	})
}

// TestGradient compares the automatic and the hand-written gradient, all of it, with differences of the loss.
func TestGradient(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, loss := range map[string]model.Loss{
		"plain": {}, "focal": {Focal: 2}, "smooth": {Smoothing: 0.1}, "weighted": {ClassWeights: []float64{1, 3}}} {
		t.Run(name, func(t *testing.T) {
			l := layoutOf(t, model.Config{TokenWidth: 4, Heads: 2, Hidden: 16, Members: 2})
			gradient := gradientOf(t, e, l, loss)
			at := lossAt(t, e, l, loss)
			weights, _ := l.Init(7)
			checked := 0
			for _, p := range l.Weights {
				largest := p.Offset // the component with the largest gradient is the one least drowned by rounding
				for i := p.Offset; i < p.Offset+p.Size; i++ {
					if math.Abs(float64(gradient[i])) > math.Abs(float64(gradient[largest])) {
						largest = i
					}
				}
				if math.Abs(float64(gradient[largest])) < 2e-3 {
					continue
				}
				const h = 1e-2
				w := weights[largest]
				weights[largest] = w + h
				up := at(weights)
				weights[largest] = w - h
				down := at(weights)
				weights[largest] = w
				want := (up - down) / (2 * h)
				if got := float64(gradient[largest]); math.Abs(got-want) > 0.05*math.Abs(want)+1e-3 {
					t.Errorf("%s[%d]: gradient %.5f, difference quotient %.5f", p.Name, largest-p.Offset, got, want)
				}
				checked++
			}
			if checked < len(l.Weights)/2 {
				t.Errorf("only %d of %d parameters had a gradient large enough to check", checked, len(l.Weights))
			}
		})
	}
}

func lossAt(t *testing.T, e *gx.Engine, l *model.Layout, loss model.Loss) func(weights []float32) float64 {
	numeric, codes := rows(64)
	labels := make([]int32, 64)
	for i := range labels {
		labels[i] = int32(i % 2)
	}
	_, stats := l.Init(7)
	fn, err := e.Compile("loss", func(in []*Node) []*Node {
		w, s := model.NewVector(in[0], l.Weights), model.NewVector(in[1], l.Stats)
		z := l.Forward(w, s, model.Inputs{Numeric: in[2], Categorical: in[3]}, model.Mode{Training: true,
			Random: model.NewRandom(Const(in[0].Graph(), uint32(5))), Dropout: Const(in[0].Graph(), float32(0.2)), Momentum: 0.1})
		return []*Node{loss.Graph(z, in[4])}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(weights []float32) float64 {
		out, err := fn.Call(floats(t, e, weights, l.NWeights), floats(t, e, stats, l.NStats),
			floats(t, e, numeric, 64, len(spec.Numeric)), ints(t, e, codes, 64, len(spec.Categorical)), ints(t, e, labels, 64))
		if err != nil {
			t.Fatal(err)
		}
		v, err := gx.Read(out[0])
		if err != nil {
			t.Fatal(err)
		}
		return float64(v[0])
	}
}

func TestEnginesAgree(t *testing.T) {
	pure, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer pure.Close()
	xla, err := gx.Open(gx.XLACPU)
	if err != nil {
		testenv.Missing(t, "xla", err.Error())
	}
	defer xla.Close()
	for name, c := range configs {
		if c.Precision == model.BFloat16 {
			continue // engines round to bfloat16 in different places
		}
		l := layoutOf(t, c)
		numeric, codes := rows(16)
		a, b := votes(t, pure, l, numeric, codes), votes(t, xla, l, numeric, codes)
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-4 {
				t.Errorf("%s: row %d: %v in pure Go, %v in XLA", name, i, a[i], b[i])
				break
			}
		}
		ga, gb := gradientOf(t, pure, l, model.Loss{}), gradientOf(t, xla, l, model.Loss{})
		for i := range ga {
			if math.Abs(float64(ga[i]-gb[i])) > 1e-4 {
				t.Errorf("%s: gradient %d: %v in pure Go, %v in XLA: the same random numbers should drop the same activations", name, i, ga[i], gb[i])
				break
			}
		}
	}
}

// TestMemberFormulations: many rows at once take another way through the members than few, to the same result.
func TestMemberFormulations(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l := layoutOf(t, model.Config{Members: 3, Hidden: 16, MemberLayer: 1})
	numeric, codes := rows(40) // more than the 16 outputs of the first layer
	many := votes(t, e, l, numeric, codes)
	few := votes(t, e, l, numeric[:10*len(spec.Numeric)], codes[:10*len(spec.Categorical)])
	for i, v := range few {
		if math.Abs(float64(v-many[i])) > 1e-5 {
			t.Errorf("row %d: %v among 10 rows, %v among 40", i, v, many[i])
		}
	}
}

// TestHalves: in two halves, a step drops the same activations and takes its statistics over the whole batch.
func TestHalves(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, c := range configs {
		if c.Precision == model.BFloat16 {
			continue // the gradient of a parameter is summed in other parts, which rounds far more
		}
		l := layoutOf(t, c)
		whole, halves := gradientBy(t, e, l, model.Loss{}, false), gradientBy(t, e, l, model.Loss{}, true)
		for i := range whole {
			if math.Abs(float64(whole[i]-halves[i])) > 1e-5 {
				t.Errorf("%s: gradient %d: %v for the whole batch, %v in halves", name, i, whole[i], halves[i])
				break
			}
		}
	}
}

// TestOutliers: a value far outside the training rows counts as the outermost bin edge, a missing one as its own.
func TestOutliers(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	l := layoutOf(t, configs["default"])
	nan := float32(math.NaN())
	v := votes(t, e, l, []float32{2, 3, 0.5, 1e30, 1e30, 1e30, nan, nan, nan}, []int32{0, 0, 0, 0, 0, 0})
	if v[0] != v[1] {
		t.Errorf("edge gives %v, far beyond %v", v[0], v[1])
	}
	if v[2] == v[1] || v[2] != v[2] {
		t.Errorf("missing values give %v", v[2])
	}
}

func TestVote(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	// One row, two members with logits 2 and -1, and one with both far out: the mean probability, as log-odds.
	out := call(t, e, func(in []*Node) []*Node { return []*Node{model.Vote(in[0])} },
		floats(t, e, []float32{2, -1, 500, 500}, 2, 2, 1))
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	p := (sigmoid(2) + sigmoid(-1)) / 2
	if want := math.Log(p / (1 - p)); math.Abs(float64(out[0][0])-want) > 1e-6 {
		t.Errorf("vote %v, want %v", out[0][0], want)
	}
	if v := float64(out[0][1]); math.IsInf(v, 0) || math.IsNaN(v) || v < 30 {
		t.Errorf("two members sure of a threat give log-odds %v", v)
	}
}

func TestRandom(t *testing.T) {
	engines(t, func(t *testing.T, e *gx.Engine) {
		const n = 1 << 16
		out := call(t, e, func(in []*Node) []*Node {
			r := model.NewRandom(Const(in[0].Graph(), uint32(99)))
			g := in[0].Graph()
			one := func(p float32) *Node { return Where(r.Below(Const(g, p), n), OnesLike(in[0]), ZerosLike(in[0])) }
			return []*Node{one(0), one(0.25), one(0.25), one(1), r.Normal(n)}
		}, floats(t, e, make([]float32, n), n))
		share := func(v []float32) (s float64) {
			for _, x := range v {
				s += float64(x)
			}
			return s / n
		}
		if share(out[0]) != 0 || share(out[3]) < 0.9999 {
			t.Errorf("probability 0 gives %v, 1 gives %v", share(out[0]), share(out[3]))
		}
		both := 0.0
		for i := range out[1] {
			both += float64(out[1][i] * out[2][i])
		}
		// standard errors: sqrt(.25*.75/65536) = .0017 and sqrt(.0625*.9375/65536) = .0009; five of them is the limit
		if s := share(out[1]); math.Abs(s-0.25) > 0.0085 {
			t.Errorf("probability .25 gives %v", s)
		}
		if s := both / n; math.Abs(s-0.0625) > 0.005 {
			t.Errorf("two streams agree in %v of the places, want .0625: they are not independent", s)
		}
		mean, square := share(out[4]), 0.0
		for _, x := range out[4] {
			square += float64(x) * float64(x)
		}
		if math.Abs(mean) > 0.02 || math.Abs(square/n-1) > 0.03 {
			t.Errorf("normal numbers have mean %v and variance %v", mean, square/n)
		}
	})
}

func TestInitIsReproducible(t *testing.T) {
	l := layoutOf(t, configs["default"])
	a, _ := l.Init(1)
	b, _ := l.Init(1)
	c, _ := l.Init(2)
	same, other := true, false
	for i := range a {
		same = same && a[i] == b[i]
		other = other || a[i] != c[i]
	}
	if !same || !other {
		t.Errorf("same seed same weights: %v; other seed other weights: %v", same, other)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		cfg  model.Config
		want string
	}{
		{model.Config{TokenWidth: 6, Heads: 4}, "n_heads is 4, which does not divide token_width 6"},
		{model.Config{Hidden: 8}, "hidden_dim is 8, must be 16..512"},
		{model.Config{Outputs: 101}, "output_dim is 101, must be 1..100"},
		{model.Config{Dropout: math.NaN()}, "dropout_rate is NaN, must be 0..1"},
		{model.Config{Embedding: "fourier"}, `embedding is "fourier", must be one of piecewise-linear, linear, periodic`},
		{model.Config{Hidden: 8, Members: -1}, "members is -1, must be 1..256"}, // both are reported
	} {
		if err := c.cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %s", c.cfg, err, c.want)
		}
	}
	if _, err := model.NewLayout(model.Config{}, features.Spec{}); err == nil {
		t.Error("a model without features is accepted")
	}
}

// TestForgottenParameter: a parameter that the graph does not use would never be trained; Vector refuses.
func TestForgottenParameter(t *testing.T) {
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	params := []model.Param{{Name: "a", Shape: []int{2}, Size: 2}, {Name: "b", Shape: []int{2}, Offset: 2, Size: 2}}
	fn, err := e.Compile("forgetful", func(in []*Node) []*Node {
		v := model.NewVector(in[0], params)
		return []*Node{v.Gradient(ReduceAllSum(v.Get("a")))}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fn.Call(floats(t, e, make([]float32, 4), 4))
	if err == nil || !strings.Contains(err.Error(), `"b" is used nowhere`) {
		t.Errorf("error %v", err)
	}
}

func allZero(v []float32) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

func call(t *testing.T, e *gx.Engine, build func(in []*Node) []*Node, args ...any) [][]float32 {
	t.Helper()
	fn, err := e.Compile(t.Name(), build)
	if err != nil {
		t.Fatal(err)
	}
	defer fn.Close()
	out, err := fn.Call(args...)
	if err != nil {
		var p *gx.PanicError
		if errors.As(err, &p) && os.Getenv("JAMBA_DEBUG") != "" {
			t.Fatalf("%+v", p)
		}
		t.Fatal(err)
	}
	values := make([][]float32, len(out))
	for i, o := range out {
		if values[i], err = gx.Read(o); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

func floats(t *testing.T, e *gx.Engine, v []float32, dims ...int) any {
	t.Helper()
	x, err := e.Floats(v, dims...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func ints(t *testing.T, e *gx.Engine, v []int32, dims ...int) any {
	t.Helper()
	x, err := e.Ints(v, dims...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func ExampleNewLayout() {
	l, err := model.NewLayout(model.Config{Dropout: 0.3}, spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(l.Features(), "features,", l.NWeights, "weights")
	p, _ := l.Weight("layer.0.linear.weight")
	fmt.Println(p.Name, p.Shape)
	// Output:
	// 5 features, 13712 weights
	// layer.0.linear.weight [64 48]
}
