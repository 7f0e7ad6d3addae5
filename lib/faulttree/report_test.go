package faulttree

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// small has an event whose absence makes the top impossible, and one that cannot happen.
func small() *Model {
	m := New("small <tree>")
	m.Gate("top", And, "key", "rest").Severity = 5
	m.Gate("rest", Or, "a", "never")
	m.Event("key", 0.5).Severity = 2
	a := m.Event("a", 0.1)
	a.Name, a.Severity, a.Mitigation, a.MitigationEffect = `<b>"A"</b>, or so`, 3, "guard & watch", 0.5
	m.Event("never", 0)
	return m
}

func assess(t *testing.T, m *Model, opts Options) *Report {
	t.Helper()
	r, err := Assess(t.Context(), m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnalysisJSON(t *testing.T) {
	text, err := analyze(t, small(), Options{Samples: 10}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	probability := got["probability"].(map[string]any)
	for key, want := range map[string]float64{"exact": 0.05, "rare_event": 0.05, "rare_event_clamped": 0.05, "mcub": 0.05} {
		if x, ok := probability[key].(float64); !ok || !near(x, want, 1e-12, 0) {
			t.Errorf("probability.%s is %v, want %v", key, probability[key], want)
		}
	}
	sets := got["cut_sets"].(map[string]any)
	if sets["count"] != 2.0 || sets["by_order"].(map[string]any)["2"] != 2.0 {
		t.Errorf("cut_sets %v", sets)
	}
	first := got["importance"].([]any)[0].(map[string]any)
	for _, key := range []string{"event", "mif", "cif", "dif", "raw", "rrw", "fussell_vesely"} {
		if _, ok := first[key]; !ok {
			t.Errorf("importance has no %s", key)
		}
	}
	if first["rrw"] != "Infinity" {
		t.Errorf("rrw of an event that is in every cut set is %v", first["rrw"])
	}
	for _, key := range []string{"mean", "std", "p05", "p50", "p95"} {
		if _, ok := got["uncertainty"].(map[string]any)[key].(float64); !ok {
			t.Errorf("uncertainty has no %s", key)
		}
	}
	if got["top"] != "top" || got["cut_off_bound"] != 0.0 || len(got["top_cut_sets"].([]any)) != 2 {
		t.Errorf("top %v, cut_off_bound %v, %d listed", got["top"], got["cut_off_bound"], len(got["top_cut_sets"].([]any)))
	}
	// The types read what they write.
	var back Analysis
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := back.JSON(); err != nil || !bytes.Equal(again, text) {
		t.Errorf("read and written again: %v\n%s\n%s", err, text, again)
	}
}

// A top that cannot happen: nothing divides by zero into JSON that nobody can read.
func TestImpossibleAndCertainTops(t *testing.T) {
	m := New("ends")
	m.Gate("never", And, "a", "off")
	m.Gate("zero", And, "a", "z")
	m.Gate("always", Or, "a", "on")
	m.Gate("tautology", Or, "a", "no-a")
	m.Gate("no-a", Not, "a")
	m.Houses = []*House{{ID: "on", State: true}, {ID: "off"}}
	m.Event("a", 0.5)
	m.Event("z", 0)
	for top, want := range map[string]struct {
		p     float64
		count string
	}{"never": {0, "0"}, "zero": {0, "1"}, "always": {1, "1"}, "tautology": {1, "1"}} {
		a := analyze(t, m, Options{Top: top})
		if float64(*a.Probability.Exact) != want.p || a.CutSets.Count.String() != want.count || float64(a.Probability.MCUB) != want.p {
			t.Errorf("%s: P %v, %v cut sets, bound %v; want %v and %s", top, *a.Probability.Exact, a.CutSets.Count, a.Probability.MCUB, want.p, want.count)
		}
		text, err := a.JSON()
		if err != nil || !json.Valid(text) {
			t.Errorf("%s: %v\n%s", top, err, text)
		}
		assess(t, m, Options{Top: top})
	}
}

func TestReport(t *testing.T) {
	r := assess(t, small(), Options{})
	if !near(float64(r.RiskScore), 0.25, 1e-12, 0) || r.Risks[0].Event != "key" || r.Risks[0].Score != 1 {
		t.Errorf("risk score %v, risks %+v", r.RiskScore, r.Risks[0])
	}
	if g := r.Mitigations; len(g) != 1 || !near(float64(g[0].After), 0.025, 1e-12, 0) || !near(float64(g[0].Share), 0.5, 1e-12, 0) {
		t.Errorf("mitigations %+v", g)
	}
	p := r.CriticalPaths[0]
	if len(p.Routes) != 2 || strings.Join(p.Routes[1], ">") != "top>rest>a" || !near(float64(p.Score), 0.15, 1e-12, 0) {
		t.Errorf("critical path %+v", p)
	}
	for _, want := range []string{"guard & watch", "top > rest > a", "severity 5", "+Inf"} {
		if !strings.Contains(r.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, r)
		}
	}
}

func TestReportCSV(t *testing.T) {
	text, err := assess(t, small(), Options{}).CSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "event" {
		t.Fatalf("%v\n%s", err, text)
	}
	if rows[1][0] != "key" || rows[1][9] != "+Inf" || rows[2][1] != `<b>"A"</b>, or so` {
		t.Errorf("rows %q", rows)
	}
}

// The page is complete in itself and what stands in a model cannot become markup.
func TestReportHTML(t *testing.T) {
	text, err := assess(t, small(), Options{}).HTML()
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{"<svg", "small &lt;tree&gt;", "guard &amp; watch", "top › rest › a"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, refused := range []string{"<b>", "<script", "src=", "href=", "@import", "ZgotmplZ"} {
		if strings.Contains(page, refused) {
			t.Errorf("the page has %q", refused)
		}
	}
}

func TestDrawings(t *testing.T) {
	m := small()
	m.Gate("shared", Xor, "a", "key")
	m.Gates[1].Formula.Args = append(m.Gates[1].Formula.Args, &Formula{Op: Not, Args: []*Formula{{Op: Ref, Name: "shared"}}})
	svg, err := m.SVG(DrawOptions{Top: "top"})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
	if n := bytes.Count(svg, []byte("<rect x=")); n != 6 {
		t.Errorf("%d boxes, want 6: each part once", n)
	}
	if n := bytes.Count(svg, []byte("stroke-dasharray")); n != 2 {
		t.Errorf("%d dashed lines, want 2: from the shared gate to a and key", n)
	}
	dot, err := m.DOT(DrawOptions{Top: "top"})
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(dot, []byte(" -> ")); n != 7 || !bytes.Contains(dot, []byte(`"rest" -> "shared" [arrowhead=odot]`)) || !bytes.Contains(dot, []byte(`\"A\"`)) {
		t.Errorf("%d edges:\n%s", n, dot)
	}
	cut, err := m.SVG(DrawOptions{Top: "top", Depth: 1})
	if err != nil || bytes.Count(cut, []byte("<rect x=")) != 3 || !bytes.Contains(cut, []byte("+3 below")) {
		t.Errorf("cut at depth 1: %v\n%s", err, cut)
	}
	if _, err := m.SVG(DrawOptions{Top: "nothing"}); !errors.Is(err, ErrModel) {
		t.Errorf("unknown top: %v", err)
	}
}

func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"short":                            "short",
		"two words here":                   "two words|here",
		"one two three four five six":      "one two|three four…",
		"averyveryverylongwordwithoutends": "averyvery…",
		"":                                 "",
	} {
		if got := strings.Join(wrap(text, 10, 2), "|"); got != want {
			t.Errorf("wrap(%q) = %q, want %q", text, got, want)
		}
	}
}

// PFDavg of an untested component is 1 - (1-exp(-LT))/(LT), its PFH (1-exp(-LT))/T; for the repaired component at rest
// the frequency is L times the availability.
func TestTimeCurve(t *testing.T) {
	const lambda, end = 1e-4, 10_000.0
	m := New("curve")
	m.MissionTime = end
	m.Gate("top", Or, "x")
	m.Event("x", 0).Probability = Exponential(lambda)
	c, err := TimeCurve(t.Context(), m, Options{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	lt := lambda * end
	if want := 1 - (1-math.Exp(-lt))/lt; !near(float64(c.PFDavg), want, 1e-6, 0) || len(c.Points) != 1001 || c.SILLowDemand != 0 {
		t.Errorf("PFDavg %v (SIL %d), want %v", c.PFDavg, c.SILLowDemand, want)
	}
	if want := (1 - math.Exp(-lt)) / end; !near(float64(c.PFH), want, 1e-6, 0) || c.SILHighDemand != 0 {
		t.Errorf("PFH %v (SIL %d), want %v", c.PFH, c.SILHighDemand, want)
	}
	m.Events[0].Probability = Call("glm", Const(0), Const(1e-6), Const(1), MissionTime())
	if c, err = TimeCurve(t.Context(), m, Options{}, 100); err != nil || !near(float64(c.PFH), 1e-6, 1e-4, 0) || c.SILHighDemand != 2 || c.SILLowDemand != 4 {
		t.Errorf("repaired: %v, PFH %v, SIL %d and %d", err, c.PFH, c.SILHighDemand, c.SILLowDemand)
	}
	// Two in parallel: 2 L q and so on; arithmetic is differentiated.
	m.Events[0].Probability = Call("mul", Exponential(lambda), Exponential(lambda))
	if c, err = TimeCurve(t.Context(), m, Options{}, 2000); err != nil || !near(float64(c.PFH), math.Pow(1-math.Exp(-lt), 2)/end, 1e-4, 0) {
		t.Errorf("product: %v, PFH %v", err, c.PFH)
	}
	m.MissionTime = 0
	if _, err := TimeCurve(t.Context(), m, Options{}, 10); err == nil || !strings.Contains(err.Error(), "mission time") {
		t.Errorf("without a mission time: %v", err)
	}
	if _, err := Analyze(t.Context(), m, Options{}); err == nil || !strings.Contains(err.Error(), "mission time is needed") {
		t.Errorf("without a mission time: %v", err)
	}
	if a := analyze(t, m, Options{Time: 1}); !near(float64(*a.Probability.Exact), 1e-8, 1e-3, 0) {
		t.Errorf("at the time 1: %v", *a.Probability.Exact)
	}
}

func TestBadOptions(t *testing.T) {
	for _, test := range []struct {
		opts Options
		want string
	}{
		{Options{Order: -1}, "order -1"}, {Options{CutOff: 2}, "cut-off 2"}, {Options{CutOff: math.NaN()}, "cut-off NaN"}, {Options{Time: -1}, "time -1"},
		{Options{Samples: 1}, "1 samples"}, {Options{Workers: -1}, "-1 workers"}, {Options{MaxMemory: 5}, "5 bytes"}, {Options{Top: "x"}, `top "x" is not a gate of the model: the tops are top`},
	} {
		if _, err := Analyze(t.Context(), small(), test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.opts, err, test.want)
		}
	}
	m := small()
	m.Gate("second", Or, "a")
	if _, err := Analyze(t.Context(), m, Options{}); err == nil || !strings.Contains(err.Error(), "has 2 tops, name one of them: top, second") {
		t.Errorf("two tops: %v", err)
	}
}
