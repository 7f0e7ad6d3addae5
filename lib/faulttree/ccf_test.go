package faulttree

import (
	"strings"
	"testing"
)

// A group of three with total probability Q. P(all three fail) and P(a fails) by the rare-event formulas of the models,
// evaluated exactly: a member is the OR of its combinations, which are independent events.
func TestCommonCauseModels(t *testing.T) {
	const q = 0.1
	for _, test := range []struct {
		model   string
		factors []float64
		want    []float64 // Q1, Q2, Q3
	}{
		{BetaFactor, []float64{0.2}, []float64{0.8 * q, 0, 0.2 * q}},
		{MGL, []float64{0.2, 0.5}, []float64{0.8 * q, 0.2 * 0.5 * q / 2, 0.2 * 0.5 * q}},
		{MGL, []float64{0.2}, []float64{0.8 * q, 0.2 * q / 2, 0}},
		{AlphaModel, []float64{0.7, 0.2, 0.1}, []float64{0.7 / 1.4 * q, 2.0 / 2 * 0.2 / 1.4 * q, 3 * 0.1 / 1.4 * q}},
		{PhiModel, []float64{0.6, 0.1, 0.05}, []float64{0.6 * q, 0.1 * q, 0.05 * q}},
	} {
		m := New("group")
		g := &Group{ID: "g", Model: test.model, Members: []string{"a", "b", "c"}, Total: Const(q)}
		for _, f := range test.factors {
			g.Factors = append(g.Factors, Const(f))
		}
		m.Groups = []*Group{g}
		m.Gate("all", And, "a", "b", "c")
		m.Gate("one", Pass, "a")
		for _, id := range g.Members {
			m.Events = append(m.Events, &Event{ID: id})
		}
		// By the truth table of the seven combinations.
		sets := [][]int{{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}
		all, one := 0.0, 0.0
		for row := range 1 << len(sets) {
			p := 1.0
			var failed [3]bool
			for i, set := range sets {
				chance := test.want[len(set)-1]
				if row>>i&1 == 0 {
					p *= 1 - chance
					continue
				}
				p *= chance
				for _, member := range set {
					failed[member] = true
				}
			}
			if failed[0] {
				one += p
			}
			if failed[0] && failed[1] && failed[2] {
				all += p
			}
		}
		for top, want := range map[string]float64{"all": all, "one": one} {
			a := analyze(t, m, Options{Top: top})
			if !near(float64(*a.Probability.Exact), want, 1e-12, 0) {
				t.Errorf("%s %v: P(%s) = %v, want %v", test.model, test.factors, top, *a.Probability.Exact, want)
			}
		}
	}
}

func TestCommonCauseNamesAndFaults(t *testing.T) {
	m := New("group")
	g := &Group{ID: "g", Model: BetaFactor, Members: []string{"a", "b"}, Total: Const(0.1), Factors: []*Expr{Const(0.5)}}
	m.Groups = []*Group{g}
	m.Gate("top", And, "a", "b")
	m.Events = []*Event{{ID: "a"}, {ID: "b"}}
	a := analyze(t, m, Options{})
	if got := strings.Join(a.TopCutSets[0].Events, ","); got != "[a b]" || len(a.TopCutSets[1].Events) != 2 {
		t.Errorf("cut sets %v, want the shared failure first", a.TopCutSets)
	}
	for _, test := range []struct {
		change func()
		want   string
	}{
		{func() { g.Model = "gamma" }, `has the model "gamma"`},
		{func() { g.Members = []string{"a"} }, "has 1 members"},
		{func() { g.Members = []string{"a", "a"} }, `member "a" twice`},
		{func() { g.Members = []string{"a", "x"} }, `"x" is not a basic event`},
		{func() { g.Factors = []*Expr{Const(0.5), Const(0.1)} }, "has 2 factors, needs 1"},
		{func() { g.Factors = []*Expr{Const(1.5)} }, "probability 1.5"},
		{func() { g.Total = nil }, "has no probability"},
		{func() { m.Events = append(m.Events, &Event{ID: "[a b]", Probability: Const(0.1)}) }, `"[a b]" has the name of a shared failure`},
		{func() { m.Events[0].Probability = Const(0.1) }, `"a" has a probability, but its common-cause group "g"`},
		{func() {
			m.Groups = append(m.Groups, &Group{ID: "h", Model: BetaFactor, Members: []string{"a", "b"}, Total: Const(0.1), Factors: g.Factors})
		}, `in the common-cause groups "g" and "h"`},
	} {
		saved, event, groups, events := *g, *m.Events[0], m.Groups, m.Events
		test.change()
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
		*g, *m.Events[0], m.Groups, m.Events = saved, event, groups, events
	}
}
