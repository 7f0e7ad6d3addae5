package faulttree

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// What was cut is summed up itself: beside 0.5 the difference of two sums knows nothing of 1e-20.
func TestSmallCutOffBound(t *testing.T) {
	m := New("small")
	m.Gate("top", Or, "a", "b", "both")
	m.Gate("both", And, "c", "d")
	m.Event("a", 0.5)
	m.Event("b", 1e-20)
	m.Event("c", 1e-15)
	m.Event("d", 1e-12)
	for _, test := range []struct {
		opts Options
		want float64
	}{{Options{CutOff: 1e-10}, 1e-20 + 1e-27}, {Options{CutOff: 1e-22}, 1e-27}, {Options{Order: 1}, 1e-27}, {Options{Order: 1, CutOff: 1e-10}, 1e-20 + 1e-27}, {Options{Order: 2}, 0}} {
		if a := analyze(t, m, test.opts); !near(float64(a.CutOffBound), test.want, 1e-9, 0) {
			t.Errorf("%+v: cut-off bound %v, want %v", test.opts, a.CutOffBound, test.want)
		}
	}
}

// The order of a prime implicant is the number of its literals, absences included, wherever it is counted or limited.
func TestOrderOfPrimeImplicants(t *testing.T) {
	m := New("negated")
	m.Gate("top", Or, "single", "one-off", "two-off")
	m.Gate("one-off", And, "a", "not-b")
	m.Gate("two-off", And, "c", "not-b", "not-d")
	m.Gate("not-b", Not, "b")
	m.Gate("not-d", Not, "d")
	for i, id := range []string{"single", "a", "b", "c", "d"} {
		m.Event(id, 0.05*float64(i+1))
	}
	exact := analyze(t, m, Options{}).Probability.Exact
	for order, want := range []int{3, 1, 2, 3} {
		a := analyze(t, m, Options{Order: order, PrimeImplicants: true})
		if a.CutSets.Count.String() != fmt.Sprint(want) || order > 0 && a.CutSets.ByOrder[order+1] != nil {
			t.Errorf("order %d: %v prime implicants %v, want %d", order, a.CutSets.Count, a.CutSets.ByOrder, want)
		}
		if *exact > a.Probability.RareEvent+a.CutOffBound {
			t.Errorf("order %d: P %v is above the sum %v plus the bound %v", order, *exact, a.Probability.RareEvent, a.CutOffBound)
		}
	}
}

// A draw that leaves the range of a law's argument is taken as the end of the range, with the same result for any number
// of workers. A draw that makes no sense at all is the same error for any number of workers.
func TestDrawsOutsideTheRange(t *testing.T) {
	wide := func(mean float64) *Expr { return Call("normal", Const(mean), Const(3*mean)) }
	for _, law := range []*Expr{
		Call("exponential", wide(1e-3), MissionTime()),
		Call("glm", wide(0.5), wide(1e-3), wide(1e-2), MissionTime()),
		Call("weibull", wide(1000), wide(2), wide(1), MissionTime()),
		Call("periodic-test", wide(1e-3), wide(1e-2), Const(100), wide(10), MissionTime()),
	} {
		m := New("wide")
		m.MissionTime = 1000
		m.Gate("top", Or, "x")
		m.Event("x", 0).Probability = law
		one, four := analyze(t, m, Options{Samples: 500, Workers: 1}), analyze(t, m, Options{Samples: 500, Workers: 4})
		if *one.Uncertainty != *four.Uncertainty || !(one.Uncertainty.Std > 0) {
			t.Errorf("%s: %+v with one worker, %+v with four", law, *one.Uncertainty, *four.Uncertainty)
		}
	}
	m := New("senseless")
	m.Gate("top", Or, "x")
	m.Event("x", 0).Probability = Call("sqrt", wide(1e-4))
	var texts []string
	for workers := range 4 {
		_, err := Analyze(t.Context(), m, Options{Samples: 5000, Workers: workers + 1})
		texts = append(texts, fmt.Sprint(err))
	}
	if texts = slices.Compact(texts); len(texts) != 1 || !strings.Contains(texts[0], "not a finite number") || strings.Contains(texts[0], "\n") {
		t.Errorf("errors %q, want one", texts)
	}
}

// Failure frequencies go through parameters, uncertainties and the factors of common-cause groups to the law: the net
// derivative of a repaired component at rest would be 0.
func TestFrequencyOfRepaired(t *testing.T) {
	const lambda = 1e-6
	glm := Call("glm", Const(0), Const(lambda), Const(1), Param("clock"))
	for name, change := range map[string]func(m *Model){
		"parameter": func(m *Model) {
			m.Parameters = append(m.Parameters, &Parameter{ID: "p", Value: glm})
			m.Event("x", 0).Probability = Param("p")
		},
		"uncertain": func(m *Model) {
			m.Event("x", 0).Probability = Call("uncertain", glm, Call("uniform", Const(0), Const(1)))
		},
		"common cause": func(m *Model) {
			m.Events = append(m.Events, &Event{ID: "x"}, &Event{ID: "y"})
			m.Groups = append(m.Groups, &Group{ID: "g", Model: BetaFactor, Members: []string{"x", "y"}, Total: glm, Factors: []*Expr{Const(0.3)}})
		},
	} {
		m := New(name)
		m.MissionTime = 1000
		m.Parameters = []*Parameter{{ID: "clock", Value: MissionTime()}}
		m.Gate("top", Or, "x")
		change(m)
		c, err := TimeCurve(t.Context(), m, Options{}, 100)
		if err != nil || !near(float64(c.PFH), lambda, 1e-3, 0) {
			t.Errorf("%s: %v, PFH %v, want %v", name, err, c, lambda)
		}
	}
	// A law at a time of its own is a number like others, and no rate is no claim.
	m := New("fixed")
	m.MissionTime = 1000
	m.Gate("top", Or, "x")
	m.Event("x", 0).Probability = Call("exponential", Const(1e-5), Const(10))
	if c, err := TimeCurve(t.Context(), m, Options{}, 10); err != nil || c.PFH != 0 || c.SILHighDemand != 0 || c.SILLowDemand != 4 {
		t.Errorf("fixed: %v, %+v", err, c)
	}
	a := analyze(t, m, Options{Curve: 10})
	if a.Curve == nil || len(a.Curve.Points) != 11 || !near(float64(a.Curve.PFDavg), -math.Expm1(-1e-4), 1e-12, 0) || !strings.Contains(a.String(), "SIL 4") {
		t.Errorf("curve of an analysis: %+v\n%s", a.Curve, a)
	}
}

// What doubles at every level is refused before it fills the memory: aliases of aliases, rules that use rules twice.
func TestExplosions(t *testing.T) {
	formulas := "gates:\n  g:\n    or:\n    - &n0 {or: [a, b]}\n"
	numbers := "gates: {g: {or: [a]}}\nevents:\n  a: 0.1\n  b0: {probability: &n0 {add: [0, 0]}}\n"
	for i := range 40 {
		formulas += fmt.Sprintf("    - &n%d {or: [*n%d, *n%d]}\n", i+1, i, i)
		numbers += fmt.Sprintf("  b%d: {probability: &n%d {add: [*n%d, *n%d]}}\n", i+1, i+1, i, i)
	}
	rules := ""
	for i := range 40 {
		rules += fmt.Sprintf(`<define-rule name="r%d"><rule name="r%d"/><rule name="r%d"/></define-rule>`, i, i+1, i+1)
	}
	xml := `<opsa-mef>` + rules + `<define-rule name="r40"><block/></define-rule><define-event-tree name="t"><define-sequence name="s"/>` +
		`<initial-state><rule name="r0"/><sequence name="s"/></initial-state></define-event-tree></opsa-mef>`
	for _, test := range []struct{ name, text, want string }{
		{"x.yaml", numbers, "x.yaml:4:32: formulas and numbers have more than 2000000 parts"},
		{"slow.yaml", formulas + "events: {a: 0.1, b: 0.2}\n", "slow.yaml:4:12: formulas and numbers have more than 2000000 parts"},
		{"x.xml", xml, "more than 2000000 instructions"},
		{"slow.json", `{"gates": [` + strings.Repeat("1,", maxParts) + `1]}`, "the file has more than 2000000 values"},
		{"slow.xml", "<opsa-mef>" + strings.Repeat("<a/>", maxParts) + "</opsa-mef>", "the file has more than 2000000 elements"},
		{"x.yaml", "a: [" + strings.Repeat("1,", maxParts/4+1) + "]", "too many values for YAML"},
	} {
		if testing.Short() && strings.HasPrefix(test.name, "slow") {
			continue
		}
		if _, err := Parse(strings.NewReader(test.text), test.name); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %.300v, want %q", test.name, err, test.want)
		}
	}
	// An ampersand is no anchor.
	long := "description: R&D\ngates: {g: {or: [e1, e2]}}\nevents:\n"
	for i := range maxPlainLines {
		long += fmt.Sprintf("  e%d: 0.1\n", i)
	}
	if m := parse(t, "long.yaml", long); len(m.Events) != maxPlainLines || m.Name != "long" {
		t.Errorf("%d events in model %q", len(m.Events), m.Name)
	}
}

// The settings of a model survive the other format.
func TestMEFSettings(t *testing.T) {
	m := parse(t, "x.yaml", "name: x\ndescription: two of them\nmission_time: 8760\ntop: [f, g]\ngates: {f: {or: [a]}, g: {or: [f, b]}}\nevents: {a: 0.1, b: 0.2}\n")
	text, err := m.MEF()
	if err != nil {
		t.Fatal(err)
	}
	if diff := sameModel(m, parse(t, "x.xml", string(text))); diff != "" {
		t.Errorf("written and read again (-first +second):\n%s\n%s", diff, text)
	}
	bad := strings.Replace(string(text), `value="8760"`, `value="-8760"`, 1)
	if _, err := Parse(strings.NewReader(bad), "x.xml"); err == nil || !strings.Contains(err.Error(), `mission_time "-8760"`) {
		t.Errorf("a negative mission time: %v", err)
	}
}
