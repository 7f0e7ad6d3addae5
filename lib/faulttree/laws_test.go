package faulttree

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func lawAt(t *testing.T, op string, args ...float64) float64 {
	t.Helper()
	x, err := apply(op, args, nil)
	if err != nil {
		t.Fatalf("%s%v: %v", op, args, err)
	}
	return x
}

// Expected values are the formulas of the literature, written out.
func TestLaws(t *testing.T) {
	exp := func(l, t float64) float64 { return 1 - math.Exp(-l*t) }
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"exponential", lawAt(t, "exponential", 1e-3, 1000), exp(1e-3, 1000)},
		{"exponential, small", lawAt(t, "exponential", 1e-12, 1e-3), 1e-15},
		{"glm", lawAt(t, "glm", 0.1, 1e-3, 0.05, 10), (1e-3 - (1e-3-0.1*0.051)*math.Exp(-0.051*10)) / 0.051},
		{"glm without rates", lawAt(t, "glm", 0.1, 0, 0, 10), 0.1},
		{"glm without repair", lawAt(t, "glm", 0, 1e-3, 0, 100), exp(1e-3, 100)},
		{"weibull", lawAt(t, "weibull", 1000, 2, 50, 550), 1 - math.Exp(-0.25)},
		{"weibull before its start", lawAt(t, "weibull", 1000, 2, 50, 50), 0},
		{"test, before the first", lawAt(t, "periodic-test", 1e-3, 100, 50, 40), exp(1e-3, 40)},
		{"test, after two", lawAt(t, "periodic-test", 1e-3, 100, 50, 170), exp(1e-3, 20)},
		{"test, exactly at one", lawAt(t, "periodic-test", 1e-3, 100, 50, 250), exp(1e-3, 100)},
		{"test with very fast repair", lawAt(t, "periodic-test", 1e-3, 1e12, 100, 50, 170), exp(1e-3, 20)},
		{"test without repair", lawAt(t, "periodic-test", 1e-3, 0, 100, 50, 170), exp(1e-3, 170)},
		{"full test that equals the simple one", lawAt(t, "periodic-test", 1e-3, 0, 0.1, 100, 50, 0, 0, 1, 1, 0, 333), lawAt(t, "periodic-test", 1e-3, 0.1, 100, 50, 333)},
		{"full test that finds nothing", lawAt(t, "periodic-test", 1e-3, 0, 0.1, 100, 50, 0, 0, 1, 0, 0, 333), exp(1e-3, 333)},
		{"out of service in the test", lawAt(t, "periodic-test", 1e-3, 0, 0.1, 100, 50, 0, 10, 0, 1, 0, 255), 1},
		{"in service in the test", lawAt(t, "periodic-test", 0, 0, 0.1, 100, 50, 0, 10, 1, 1, 0, 255), 0},
		{"the test itself breaks it", lawAt(t, "periodic-test", 0, 0, 0, 100, 50, 0.25, 0, 1, 0, 0, 160), 1 - 0.75*0.75},
	} {
		if !near(test.got, test.want, 1e-9, 1e-15) {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
}

// The repair between tests against a numerical solution of the balance equations.
func TestPeriodicTestWithRepair(t *testing.T) {
	const lambda, mu, tau, theta, omega, end = 2e-3, 0.03, 100.0, 70.0, 0.1, 333.0
	const steps = 333_000
	ok, failed, repair := 1.0, 0.0, 0.0
	next := theta
	for i := range steps {
		now := float64(i) * end / steps
		if now >= next-1e-9 {
			repair, failed = repair+failed, 0
			next += tau
		}
		h := end / steps
		lost, mended := lambda*ok*h, mu*repair*h
		ok, failed, repair = ok-lost+mended*(1-omega), failed+lost+mended*omega, repair-mended
	}
	got := lawAt(t, "periodic-test", lambda, lambda, mu, tau, theta, 0, 0, 1, 1, omega, end)
	if !near(got, failed+repair, 1e-3, 0) {
		t.Errorf("unavailability %v, numerically %v", got, failed+repair)
	}
}

func TestDeviates(t *testing.T) {
	z95 := 1.6448536269514722 // 95 % quantile of the standard normal distribution
	sigma := math.Log(3) / z95
	for _, test := range []struct {
		name      string
		op        string
		args      []float64
		mean, std float64
		median    float64 // NaN: not compared
	}{
		{"uniform", "uniform", []float64{2, 6}, 4, 4 / math.Sqrt(12), 4},
		{"normal", "normal", []float64{1, 0.5}, 1, 0.5, 1},
		{"lognormal by error factor", "lognormal", []float64{0.1, 3, 0.95}, 0.1, 0.1 * math.Sqrt(math.Expm1(sigma*sigma)), 0.1 * math.Exp(-sigma*sigma/2)},
		{"lognormal by mu and sigma", "lognormal", []float64{-2, 0.5}, math.Exp(-2 + 0.125), math.Exp(-2+0.125) * math.Sqrt(math.Expm1(0.25)), math.Exp(-2)},
		{"gamma", "gamma", []float64{3, 0.2}, 0.6, 0.2 * math.Sqrt(3), math.NaN()},
		{"gamma, small shape", "gamma", []float64{0.4, 2}, 0.8, 2 * math.Sqrt(0.4), math.NaN()},
		{"beta", "beta", []float64{2, 6}, 0.25, math.Sqrt(12.0 / (64 * 9)), math.NaN()},
		{"histogram", "histogram", []float64{0, 1, 1, 3, 1}, 1.25, math.Sqrt(0.5*(1.0/12+0.25) + 0.5*(4.0/12+4) - 1.25*1.25), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := lawAt(t, test.op, test.args...); !near(got, test.mean, 1e-12, 0) {
				t.Errorf("mean %v, want %v", got, test.mean)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			const n = 200_000
			draws := make([]float64, n)
			sum, squares := 0.0, 0.0
			for i := range draws {
				x, err := apply(test.op, test.args, rng)
				if err != nil {
					t.Fatal(err)
				}
				draws[i] = x
				sum += x
				squares += x * x
			}
			mean := sum / n
			std := math.Sqrt(squares/n - mean*mean)
			slices.Sort(draws)
			// Five standard errors of the mean; the others with the same room.
			if !near(mean, test.mean, 0, 5*test.std/math.Sqrt(n)) || !near(std, test.std, 0.03, 0) {
				t.Errorf("mean %v and deviation %v of the draws, want %v and %v", mean, std, test.mean, test.std)
			}
			if !math.IsNaN(test.median) && !near(draws[n/2], test.median, 0, 0.02*test.std) {
				t.Errorf("median of the draws %v, want %v", draws[n/2], test.median)
			}
		})
	}
}

func TestBadNumbers(t *testing.T) {
	for _, test := range []struct {
		e    *Expr
		want string
	}{
		{Call("exponential", Const(-1), Const(1)), "rate is -1"},
		{Call("exponential", Const(1)), "has 1 arguments, needs 2"},
		{Call("weibull", Const(0), Const(1), Const(0), Const(1)), "must be above 0"},
		{Call("glm", Const(2), Const(0), Const(0), Const(1)), "gamma 2 is above 1"},
		{Call("periodic-test", Const(1), Const(0), Const(0), Const(1)), "interval is 0"},
		{Call("periodic-test", Const(1), Const(1), Const(1), Const(1), Const(1), Const(1)), "needs 4, 5 or 11"},
		{Call("lognormal", Const(0), Const(3), Const(0.95)), "mean is 0"},
		{Call("lognormal", Const(1), Const(0.5), Const(0.95)), "error factor is 0.5"},
		{Call("lognormal", Const(1), Const(3), Const(0.4)), "level is 0.4"},
		{Call("normal", Const(0), Const(-1)), "standard deviation -1"},
		{Call("uniform", Const(2), Const(1)), "lower bound 2"},
		{Call("beta", Const(0), Const(1)), "alpha is 0"},
		{Call("histogram", Const(0), Const(1)), "needs 3 or more"},
		{Call("histogram", Const(0), Const(0), Const(1)), "does not lie above"},
		{Call("histogram", Const(0), Const(1), Const(0)), "all weights are 0"},
		{Call("div", Const(1), Const(0)), "not a finite number"},
		{Call("dance", Const(1)), `unknown operator "dance"`},
		{Call("ite", Const(1)), "needs 3"},
		{Param("missing"), `parameter "missing" is not defined`},
		{Const(1.5), "probability 1.5: must be 0 to 1"},
		{Const(math.NaN()), "must be 0 to 1"},
		{nil, "has no probability"},
	} {
		m := New("numbers")
		m.Gate("top", Or, "x")
		m.Event("x", 0).Probability = test.e
		if _, err := Analyze(t.Context(), m, Options{}); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `"x"`) {
			t.Errorf("%v: got %v, want %q about the event", test.e, err, test.want)
		}
	}
	m := New("loop")
	m.Gate("top", Or, "x")
	m.Event("x", 0).Probability = Param("a")
	m.Parameters = []*Parameter{{ID: "a", Value: Call("add", Param("b"), Const(0))}, {ID: "b", Value: Param("a")}}
	if err := m.Validate(); err == nil || !strings.Contains(err.Error(), "is defined by itself") {
		t.Errorf("a circle of parameters: %v", err)
	}
}

func TestArithmetic(t *testing.T) {
	w := newWorld(New(""), 5)
	for want, e := range map[float64]*Expr{
		6:    Call("add", Const(1), Const(2), Const(3)),
		-4:   Call("sub", Const(1), Const(2), Const(3)),
		0.5:  Call("div", Const(1), Const(2)),
		8:    Call("pow", Const(2), Const(3)),
		1:    Call("ite", Call("lt", Const(1), Const(2)), Const(1), Call("div", Const(1), Const(0))),
		5:    MissionTime(),
		2:    Call("mean", Const(1), Const(3)),
		-2:   Call("neg", Call("abs", Const(-2))),
		0:    Call("and", Call("geq", Const(2), Const(2)), Call("df", Const(2), Const(2))),
		10:   Call("max", Call("min", Const(30), Const(10)), Const(3)),
		1.25: Call("uncertain", Const(1.25), Call("uniform", Const(0), Const(9))),
	} {
		if got, err := w.value(e); err != nil || got != want {
			t.Errorf("%v = %v, %v; want %v", e, got, err, want)
		}
	}
}

// Two events that share an uncertain parameter rise and fall together: the mean of their product is the mean of the
// square, not the square of the mean.
func TestSharedParameterIsDrawnOnce(t *testing.T) {
	build := func(shared bool) *Model {
		m := New("shared")
		m.Gate("top", And, "a", "b")
		m.Event("a", 0).Probability = Lognormal(0.1, 3)
		m.Event("b", 0).Probability = Lognormal(0.1, 3)
		if shared {
			m.Parameters = []*Parameter{{ID: "p", Value: Lognormal(0.1, 3)}}
			m.Events[0].Probability, m.Events[1].Probability = Param("p"), Param("p")
		}
		return m
	}
	sigma := math.Log(3) / 1.6448536269514722
	for _, test := range []struct {
		shared bool
		want   float64
	}{{true, 0.01 * math.Exp(sigma*sigma)}, {false, 0.01}} {
		a := analyze(t, build(test.shared), Options{Samples: 100_000, Seed: 5})
		if u := a.Uncertainty; !near(float64(u.Mean), test.want, 0.03, 0) || u.P05 >= u.P50 || u.P50 >= u.P95 || u.Std <= 0 {
			t.Errorf("shared %v: %+v, want the mean %v", test.shared, u, test.want)
		}
		if !near(float64(*a.Probability.Exact), 0.01, 1e-12, 0) {
			t.Errorf("the point value is %v", *a.Probability.Exact)
		}
	}
}

// Draws beyond 0..1 are clipped, and the simulation says when there is nothing to draw.
func TestSimulationEdges(t *testing.T) {
	m := New("edges")
	m.Gate("top", Or, "x")
	m.Event("x", 0).Probability = Call("normal", Const(0.5), Const(10))
	a := analyze(t, m, Options{Samples: 2000, Seed: 1})
	if u := a.Uncertainty; u.P05 != 0 || u.P95 != 1 {
		t.Errorf("%+v, want quantiles at the ends", u)
	}
	m.Events[0].Probability = Const(0.25)
	a = analyze(t, m, Options{Samples: 3, Seed: 1})
	if u := a.Uncertainty; u.Mean != 0.25 || u.Std != 0 || u.P95 != 0.25 || !strings.Contains(strings.Join(a.Warnings, " "), "no number below the top is uncertain") {
		t.Errorf("%+v, warnings %q", u, a.Warnings)
	}
}
