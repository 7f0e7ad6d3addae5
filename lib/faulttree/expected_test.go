package faulttree

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// aralia returns the path of a file of the fault-tree data.
func aralia(t testing.TB, name string) string {
	t.Helper()
	return testenv.Shared(t, "faulttree", name)
}

// expected is one tree of expected.json: figures of two independent engines.
type expected struct {
	Tree       string
	Top        string
	Exact      float64  `json:"p_exact"`
	RareEvent  float64  `json:"rare_event"`
	MCUB       float64  `json:"mcub"`
	Total      string   `json:"mcs_total"`
	ByOrder    []string `json:"mcs_by_order"`
	Importance map[string]struct {
		P, MIF, CIF, DIF, RAW, RRW float64
	} `json:"importance_sample"`
}

func readExpected(t testing.TB) []expected {
	t.Helper()
	text, err := os.ReadFile(aralia(t, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []expected
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func near(got, want, relative, absolute float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want)+absolute
}

// The tolerances are those of the data's README.
func TestExpected(t *testing.T) {
	for _, want := range readExpected(t) {
		t.Run(want.Tree, func(t *testing.T) {
			if want.Tree == "cea9601" && testing.Short() {
				t.Skip("takes seconds")
			}
			m, err := Read(aralia(t, "aralia/"+want.Tree+".xml.gz"))
			if err != nil {
				t.Fatal(err)
			}
			a, err := Analyze(t.Context(), m, Options{Top: want.Top})
			if err != nil {
				t.Fatal(err)
			}
			p := a.Probability
			if p.Exact == nil || !near(float64(*p.Exact), want.Exact, 1e-12, 0) {
				t.Errorf("exact probability %v, want %v", p.Exact, want.Exact)
			}
			if !near(float64(p.RareEvent), want.RareEvent, 1e-10, 0) {
				t.Errorf("rare-event sum %v, want %v", float64(p.RareEvent), want.RareEvent)
			}
			if !near(float64(p.MCUB), want.MCUB, 1e-9, 0) {
				t.Errorf("min-cut upper bound %v, want %v", float64(p.MCUB), want.MCUB)
			}
			if got := a.CutSets.Count.String(); got != want.Total {
				t.Errorf("%s cut sets, want %s", got, want.Total)
			}
			for order, n := range want.ByOrder {
				got := "0"
				if c := a.CutSets.ByOrder[order]; c != nil {
					got = c.String()
				}
				if got != n {
					t.Errorf("%s cut sets of order %d, want %s", got, order, n)
				}
			}
			found := 0
			for _, i := range a.Importance {
				w, ok := want.Importance[i.Event]
				if !ok {
					continue
				}
				found++
				for name, pair := range map[string][2]float64{
					"p": {float64(i.Probability), w.P}, "MIF": {float64(i.MIF), w.MIF}, "CIF": {float64(i.CIF), w.CIF},
					"DIF": {float64(i.DIF), w.DIF}, "RAW": {float64(i.RAW), w.RAW}, "RRW": {float64(i.RRW), w.RRW},
				} {
					if !near(pair[0], pair[1], 1e-9, 1e-15) {
						t.Errorf("%s of %s is %v, want %v", name, i.Event, pair[0], pair[1])
					}
				}
			}
			if found != len(want.Importance) {
				t.Errorf("importance of %d of the %d events", found, len(want.Importance))
			}
			if a.CutOffBound != 0 || len(a.TopCutSets) != 10 {
				t.Errorf("cut-off bound %v and %d listed cut sets, want 0 and 10", a.CutOffBound, len(a.TopCutSets))
			}
		})
	}
}
