package faulttree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func analyze(t testing.TB, m *Model, opts Options) *Analysis {
	t.Helper()
	a, err := Analyze(t.Context(), m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// 100,000 events below one OR: P = 1 - (1-p)^n.
func TestWideOr(t *testing.T) {
	const n, p = 100_000, 1e-6
	m := New("wide")
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("e%d", i)
		m.Event(names[i], p)
	}
	m.Gate("top", Or, names...)
	a := analyze(t, m, Options{TopN: 3})
	want := -math.Expm1(n * math.Log1p(-p))
	if !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
		t.Errorf("P = %v, want %v", *a.Probability.Exact, want)
	}
	if a.CutSets.Count.String() != "100000" || a.CutSets.ByOrder[1].String() != "100000" {
		t.Errorf("cut sets %v", a.CutSets)
	}
	if len(a.TopCutSets) != 3 || len(a.Importance) != n {
		t.Errorf("%d cut sets and %d importances listed", len(a.TopCutSets), len(a.Importance))
	}
	if want := math.Pow(1-p, n-1); !near(float64(a.Importance[0].MIF), want, 1e-9, 0) {
		t.Errorf("MIF %v, want %v", a.Importance[0].MIF, want)
	}
}

// A chain of 100,000 gates, in both orders of the inputs: one order of the variables makes it linear, the other quadratic.
func TestLongChain(t *testing.T) {
	const n = 100_000
	for _, gateFirst := range []bool{true, false} {
		for _, alternate := range []bool{true, false} {
			if alternate && testing.Short() {
				continue // the counts alone take seconds: 50,000 orders
			}
			m := New("chain")
			want := 0.0
			for i := n - 1; i >= 0; i-- {
				op, p := Or, 1e-6
				if alternate && i%2 == 0 {
					op, p = And, 0.9999
				}
				inputs := []string{fmt.Sprintf("e%d", i)}
				m.Event(inputs[0], p)
				if i < n-1 {
					inputs = append(inputs, fmt.Sprintf("g%d", i+1))
					if gateFirst {
						inputs[0], inputs[1] = inputs[1], inputs[0]
					}
					if op == And {
						want *= p
					} else {
						want = p + (1-p)*want
					}
				} else {
					op, want = Or, p
				}
				m.Gate(fmt.Sprintf("g%d", i), op, inputs...)
			}
			a := analyze(t, m, Options{Top: "g0"})
			if !near(float64(*a.Probability.Exact), want, 1e-10, 0) {
				t.Errorf("gate first %v, alternate %v: P = %v, want %v", gateFirst, alternate, *a.Probability.Exact, want)
			}
		}
	}
}

// 15 of 30: C(30,15) cut sets, all of order 15, and a binomial probability.
func TestVoting(t *testing.T) {
	const n, k, p = 30, 15, 0.1
	m := New("voting")
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("e%d", i))
		m.Event(names[i], p)
	}
	m.Vote("top", k, names...)
	a := analyze(t, m, Options{})
	want := 0.0
	for i := k; i <= n; i++ {
		want += binomial(n, i) * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
	}
	if !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
		t.Errorf("P = %v, want %v", *a.Probability.Exact, want)
	}
	if got := a.CutSets.ByOrder[k].String(); got != "155117520" || a.CutSets.Count.String() != got {
		t.Errorf("%s cut sets, want 155117520", got)
	}
}

// Counts above 2^64 and probabilities below 1e-200: 100 pairs in series and parallel.
func TestHugeCounts(t *testing.T) {
	m := New("pairs")
	var pairs []string
	for i := range 100 {
		a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		m.Event(a, 1e-3)
		m.Event(b, 1e-3)
		m.Gate("or"+a, Or, a, b)
		pairs = append(pairs, "or"+a)
	}
	m.Gate("top", And, pairs...)
	a := analyze(t, m, Options{})
	if want := new(big.Int).Lsh(big.NewInt(1), 100).String(); a.CutSets.Count.String() != want {
		t.Errorf("%v cut sets, want %s", a.CutSets.Count, want)
	}
	text, err := a.JSON()
	if err != nil || !bytes.Contains(text, []byte(`"100": "1267650600228229401496703205376"`)) {
		t.Errorf("the count is not a decimal string in the JSON (%v)", err)
	}
	if want := math.Pow(1e-3+(1-1e-3)*1e-3, 100); !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
		t.Errorf("P = %v, want %v", *a.Probability.Exact, want)
	}
	if want := math.Exp(100 * math.Log(2e-3)); !near(float64(a.Probability.RareEvent), want, 1e-12, 0) {
		t.Errorf("rare-event sum %v, want %v", a.Probability.RareEvent, want)
	}
}

// nus9601 has no BDD in any variable order that is tried; its cut sets to order 5 come straight from the tree. That there
// are 10 of order 3 and none below was found a second time by evaluating the tree for all 641 million triples of events.
func TestNus9601(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	m, err := Read(aralia(t, "aralia/nus9601.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	a := analyze(t, m, Options{Order: 5})
	if a.Probability.Exact != nil || a.Engine.Method != "zbdd" || len(a.Warnings) == 0 {
		t.Errorf("exact %v by %s, warnings %q", a.Probability.Exact, a.Engine.Method, a.Warnings)
	}
	if got := fmt.Sprint(a.CutSets.ByOrder[3], a.CutSets.ByOrder[4], a.CutSets.ByOrder[5], a.CutSets.Count); got != "10 2 <nil> 12" {
		t.Errorf("cut sets of order 3, 4, 5 and all: %s", got)
	}
	if a.CutOffBound <= 0 || a.CutOffBound > 1 {
		t.Errorf("cut-off bound %v", a.CutOffBound)
	}
	// Each listed set fails the top, and no longer does when any one of its events is absent.
	c, err := m.compile("r1", 0)
	if err != nil {
		t.Fatal(err)
	}
	all := analyze(t, m, Options{Order: 5, TopN: 20})
	if len(all.TopCutSets) != 12 {
		t.Fatalf("%d cut sets listed, want 12", len(all.TopCutSets))
	}
	for _, set := range all.TopCutSets {
		if !c.fails(set.Events) {
			t.Errorf("%v does not fail the top", set.Events)
		}
		for i := range set.Events {
			if rest := slices.Delete(slices.Clone(set.Events), i, i+1); c.fails(rest) {
				t.Errorf("%v is not minimal: %v suffices", set.Events, rest)
			}
		}
	}
}

// fails evaluates the circuit for the events that occur.
func (c *compiled) fails(events []string) bool {
	at := make([]bool, c.circuit.vars+len(c.circuit.gates)+1)
	at[0] = true
	for v, e := range c.events {
		at[v+1] = slices.Contains(events, e.id)
	}
	for i, g := range c.circuit.gates {
		count := 0
		for _, a := range g.args {
			if at[a.id()] != a.negated() {
				count++
			}
		}
		at[c.circuit.vars+1+i] = map[gateKind]bool{kindAnd: count == len(g.args), kindOr: count > 0, kindAtleast: count >= g.k, kindXor: count%2 == 1}[g.kind]
	}
	return at[c.circuit.top.id()] != c.circuit.top.negated()
}

func TestMemoryLimit(t *testing.T) {
	m, err := Read(aralia(t, "aralia/edfpa15p.xml.gz")) // about 100,000 nodes
	if err != nil {
		t.Fatal(err)
	}
	full := analyze(t, m, Options{})
	a := analyze(t, m, Options{MaxMemory: 2 << 20}) // 47,000 nodes
	if a.Probability.Exact != nil || a.Engine.MaxOrder < 2 {
		t.Fatalf("exact %v, order %d", a.Probability.Exact, a.Engine.MaxOrder)
	}
	for order := range a.Engine.MaxOrder + 1 {
		if got, want := fmt.Sprint(a.CutSets.ByOrder[order]), fmt.Sprint(full.CutSets.ByOrder[order]); got != want {
			t.Errorf("%s cut sets of order %d, want %s", got, order, want)
		}
	}
	if exact := float64(*full.Probability.Exact); exact > float64(a.Probability.RareEvent+a.CutOffBound) {
		t.Errorf("P %v is above the sum %v plus the bound %v", exact, a.Probability.RareEvent, a.CutOffBound)
	}
	if len(a.Importance) != len(full.Importance) || a.Importance[0].Event != full.Importance[0].Event {
		t.Errorf("importance starts with %v, exactly with %v", a.Importance[0], full.Importance[0])
	}
}

func TestCutOff(t *testing.T) {
	m, err := Read(aralia(t, "aralia/elf9601.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	full := analyze(t, m, Options{TopN: 200_000})
	for _, opts := range []Options{{Order: 4}, {CutOff: 1e-7}, {Order: 4, CutOff: 1e-7}, {Order: 100}} {
		a := analyze(t, m, opts)
		count, sum, logs := 0, 0.0, 0.0
		for _, c := range full.TopCutSets {
			if (opts.Order == 0 || len(c.Events) <= opts.Order) && float64(c.Probability) >= opts.CutOff {
				count++
				sum += float64(c.Probability)
				logs += math.Log1p(-float64(c.Probability))
			}
		}
		if a.CutSets.Count.String() != fmt.Sprint(count) || !near(float64(a.Probability.RareEvent), sum, 1e-9, 0) || !near(float64(a.Probability.MCUB), -math.Expm1(logs), 1e-9, 0) {
			t.Errorf("%+v: %v cut sets, sum %v, bound %v; want %d, %v, %v", opts, a.CutSets.Count, a.Probability.RareEvent, a.Probability.MCUB, count, sum, -math.Expm1(logs))
		}
		if want := float64(full.Probability.RareEvent) - sum; float64(a.CutOffBound) < want*(1-1e-9)-1e-15 && opts.CutOff > 0 {
			t.Errorf("%+v: cut-off bound %v, but %v was cut", opts, a.CutOffBound, want)
		}
		if exact := float64(*full.Probability.Exact); exact > float64(a.Probability.RareEvent+a.CutOffBound) {
			t.Errorf("%+v: P %v is above the sum %v plus the bound %v", opts, exact, a.Probability.RareEvent, a.CutOffBound)
		}
	}
	if a := analyze(t, m, Options{Order: 100}); a.CutOffBound != 0 {
		t.Errorf("nothing was cut, but the bound is %v", a.CutOffBound)
	}
}

func TestCancel(t *testing.T) {
	m, err := Read(aralia(t, "aralia/nus9601.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Analyze(ctx, m, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// The bytes of a result do not depend on the number of processors or workers, nor on the order of a map.
func TestDeterministicBytes(t *testing.T) {
	m, err := Read(aralia(t, "aralia/das9201.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Events {
		e.Probability = Lognormal(0.01, 3)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []byte
	for workers := 1; workers <= 5; workers += 2 {
		runtime.GOMAXPROCS(workers)
		r, err := Assess(t.Context(), m, Options{Samples: 500, Seed: 3, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.HTML()
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		all := append(append(text, page...), r.String()...)
		if first == nil {
			first = all
		} else if !bytes.Equal(first, all) {
			t.Errorf("%d workers give other bytes", workers)
		}
	}
	other, err := Analyze(t.Context(), m, Options{Samples: 500, Seed: 4})
	if err != nil || strings.Contains(string(first), fmt.Sprintf(`"mean": %v`, float64(other.Uncertainty.Mean))) {
		t.Errorf("another seed gives the same mean (%v)", err)
	}
}

func BenchmarkCea9601(b *testing.B) { benchmark(b, "cea9601", Options{}) }
func BenchmarkNus9601(b *testing.B) { benchmark(b, "nus9601", Options{Order: 5}) }

func benchmark(b *testing.B, tree string, opts Options) {
	m, err := Read(aralia(b, "aralia/"+tree+".xml.gz"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Analyze(b.Context(), m, opts); err != nil {
			b.Fatal(err)
		}
	}
}
